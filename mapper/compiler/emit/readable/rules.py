"""Plan -> the rules of each section that sends, by target path, each with the line it is written on."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.plan.planned import Choice, First, Fixed, Loop, Object, Planned
from mapper.compiler.plan.planner import Plan

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


def required_of_sections(plan: Plan) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """For the place of each section that sends, the target paths that must be there as its author says."""
    sections = (*plan.sections, plan.otherwise) if plan.otherwise is not None else plan.sections
    found = (
        (section.place, tuple(dict.fromkeys(_required(section.payload, section.payload.path, plan))))
        for section in sections
        if section.payload is not None
    )
    return tuple((place, paths) for place, paths in found if paths)


def _required(built: Object, path: str, plan: Plan) -> Iterator[str]:
    """Each required field below an object, but for those that the target itself asks for."""
    for entry in built.entries:
        inner = f"{path}.{entry.name}" if path else entry.name
        field = plan.target.find(inner)
        if entry.required and not (field is not None and field.required):
            yield inner
        yield from _required_inside(entry.value, inner, plan)


def _required_inside(planned: Planned, path: str, plan: Plan) -> Iterator[str]:
    match planned.source:
        case Object() as built:
            yield from _required(built, path, plan)
        case Loop() as loop:
            yield from _required_inside(loop.item, f"{path}[]", plan)
        case First() as first:
            for one in first.alternatives:
                yield from _required_inside(one, path, plan)
        case Choice() as choice:
            for _, then in choice.arms:
                yield from _required_inside(then, path, plan)


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
