"""The arguments of a call, and the sides of a comparison, against what it takes: what can never fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.inference.facts import StrangeArgument, StrangeConstants
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Comparison, Literal, Reference
from mapper.diagnostic import Diagnostic
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.text import Span
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.types import Invalid, Json, Type, fit, of

_NUMBER = of("number")


def check_arguments(
    call: Call, types: Sequence[Type], expression: Expression, found: list[Diagnostic]
) -> None:
    """Report each argument of a call that never fits, and constants that a transform does not take."""
    before = len(found)
    if call.name in FUNCTIONS:
        _check_builtin(FUNCTIONS[call.name], call, types, expression, found)
    elif call.name in TRANSFORMS:
        _check_transform(TRANSFORMS[call.name], call, types, expression, found)
        if len(found) == before:
            _check_constants(TRANSFORMS[call.name], call, expression, found)


def _check_builtin(
    builtin: Builtin, call: Call, types: Sequence[Type], expression: Expression, found: list[Diagnostic]
) -> None:
    for number, (node, value) in enumerate(zip(call.arguments, types, strict=True)):
        takes = builtin.takes[min(number, len(builtin.takes) - 1)].type
        never_null = value.known and value.kinds == {"null"} and "null" not in takes.kinds
        if fit(value, takes) == "never" or never_null:
            what = "each key for" if isinstance(node, Reference) and call.name != "map" else None
            found.append(_misfit(call, expression.span(node), what, value, takes))
    if call.name == "contains" and types[0].known and types[0].kinds - {"null"} == {"string"}:
        search = types[1]
        if search.known and "string" not in search.kinds:
            message = (
                "`contains` on a string finds only strings, and this is "
                f"{search.describe()}, so the result is always false"
            )
            found.append(Diagnostic("M204", expression.span(call.arguments[1]), message))


def _check_transform(
    transform: Transform, call: Call, types: Sequence[Type], expression: Expression, found: list[Diagnostic]
) -> None:
    for number, (node, value) in enumerate(zip(call.arguments, types, strict=True)):
        if number == 0:
            takes, what = transform.takes, None
        else:
            parameter = transform.parameters[min(number, len(transform.parameters)) - 1]
            takes, what = parameter.type, f"`{parameter.name}` of"
        if fit(value, takes) == "never":
            found.append(_misfit(call, expression.span(node), what, value, takes))


def _misfit(call: Call, span: Span, what: str | None, value: Type, takes: Type) -> Diagnostic:
    who = f"{what} `{call.name}`" if what else f"`{call.name}`"
    given = value if value.kinds == {"null"} else value.without("null")
    message = f"{who} takes {takes.describe()}, not {given.describe()}"
    return Diagnostic("M204", span, message, facts=StrangeArgument(call.name, value, takes))


def _check_constants(
    transform: Transform, call: Call, expression: Expression, found: list[Diagnostic]
) -> None:
    """Run the transform's own check of its arguments, where all of them are constants."""
    nodes = call.arguments[1:]
    constants = [node.value for node in nodes if isinstance(node, Literal)]
    if transform.check is None or len(constants) < len(nodes):
        return
    stated: dict[str, Json] = {}
    for number, parameter in enumerate(transform.parameters[: len(constants)]):
        stated[parameter.name] = constants[number:] if parameter.variadic else constants[number]
    try:
        transform.check(**stated)
    except Invalid as invalid:
        span = expression.locate(nodes[0].start, nodes[-1].end) if nodes else expression.span(call)
        fact = StrangeConstants(expression, call, tuple(constants))
        found.append(Diagnostic("M202", span, f"`{transform.name}`: {invalid.reason}", facts=fact))


def check_order(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report what has no order where one is asked for."""
    if node.operator in ("==", "!="):
        return
    for side, value in zip((node.left, node.right), sides, strict=True):
        if value.known and (value.kinds == {"null"} or fit(value, _NUMBER) == "never"):
            message = f"`{node.operator}` compares numbers, not {value.describe()}"
            hint = "`to_number(...)` makes a number of a text" if "string" in value.kinds else None
            yield Diagnostic("M205", expression.span(side), message, hint)
