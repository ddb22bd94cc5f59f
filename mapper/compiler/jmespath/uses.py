"""Expression tree -> how it uses the places it reads: as a list, as a text, as an object with attributes.

A place is a path by its names, with `[]` for the elements of a list and `[0]` for one of them; only plain
paths have one.
"""

from __future__ import annotations

from typing import Literal as OneOf

from mapper.compiler.jmespath.call_facts import ASKING, LOOPS
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Evaluation,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    ObjectValues,
    Projection,
    Reference,
    Slice,
    Variable,
    children,
)
from mapper.values.frozen import dataclass

ELEMENT = "[]"


@dataclass(frozen=True, slots=True)
class RootPath:
    """A place below `@`, the value an expression starts from, or below `$name`."""

    root: str
    names: tuple[str, ...] = ()

    def below(self, name: str) -> RootPath:
        """The place of one attribute, or of each element."""
        return RootPath(self.root, (*self.names, name))


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a place, and the part of an expression that uses it.

    read: an attribute is read. below: it has an attribute, `node` reads that, or all of them. list, text: it
    is a list, a text. word: it is read alone where a text is likely, compared with what `beside` reads.
    """

    kind: OneOf["read", "below", "list", "text", "word"]
    spot: RootPath
    node: Node
    beside: Node | None = None


def uses(root: Node) -> tuple[Use, ...]:
    """The uses that an expression makes of the values it reads."""
    looking = _Uses()
    looking.of(root, RootPath("@"))
    return tuple(looking.found)


def path_of(root: Node) -> RootPath | None:
    """The place that an expression is, if it is a plain path."""
    return _Uses().of(root, RootPath("@"))


def is_single_name(node: Node) -> bool:
    """Whether a node is a name alone, without quotes, a path or `@` before it."""
    return (
        isinstance(node, Field)
        and isinstance(node.base, Current)
        and node.start == node.name_start
        and not node.quoted
    )


class _Uses(Evaluation[RootPath | None]):
    """The place of a value; how its parts are used is put into `found`."""

    def __init__(self) -> None:
        self.found: list[Use] = []

    def of_variable(self, node: Variable, at: RootPath | None) -> RootPath | None:
        return RootPath(f"${node.name}")

    def of_field(self, node: Field, at: RootPath | None) -> RootPath | None:
        base = self.of(node.base, at)
        if base is None:
            return None
        self.found.append(Use("below", base, node))
        path = base.below(node.name)
        self.found.append(Use("read", path, node))
        return path

    def of_index(self, node: Index, at: RootPath | None) -> RootPath | None:
        return self._element(node.base, at, f"[{node.index}]")

    def of_slice(self, node: Slice | Flatten, at: RootPath | None) -> RootPath | None:
        return self._element(node.base, at)

    of_flatten = of_slice

    def of_objectvalues(self, node: ObjectValues, at: RootPath | None) -> RootPath | None:
        path = self.of(node.base, at)
        if path is not None:
            self.found.append(Use("below", path, node))
        return None

    def of_projection(self, node: Projection | Filter, at: RootPath | None) -> RootPath | None:
        opened = isinstance(node.base, Slice | Flatten | ObjectValues)
        element = self.of(node.base, at) if opened else self._element(node.base, at)
        if isinstance(node, Filter):
            self.of(node.condition, element)
        self.of(node.right, element)
        return None

    of_filter = of_projection

    def of_and(self, node: And, at: RootPath | None) -> RootPath | None:
        self.of(node.left, at)
        return self.of(node.right, at)

    def of_comparison(self, node: Comparison, at: RootPath | None) -> RootPath | None:
        equality = node.operator in ("==", "!=")
        # Of a name in double quotes on the left it is said that a text was meant.
        named = isinstance(node.left, Field) and node.left.quoted and isinstance(node.left.base, Current)
        if equality and is_single_name(node.right) and not isinstance(node.left, Literal) and not named:
            self.of(node.left, at)
            self._word(node.right, node.left, at)
            return None
        paths = [self.of(side, at) for side in (node.left, node.right)]
        for path, side, other in zip(paths, (node.left, node.right), (node.right, node.left), strict=True):
            if equality and path is not None and isinstance(other, Literal) and isinstance(other.value, str):
                self.found.append(Use("text", path, side))
        return None

    def of_call(self, node: Call, at: RootPath | None) -> RootPath | None:
        element: RootPath | None = None
        for place, argument in enumerate(node.arguments):
            if isinstance(argument, Reference):
                continue
            if (
                place == 1
                and node.name in ASKING
                and is_single_name(argument)
                and _is_path(node.arguments[0])
            ):
                self._word(argument, node.arguments[0], at)
            elif node.name in LOOPS:
                element = self._element(argument, at)
            else:
                self.of(argument, at)
        for argument in node.arguments:
            if isinstance(argument, Reference):
                self.of(argument.body, element)
        return None

    def _of_parts(self, node: Node, at: RootPath | None) -> RootPath | None:
        for part in children(node):
            self.of(part, at)
        return None

    of_literal = of_multilist = of_multihash = of_or = of_not = of_reference = of_owncall = _of_parts

    def _element(self, base: Node, at: RootPath | None, name: str = ELEMENT) -> RootPath | None:
        """The elements of what is a list, since it is used as one."""
        path = self.of(base, at)
        if path is None:
            return None
        self.found.append(Use("list", path, base))
        return path.below(name)

    def _word(self, node: Node, beside: Node, at: RootPath | None) -> None:
        if at is not None and isinstance(node, Field):
            self.found.append(Use("word", at.below(node.name), node, beside))


def _is_path(node: Node) -> bool:
    while isinstance(node, Field | Index):
        node = node.base
    return isinstance(node, Current)
