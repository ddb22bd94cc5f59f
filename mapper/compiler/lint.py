"""Expression with the types of its parts -> warnings: what works, and gives what nobody means.

An expression that gives a value and one that is only asked whether it holds are read by different rules: in
a condition `a || b` is either of two, in a value the first of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mapper.compiler.abroad import choice
from mapper.compiler.expression import Expression
from mapper.compiler.mend import rewrite
from mapper.compiler.refusal import coded
from mapper.compiler.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Index,
    Literal,
    Node,
    Not,
    Or,
    Projection,
    Reference,
    Variable,
    children,
    nodes,
)
from mapper.compiler.truth import place_of
from mapper.diagnostic import Diagnostic, Fix
from mapper.runtime.functions import FUNCTIONS
from mapper.runtime.operators import falsy
from mapper.types import Type

Types = Mapping[int, Type]

_NUMBERS = frozenset({"number", "integer"})
# Where the text `null` does no harm, and where a null is looked for.
_ASKING = frozenset({"contains", "starts_with", "ends_with"})
_OURS = frozenset({"event", "whole", "meta", "index"})
# What does the same and gives null for null.
_LENIENT = {"join": "join_with({1}, {0})", "length": "count({0})", "sum": "total({0})"}
_EMPTY = {"array": "`[]`", "string": "''", "object": "`{}`", "number": "`0`"}


def check_value(expression: Expression, types: Types) -> list[Diagnostic]:
    """What is doubtful in an expression that gives a value."""
    conditions = {id(node) for node in _asked(expression.root, False)}
    found = [*_check_all(expression, types, conditions)]
    for node in expression.walk():
        if isinstance(node, Or) and id(node) not in conditions:
            found += _check_or(node, types, expression)
        elif isinstance(node, Projection | Filter):
            found += _check_index(node, types, expression)
    return found


def _check_index(node: Projection | Filter, types: Types, expression: Expression) -> Iterator[Diagnostic]:
    """`a[?b].c[0]` takes the first of each `c`, where mostly the first of all is meant."""
    part, index = node.right, None
    while isinstance(part, Field | Index):
        if isinstance(part, Index):
            index = part
        part = part.base
    if index is None or not isinstance(part, Current) or types[id(index.base)].known:
        return
    of_each = isinstance(index.base, Field) and index.base.name[-1:] not in ("s", "_")
    of_object = isinstance(node, Filter) and index.base is part and _reads_fields(node.condition)
    if of_object or (of_each and isinstance(node, Filter)):
        text = expression.text
        before, behind = text[node.start : index.base.end], text[index.base.end : node.end]
        written = f"{before} | {behind}"
        if node is not expression.root:
            written = f"({written})"
        message = f"`[{index.index}]` is taken of each element, not of the list of them"
        span = expression.locate(index.base.end, index.end)
        yield Diagnostic(
            "M130", span, message, f"write {coded(written)}", fixes=_fix(node, written, expression)
        )


def _reads_fields(condition: Node) -> bool:
    """Whether a filter reads a field of its elements, which are objects then."""
    return any(isinstance(node, Field) and isinstance(node.base, Current) for node in nodes(condition))


def check_condition(expression: Expression, types: Types, is_sent: bool) -> list[Diagnostic]:
    """What is doubtful in an expression that is only asked whether it holds.

    is_sent: it is a path whose value is sent where it holds, so it asks whether there is one.
    """
    root = expression.root
    conditions = {id(node) for node in _asked(root, True)}
    found = [*_check_all(expression, types, conditions)]
    for node in expression.walk():
        if isinstance(node, Or) and id(node) in conditions and _holds(node.right):
            message = f"{coded(expression.text[node.start : node.end])} always holds"
            found.append(
                Diagnostic("M127", expression.span(node), message, "take what stands behind `||` away")
            )
    if _is_bare(root) and not is_sent and not _is_number(types[id(root)]):
        found += _check_bare(root, types[id(root)], expression)
    return found


def said_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """What is found in one expression, of which there are errors: these, with the advice of an index.

    What will not be sent needs no doubt about what it would be.
    """
    errors = [one for one in found if one.severity == "error"]
    index = next((one for one in found if one.code == "M130"), None)
    if index is None or errors[0].hint is not None:
        return errors
    return [replace(errors[0], hint=index.hint, fixes=index.fixes), *errors[1:]]


def _asked(root: Node, condition: bool) -> Iterator[Node]:
    """The parts of an expression that are only asked whether they hold, the outermost first."""
    waiting = [(root, condition)]
    while waiting:
        node, asked = waiting.pop()
        if asked:
            yield node
        for child in children(node):
            inherits = asked and isinstance(node, And | Or)
            is_condition = isinstance(node, Filter) and child is node.condition
            waiting.append((child, inherits or is_condition or isinstance(node, Not)))


def _check_all(expression: Expression, types: Types, conditions: set[int]) -> Iterator[Diagnostic]:
    """What is doubtful wherever it stands."""
    for node, above in _with_parents(expression.root):
        value = types.get(id(node))
        if value is None:
            continue
        if id(node) in conditions and _is_number(value) and not isinstance(node, Literal):
            yield from _check_number(node, value, above, expression)
        if isinstance(node, Call) and node.name in FUNCTIONS:
            asked = id(node) in conditions or any(id(one) in conditions for one in above)
            yield from _check_strict(node, types, above, asked, expression)


def _with_parents(root: Node) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Each node with those it stands in, the innermost last."""
    waiting: list[tuple[Node, tuple[Node, ...]]] = [(root, ())]
    while waiting:
        node, above = waiting.pop()
        yield node, above
        waiting.extend((child, (*above, node)) for child in children(node))


