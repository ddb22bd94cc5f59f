"""Expression tree -> the paths it reads, from the current value and from variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Current,
    Evaluation,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Variable,
    children,
)
from mapper.frozen import dataclass

# Functions whose result is one of their arguments or made of their elements: a path goes on after them.
_PASSING = frozenset({"max_by", "merge", "min_by", "not_null", "reverse", "sort", "sort_by", "to_array"})
_PASSING_TRANSFORMS = frozenset({"across", "first", "last", "unique"})


@dataclass(frozen=True, slots=True)
class PathRead:
    """A path that is read, with all below it.

    root: `@` for the value the expression starts from, or `$name`. path: names; the elements of a list
    have the list's own path. A name may be a pattern: `*` is each value of an object.
    start, end: characters of the expression's text where it is written.
    """

    root: str
    path: tuple[str, ...]
    start: int
    end: int


def reads(root: Node) -> tuple[PathRead, ...]:
    """What an expression reads, in the order written; each place in the text once."""
    origins = _Origins()
    origins.found.extend(origins.of(root, (PathRead("@", (), root.start, root.end),)))
    return tuple(sorted(dict.fromkeys(origins.found), key=lambda read: (read.start, read.end, read.path)))


class _Origins(Evaluation[tuple[PathRead, ...]]):
    """The paths a value can be; paths whose values go no further are put into `found`."""

    def __init__(self) -> None:
        self.found: list[PathRead] = []

    def of_current(self, node: Current, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        if node.start == node.end:
            return at
        return tuple(one if one.path else replace(one, start=node.start, end=node.end) for one in at)

    def of_variable(self, node: Variable, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return (PathRead(f"${node.name}", (), node.start, node.end),)

    def of_field(self, node: Field, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return _below(self.of(node.base, at), node.name, node)

    def of_objectvalues(self, node: ObjectValues, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return _below(self.of(node.base, at), "*", node)

    def of_index(self, node: Index | Slice | Flatten, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return self.of(node.base, at)

    of_slice = of_flatten = of_index

    def of_projection(self, node: Projection | Filter, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        elements = self.of(node.base, at)
        if isinstance(node, Filter):
            self.found.extend(self.of(node.condition, elements))
        return self.of(node.right, elements)

    of_filter = of_projection

    def of_or(self, node: Or, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return (*self.of(node.left, at), *self.of(node.right, at))

    def of_and(self, node: And, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        self.found.extend(self.of(node.left, at))
        return self.of(node.right, at)

    def of_call(self, node: Call, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        values = [
            one for part in node.arguments if not isinstance(part, Reference) for one in self.of(part, at)
        ]
        given = tuple(values)
        bodies = [
            one for part in node.arguments if isinstance(part, Reference) for one in self.of(part.body, given)
        ]
        if node.name == "get" and len(node.arguments) == 2:
            return self._of_get(node, at)
        if node.name == "pick" and len(node.arguments) == 2 and isinstance(node.arguments[1], Literal):
            return _below(self.of(node.arguments[0], at), str(node.arguments[1].value), node)
        if node.name == "map":
            return tuple(bodies)
        self.found.extend(bodies)
        if node.name in _PASSING | _PASSING_TRANSFORMS:
            return given
        self.found.extend(values)
        return ()

    def of_owncall(self, node: OwnCall, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        """A function reads what it is given; it may give parts of that, from which a path goes on."""
        given = tuple([one for part in node.arguments for one in self.of(part, at)])
        self.found.extend(given)
        return given

    def _of_get(self, node: Call, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        """The attribute of a name, or any one where the name is worked out."""
        value, key = node.arguments
        if isinstance(key, Literal):
            return _below(self.of(value, at), str(key.value), node)
        self.found.extend(self.of(key, at))
        return _below(self.of(value, at), "*", node)

    def _of_parts(self, node: Node, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        for part in children(node):
            self.found.extend(self.of(part, at))
        return ()

    of_literal = of_multilist = of_multihash = of_not = of_comparison = of_reference = _of_parts


def _below(places: Sequence[PathRead], name: str, node: Node) -> tuple[PathRead, ...]:
    return tuple(
        replace(
            one,
            path=(*one.path, name),
            start=node.start if one.path or one.root == "@" else one.start,
            end=node.end,
        )
        for one in places
    )
