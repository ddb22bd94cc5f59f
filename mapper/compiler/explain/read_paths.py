"""Plan -> which attributes of an event its rules read, and which tables are asked for values of persons."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.inference.origins import Path, flowing_paths, paths_of, shows_personal
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    every,
    own_steps,
    parts,
)
from mapper.compiler.plan.planner import Plan
from mapper.text import Span


def read_paths(plan: Plan) -> frozenset[Path]:
    """The paths in the event that are read, with all below each; those of lists are their elements' too.

    Of what reads the event as a whole, as `fingerprint(@)`, nothing is known.
    """
    return frozenset(path for path in _all_read(plan) if path)


def personal_tables(plan: Plan) -> frozenset[Span]:
    """Where a `lookup` is asked for what may be a person's value."""
    return frozenset(
        step.span
        for value in values_of(plan)
        for step in own_steps(value)
        if step.span is not None and step.transform.name == "lookup" and _is_personal(value, plan)
    )


def values_of(plan: Plan) -> Iterator[Planned]:
    """All values of a plan, those that others are made of too."""
    for root in _roots(plan):
        yield from every(root)


def _roots(plan: Plan) -> list[Planned]:
    payloads = [section.payload for section in plan.all_sections if section.payload is not None]
    consent = () if plan.consent is None else plan.consent.values
    entries = [entry.value for payload in payloads for entry in payload.entries]
    return [*(let.value for let in plan.lets), *consent, *entries]


def _is_personal(value: Planned, plan: Plan) -> bool:
    """Whether what a value is made of may be a person's, by the source's labels or by its name."""
    if plan.target.is_personal(plan.places[value.place].path):
        return True
    sources = (one.source for one in every(value))
    return any(
        shows_personal(one, plan.labels.event, plan.labels) for one in sources if isinstance(one, Expression)
    )


def _all_read(plan: Plan) -> Iterator[Path]:
    at = plan.labels.event
    if plan.split is not None:
        yield from _read(plan.split.parts, ((),), plan)
    conditions = [skip.when for skip in plan.skips]
    conditions += [section.when for section in plan.all_sections if section.when is not None]
    conditions += [] if plan.match is None else [plan.match]
    payloads = [section.payload for section in plan.all_sections if section.payload is not None]
    conditions += [entry.when for payload in payloads for entry in payload.entries if entry.when is not None]
    for condition in conditions:
        yield from _read(condition, at, plan)
    for root in _roots(plan):
        yield from _read_by(root, at, plan)


def _read(expression: Expression, at: tuple[Path, ...], plan: Plan) -> Iterator[Path]:
    for read in expression.parsed.reads:
        yield from paths_of(read, at, plan.labels)


def _read_by(value: Planned, at: tuple[Path, ...], plan: Plan) -> Iterator[Path]:
    """What a value reads, its condition and what it is made of too."""
    if value.when is not None:
        yield from _read(value.when, at, plan)
    inside = at
    match value.source:
        case Expression() as expression:
            yield from _read(expression, at, plan)
        case Loop() as loop:
            inside = _elements(loop, at, plan)
        case Fixed() | First() | Choice() | Zipped() | PlannedObject() | PlannedList():
            pass
    for part in parts(value):
        here = inside if part.role == "item" else at
        if part.when is not None:
            yield from _read(part.when, here, plan)
        yield from _read_by(part.value, here, plan)


def _elements(loop: Loop, at: tuple[Path, ...], plan: Plan) -> tuple[Path, ...]:
    """The paths in the event that an element of a list can be."""
    sources = [one.source for one in every(loop.items) if isinstance(one.source, Expression)]
    return tuple(path for one in sources for path in flowing_paths(one, at, plan.labels)) or ((),)
