"""A constant and its steps -> the value every event will carry. Raises Invalid if there is none."""

from __future__ import annotations

from mapper.compiler.planned import Finish
from mapper.compiler.step import Step, Variable
from mapper.compiler.target import Limits
from mapper.runtime.checks import (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    one_of,
    within,
)
from mapper.types import Invalid, Json


def settle(value: Json, steps: tuple[Step, ...], finish: Finish | None) -> Json:
    """What the steps and the field make of a constant; null if nothing is left of it."""
    value = run_steps(value, steps)
    if finish is None or absent(value):
        return None if absent(value) else value
    if finish.kind == "object":
        return value
    if finish.kind == "one":
        return limited(run_steps(value, finish.steps), finish.limits)
    elements = value if isinstance(value, list) else [value]
    settled = [limited(run_steps(element, finish.steps), finish.limits) for element in elements]
    kept: Json = [element for element in settled if element is not None]
    return limited(run_steps(kept, finish.list_steps), finish.list_limits) if kept else None


def is_settled_by(steps: tuple[Step, ...]) -> bool:
    """Whether the steps need nothing of the event."""
    return not any(isinstance(value, Variable) for step in steps for _, value in step.arguments)


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
        results = [_run(step, element) for element in value if element is not None]
        return [result for result in results if result is not None]
    return _run(step, value)


def _run(step: Step, value: Json) -> Json:
    positional: list[Json] = []
    named: dict[str, object] = {}
    for parameter, argument in step.arguments:
        if isinstance(argument, Variable):
            raise Invalid("a constant cannot depend on the event")
        if parameter.variadic and isinstance(argument, list):
            positional.extend(argument)
        else:
            named[parameter.name] = argument
    if step.transform.noting:
        named["remarks"] = []
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
