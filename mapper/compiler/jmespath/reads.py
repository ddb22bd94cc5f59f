"""Expression tree -> the paths it reads, from the current value and from variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    Or,
    Projection,
    Reference,
    Slice,
    Then,
    Values,
    Variable,
    children,
)
from mapper.frozen import dataclass

# Functions whose result is one of their arguments or made of their elements: a path goes on behind them.
_PASSING = frozenset({"max_by", "merge", "min_by", "not_null", "reverse", "sort", "sort_by", "to_array"})
_PASSING_TRANSFORMS = frozenset({"first", "last", "unique"})


@dataclass(frozen=True, slots=True)
class Read:
    """A path that is read, with all below it.

    root: `@` for the value the expression starts from, or `$name`. path: names; the elements of a list
    have the list's own path, and `*` stands for each value of an object.
    start, end: characters of the expression's text where it is written.
    """

    root: str
    path: tuple[str, ...]
    start: int
    end: int


def reads(root: Node) -> tuple[Read, ...]:
    """What an expression reads, in the order written; each place in the text once."""
    found: list[Read] = []
    found.extend(_value(root, (Read("@", (), root.start, root.end),), found))
    return tuple(sorted(dict.fromkeys(found), key=lambda read: (read.start, read.end, read.path)))


def _value(node: Node, at: Sequence[Read], found: list[Read]) -> tuple[Read, ...]:
    """The paths a value can be; paths whose values go no further are put into `found`."""
    match node:
        case Current() if node.start < node.end:
            return tuple(one if one.path else replace(one, start=node.start, end=node.end) for one in at)
        case Current():
            return tuple(at)
        case Variable():
            return (Read(f"${node.name}", (), node.start, node.end),)
        case Literal():
            return ()
        case Field():
            return _below(_value(node.base, at, found), node.name, node)
        case Values():
            return _below(_value(node.base, at, found), "*", node)
        case Index() | Slice() | Flatten():
            return _value(node.base, at, found)
        case Projection() | Filter():
            elements = _value(node.base, at, found)
            if isinstance(node, Filter):
                found.extend(_value(node.condition, elements, found))
            return _value(node.right, elements, found)
        case Then():
            return _value(node.right, _value(node.left, at, found), found)
        case Or():
            return (*_value(node.left, at, found), *_value(node.right, at, found))
        case And():
            found.extend(_value(node.left, at, found))
            return _value(node.right, at, found)
        case Call():
            return _call(node, at, found)
        case _:
            for child in children(node):
                found.extend(_value(child, at, found))
            return ()


def _below(places: Sequence[Read], name: str, node: Node) -> tuple[Read, ...]:
    return tuple(
        replace(
            one,
            path=(*one.path, name),
            start=node.start if one.path or one.root == "@" else one.start,
            end=node.end,
        )
        for one in places
    )


def _call(call: Call, at: Sequence[Read], found: list[Read]) -> tuple[Read, ...]:
    values = [
        place for one in call.arguments if not isinstance(one, Reference) for place in _value(one, at, found)
    ]
    bodies = [
        place
        for one in call.arguments
        if isinstance(one, Reference)
        for place in _value(one.body, values, found)
    ]
    if call.name == "map":
        return tuple(bodies)
    found.extend(bodies)
    if call.name in _PASSING | _PASSING_TRANSFORMS:
        return tuple(values)
    found.extend(values)
    return ()
