"""Conditions and comparisons -> warnings where the answer is always the same, or not the one that is meant.

An expression that gives a value and one that is only asked whether it holds are read by different rules: in
a condition `a || b` is either of two, in a value the first of two.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.bare_words import UNQUOTED
from mapper.compiler.checks.check_registry import (
    IN_EXPRESSION,
    Relation,
    check_expression,
    overlapping,
    same_span,
)
from mapper.compiler.inference.type_facts import NeverEqual, in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import NoChoice
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Index,
    Literal,
    MultiList,
    Node,
    Not,
    Or,
    Variable,
)
from mapper.runtime.operators import equal, falsy
from mapper.texts.diagnostic import Diagnostic
from mapper.values.types import Json, Type, fit

_NUMBERS = frozenset({"number", "integer"})


@check_expression("M121", of=(Comparison,), yields_to=IN_EXPRESSION)
def comparisons(one: TypedExpression) -> Iterator[Diagnostic]:
    """Comparisons whose answer is always the same."""
    for node in one.nodes:
        if isinstance(node, Comparison) and node.operator in ("==", "!="):
            listed = [*_check_list(node, one.type(node.left), one.expression)]
            sides = one.type(node.left), one.type(node.right)
            yield from listed or _check_equal(node, sides, one.expression)


def _check_equal(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Iterator[Diagnostic]:
    if not all(value.known and value.kinds - {"null"} for value in sides):
        return
    if all("null" in value.kinds for value in sides):
        return  # both may be missing, and are equal then
    if isinstance(node.left, Literal) and isinstance(node.right, Literal):
        message = "both sides are constants, so the result is the same for every event"
        yield Diagnostic("M121", expression.span(node), message, "write a path on one side")
    elif fit(sides[0], sides[1]) == "never" and fit(sides[1], sides[0]) == "never":
        yield _unlike(node, sides, expression)
    else:
        yield from _not_among(node, sides, expression)


def _check_list(node: Comparison, left: Type, expression: Expression) -> Iterator[Diagnostic]:
    """`kind == ['a', 'b']`: equal only to that whole list."""
    listed = node.right
    if not isinstance(listed, MultiList) or not all(isinstance(one, Literal) for one in listed.elements):
        return
    if left.known and "array" in left.kinds:
        return
    asked, written = (expression.text[side.start : side.end] for side in (node.left, listed))
    instead = f"{'' if node.operator == '==' else '!'}contains({written}, {asked})"
    message = f"{coded(asked)} is equal to {coded(written)} only if it is that whole list"
    facts = in_place(node, instead, expression)
    yield Diagnostic("M121", expression.span(node), message, f"write {coded(instead)}", facts=facts)


def _unlike(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Diagnostic:
    left, right = (expression.text[side.start : side.end] for side in (node.left, node.right))
    kinds = tuple(value.without("null").describe() for value in sides)
    message = f"{coded(left)} is {kinds[0]} and {coded(right)} {kinds[1]}: {_answer(node)}"
    constant, other = (node.right, sides[0]) if isinstance(node.right, Literal) else (node.left, sides[1])
    instead = _converted(constant.value, other) if isinstance(constant, Literal) else None
    span = expression.span(constant if isinstance(constant, Literal) else node)
    negated = node.left if isinstance(node.left, Not) and node.operator in ("==", "!=") else None
    if instead is None and negated is not None:
        operator = "!=" if node.operator == "==" else "=="
        whole = f"{expression.text[negated.operand.start : negated.operand.end]} {operator} {right}"
        facts = in_place(node, whole, expression)
        return Diagnostic("M121", span, message, f"write {coded(whole)}", facts=facts)
    if instead is None:
        return Diagnostic("M121", span, message)
    return Diagnostic(
        "M121", span, message, f"write {coded(instead)}", facts=in_place(constant, instead, expression)
    )


def _answer(node: Comparison) -> str:
    return "they are never equal" if node.operator == "==" else "they are never equal, so this is always true"


def _converted(value: Json, other: Type) -> str | None:
    """A constant as it is written for a value of another kind; None where it makes no sense as one."""
    if isinstance(value, str) and other.kinds & {"number", "integer"} and value.lstrip("-").isdigit():
        return f"`{int(value)}`"
    if isinstance(value, str) and "boolean" in other.kinds and value in ("true", "false"):
        return f"`{value}`"
    if "string" in other.kinds and type(value) in (int, float):
        return f"'{value}'"
    if "string" in other.kinds and isinstance(value, bool):
        return f"'{str(value).lower()}'"
    return None


def _not_among(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report a constant that is none of those that the other side can be."""
    parts = (node.left, node.right)
    for place, (literal, other) in enumerate((parts, parts[::-1])):
        known = sides[1 - place].constants
        if not isinstance(literal, Literal) or known is None:
            continue
        if any(equal(literal.value, value) for value in known):
            return
        written = expression.text[literal.start : literal.end]
        never = f"{coded(expression.text[other.start : other.end])} is never {coded(written)}"
        message = never if node.operator == "==" else f"{never}, so this is always true"
        fact = NeverEqual(expression, literal, tuple(known))
        yield Diagnostic("M121", expression.span(literal), message, facts=fact)
        return


