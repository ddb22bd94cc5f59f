"""Constant arguments of a step against its transform's own check -> a diagnostic at the one that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.facts import WrongArgument
from mapper.compiler.syntax.values import WrittenStep
from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.types import Invalid, Json

Stated: TypeAlias = Sequence[tuple[Parameter, Json]]


def check_constants(
    written: WrittenStep,
    arguments: Stated,
    nodes: Iterable[tuple[Parameter, YamlNode | list[YamlNode]]],
    source: Expression | None,
    found: list[Diagnostic],
) -> None:
    """Run a transform's own check of constant arguments.

    nodes: where each argument is written. source: the expression that the step acts on.
    """
    transform = TRANSFORMS[written.transform]
    if transform.check is None:
        return
    try:
        transform.check(**{parameter.name: value for parameter, value in arguments})
    except Invalid as invalid:
        wrong = _wrong_argument(transform, arguments, invalid.reason)
        node = next((node for parameter, node in nodes if parameter == wrong), None)
        message = f"`{transform.name}`: {invalid.reason}"
        if wrong is None or not isinstance(node, ScalarNode):
            found.append(Diagnostic("M202", written.span, message))
            return
        fact = WrongArgument(node, wrong, written, source)
        found.append(Diagnostic("M202", node.span, message, facts=fact))


def _wrong_argument(transform: Transform, arguments: Stated, reason: str) -> Parameter | None:
    """The argument that the transform's check does not take; None where several may be."""
    if len(arguments) == 1:
        return arguments[0][0]
    needed = {one.name: value for one, value in arguments if one.required}
    for parameter, value in arguments:
        try:
            if transform.check is not None and not parameter.required:
                transform.check(**needed, **{parameter.name: value})
        except Invalid as invalid:
            if invalid.reason == reason:
                return parameter
    return next((one for one, _ in arguments if one.required), None)
