"""Functions of what may be missing -> warnings: most fail for null, `to_string` makes a text of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapper.compiler.inference.instead import in_place
from mapper.compiler.inference.narrowing import read_path
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    Call,
    Comparison,
    Current,
    Index,
    Node,
    Or,
    Reference,
    Variable,
    nodes,
)
from mapper.diagnostic import Diagnostic
from mapper.runtime.functions import FUNCTIONS
from mapper.types import Type

Types = Mapping[int, Type]

# Where the text `null` does no harm, and where a null is looked for.
_ASKING = frozenset({"contains", "starts_with", "ends_with"})
_OURS = frozenset({"event", "whole", "meta", "index"})
# What does the same and gives null for null.
LENIENT = {"join": "join_with({1}, {0})", "length": "count({0})", "sum": "total({0})"}
_EMPTY = {"array": "`[]`", "string": "''", "object": "`{}`", "number": "`0`"}


def check_strict(
    call: Call, types: Types, above: tuple[Node, ...], asked: bool, expression: Expression
) -> Iterator[Diagnostic]:
    """A function of what may be missing: it fails there; `to_string` makes the text `null` of it."""
    if call.name == "to_string":
        harmless = asked or any(_takes_any_text(one) for one in above)
        if not harmless and _may_be_missing(call.arguments[0], types):
            yield _null_text(call, types[id(call.arguments[0])], expression)
        return
    takes = FUNCTIONS[call.name].takes
    for place, argument in enumerate(call.arguments):
        due = takes[min(place, len(takes) - 1)]
        value = types.get(id(argument))
        if value is None or due.expression or isinstance(argument, Reference) or "null" in due.type.kinds:
            continue
        in_vain = _falls_back(call, above) and _may_be_missing(argument, types)
        if in_vain or (_is_known(argument, types) and "null" in value.kinds and value.kinds != {"null"}):
            yield _fails(call, argument, value, in_vain, expression)
            return


def _takes_any_text(node: Node) -> bool:
    return isinstance(node, Comparison) or (isinstance(node, Call) and node.name in _ASKING)


def _may_be_missing(node: Node, types: Types) -> bool:
    """Whether a part may be null; a part of unknown type may if it is a path."""
    value = types[id(node)]
    if isinstance(node, Variable):
        return False  # a `let` may have a default
    if value.known or "null" not in value.kinds:
        return "null" in value.kinds
    return isinstance(node, Index) or (read_path(node) is not None and not isinstance(node, Current))


def _is_known(node: Node, types: Types) -> bool:
    """Whether all that a part is made of has a known type, from the source schema."""
    return all(types[id(one)].known and not _is_let(one) for one in nodes(node) if id(one) in types)


def _is_let(node: Node) -> bool:
    return isinstance(node, Variable) and node.name not in _OURS


def _falls_back(call: Call, above: tuple[Node, ...]) -> bool:
    """Whether something stands behind a call for the case that it has no value."""
    parent = above[-1] if above else None
    if isinstance(parent, Or):
        return parent.left is call
    return isinstance(parent, Call) and parent.name == "not_null" and parent.arguments[-1] is not call


def _null_text(call: Call, value: Type, expression: Expression) -> Diagnostic:
    argument = expression.text[call.arguments[0].start : call.arguments[0].end]
    message = f"where {coded(argument)} is missing, this is the text `null`"
    span = expression.locate(call.start, call.name_end)
    if value.known and not value.kinds & {"string", "number", "integer"}:
        return Diagnostic("M122", span, message, f"add {coded(f'when: present({argument})')} to the rule")
    text = f"text({argument})"
    hint = f"write {coded(text)}, which is missing then too"
    return Diagnostic("M122", span, message, hint, facts=in_place(call, text, expression))


def _fails(call: Call, argument: Node, value: Type, in_vain: bool, expression: Expression) -> Diagnostic:
    written = expression.text[argument.start : argument.end]
    behind = ", so what stands behind it is never tried" if in_vain else ""
    message = f"`{call.name}` fails where {coded(written)} is missing{behind}"
    takes = FUNCTIONS[call.name].takes
    due = takes[min(call.arguments.index(argument), len(takes) - 1)].type.kinds & (
        value.without("null").kinds or frozenset()
    )
    kind = next((one for one in _EMPTY if one in due), None)
    arguments = [expression.text[one.start : one.end] for one in call.arguments]
    hints = []
    if call.name in LENIENT and kind != "string":
        hints.append(f"write {coded(LENIENT[call.name].format(*arguments))}, which gives null for null")
    if call.name in _ASKING:
        made = f"present({written}) && {expression.text[call.start : call.end]}"
        hints.append(f"write {coded(made)}")
    elif kind is not None and value.known:
        text, start = expression.text, call.start
        default = f"{text[start : argument.start]}{written} || {_EMPTY[kind]}{text[argument.end : call.end]}"
        hints.append(f"write {coded(default)}")
    elif not hints:
        hints.append(f"ask first whether it is there: {coded(f'present({written})')}")
    return Diagnostic(
        "M123", expression.span(argument), message, " or ".join(reversed(hints)).replace("or write", "or")
    )
