"""`length` and `sum` of what the event may not have -> warnings: a transform does the same, and gives null.

A value that is invalid is noted for each event, and its default never acts. Nothing is said where a condition
or a further alternative shows that the author knows, or where all events under `tests` have the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mapper.compiler.checks.check_registry import (
    ANY,
    IN_EXPRESSION,
    CheckCase,
    Relation,
    check,
    check_expression,
    overlapping,
)
from mapper.compiler.checks.path_checks import places_of
from mapper.compiler.inference.narrowing import read_path
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.call_facts import ASKING
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Node,
    Or,
    Projection,
    Reference,
    Slice,
    Variable,
    nodes,
)
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic
from mapper.values.types import Json, Type

_Types: TypeAlias = Mapping[int, Type]

# Where the text `null` does no harm, and where a null is looked for.
_OURS = frozenset({"event", "whole", "meta", "index"})
_EMPTY = {"array": "`[]`", "string": "''", "object": "`{}`", "number": "`0`"}


# Whatever else is said of it says more.
@check("M123", needs=("no source", "all planned"), yields_to=(Relation(ANY, overlapping),))
def lengths_of_what_is_path_of_event(case: CheckCase) -> Iterator[Diagnostic]:
    """Values that are invalid where an attribute is missing, of events of which nothing is known."""
    events = [test.given for test in case.mapping.tests]
    for expression, one in places_of(case).sites:
        if one.let is None and not one.guarded:
            for found in _check_length(expression):
                path = expression.reads()[0].path
                there = events and one.loop is None and all(_has(event, path) for event in events)
                yield from () if there else (found,)


def _check_length(expression: Expression) -> Iterator[Diagnostic]:
    call = expression.root
    if not isinstance(call, Call) or len(call.arguments) != 1 or not _is_path_of_event(call.arguments[0]):
        return
    lenient = _lenient(call)
    if not lenient:
        return
    argument = expression.text[call.arguments[0].start : call.arguments[0].end]
    instead = lenient.format(argument)
    message = f"`{call.name}` fails if {coded(argument)} is missing"
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


def _is_path_of_event(node: Node) -> bool:
    """Whether a node is a path, or goes through the elements at one, that begins at the event."""
    is_path = False
    while isinstance(node, Field | Index | Slice | Flatten | Projection | Filter):
        is_path = True
        node = node.base
    return is_path and isinstance(node, Current)


@check_expression("M122", "M123", of=(Call,), yields_to=IN_EXPRESSION)
def calls_of_what_may_be_missing(one: TypedExpression) -> Iterator[Diagnostic]:
    """Functions of what may be missing: they fail there; `to_string` makes the text `null` of it."""
    for node, above in one.with_parents:
        if isinstance(node, Call) and node.name in FUNCTIONS and id(node) in one.typed.parts:
            yield from _check_call(node, above, one)


def _check_call(call: Call, above: tuple[Node, ...], one: TypedExpression) -> Iterator[Diagnostic]:
    types, expression = one.typed.parts, one.expression
    if call.name == "to_string":
        asked = id(call) in one.conditions or any(id(node) in one.conditions for node in above)
        harmless = asked or any(_takes_any_text(node) for node in above)
        if not harmless and _may_be_missing(call.arguments[0], types):
            yield _null_text(call, types[id(call.arguments[0])], expression)
        return
    takes = FUNCTIONS[call.name].takes
    for place, argument in enumerate(call.arguments):
        due = takes[min(place, len(takes) - 1)]
        value = types.get(id(argument))
        if value is None or due.expression or isinstance(argument, Reference) or "null" in due.type.kinds:
            continue
        falls_back = _falls_back(call, above) and _may_be_missing(argument, types)
        if falls_back or (_is_known(argument, types) and "null" in value.kinds and value.kinds != {"null"}):
            yield _fails(call, argument, value, falls_back, expression)
            return


def _takes_any_text(node: Node) -> bool:
    return isinstance(node, Comparison) or (isinstance(node, Call) and node.name in ASKING)


def _may_be_missing(node: Node, types: _Types) -> bool:
    """Whether a part may be null; a part of unknown type may if it is a path."""
    value = types[id(node)]
    if isinstance(node, Variable):
        return False  # a `let` may have a default
    if value.known or "null" not in value.kinds:
        return "null" in value.kinds
    return isinstance(node, Index) or (read_path(node) is not None and not isinstance(node, Current))


def _is_known(node: Node, types: _Types) -> bool:
    """Whether all that a part is made of has a known type, from the source schema."""
    return all(types[id(one)].known and not _is_let(one) for one in nodes(node) if id(one) in types)


def _is_let(node: Node) -> bool:
    return isinstance(node, Variable) and node.name not in _OURS


def _falls_back(call: Call, above: tuple[Node, ...]) -> bool:
    """Whether a call is followed by something for the case that it has no value."""
    parent = above[-1] if above else None
    if isinstance(parent, Or):
        return parent.left is call
    return isinstance(parent, Call) and parent.name == "not_null" and parent.arguments[-1] is not call


def _null_text(call: Call, value: Type, expression: Expression) -> Diagnostic:
    argument = expression.text[call.arguments[0].start : call.arguments[0].end]
    message = f"if {coded(argument)} is missing, the result is the string `null`"
    span = expression.locate(call.start, call.name_end)
    if value.known and not value.kinds & {"string", "number", "integer"}:
        return Diagnostic("M122", span, message, f"add {coded(f'when: present({argument})')} to the rule")
    text = f"text({argument})"
    hint = f"write {coded(text)}, which gives null if it is missing"
    return Diagnostic("M122", span, message, hint, facts=in_place(call, text, expression))


def _fails(call: Call, argument: Node, value: Type, falls_back: bool, expression: Expression) -> Diagnostic:
    written = expression.text[argument.start : argument.end]
    after = ", so the value after `||` is never tried" if falls_back else ""
    message = f"`{call.name}` fails if {coded(written)} is missing{after}"
    takes = FUNCTIONS[call.name].takes
    due = takes[min(call.arguments.index(argument), len(takes) - 1)].type.kinds & (
        value.without("null").kinds or frozenset()
    )
    kind = next((one for one in _EMPTY if one in due), None)
    arguments = [expression.text[one.start : one.end] for one in call.arguments]
    hints = []
    if (lenient := _lenient(call)) and kind != "string":
        hints.append(f"write {coded(lenient.format(*arguments))}, which gives null for null")
    if call.name in ASKING:
        made = f"present({written}) && {expression.text[call.start : call.end]}"
        hints.append(f"write {coded(made)}")
    elif kind is not None and value.known:
        text, start = expression.text, call.start
        default = f"{text[start : argument.start]}{written} || {_EMPTY[kind]}{text[argument.end : call.end]}"
        hints.append(f"write {coded(default)}")
    elif not hints:
        hints.append(f"test first whether it is there: {coded(f'present({written})')}")
    return Diagnostic(
        "M123", expression.span(argument), message, " or ".join(reversed(hints)).replace("or write", "or")
    )


def _lenient(call: Call) -> str:
    """The call that does the same and gives null for null, with `{0}` for the first argument; "" for none."""
    return FUNCTIONS[call.name].lenient if call.name in FUNCTIONS else ""
