"""Calls of transforms -> warnings where an argument and the value that is changed have each other's place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import check_read
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Literal, Node
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS

# A text of one word is no list to look into, as `red, green` may be.
_WORD = re.compile(r"[^\s,;|]+")
_NUMBER = re.compile(r"\s*[-+]?[0-9.,]+\s*")


@check_read("M136")
def swapped_arguments(expression: Expression) -> Iterator[Diagnostic]:
    """`query_parameter('epik', url)`: a constant as the value, and a path as the argument."""
    for call in expression.nodes_of(Call):
        order = _order_meant(call)
        if order is None:
            continue
        written = [expression.text[one.start : one.end] for one in call.arguments]
        instead = f"{call.name}({', '.join(written[number] for number in order)})"
        taken = f"here that is {coded(written[0])}"
        if call.name in TRANSFORMS and order[0] == 1:
            taken += f", and {coded(written[1])} is its `{TRANSFORMS[call.name].parameters[0].name}`"
        message = f"`{call.name}` takes the value first: {taken}"
        facts = in_place(call, instead, expression)
        yield Diagnostic("M136", expression.span(call), message, f"write {coded(instead)}", facts=facts)


def _order_meant(call: Call) -> list[int] | None:
    """The places of the arguments in the order that was meant; None where they are in it."""
    count = len(call.arguments)
    if _is_swapped(call) or _is_asked(call):
        return [1, 0, *range(2, count)]
    return [count - 1, *range(count - 1)] if _is_last(call) else None


def _is_asked(call: Call) -> bool:
    """Whether a constant is asked for what is read: `starts_with('A', sku)`, `contains('new', tags)`."""
    if call.name not in ("contains", "ends_with", "starts_with") or len(call.arguments) != 2:
        return False
    value, part = call.arguments
    if not isinstance(value, Literal) or not isinstance(value.value, str) or _has_constant(part):
        return False
    return call.name != "contains" or _WORD.fullmatch(value.value) is not None


def _is_last(call: Call) -> bool:
    """Whether the value comes after what it is changed by: `replace('a', 'b', sku)`."""
    transform, *constants = TRANSFORMS.get(call.name), *call.arguments[:-1]
    if transform is None or len(constants) < 2 or _has_constant(call.arguments[-1]):
        return False
    if any(one.variadic or one.constant for one in transform.parameters[: len(constants)]):
        return False
    return all(isinstance(one, Literal) and isinstance(one.value, str) for one in constants)


def _is_swapped(call: Call) -> bool:
    """Whether a constant is the value that a transform changes, and its first argument is none."""
    transform = TRANSFORMS.get(call.name)
    if transform is None or not transform.parameters or len(call.arguments) < 2:
        return False
    value, parameter = call.arguments[0], transform.parameters[0]
    if not isinstance(value, Literal) or not isinstance(value.value, str) or _has_constant(call.arguments[1]):
        return False
    takes_text = "string" in parameter.type.kinds and not parameter.variadic
    # What is added and divided may be a constant as well as what it is added to.
    is_number = _NUMBER.fullmatch(value.value) is not None and "number" in parameter.type.kinds
    return takes_text and not is_number and transform.accepts(parameter, value.value)


def _has_constant(node: Node) -> bool:
    return isinstance(node, Literal)
