"""A constant and its steps -> the value every event will carry. Raises Invalid if there is none."""

from __future__ import annotations

from typing import Any

from mapper.compiler.plan.steps import Step, form_steps
from mapper.compiler.schema.target import Limits, TargetField
from mapper.diagnostic import closest
from mapper.runtime.limits import (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    on_each,
    one_of,
    unless_digest,
    within,
)
from mapper.runtime.objects import having_group
from mapper.safe_text import SafeText
from mapper.types import Invalid, Json, kind_name


def settle(value: Json, steps: tuple[Step, ...], field: TargetField | None) -> Json:
    """What the steps and the field make of a constant; null if nothing is left of it."""
    value = run_steps(value, steps)
    if absent(value):
        return None
    return value if field is None or not field.type.known else _settle_in(value, field)


def _settle_in(value: Json, field: TargetField) -> Json:
    """A constant in the form of its field, and each part of it in that of its own."""
    if field.is_object:
        return _settle_object(value, field)
    if field.item is None:
        return limited(run_steps(value, form_steps(field.form)), field.limits)
    elements = value if isinstance(value, list) else [value]
    settled = [_settle_in(one, field.item) for one in elements if not absent(one)]
    kept: Json = [one for one in settled if one is not None]
    return limited(run_steps(kept, form_steps(field.form)), field.limits) if kept else None


def _settle_object(value: Json, field: TargetField) -> Json:
    if not isinstance(value, dict):
        raise Invalid(SafeText("accepts object, not {}", kind_name(value)))
    made: dict[str, Json] = {}
    for name, part in value.items():
        child = field.field(name)
        if child is None and field.closed:
            near = closest(name, [known.name for known in field.fields])
            hint = f", did you mean `{near}`?" if near else ""
            raise Invalid(SafeText.known(f"has no field `{name}`{hint}"))
        settled = part if child is None else settle(part, (), child)
        if settled is not None:
            made[name] = settled
    for child in field.fields:
        if child.required and child.name not in made:
            raise Invalid(SafeText("lacks `{}`", SafeText.known(child.name)))
    for check in field.checks:
        having_group(made, check.groups, check.describe())
    return made or None


def is_settled_by(steps: tuple[Step, ...]) -> bool:
    """Whether the steps need nothing of the event."""
    return not any(step.reads for step in steps)


def run_steps(value: Json, steps: tuple[Step, ...]) -> Json:
    """The value behind the steps; a step on one value acts on each element of a list."""
    for step in steps:
        if value is None:
            return None
        value = run_step(step, value)
    return value


def run_step(step: Step, value: Json) -> Json:
    """What one step makes of a value that is not null, or of each element of a list."""
    if isinstance(value, list) and not step.transform.whole:
        return on_each(value, lambda element: _run(step, element))
    return _run(step, value)


def _run(step: Step, value: Json) -> Json:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter, argument in step.arguments:
        if parameter.variadic:
            positional += argument if isinstance(argument, list) else [argument]
        else:
            named[parameter.name] = argument
    if step.transform.noting:
        named["remarks"] = []
    if step.spares_digests:
        return unless_digest(value, step.transform.function, *positional, **named)
    result: Json = step.transform.function(value, *positional, **named)
    return result


def limited(value: Json, limits: Limits) -> Json:
    """The value itself where it keeps within the limits; raises Invalid where it does not."""
    if value is None:
        return None
    if limits.enum is not None:
        one_of(value, limits.enum)
    if isinstance(value, str):
        at_most_long(value, limits.max_length)
        at_least_long(value, limits.min_length)
        if limits.pattern is not None:
            matching(value, limits.pattern)
    elif isinstance(value, list):
        counted(value, limits.min_items, limits.max_items)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        within(value, limits.minimum, limits.maximum, limits.above, limits.below)
    return value
