"""Expression tree -> how it uses the places it reads: as a list, as a text, as an object with attributes.

A place is a path by its names, with `[]` for the elements of a list and `[0]` for one of them; only plain
paths have one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    Projection,
    Reference,
    Slice,
    Then,
    Values,
    Variable,
    children,
)
from mapper.frozen import dataclass

ELEMENT = "[]"
_OF_LISTS = frozenset({"map", "max_by", "min_by", "sort_by"})
_TEXTS = frozenset({"contains", "ends_with", "starts_with"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A place below `@`, the value an expression starts from, or below `$name`."""

    root: str
    names: tuple[str, ...] = ()

    def below(self, name: str) -> Spot:
        """The place of one attribute, or of each element."""
        return Spot(self.root, (*self.names, name))


@dataclass(frozen=True, slots=True)
class Use:
    """How a spot is used, and by which part of an expression.

    read: an attribute is read. below: it has an attribute, `node` reads that, or all of them. list, text: it
    is a list, a text. word: it is read alone where a text is likely, compared with what `beside` reads.
    """

    kind: OneOf["read", "below", "list", "text", "word"]
    spot: Spot
    node: Node
    beside: Node | None = None


def uses(root: Node) -> tuple[Use, ...]:
    """How an expression uses what it reads."""
    found: list[Use] = []
    _spot(root, Spot("@"), found)
    return tuple(found)


def spot_of(root: Node) -> Spot | None:
    """The place that an expression is, if it is a plain path."""
    return _spot(root, Spot("@"), [])


def is_bare(node: Node) -> bool:
    """Whether a node is a name alone, without quotes, a path or `@` before it."""
    return (
        isinstance(node, Field)
        and isinstance(node.base, Current)
        and node.start == node.name_start
        and not node.quoted
    )


def _spot(node: Node, at: Spot | None, found: list[Use]) -> Spot | None:
    """The place of a value; how its parts are used is put into `found`."""
    match node:
        case Current():
            return at
        case Variable(name=name):
            return Spot(f"${name}")
        case Field():
            return _field(node, _spot(node.base, at, found), found)
        case Index(index=index):
            return _element(node.base, at, found, f"[{index}]")
        case Slice() | Flatten():
            return _element(node.base, at, found)
        case Values():
            spot = _spot(node.base, at, found)
            if spot is not None:
                found.append(Use("below", spot, node))
            return None
        case Projection() | Filter():
            _projection(node, at, found)
            return None
        case Then():
            return _spot(node.right, _spot(node.left, at, found), found)
        case And():
            _spot(node.left, at, found)
            return _spot(node.right, at, found)
        case Comparison():
            _comparison(node, at, found)
            return None
        case Call():
            _call(node, at, found)
            return None
        case _:
            for part in children(node):
                _spot(part, at, found)
            return None


def _field(node: Field, base: Spot | None, found: list[Use]) -> Spot | None:
    if base is None:
        return None
    found.append(Use("below", base, node))
    spot = base.below(node.name)
    found.append(Use("read", spot, node))
    return spot


def _element(base: Node, at: Spot | None, found: list[Use], name: str = ELEMENT) -> Spot | None:
    """The elements of what is a list, since it is used as one."""
    spot = _spot(base, at, found)
    if spot is None:
        return None
    found.append(Use("list", spot, base))
    return spot.below(name)


def _projection(node: Projection | Filter, at: Spot | None, found: list[Use]) -> None:
    if isinstance(node.base, Slice | Flatten | Values):
        element = _spot(node.base, at, found)
    else:
        element = _element(node.base, at, found)
    if isinstance(node, Filter):
        _spot(node.condition, element, found)
    _spot(node.right, element, found)


def _comparison(node: Comparison, at: Spot | None, found: list[Use]) -> None:
    equality = node.operator in ("==", "!=")
    # Of a name in double quotes on the left it is said that a text was meant.
    named = isinstance(node.left, Field) and node.left.quoted and isinstance(node.left.base, Current)
    if equality and is_bare(node.right) and not isinstance(node.left, Literal) and not named:
        _spot(node.left, at, found)
        _word(node.right, node.left, at, found)
        return
    spots = [_spot(side, at, found) for side in (node.left, node.right)]
    for spot, side, other in zip(spots, (node.left, node.right), (node.right, node.left), strict=True):
        if equality and spot is not None and isinstance(other, Literal) and isinstance(other.value, str):
            found.append(Use("text", spot, side))


def _word(node: Node, beside: Node, at: Spot | None, found: list[Use]) -> None:
    if at is not None and isinstance(node, Field):
        found.append(Use("word", at.below(node.name), node, beside))


def _call(node: Call, at: Spot | None, found: list[Use]) -> None:
    element: Spot | None = None
    for place, argument in enumerate(node.arguments):
        if isinstance(argument, Reference):
            continue
        if place == 1 and node.name in _TEXTS and is_bare(argument) and _is_path(node.arguments[0]):
            _word(argument, node.arguments[0], at, found)
        elif node.name in _OF_LISTS:
            element = _element(argument, at, found)
        else:
            _spot(argument, at, found)
    for argument in _bodies(node):
        _spot(argument, element, found)


def _bodies(node: Call) -> Iterator[Node]:
    return (one.body for one in node.arguments if isinstance(one, Reference))


def _is_path(node: Node) -> bool:
    while isinstance(node, Field | Index):
        node = node.base
    return isinstance(node, Current)
