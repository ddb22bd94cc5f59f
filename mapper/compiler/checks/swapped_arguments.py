"""Calls of transforms -> warnings where an argument and the value that is changed have each other's place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.registry import check_read
from mapper.compiler.inference.facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Literal, Node
from mapper.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS

_NUMBER = re.compile(r"\s*[-+]?[0-9.,]+\s*")


@check_read("M136")
def swapped_arguments(expression: Expression) -> Iterator[Diagnostic]:
    """`query_parameter('epik', url)`: a constant as the value, and a path as the argument."""
    for call in expression.walk():
        if isinstance(call, Call) and _is_swapped(call):
            first, second, *others = (expression.text[one.start : one.end] for one in call.arguments)
            instead = f"{call.name}({', '.join([second, first, *others])})"
            parameter = TRANSFORMS[call.name].parameters[0].name
            taken = f"here that is {coded(first)}, and {coded(second)} is its `{parameter}`"
            message = f"`{call.name}` takes the value first: {taken}"
            facts = in_place(call, instead, expression)
            hint = f"write {coded(instead)}"
            yield Diagnostic("M136", expression.span(call), message, hint, facts=facts)


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
