"""Plan -> which attributes of an event its rules read, and which tables are asked for values of persons."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.inference.origins import Path, paths_of, shows_personal
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import Planned, every, own_steps
from mapper.compiler.plan.planner import Plan
from mapper.text import Span


def read_paths(plan: Plan) -> frozenset[Path]:
    """The paths in the event that are read, with all below each; those of lists are their elements' too.

    Of what reads the event as a whole, as `fingerprint(@)`, nothing is known.
    """
    return frozenset(
        path
        for expression, scope in plan.record.read
        for read in expression.parsed.reads
        for path in paths_of(read, scope.paths, plan.labels)
        if path and path[0] != "$meta"
    )


def personal_tables(plan: Plan) -> frozenset[Span]:
    """Where a `lookup` is asked for what may be a person's value."""
    at = {id(expression): scope.paths or ((),) for expression, scope in plan.record.read}
    return frozenset(
        step.span
        for value in values_of(plan)
        for step in own_steps(value)
        if step.span is not None and step.transform.name == "lookup" and _is_personal(value, at, plan)
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


def _is_personal(value: Planned, at: dict[int, tuple[Path, ...]], plan: Plan) -> bool:
    """Whether what a value is made of may be a person's, by the source's labels or by its name.

    at: by identity, the paths in the event that the current value of an expression can be.
    """
    if plan.target.is_personal(plan.places[value.place].path):
        return True
    sources = (one.source for one in every(value))
    return any(
        shows_personal(one, at.get(id(one), plan.labels.event), plan.labels)
        for one in sources
        if isinstance(one, Expression)
    )
