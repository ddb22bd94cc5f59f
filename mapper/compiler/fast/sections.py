"""The functions of the fast form: which section takes an event, and what it sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.code.module import Function, literal
from mapper.compiler.code.section import comparison, matches_a_person, write_requirement
from mapper.compiler.code.writing import Writing
from mapper.compiler.fast.point import Lets, Point, Shared, SharedFunction, Unfit
from mapper.compiler.fast.reading import Reading
from mapper.compiler.fast.shapes import table
from mapper.compiler.fast.value import write_condition, write_here, write_object, write_value
from mapper.compiler.plan import Plan, PlannedConsent, PlannedSection
from mapper.compiler.planning.planned import Loop, Object, Planned
from mapper.compiler.target import Requirement
from mapper.runtime.decode import LONGEST_EVENT

# Locals that stand in what is written as they are.
_LOCALS = (
    *("event", "frame", "invalid", "noted", "notes", "payload"),
    *("remarks", "section", "spare", "text", "typed", "value"),
)


def write_fast(writing: Writing, careful: Writing, reading: Reading | None = None) -> None:
    """`fast(event)`, or with a reading `fast(text)`. careful: the careful form, whose functions it calls.

    Raises Unfit where events are split, or several sections take one.
    """
    plan = writing.plan
    if plan.split is not None or any(section.goes_on for section in plan.sections):
        raise Unfit
    # What is read of no object is null, as of an object with nothing in it.
    writing.module.tables["{}"] = "EMPTY"
    if reading is not None:
        writing.module.tables[table(reading.event)] = "SHAPES"
    shared = Shared(_uses(plan), _write_function, careful, reading)
    function = writing.module.function("fast", "event" if reading is None else "text", named=True)
    point = _start(function, writing, shared)
    if reading is not None:
        with point.block(f"if len(text) > {LONGEST_EVENT}:"):
            point.write(f"raise {point.use('Surprise')}")
        point.write("typed = decode_typed(text)")
        point.levels[0].before += [text for text, _ in function.lines]
        function.lines.clear()
    for skip in plan.skips:
        with point.block(f"if {write_condition(skip.when, point)}:") as inside:
            inside.write(f"return {_skipped(skip.because, skip.place, inside)}")
    matched = "None"
    if plan.match is not None:
        matched = point.value(plan.match, "value")
    _write_sections(matched, point)
    _end(function, point)


def _uses(plan: Plan) -> Counter[int]:
    """How many sections send an object, or a list made of another one, by the `id` of its source."""
    uses: Counter[int] = Counter()
    for section in (*plan.sections, plan.otherwise):
        if section is not None and section.payload is not None:
            uses.update({id(source) for source in _large(section.payload)})
    return uses


def _large(built: Object) -> Iterator[Object | Loop]:
    for entry in built.entries:
        source = entry.value.source
        if isinstance(source, Object):
            yield source
            yield from _large(source)
        elif isinstance(source, Loop):
            yield source


def _write_function(planned: Planned, point: Point) -> SharedFunction:
    """A function for a value of the event."""
    writing = point.writing
    path = writing.plan.places[planned.place].path
    stem = planned.source.path if isinstance(planned.source, Object) else path
    parameters = (*point.shared.parameters, "spare", "notes")
    function = writing.module.function(stem, *parameters)
    inside = _start(function, writing, point.shared)
    inside.noted = isinstance(planned.source, Object)
    inside.tried = not inside.noted
    inside.lets.given = True
    event = inside.levels[0]
    event.given = []
    try:
        write_here(replace(planned, when=None, default=None), "value", inside)
    except Unfit:
        writing.module.functions[:] = [one for one in writing.module.functions if one is not function]
        point.shared.unfit.add(id(planned.source))
        raise
    inside.write("return value")
    _end(function, inside)
    objects = [event.objects[path] for path in event.given]
    function.parameters = (*parameters, *inside.lets.known.values(), *objects)
    return SharedFunction(function.name, tuple(inside.lets.known), tuple(event.given), inside.remarks.parts)


def _start(function: Function, writing: Writing, shared: Shared) -> Point:
    lets = {let.name: let.value for let in writing.plan.lets}
    for name in _LOCALS:
        function.local(name)

    def write(name: str, out: str, point: Point) -> None:
        write_value(lets[name], out, point)

    return Point(writing, function, (shared.event,), Lets(write, frozenset(lets)), shared)


def _end(function: Function, point: Point) -> None:
    """Put before all else what is read there."""
    if point.remarks.ever:
        point.levels[0].before[:0] = ["    remarks = []"]
    function.lines[:0] = [(text, None) for text in point.levels[0].before]
    point.shared.count(function)


def _skipped(because: str, place: int, point: Point) -> str:
    return f"{point.use('skipped')}('skip', {literal(because)}, {_place(place, point)})"


def _place(place: int, point: Point) -> str:
    return literal(point.writing.plan.places[place].span.place)


def _write_sections(matched: str, point: Point) -> None:
    """The sections in their order; the first of them that only ask for texts by a table."""
    plan = point.writing.plan
    first = 0
    while first < len(plan.sections) and _is_by_text(plan.sections[first]):
        first += 1
    if first > 1:
        _write_table(plan.sections[:first], matched, point)
    else:
        first = 0
    for section in plan.sections[first:]:
        _write_case(section, matched, point)
    if plan.otherwise is not None:
        point.write(f"return {_result(plan.otherwise, point)}")
        return
    point.write(f"return {point.use('unmapped')}({'None' if matches_a_person(plan) else matched})")


def _write_case(section: PlannedSection, matched: str, point: Point) -> None:
    """A section that is asked for by itself; its condition is looked at where its constant fits."""
    if section.constants is not None:
        rest = replace(section, constants=None)
        with point.block(f"if {comparison(matched, section.constants, point.writing)}:") as inside:
            _write_case(rest, matched, inside)
    elif section.when is not None:
        with point.block(f"if {write_condition(section.when, point)}:") as inside:
            inside.write(f"return {_result(section, inside)}")
    else:
        point.write(f"return {_result(section, point)}")


def _is_by_text(section: PlannedSection) -> bool:
    constants = section.constants
    return section.when is None and constants is not None and all(type(one) is str for one in constants)


def _write_table(sections: tuple[PlannedSection, ...], matched: str, point: Point) -> None:
    """A table from what `match` gives to the section's function: one look-up however many there are."""
    routes: dict[str, str] = {}
    for section in sections:
        name = _section_function(section, point)
        for constant in section.constants or ():
            routes.setdefault(literal(constant), name)
    table = ", ".join(f"{text}: {name}" for text, name in routes.items())
    point.writing.module.routes = f"{{{table}}}"
    point.write(f"section = ROUTES.get({matched}) if type({matched}) is str else None")
    with point.block("if section is not None:"):
        point.write(f"return section({', '.join(point.shared.parameters)})")


