"""Forms that are right and most likely not meant -> warnings: `a == "text"`, `a == true`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mapper.compiler.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    Or,
    Projection,
    Reference,
    Then,
    children,
)
from mapper.diagnostic import Diagnostic
from mapper.text import Span
from mapper.transforms import TRANSFORMS, Transform

# All that stands before a path or ends one; none of these reads a name of its own.
_OPEN = And | Call | Comparison | Filter | MultiHash | MultiList | Not | Or | Projection | Reference | Then
_WORDS = frozenset({"true", "false", "null"})
# Parameters of transforms that hardly ever differ from event to event.
_MOSTLY_CONSTANT = frozenset({"format", "group", "name", "point", "separator", "zone"})


def doubts(nodes: Sequence[Node], locate: Callable[[int, int], Span]) -> Iterator[Diagnostic]:
    """A warning for each place where a field is read that was most likely meant as a constant."""
    if _is_bare(nodes[0]):
        yield from _bare_word(nodes[0], locate)
    for node in nodes:
        if not isinstance(node, _OPEN):
            continue
        for child in children(node):
            if _is_bare(child):
                yield from _bare_word(child, locate)
        for place in _places_of_texts(node):
            if isinstance(place, Field) and place.quoted and _is_bare(place):
                message = f"`{place.name}` in double quotes is the name of a field"
                hint = f"a text is written `'{place.name}'`; where the field is meant, `@.\"{place.name}\"`"
                yield Diagnostic("M118", locate(place.start, place.end), message, hint)
        if isinstance(node, Call) and node.name in TRANSFORMS:
            yield from _words_as_arguments(node, TRANSFORMS[node.name], locate)


def _words_as_arguments(
    call: Call, transform: Transform, locate: Callable[[int, int], Span]
) -> Iterator[Diagnostic]:
    """A warning for each bare name where a transform's argument is mostly the same for all events."""
    for parameter, place in zip(transform.parameters, call.arguments[1:], strict=False):
        if parameter.name in _MOSTLY_CONSTANT and _is_bare(place) and isinstance(place, Field):
            if place.quoted:
                continue
            message = f"`{place.name}` reads an attribute of the event as `{parameter.name}`"
            hint = f"a text is written `'{place.name}'`; where the attribute is meant, `@.{place.name}`"
            yield Diagnostic("M120", locate(place.start, place.end), message, hint)


def _is_bare(node: Node) -> bool:
    """Whether a node is a name alone, without a path, or `@`, before it."""
    return isinstance(node, Field) and isinstance(node.base, Current) and node.start == node.name_start


def _bare_word(node: Node, locate: Callable[[int, int], Span]) -> Iterator[Diagnostic]:
    if isinstance(node, Field) and node.name in _WORDS and not node.quoted:
        message = f"`{node.name}` without backticks is the name of a field"
        yield Diagnostic("M119", locate(node.start, node.end), message, f"write `` `{node.name}` ``")


def _places_of_texts(node: Node) -> tuple[Node, ...]:
    """The parts of a node where a text is more likely than the field of that name."""
    match node:
        case Comparison() if not isinstance(node.left, Literal):
            return (node.right,)
        case Call(name="join"):
            return node.arguments[:1]
        case Call(name="merge" | "not_null" | "concat" | "add" | "subtract" | "multiply" | "divide"):
            return ()
        case Call():
            return node.arguments[1:]
        case _:
            return ()
