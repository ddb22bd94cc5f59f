"""Plan -> the rules of each section that sends, by target path, each with the line it is written on."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Choice, First, Fixed, List, Loop, Object, Planned, Zipped, children
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
        for one, below in _objects(entry.value):
            yield from _required(one, inner + below, plan)


def _below(built: Object, plan: Plan) -> Iterator[tuple[str, str]]:
    for entry in built.entries:
        first = _first(entry.value)
        if not isinstance(entry.value.source, Object) and entry.value.source != Fixed(None):
            yield plan.places[entry.place].path, f"{first.span.text.name}:{first.span.line}"
        for one, _ in _objects(entry.value):
            yield from _below(one, plan)


def _first(planned: Planned) -> Planned:
    while isinstance(planned.source, First):
        planned = planned.source.alternatives[0]
    return planned


def _objects(planned: Planned) -> Iterator[tuple[Object, str]]:
    """The objects that a value can be, or has in a list, each with what its path has behind the value's.

    Those of a list that is written out, or made of several, have no path of their own.
    """
    match planned.source:
        case Object() as built:
            yield built, ""
        case Loop() as loop:
            for built, below in _objects(loop.item):
                yield built, f"[]{below}"
        case First() | Choice():
            for one in children(planned):
                yield from _objects(one)
        case Expression() | Fixed() | List() | Zipped():
            return
