"""Forms that are right and most likely not meant -> warnings: `a == "text"`, `a == true`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mapper.compiler.jmespath.facts import Instead
from mapper.compiler.jmespath.literals import text_constant
from mapper.compiler.jmespath.refusal import InPlace
from mapper.compiler.jmespath.tree import (
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
from mapper.frozen import dataclass
from mapper.transforms import TRANSFORMS, Transform

if TYPE_CHECKING:
    from mapper.compiler.jmespath.expression import Expression

# All that stands before a path or ends one; none of these reads a name of its own.
_OPEN = And | Call | Comparison | Filter | MultiHash | MultiList | Not | Or | Projection | Reference | Then
# Functions whose arguments are mostly attributes all.
_OF_ATTRIBUTES = frozenset({"add", "concat", "divide", "merge", "multiply", "not_null", "subtract"})
# Constants of JSON, which stand between backticks.
UNQUOTED = frozenset({"true", "false", "null"})
# Parameters of transforms that hardly ever differ from event to event.
_MOSTLY_CONSTANT = frozenset({"format", "group", "name", "point", "separator", "zone"})


def doubts(expression: Expression) -> list[Diagnostic]:
    """A warning for each place where a field is read that was most likely meant as a constant."""
    return [
        Diagnostic(one.code, expression.span(one.place), one.message, one.hint, facts=_fact(one, expression))
        for one in _doubts(expression.parsed.nodes)
    ]


def _fact(doubt: _Doubt, expression: Expression) -> Instead:
    change = InPlace(doubt.place.start, doubt.place.end, doubt.constant)
    # A field may be called `Order`, but none `true`.
    return Instead(expression, (change,), doubt.code == "M119")


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A field that was most likely meant as a constant, which is written `constant`."""

    code: str
    place: Field
    message: str
    hint: str
    constant: str


def _doubts(nodes: Sequence[Node]) -> Iterator[_Doubt]:
    if _is_bare(nodes[0]):
        yield from _bare_word(nodes[0])
    for node in nodes:
        if not isinstance(node, _OPEN):
            continue
        for child in children(node):
            if _is_bare(child):
                yield from _bare_word(child)
        for place in _places_of_texts(node):
            if isinstance(place, Field) and place.quoted and _is_bare(place):
                message = f"`{place.name}` in double quotes is the name of a field"
                constant = text_constant(place.name)
                hint = f'a text is written `{constant}`; where the field is meant, `@."{place.name}"`'
                yield _Doubt("M118", place, message, hint, constant)
        if isinstance(node, Call) and node.name in TRANSFORMS:
            yield from _words_as_arguments(node, TRANSFORMS[node.name])


def _words_as_arguments(call: Call, transform: Transform) -> Iterator[_Doubt]:
    """A warning for each bare name where a transform's argument is mostly the same for all events."""
    for parameter, place in zip(transform.parameters, call.arguments[1:], strict=False):
        if parameter.name in _MOSTLY_CONSTANT and _is_bare(place) and isinstance(place, Field):
            if place.quoted:
                continue
            message = f"`{place.name}` reads an attribute of the event as `{parameter.name}`"
            hint = f"a text is written `'{place.name}'`; where the attribute is meant, `@.{place.name}`"
            yield _Doubt("M120", place, message, hint, text_constant(place.name))


def _is_bare(node: Node) -> bool:
    """Whether a node is a name alone, without a path, or `@`, before it."""
    return isinstance(node, Field) and isinstance(node.base, Current) and node.start == node.name_start


def _bare_word(node: Node) -> Iterator[_Doubt]:
    if isinstance(node, Field) and node.name in UNQUOTED and not node.quoted:
        message = f"`{node.name}` without backticks is the name of a field"
        yield _Doubt("M119", node, message, f"write `` `{node.name}` ``", f"`{node.name}`")


def _places_of_texts(node: Node) -> tuple[Node, ...]:
    """The parts of a node where a text is more likely than the field of that name."""
    if isinstance(node, Comparison) and not isinstance(node.left, Literal):
        # `"a" == b` is a text on the wrong side of a path; between two quoted names the right one is.
        flipped = isinstance(node.right, Field) and not node.right.quoted
        return (node.left,) if flipped else (node.right,)
    if isinstance(node, Call) and node.name not in _OF_ATTRIBUTES:
        return node.arguments[:1] if node.name == "join" else node.arguments[1:]
    return ()
