"""Plan -> the rules of each section that sends, by target path, each with the line it is written on."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.plan import Plan
from mapper.compiler.planning.planned import Choice, First, Fixed, Loop, Object, Planned

Rules = tuple[tuple[str, str], ...]


def rules_of_sections(plan: Plan) -> tuple[tuple[int, Rules], ...]:
    """For the place of each section that sends, the target path and `file:line` of each of its rules.

    Of alternatives the line is that of the first. The items of lists have paths such as `contents[].id`.
    """
    sections = (*plan.sections, plan.otherwise) if plan.otherwise is not None else plan.sections
    return tuple(
        (section.place, _rules(section.payload, plan)) for section in sections if section.payload is not None
    )


def _rules(payload: Object, plan: Plan) -> Rules:
    """Each path once, with the place of the first rule for it."""
    rules: dict[str, str] = {}
    for path, place in _below(payload, plan):
        rules.setdefault(path, place)
    return tuple(rules.items())


def _below(built: Object, plan: Plan) -> Iterator[tuple[str, str]]:
    for entry in built.entries:
        source = entry.value.source
        if isinstance(source, Object):
            yield from _below(source, plan)
        elif not (isinstance(source, Fixed) and source.value is None):
            span = _first(entry.value).span
            yield plan.places[entry.place].path, f"{span.text.name}:{span.line}"
            yield from _inside(entry.value, plan)


def _first(planned: Planned) -> Planned:
    while isinstance(planned.source, First):
        planned = planned.source.alternatives[0]
    return planned


def _inside(planned: Planned, plan: Plan) -> Iterator[tuple[str, str]]:
    """The rules of the objects that a value is, or has in a list."""
    match planned.source:
        case Object() as built:
            yield from _below(built, plan)
        case Loop() as loop:
            yield from _inside(loop.item, plan)
        case First() as first:
            for one in first.alternatives:
                yield from _inside(one, plan)
        case Choice() as choice:
            for _, then in choice.arms:
                yield from _inside(then, plan)
