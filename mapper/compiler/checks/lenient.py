"""`length` and `sum` of what the event may not have -> warnings: a transform does the same, and gives null.

A value that is invalid is noted for each event, and its default never acts. Nothing is said where a condition
or a further alternative shows that the author knows, or where all events under `tests` have the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.inference.instead import in_place
from mapper.compiler.inference.strict import LENIENT
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    Call,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Node,
    Projection,
    Slice,
)
from mapper.compiler.plan.expression_sites import Places
from mapper.compiler.plan.scope import Draft
from mapper.diagnostic import Diagnostic
from mapper.types import Json

_FAILING = frozenset({"length", "sum"})


def check_lenient(places: Places, events: Sequence[Json], draft: Draft) -> None:
    """Report values that are invalid where an attribute is missing, of events of which nothing is known.

    events: some of which it is known what they have.
    """
    told = [(one.span.text, one.span.start, one.span.end) for one in draft.found]
    for expression, one in places.standing:
        if one.let is None and not one.guarded:
            for found in _check(expression):
                span = expression.whole
                if any(
                    text is span.text and start < span.end and span.start < end for text, start, end in told
                ):
                    continue
                path = expression.reads()[0].path
                there = events and one.loop is None and all(_has(event, path) for event in events)
                draft.found += () if there else (found,)


def _check(expression: Expression) -> Iterator[Diagnostic]:
    call = expression.root
    if not isinstance(call, Call) or call.name not in _FAILING or not _may_be_missing(call.arguments[0]):
        return
    argument = expression.text[call.arguments[0].start : call.arguments[0].end]
    instead = LENIENT[call.name].format(argument)
    message = f"`{call.name}` fails where {coded(argument)} is missing"
    hint = f"write {coded(instead)}, which gives null for null"
    facts = in_place(call, instead, expression)
    yield Diagnostic("M123", expression.span(call.arguments[0]), message, hint, facts=facts)


def _has(value: Json, path: Sequence[str]) -> bool:
    """Whether a value has an attribute, or one of the elements on the way does."""
    if not path:
        return value is not None
    if isinstance(value, list):
        return any(_has(element, path) for element in value)
    return isinstance(value, dict) and _has(value.get(path[0]), path[1:])


def _may_be_missing(node: Node) -> bool:
    """Whether a node is a path, or goes through the elements at one, that begins at the event."""
    is_path = False
    while isinstance(node, Field | Index | Slice | Flatten | Projection | Filter):
        is_path = True
        node = node.base
    return is_path and isinstance(node, Current)
