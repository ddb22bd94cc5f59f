"""A comparison of two known types -> what is wrong where its answer is always the same."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.inference.instead import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Comparison, Literal
from mapper.diagnostic import Diagnostic, closest
from mapper.runtime.operators import equal
from mapper.types import Json, Type, fit, kind_of, of

_NUMBER = of("number")
_MOST_CONSTANTS = 6


def check_comparison(
    node: Comparison, sides: tuple[Type, Type], expression: Expression
) -> Iterator[Diagnostic]:
    """Report what has no order, and what is never equal."""
    if node.operator not in ("==", "!="):
        for side, value in zip((node.left, node.right), sides, strict=True):
            if value.known and (value.kinds == {"null"} or fit(value, _NUMBER) == "never"):
                message = f"`{node.operator}` compares numbers, and this is {value.describe()}"
                hint = "`to_number(...)` makes a number of a text" if "string" in value.kinds else None
                yield Diagnostic("M205", expression.span(side), message, hint)
        return
    if not all(value.known and value.kinds - {"null"} for value in sides):
        return
    if all("null" in value.kinds for value in sides):
        return  # both may be missing, and are equal then
    if isinstance(node.left, Literal) and isinstance(node.right, Literal):
        message = "both sides are constants: the answer is the same for every event"
        yield Diagnostic("M121", expression.span(node), message, "write a path on one of the sides")
    elif fit(sides[0], sides[1]) == "never" and fit(sides[1], sides[0]) == "never":
        yield _unlike(node, sides, expression)
    else:
        yield from _not_among(node, sides, expression)


def _unlike(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Diagnostic:
    left, right = (expression.text[side.start : side.end] for side in (node.left, node.right))
    kinds = tuple(value.without("null").describe() for value in sides)
    message = f"{coded(left)} is {kinds[0]} and {coded(right)} {kinds[1]}: {_answer(node)}"
    constant, other = (node.right, sides[0]) if isinstance(node.right, Literal) else (node.left, sides[1])
    instead = _converted(constant.value, other) if isinstance(constant, Literal) else None
    span = expression.span(constant if isinstance(constant, Literal) else node)
    if instead is None:
        return Diagnostic("M121", span, message)
    return Diagnostic(
        "M121", span, message, f"write {coded(instead)}", facts=in_place(constant, instead, expression)
    )


def _answer(node: Comparison) -> str:
    return "they are never equal" if node.operator == "==" else "they are never equal, so this always holds"


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
        near = closest(literal.value, [one for one in known if isinstance(one, str)]) if isinstance(
            literal.value, str
        ) else None  # fmt: skip
        written = expression.text[literal.start : literal.end]
        never = f"{coded(expression.text[other.start : other.end])} is never {coded(written)}"
        message = never if node.operator == "==" else f"{never}, so this always holds"
        shown = [coded(_constant(one)) for one in known]
        listed = ", ".join(shown[:_MOST_CONSTANTS]) + (", ..." if len(shown) > _MOST_CONSTANTS else "")
        hint = f"did you mean `'{near}'`?" if near else f"it is {'one of ' if len(shown) > 1 else ''}{listed}"
        facts = None if near is None else in_place(literal, f"'{near}'", expression)
        yield Diagnostic("M121", expression.span(literal), message, hint, facts=facts)
        return


def _constant(value: Json) -> str:
    if kind_of(value) == "string":
        return f"'{value}'"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