@check_expression("M127", "M128", of=(Filter, Not), asked=True, yields_to=IN_EXPRESSION)
def numbers_asked(one: TypedExpression) -> Iterator[Diagnostic]:
    """Numbers as conditions: a number holds, 0 too."""
    for node, above in one.with_parents:
        if id(node) in one.conditions and id(node) in one.typed.parts and not isinstance(node, Literal):
            value = one.type(node)
            if _is_number(value):
                yield from _check_number(node, value, above, one.expression)


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
        message = (
            f"{coded(expression.text[whole.start : whole.end])} is {answer} true: a "
            "number counts as true, even 0"
        )
        yield Diagnostic("M127", expression.span(whole), message, hint)
    elif negated or not _is_filter(above):
        hint += f"; to test whether it is there, write {coded(f'present({written})')}"
        message = f"{coded(written)} is a number, which is true if present, even 0"
        yield Diagnostic("M128", expression.span(node), message, hint)


def _is_filter(above: tuple[Node, ...]) -> bool:
    return bool(above) and isinstance(above[-1], Filter)


@check_expression("M127", of=(Or,), yields_to=IN_EXPRESSION)
def always_holding(one: TypedExpression) -> Iterator[Diagnostic]:
    """Conditions that always hold."""
    for node in one.nodes if one.asked else ():
        if isinstance(node, Or) and id(node) in one.conditions and _holds(node.right):
            message = f"{coded(one.text(node))} is always true"
            hint, either = "remove everything after `||`", _either(node, one.expression)
            facts = None if either is None else in_place(node, either, one.expression)
            hint = hint if either is None else f"to compare with both, write {coded(either)}; else {hint}"
            yield Diagnostic("M127", one.expression.span(node), message, hint, facts=facts)


def _either(node: Or, expression: Expression) -> str | None:
    """`kind == 'a' || 'b'` as it is meant."""
    compared = node.left
    if not isinstance(compared, Comparison) or compared.operator != "==":
        return None
    if not isinstance(compared.right, Literal) or not isinstance(node.right, Literal):
        return None
    left, first, second = (
        expression.text[one.start : one.end] for one in (compared.left, compared.right, node.right)
    )
    return f"contains([{first}, {second}], {left})"


@check_expression("M124", asked=True, yields_to=(*IN_EXPRESSION, Relation("M120", same_span)))
def bare_conditions(one: TypedExpression) -> Iterator[Diagnostic]:
    """A path that is asked whether it holds, and holds also for 0, or for the text `false`."""
    root = one.expression.root
    if one.asked and not one.is_sent and _is_bare(root) and not _is_number(one.type(root)):
        yield from _check_bare(root, one.type(root), one.expression)


def _is_bare(node: Node) -> bool:
    """Whether a node is a path, and not only `@`; `true` without backticks is told elsewhere."""
    if isinstance(node, Field) and node.name in UNQUOTED and node.start == node.name_start:
        return False
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
        pitfalls.append("for the string `false`")
    if not pitfalls:
        return
    written = expression.text[node.start : node.end].strip()
    message = f"`{written}` is also true {' and '.join(pitfalls)}: it is not known to be a boolean"
    read, there = f"boolean({written})", f"present({written})"
    hint = f"`{read}` reads yes or no, `{there}` tests whether it is there"
    facts = in_place(node, read, expression, there)
    yield Diagnostic("M124", expression.whole, message, hint, facts=facts)


@check_expression("M128", "M129", of=(Or,), yields_to=(*IN_EXPRESSION, Relation("M461", overlapping)))
def choices_by_truth(one: TypedExpression) -> Iterator[Diagnostic]:
    """`||` in a value: false falls through it, and `c && a || b` is no choice."""
    for node in () if one.asked else one.nodes:
        if isinstance(node, Or) and id(node) not in one.conditions:
            yield from _check_or(node, one)


def _check_or(node: Or, one: TypedExpression) -> Iterator[Diagnostic]:
    left, right = node.left, node.right
    after = one.text(right)
    if isinstance(left, And):
        if _is_question(left.left, one) and not (_holds(left.right) or _is_boolean(one.type(left.right))):
            condition, then = one.text(left.left), one.text(left.right)
            message = f"if {coded(then)} is missing, empty or false, the result is {coded(after)}"
            yield Diagnostic(
                "M129", one.expression.span(node), message, facts=NoChoice(condition, then, after)
            )
        return
    if not isinstance(left, Field | Index | Variable):
        return
    known, other = one.type(left), one.type(right)
    falls = _is_boolean(known) and other.known and not _is_boolean(other)
    never_false = isinstance(right, Literal) and right.value is True
    if falls or (never_false and (not known.known or _is_boolean(known))):
        instead = f"not_null({one.text(left)}, {after})"
        message = f"if {coded(one.text(left))} is false, the result is {coded(after)}"
        facts = in_place(node, instead, one.expression)
        hint = f"write {coded(instead)}"
        yield Diagnostic("M128", one.expression.span(node), message, hint, facts=facts)


def _is_question(node: Node, one: TypedExpression) -> bool:
    """Whether a part is a condition by its form, and asks more than whether something is there."""
    if isinstance(node, Comparison):
        return all(
            not isinstance(side, Literal) or side.value is not None for side in (node.left, node.right)
        )
    if isinstance(node, Call):
        return node.name != "present" and _is_boolean(one.type(node))
    return isinstance(node, Not)


def _holds(node: Node) -> bool:
    return isinstance(node, Literal) and not falsy(node.value)


def _is_boolean(value: Type) -> bool:
    return value.known and value.kinds - {"null"} == {"boolean"}
