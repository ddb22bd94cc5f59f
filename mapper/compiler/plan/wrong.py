"""Constant arguments of a step against its transform's own check -> a diagnostic at the one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mapper.compiler.inference.argument import near_word
from mapper.compiler.plan.dates import date_advice
from mapper.compiler.yaml.edits import rename, shown
from mapper.compiler.yaml.nodes import Node, ScalarNode
from mapper.diagnostic import Diagnostic, Fix
from mapper.text import Span
from mapper.transforms import Parameter, Transform
from mapper.types import Invalid, Json

Stated: TypeAlias = Sequence[tuple[Parameter, Json]]


def check_constants(
    transform: Transform,
    arguments: Stated,
    nodes: Iterable[tuple[Parameter, Node | list[Node]]],
    step: tuple[Span, str],
    found: list[Diagnostic],
) -> None:
    """Run a transform's own check of constant arguments.

    nodes: where each argument is written. step: where the step is written, and the value it acts on.
    """
    if transform.check is None:
        return
    try:
        transform.check(**{parameter.name: value for parameter, value in arguments})
    except Invalid as invalid:
        wrong = _wrong_argument(transform, arguments, invalid.reason)
        node = next((node for parameter, node in nodes if parameter == wrong), None)
        message = f"`{transform.name}`: {invalid.reason}"
        if wrong is None or not isinstance(node, ScalarNode):
            found.append(Diagnostic("M202", step[0], message))
            return
        # A word that is known is not misspelt, whatever else is wrong with it.
        near = None if node.text in wrong.words else near_word(node.text, wrong.words)
        hint = f"did you mean `{near}`?" if near else _read_instead(node, transform, step[1])
        fixes: tuple[Fix, ...] = (rename(node.span, near),) if near else ()
        advice = date_advice(node, wrong.name, transform) if near is None else None
        hint, fixes = advice or (hint, fixes)
        found.append(Diagnostic("M202", node.span, message, hint, fixes=fixes))


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


_ATTRIBUTE = re.compile(r"[a-z_]\w*(?:\.[A-Za-z_]\w*)*")


def _read_instead(node: ScalarNode, transform: Transform, value: str) -> str | None:
    """How an argument is read from the event, where a constant looks like a path."""
    written = shown(node.span)
    if written is None or not _ATTRIBUTE.fullmatch(written):
        return None
    call = f"{transform.name}({value}, {written})"
    return (
        f"an argument is a constant; to read `{written}` from the event, call it in the expression: `{call}`"
    )
