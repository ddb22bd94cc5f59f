"""Plan -> the words of its mapping: all texts that its author wrote as constants, which anybody may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mapper.compiler.jmespath.tree import Literal
from mapper.compiler.plan.ir import Fixed, Planned, PlannedObject, every
from mapper.compiler.plan.planner import Plan
from mapper.transforms.tables import FileTable
from mapper.values.types import Json


def words_of(plan: Plan) -> frozenset[str]:
    """The constants of a plan, and the names of events that it takes and sends; of tables in files none."""
    texts = (text for value in _constants(plan) for text in _texts(value))
    return frozenset(text for text in texts if any(map(str.isalnum, text)))


def _constants(plan: Plan) -> Iterator[Json]:
    for section in plan.all_sections:
        yield from (section.name, section.because, *(section.constants or ()))
    yield from (skip.because for skip in plan.skips)
    consent = plan.consent
    if consent is not None:
        yield from (fixed.value for _, fixed in (*consent.put, *consent.limit))
    for payload in _payloads(plan):
        yield from _defaults(payload)
    for root in _roots(plan):
        for value in every(root):
            yield from _of_value(value)
    for expression, _ in plan.record.read:
        literals = (node.value for node in expression.parsed.nodes if isinstance(node, Literal))
        yield from (one for one in literals if not isinstance(one, FileTable))


def _roots(plan: Plan) -> Iterator[Planned]:
    yield from (let.value for let in plan.lets)
    yield from (function.value for function in plan.functions)
    yield from () if plan.consent is None else plan.consent.values
    for payload in _payloads(plan):
        yield from (entry.value for entry in payload.entries)


def _payloads(plan: Plan) -> list[PlannedObject]:
    return [section.payload for section in plan.all_sections if section.payload is not None]


def _defaults(built: PlannedObject) -> Iterator[Json]:
    return (entry.default.value for entry in built.entries if entry.default is not None)


_BY_SOURCE: dict[type, Callable[[Any], Iterator[Json]]] = {
    Fixed: lambda source: iter([source.value]),
    PlannedObject: _defaults,
}


def _of_value(value: Planned) -> Iterator[Json]:
    """The constants of one value, less those of the values within it."""
    of_source = _BY_SOURCE.get(type(value.source))
    yield from () if of_source is None else of_source(value.source)
    if value.default is not None:
        yield value.default.value
    for step in value.steps if value.finish is None else (*value.steps, *value.finish.steps):
        if not step.inserted and not step.table:
            yield from (part for _, given in step.arguments for part in _parts(given))


def _parts(given: object) -> Iterable[Json]:
    """The constants among the values of an argument."""
    parts = given if isinstance(given, list) else [given]
    return [one for one in parts if isinstance(one, str | dict)]


def _texts(value: Json) -> Iterator[str]:
    """The texts in a constant; of a table also its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)
