"""Steps that a field's normal form needs, under `normal_forms: explicit` -> a diagnostic."""

from __future__ import annotations

from mapper.compiler.plan.facts import MissingSteps
from mapper.compiler.plan.steps import Step
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.nodes import YamlNode
from mapper.diagnostic import Diagnostic
from mapper.text import Span


def needed(
    due: tuple[Step, ...], written: list[str], target: TargetField, at: tuple[Span, YamlNode | None, bool]
) -> Diagnostic:
    """The diagnostic for steps that are due.

    written: the names of those that the author wrote already. at: the value; where those steps stand last, if
    any do; and whether the value is an expression, so that a rule can stand in its place.
    """
    due = tuple(step for step in due if not step.transform.passing)
    missing = tuple(step.written() for step in due[_overlap(due, written) :])
    message = (
        f"`{target.path}` needs {', '.join(step.describe() for step in due)}, and "
        "`normal_forms: explicit` inserts no steps"
    )
    return Diagnostic("M310", at[0], message, path=target.path, facts=MissingSteps(missing, *at))


def _overlap(due: tuple[Step, ...], written: list[str]) -> int:
    """How many of the first steps that are due stand last among those written."""
    names = [step.transform.name for step in due]
    return next((n for n in range(len(due), 0, -1) if written[-n:] == names[:n]), 0)
