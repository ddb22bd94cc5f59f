"""Expression tree -> the paths it reads, from the current value and from variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mapper.compiler.jmespath.call_facts import keeps
from mapper.compiler.jmespath.key_patterns import is_open
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
    MultiHash,
    MultiList,
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


@dataclass(frozen=True, slots=True)
class PathRead:
    """A path that is read, with all below it.

    root: `@` for the value the expression starts from, or `$name`. path: names; the elements of a list
    have the list's own path. A name may be a pattern: `*` is each value of an object.
    start, end: characters of the expression's text where it is written. keys: the names that lead to the
    value in an object that the expression makes of it, outermost first.
    """

    root: str
    path: tuple[str, ...]
    start: int
    end: int
    keys: tuple[str, ...] = ()


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
        return self._below(self.of(node.base, at), node.name, node)

    def of_objectvalues(self, node: ObjectValues, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return self._below(self.of(node.base, at), "*", node)

    def of_index(self, node: Index | Slice | Flatten, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return self.of(node.base, at)

    of_slice = of_flatten = of_index

    def of_projection(self, node: Projection | Filter, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        elements = self.of(node.base, at)
        if isinstance(node, Filter):
            # What a condition reads is written in it, also of a variable before it.
            start = node.condition.start
            asked = tuple([replace(one, start=start, end=start) for one in elements])
            self.found.extend(self.of(node.condition, asked))
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
            return self._below(self.of(node.arguments[0], at), str(node.arguments[1].value), node)
        if node.name == "map":
            return tuple(bodies)
        self.found.extend(bodies)
        if "part" in keeps(node.name):
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
            return self._below(self.of(value, at), str(key.value), node)
        self.found.extend(self.of(key, at))
        return self._below(self.of(value, at), "*", node)

    def _of_parts(self, node: Node, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        for part in children(node):
            self.found.extend(self.of(part, at))
        return ()

    of_literal = of_not = of_comparison = of_reference = _of_parts

    def of_multilist(self, node: MultiList, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        return tuple([one for part in node.elements for one in self.of(part, at)])

    def of_multihash(self, node: MultiHash, at: tuple[PathRead, ...]) -> tuple[PathRead, ...]:
        made = [(key, one) for key, part in node.entries for one in self.of(part, at)]
        return tuple([replace(one, keys=(key, *one.keys)) for key, one in made])

    def _below(self, places: Sequence[PathRead], name: str, node: Node) -> tuple[PathRead, ...]:
        """What is at a name, or at those that a pattern describes, in each of some places."""
        below = []
        for one in places:
            if not one.keys:
                start = node.start if one.path or one.root == "@" else one.start
                below.append(replace(one, path=(*one.path, name), start=start, end=node.end))
            elif is_open(name) or name == one.keys[0]:
                below.append(replace(one, keys=one.keys[1:]))
            else:
                self.found.append(one)
        return tuple(below)
