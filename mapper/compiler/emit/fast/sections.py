"""The functions of the fast form: which section takes an event, and what it sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile

from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.fast.classes import table
from mapper.compiler.emit.fast.conditions import write_condition
from mapper.compiler.emit.fast.consent import write_consent
from mapper.compiler.emit.fast.entries import write_object
from mapper.compiler.emit.fast.functions import end, give_all, start
from mapper.compiler.emit.fast.growth import is_small
from mapper.compiler.emit.fast.parameters import Head, end_behind, head_of, write_start, write_start_here
from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.scope import WHOLE, Shared, Unfit
from mapper.compiler.emit.fast.shared import Runs
from mapper.compiler.emit.fast.typed_reads import TypedReads
from mapper.compiler.emit.fast.values import write_value
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.sections import (
    comparison,
    doubtful_constants,
    matches_a_person,
    write_requirement,
)
from mapper.compiler.plan.planner import Plan, PlannedConsent, PlannedSection, PlannedSplit
from mapper.compiler.schema.target import Requirement
from mapper.runtime.decode import LONGEST_EVENT
from mapper.types import Json

# What whoever reads the text finds nowhere else in it.
_REMARKS = (
    "# What is not as it usually is goes to functions of the careful form. PLACES: where rules are written.",
)
_TYPED_REMARKS = (
    "# Each row of SHAPES is a class, for objects of which these fields are read; NO_ and its name such an",
    "# object with nothing in it. decode_typed decodes an event by these classes.",
)


def write_fast(writing: Writing, careful: Writing, reading: TypedReads | None = None) -> None:
    """`fast(event, meta)`, or with a reading `fast(json_text, meta)`.

    careful: the form whose functions it calls. A plan that splits events has no reading:
    parts are made of the event as it is. Raises Unfit.
    """
    plan, module = writing.plan, writing.module
    module.remarks = _REMARKS if reading is None else _REMARKS + _TYPED_REMARKS
    # What is read of no object is null, as of an object with nothing in it.
    module.tables["{}"] = "EMPTY"
    if reading is not None:
        module.tables[table(reading.event)] = "SHAPES"
    asked = ("meta",) if "frame.meta" in careful.module.text() else ()
    known = asked if plan.split is None else (*asked, WHOLE, "index")
    several = plan.split is not None or any(section.goes_on for section in plan.sections)
    budget = ("budget",) if several else ()
    shared = Shared(Runs(plan, writing), write_value, write_object, careful, reading, known, budget)
    function = module.function("fast", "event" if reading is None else "json_text", "meta", named=True)
    point = start(function, writing, shared)
    if plan.split is not None:
        _write_parts(plan.split, point)
    else:
        if reading is not None:
            _write_decoding(point)
        _write_event(point)
    if several:
        # Of an event that was not decoded as a whole the size is not known: its budget is that of no event.
        given = "event" if reading is None else "EMPTY"
        point.levels[0].before.insert(0, f"    budget = {point.use('budget_of')}({given})")
    end(point)


def _write_decoding(point: Point) -> None:
    with point.block(f"if len(json_text) > {LONGEST_EVENT}:"):
        point.give_up()
    point.write("typed = decode_typed(json_text)")
    point.levels[0].before += [text for text, _ in point.function.lines]
    point.function.lines.clear()


def _write_parts(split: PlannedSplit, point: Point) -> None:
    """The events in a source event, one after the other."""
    shared = point.shared
    function = point.writing.module.function("part", *shared.parameters)
    part = start(function, point.writing, shared)
    _write_event(part)
    end(part)
    atom = point.value(split.parts)
    with point.block(f"if {atom} is None or {atom} == []:"):
        point.write(f"return {_skipped('`split` gives no events', split.place, point)}")
    with point.block(f"if type({atom}) is not list:"):
        point.give_up()
    point.write("outcomes = []")
    with point.block(f"for index, element in enumerate({atom}):"):
        with point.block("if type(element) is not dict:"):
            point.give_up()
        given = ", ".join({"event": "element", WHOLE: "event"}.get(one, one) for one in shared.parameters)
        point.write(f"outcomes.extend({function.name}({given}))")
    point.write("return outcomes")


def _write_event(point: Point) -> None:
    """What becomes of an event: skip rules, then the first section that fits, and those that go on."""
    plan = point.writing.plan
    functions = _write_functions(plan, point)
    for skip in plan.skips:
        with point.block(f"if {write_condition(skip.when, point)}:") as inside:
            inside.write(f"return {_skipped(skip.because, skip.place, inside)}")
    matched = "None"
    if plan.match is not None:
        matched = point.value(plan.match, "value")
    _write_sections(functions, matched, point)


def _skipped(because: str, place: int, point: Point) -> str:
    return f"{point.use('skipped')}('skip', {literal(because)}, {literal(point.place_of(place))})"


@dataclass(slots=True)
class _Functions:
    """The functions of the sections that send, by place, and what they are called with.

    consent: what is asked before. caller: the function that calls those which no table finds, once there is
    one.
    """

    names: dict[int, str]
    head: Head
    consent: PlannedConsent | None
    caller: str = ""

    def call(self, name: str, around: Point) -> str:
        """Python that gives what a section makes of the event. name: of its function."""
        shared, module = around.shared, around.writing.module
        given = ", ".join(shared.parameters)
        if len(self.names) == 1:
            return f"{name}({given})"
        if not self.caller:
            function = module.function("start", "section", *shared.parameters)
            self.caller = function.name
            point = start(function, around.writing, shared)
            write_start(self.head, self.consent, point)
            end(point)
        return f"{self.caller}({name}, {given})"


def _write_functions(plan: Plan, around: Point) -> _Functions:
    """A function for each section that sends."""
    sections = [one for one in (*plan.sections, plan.otherwise) if one is not None]
    sending = {one.place: one for one in sections if one.payload is not None}
    alone = len(sending) == 1
    points = [
        _write_section(section, plan.consent if alone else None, around) for section in sending.values()
    ]
    head = Head() if alone else head_of(points)
    for point in points:
        end_behind(head, point)
    names = [point.function.name for point in points]
    return _Functions(dict(zip(sending, names, strict=True)), head, plan.consent)


def _write_sections(functions: _Functions, matched: str, point: Point) -> None:
    """The sections in their order; the first of them that only ask for texts by a table."""
    plan = point.writing.plan
    kept = any(section.goes_on for section in plan.sections)
    if kept:
        point.write("kept = []")
    by_text = list(takewhile(_is_by_text, plan.sections))
    if len(by_text) < 2:
        by_text = []
    else:
        with point.block(f"if type({matched}) is str:") as inside:
            _write_tables(by_text, functions, matched, inside)
    for section in plan.sections[len(by_text) :]:
        _write_case(section, kept, functions, matched, point)
    if kept:
        with point.block("if kept:"):
            point.write("return kept")
    constants = doubtful_constants(plan)
    if constants:
        alike = f"{point.use('any_alike')}({matched}, {point.writing.module.table('constants', constants)})"
        with point.block(f"if {alike}:"):
            point.give_up()
    if plan.otherwise is not None:
        point.write(f"return {_result(plan.otherwise, functions, point)}")
        return
    point.write(f"return {point.use('unmapped')}({'None' if matches_a_person(plan) else matched})")


def _write_case(
    section: PlannedSection, kept: bool, functions: _Functions, matched: str, point: Point
) -> None:
    """A section that is asked for by itself; its condition is looked at where its constant fits.

    kept: sections before it may have taken the event too.
    """
    if section.constants is not None:
        rest = replace(section, constants=None)
        with point.block(f"if {comparison(matched, section.constants, point.writing)}:") as inside:
            _write_case(rest, kept, functions, matched, inside)
    elif section.when is not None:
        rest = replace(section, when=None)
        with point.block(f"if {write_condition(section.when, point)}:") as inside:
            _write_case(rest, kept, functions, matched, inside)
    elif kept:
        point.write(f"kept.extend({_result(section, functions, point)})")
        if not section.goes_on:
            point.write("return kept")
    else:
        point.write(f"return {_result(section, functions, point)}")


def _is_by_text(section: PlannedSection) -> bool:
    constants = section.constants
    texts = constants is not None and all(type(one) is str for one in constants)
    return texts and section.when is None and not section.goes_on


def _write_tables(sections: list[PlannedSection], functions: _Functions, matched: str, point: Point) -> None:
    """Tables from what `match` gives to a section's function, or to why it is skipped and where that is said.

    One look-up however many sections there are.
    """
    routes: dict[str, str] = {}
    skips: dict[str, Json] = {}
    for section in sections:
        for constant in section.constants or ():
            if not isinstance(constant, str) or constant in routes or constant in skips:
                continue
            if section.payload is None:
                skips[constant] = [section.because, point.place_of(section.place)]
            else:
                routes[constant] = functions.names[section.place]
    if routes:
        rows = ", ".join(f"{literal(constant)}: {name}" for constant, name in routes.items())
        point.writing.module.routes = f"{{{rows}}}"
        point.write(f"section = ROUTES.get({matched})")
        with point.block("if section is not None:") as inside:
            if len(functions.names) == 1:
                inside.write(f"return {functions.call('section', inside)}")
            else:
                write_start_here(functions.head, functions.consent, inside)
    if skips:
        point.write(f"because = {point.writing.module.table('skips', skips)}.get({matched})")
        with point.block("if because is not None:"):
            point.write(f"return {point.use('skipped')}('skip', because[0], because[1])")


def _result(section: PlannedSection, functions: _Functions, point: Point) -> str:
    if section.payload is None:
        return _skipped(section.because, section.place, point)
    return functions.call(functions.names[section.place], point)


def _write_section(section: PlannedSection, consent: PlannedConsent | None, around: Point) -> Point:
    """The function of a section, to be called with what it reads; its first point."""
    writing, shared = around.writing, around.shared
    function = writing.module.function(section.name or "section", *shared.parameters)
    point = start(function, writing, shared)
    give_all(point)
    try:
        if consent is not None:
            write_consent(consent, point)
        _write_payload(section, point)
    except Unfit:
        function.lines = []
        function.depth = 1
        point = start(function, writing, shared)
        give_all(point)
        point.give_up()
    return point


def _write_payload(section: PlannedSection, point: Point) -> None:
    payload = section.payload
    assert payload is not None
    point.write("spare = []")
    point.write("notes = []")
    point.noted = True
    write_object(payload, "payload", point)
    for requirement in (one for one in point.writing.plan.target.requirements if one.due):
        with point.block(f"if not ({_met(requirement)}):") as inside:
            write_requirement(
                requirement, section, payload, inside.function, inside.writing, inside.blank_frame()
            )
    with point.block("if spare:"):
        point.write(f"return spare[0].end(payload, {section.place})")
    if point.shared.budget:
        point.write("budget.count(payload)")
    elif not is_small(payload, {let.name: let.value for let in point.writing.plan.lets}):
        point.write(f"{point.use('check_free')}(payload)")
    made = f"(payload, None, None, tuple(notes), {section.place}, '')"
    point.write(f"return [{point.use('outcome_of')}({made})]")


def _met(requirement: Requirement) -> str:
    """Python that is true where a payload meets a rule of the target in the first of its ways."""
    holder = "payload"
    for name in requirement.path.split(".") if requirement.path else ():
        holder = f"{holder}.get({literal(name)}, EMPTY)"
    return " and ".join(f"{literal(name)} in {holder}" for name in requirement.groups[0])