def _result(section: PlannedSection, point: Point) -> str:
    if section.payload is None:
        return _skipped(section.because, section.place, point)
    return f"{_section_function(section, point)}({', '.join(point.shared.parameters)})"


def _section_function(section: PlannedSection, around: Point) -> str:
    writing = around.writing
    key = ("section", section.place)
    if key in writing.functions:
        return writing.functions[key]
    function = writing.module.function(section.name or "section", *around.shared.parameters)
    writing.functions[key] = function.name
    point = _start(function, writing, around.shared)
    try:
        if section.payload is None:
            point.write(f"return {_skipped(section.because, section.place, point)}")
        else:
            _write_section(section, section.payload, point)
    except Unfit:
        function.lines = []
        function.depth = 1
        point = _start(function, writing, around.shared)
        point.write(f"raise {point.use('Surprise')}")
    _end(function, point)
    return function.name


def _write_section(section: PlannedSection, payload: Object, point: Point) -> None:
    plan = point.writing.plan
    if plan.consent is not None:
        _write_consent(plan.consent, point)
    point.write("spare = []")
    point.write("notes = []")
    point.noted = True
    write_object(payload, "payload", point)
    for requirement in plan.target.requirements:
        with point.block(f"if not ({_met(requirement)}):") as inside:
            write_requirement(
                requirement, section, payload, inside.function, inside.writing, inside.blank_frame()
            )
    with point.block("if spare:"):
        point.write(f"return spare[0].end(payload, {section.place})")
    point.write(f"return {point.use('sent')}(payload, {section.place}, notes)")


def _met(requirement: Requirement) -> str:
    """Python that is true where a payload meets a rule of the target in the first of its ways."""
    holder = "payload"
    for name in requirement.path.split(".") if requirement.path else ():
        holder = f"{holder}.get({literal(name)}, EMPTY)"
    return " and ".join(f"{literal(name)} in {holder}" for name in requirement.groups[0])


def _write_consent(consent: PlannedConsent, point: Point) -> None:
    """Events with consent go on; others are skipped, or stripped by the careful form."""
    answers = []
    for value in consent.values:
        answer = point.local("answer")
        write_value(value, answer, point)
        answers.append(answer)
    given = point.use("granted")
    stated = (literal(consent.combine), literal(consent.answer_grants), literal(consent.when_missing))
    test = f"not {given}([{', '.join(answers)}], {', '.join(stated)})"
    if len(answers) == 1:
        test = f"{answers[0]} is not {literal(consent.answer_grants)} and {test}"
        if consent.when_missing == "granted":
            test = f"{answers[0]} is not None and {test}"
    with point.block(f"if {test}:"):
        if consent.strip is None:
            arguments = f"'consent', 'consent denied', {_place(consent.place, point)}"
            point.write(f"return {point.use('skipped')}({arguments})")
        else:
            point.write(f"raise {point.use('Surprise')}")