def _is_number(value: Type) -> bool:
    """Whether a value can be a number and nothing else that is there."""
    return value.known and bool(value.kinds & _NUMBERS) and value.kinds <= _NUMBERS | {"null"}


def _check_number(
    node: Node, value: Type, above: tuple[Node, ...], expression: Expression
) -> Iterator[Diagnostic]:
    """A number holds, 0 too: a condition of one asks only whether it is there."""
    written = expression.text[node.start : node.end]
    negated = bool(above) and isinstance(above[-1], Not)
    hint = f"write {coded(f'{written} == `0`' if negated else f'{written} > `0`')}"
    if "null" not in value.kinds:
        answer = "never" if negated else "always"
        whole = above[-1] if negated else node
        message = f"{coded(expression.text[whole.start : whole.end])} {answer} holds: a number does, 0 too"
        yield Diagnostic("M127", expression.span(whole), message, hint)
    elif negated or not _is_filter(above):
        hint += f"; {coded(f'present({written})')} asks whether it is there"
        message = f"{coded(written)} is a number, and holds whenever it is there, 0 too"
        yield Diagnostic("M128", expression.span(node), message, hint)


def _is_filter(above: tuple[Node, ...]) -> bool:
    return bool(above) and isinstance(above[-1], Filter)


def _is_bare(node: Node) -> bool:
    """Whether a node is a path, and not only `@`."""
    while isinstance(node, Field | Index):
        if isinstance(node.base, Current | Variable):
            return True
        node = node.base
    return isinstance(node, Variable)


def _check_bare(node: Node, value: Type, expression: Expression) -> Iterator[Diagnostic]:
    pitfalls = []
    if value.kinds & _NUMBERS:
        pitfalls.append("for 0")
    if "string" in value.kinds:
        pitfalls.append("for the text `false`")
    if not pitfalls:
        return
    written = expression.text[node.start : node.end].strip()
    message = f"`{written}` holds also {' and '.join(pitfalls)}: it is not known to be true or false"
    read, there = f"boolean({written})", f"present({written})"
    hint = f"`{read}` reads yes or no, `{there}` asks whether it is there"
    fixes = (*_fix(node, read, expression), *_fix(node, there, expression))
    yield Diagnostic("M124", expression.whole, message, hint, fixes=fixes)


def _fix(node: Node, written: str, expression: Expression) -> tuple[Fix, ...]:
    text = expression.text
    whole = text[: node.start] + written + text[node.end :]
    edit = rewrite(text, whole, expression.locate, expression.style)
    return () if edit is None else (Fix(f"Write {coded(written)}", (edit,), safe=False),)


def _check_strict(
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
    return isinstance(node, Index) or (place_of(node) is not None and not isinstance(node, Current))


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
    return Diagnostic("M122", span, message, hint, fixes=_fix(call, text, expression))


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
    if call.name in _LENIENT and kind != "string":
        hints.append(f"write {coded(_LENIENT[call.name].format(*arguments))}, which gives null for null")
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


def _check_or(node: Or, types: Types, expression: Expression) -> Iterator[Diagnostic]:
    """`||` in a value: false falls through it, and `c && a || b` is no choice."""
    left, right = node.left, node.right
    behind = expression.text[right.start : right.end]
    if isinstance(left, And):
        if _is_question(left.left, types) and not _always_holds(left.right, types):
            yield _no_choice(node, left, behind, expression)
        return
    if not isinstance(left, Field | Index | Variable):
        return
    known, other = types[id(left)], types[id(right)]
    falls = _is_boolean(known) and other.known and not _is_boolean(other)
    never_false = isinstance(right, Literal) and right.value is True
    if falls or (never_false and (not known.known or _is_boolean(known))):
        written = expression.text[left.start : left.end]
        instead = f"not_null({written}, {behind})"
        message = f"where {coded(written)} is false, this is {coded(behind)}"
        fixes = _fix(node, instead, expression)
        yield Diagnostic("M128", expression.span(node), message, f"write {coded(instead)}", fixes=fixes)


def _no_choice(node: Or, left: And, behind: str, expression: Expression) -> Diagnostic:
    condition, then = (expression.text[one.start : one.end] for one in (left.left, left.right))
    message = f"where {coded(then)} is missing, empty or false, this is {coded(behind)}"
    hint = f"a rule decides by the condition alone: {coded(choice(condition, then, behind))}"
    return Diagnostic("M129", expression.span(node), message, hint)


def _is_question(node: Node, types: Types) -> bool:
    """Whether a part is a condition by its form, and asks more than whether something is there."""
    if isinstance(node, Comparison):
        return all(not isinstance(one, Literal) or one.value is not None for one in (node.left, node.right))
    if isinstance(node, Call):
        return node.name != "present" and _is_boolean(types[id(node)])
    return isinstance(node, Not)


def _always_holds(node: Node, types: Types) -> bool:
    """Whether a part holds for every event, or is itself a condition, so that the whole is one."""
    return _holds(node) or _is_boolean(types[id(node)])


def _holds(node: Node) -> bool:
    return isinstance(node, Literal) and not falsy(node.value)


def _is_boolean(value: Type) -> bool:
    return value.known and value.kinds - {"null"} == {"boolean"}
