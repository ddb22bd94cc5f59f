"""Plan -> the fast form of its code: one function for each section, which needs no frame for most events.

It must give what the careful form gives, or raise: then the careful form takes the event. Its tricks, each
named where it is written:

- what most events are is taken for granted, and a field of which that is not so is made as the careful form
  makes it, and then there is a frame (`fast_objects`);
- objects on the way to what is read are looked up once, before all else (`FastPoint`), and what all sections
  read before one of them is called (`Head`);
- sections are found in a table by what `match` gives (`_write_tables`), and fields that several of them send
  alike are written once (`shared`);
- lists of the same items are made by one loop (`value_key`);
- the usual values are recognised in place, and values that have their form already at a glance (`fast_forms`,
  `mapper.runtime.known_forms`).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import EmitContext
from mapper.compiler.emit.fast.fast_functions import Head, end, end_after_head, first_point, give_all, head_of
from mapper.compiler.emit.fast.fast_objects import write_object
from mapper.compiler.emit.fast.growth import is_small, lists_of
from mapper.compiler.emit.fast.point import WHOLE, FastPoint, Recovery, Shared, Unfit, Without
from mapper.compiler.emit.fast.shared import Runs
from mapper.compiler.emit.fast.typed_reads import TypedReads, class_table
from mapper.compiler.emit.fast.value_statements import write_condition, write_own_call, write_value
from mapper.compiler.emit.module import Module, literal
from mapper.compiler.emit.readable.readable_program import write_program
from mapper.compiler.emit.requirements import (
    comparison,
    doubtful_constants,
    due_requirements,
    first_way_met,
    unmapped_name,
    unmet,
    write_refusal,
)
from mapper.compiler.plan.ir import PlannedObject
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planner import Plan, PlannedSection, PlannedSplit
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# What whoever reads the text finds nowhere else in it.
_HEAD = (
    "# What is not as it usually is goes to functions of the careful form. PLACES: where rules are written.",
)
_TYPED_HEAD = (
    "# Each row of SHAPES is a class, for objects of which these fields are read; NO_ and its name such an",
    "# object with nothing in it. decode_typed decodes an event by these classes.",
)


def generate_fast(plan: Plan) -> str:
    """The text of a module whose `fast(event, meta)` gives outcomes or raises; "" where there is none.

    It calls functions of the careful form, and reads `PLACES`, those of the code.
    """
    return _generate(plan, None)


def generate_typed(plan: Plan) -> str:
    """As `generate_fast`, for texts: `fast(json_text, meta)` decodes an event by the classes of `SHAPES`."""
    if plan.split is not None:
        return ""
    typed = TypedReads(plan)
    # Most events would be decoded twice, which takes longer than the form for objects does.
    return _generate(plan, typed) if typed.event.is_object and not typed.early else ""


def _generate(plan: Plan, typed: TypedReads | None) -> str:
    careful = EmitContext(plan, Module())
    write_program(careful)
    written = len(careful.module.functions)
    functions = {one.name for one in careful.module.functions}
    classes = set() if typed is None else typed.names
    module = Module(prepares=True, taken={*functions, *classes})
    context = EmitContext(plan, module, repeated=careful.repeated)
    try:
        _write_fast(context, careful, typed)
    except (Unfit, Without):
        return ""
    if len(careful.module.functions) > written:
        return ""
    text = module.text()
    attributes = () if typed is None else typed.attributes
    check_code(text, {*functions, "decode_typed"}, attributes)
    return text


def _write_fast(context: EmitContext, careful: EmitContext, typed: TypedReads | None = None) -> None:
    """`fast(event, meta)`, or, where events are decoded by class, `fast(json_text, meta)`.

    careful: the form whose functions it calls. A plan that splits events has no classes: parts are made of
    the event as it is. Raises Unfit.
    """
    plan, module = context.plan, context.module
    module.head = _HEAD if typed is None else _HEAD + _TYPED_HEAD
    # What is read of no object is null, as of an object with nothing in it.
    module.tables["{}"] = "EMPTY"
    if typed is not None:
        module.tables[class_table(typed.event)] = "SHAPES"
    asked = ("meta",) if "frame.meta" in careful.module.text() else ()
    known = asked if plan.split is None else (*asked, WHOLE, "index")
    several = plan.split is not None or any(section.goes_on for section in plan.sections)
    budget = ("budget",) if several else ()
    shared = Shared(Runs(context), write_value, write_object, write_own_call, careful, typed, known, budget)
    function = module.function("fast", "event" if typed is None else "json_text", "meta", named=True)
    point = first_point(function, context, shared)
    if plan.split is not None:
        _write_parts(plan.split, point)
    else:
        if typed is not None:
            _write_decoding(point)
        _write_event(point)
    if several:
        point.levels[0].before.insert(0, f"    budget = {point.use('budget_of')}({_measured_event(point)})")
    end(point)


def _write_decoding(point: FastPoint) -> None:
    with point.block(f"if len(json_text) > {LONGEST_EVENT}:"):
        point.give_up()
    point.write("typed = decode_typed(json_text)")
    point.levels[0].before += [text for text, _ in point.function.lines]
    point.function.lines.clear()


def _write_parts(split: PlannedSplit, point: FastPoint) -> None:
    """The events in a source event, one after the other."""
    shared = point.shared
    function = point.context.module.function("part", *shared.parameters)
    part = first_point(function, point.context, shared)
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


def _write_event(point: FastPoint) -> None:
    """Write the way of an event: skip rules, then the first section that fits, and those that go on."""
    plan = point.context.plan
    functions = _write_functions(plan, point)
    for skip in plan.skips:
        with point.block(f"if {write_condition(skip.when, point)}:") as inside:
            inside.write(f"return {_skipped(skip.because, skip.place, inside)}")
    matched = "None"
    if plan.match is not None:
        matched = point.value(plan.match, "value")
    _write_sections(functions, matched, point)


def _skipped(because: str, place: int, point: FastPoint) -> str:
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

    def call(self, name: str, around: FastPoint) -> str:
        """Python that gives what a section makes of the event. name: of its function."""
        shared, module = around.shared, around.context.module
        given = ", ".join(shared.parameters)
        if len(self.names) == 1:
            return f"{name}({given})"
        if not self.caller:
            function = module.function("start", "section", *shared.parameters)
            self.caller = function.name
            point = first_point(function, around.context, shared)
            _write_start(self.head, self.consent, point)
            end(point)
        return f"{self.caller}({name}, {given})"


def _write_functions(plan: Plan, around: FastPoint) -> _Functions:
    """A function for each section that sends."""
    sending = {one.place: one for one in plan.all_sections if one.payload is not None}
    alone = len(sending) == 1
    points = [
        _write_section(section, plan.consent if alone else None, around) for section in sending.values()
    ]
    head = Head() if alone else head_of(points)
    for point in points:
        end_after_head(head, point)
    names = [point.function.name for point in points]
    return _Functions(dict(zip(sending, names, strict=True)), head, plan.consent)


def _write_sections(functions: _Functions, matched: str, point: FastPoint) -> None:
    """The sections in their order; the first of them that only ask for texts by a table."""
    plan = point.context.plan
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
        alike = f"{point.use('any_alike')}({matched}, {point.context.module.table('constants', constants)})"
        with point.block(f"if {alike}:"):
            point.give_up()
    if plan.otherwise is not None:
        point.write(f"return {_result(plan.otherwise, functions, point)}")
        return
    point.write(f"return {point.use('unmapped')}({unmapped_name(matched, plan)})")


def _write_case(
    section: PlannedSection, kept: bool, functions: _Functions, matched: str, point: FastPoint
) -> None:
    """A section that is asked for by itself; its condition is looked at where its constant fits.

    kept: sections before it may have taken the event too.
    """
    if section.constants is not None:
        rest = replace(section, constants=None, patterns=())
        with point.block(f"if {comparison(matched, section, point.context.module)}:") as inside:
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
    return texts and not section.patterns and section.when is None and not section.goes_on


def _write_tables(
    sections: list[PlannedSection], functions: _Functions, matched: str, point: FastPoint
) -> None:
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
        point.context.module.routes = f"{{{rows}}}"
        point.write(f"section = ROUTES.get({matched})")
        with point.block("if section is not None:") as inside:
            if len(functions.names) == 1:
                inside.write(f"return {functions.call('section', inside)}")
            else:
                _write_start_here(functions.head, functions.consent, inside)
    if skips:
        point.write(f"because = {point.context.module.table('skips', skips)}.get({matched})")
        with point.block("if because is not None:"):
            point.write(f"return {point.use('skipped')}('skip', because[0], because[1])")


def _result(section: PlannedSection, functions: _Functions, point: FastPoint) -> str:
    if section.payload is None:
        return _skipped(section.because, section.place, point)
    return functions.call(functions.names[section.place], point)


def _write_section(section: PlannedSection, consent: PlannedConsent | None, around: FastPoint) -> FastPoint:
    """The function of a section, to be called with what it reads; its first point."""
    context, shared = around.context, around.shared
    function = context.module.function(section.name or "section", *shared.parameters)
    point = first_point(function, context, shared)
    give_all(point)
    try:
        if consent is not None:
            _write_consent(consent, point)
        _write_payload(section, point)
    except Unfit:
        function.lines = []
        function.depth = 1
        point = first_point(function, context, shared)
        give_all(point)
        point.give_up()
    return point


def _write_payload(section: PlannedSection, point: FastPoint) -> None:
    payload = section.payload
    assert payload is not None
    point.write("spare = []")
    point.write("notes = []")
    write_object(payload, "payload", point.recovering(Recovery.SECTION))
    for requirement in due_requirements(point.context.plan):
        first_way, unless = first_way_met(requirement), unmet(requirement, point.context)
        with point.block(f"if not ({first_way}):"), point.block(f"if {unless}:"):
            write_refusal(requirement, section, point.blank_frame(), point.function)
    with point.block("if spare:"):
        point.write(f"return spare[0].end(payload, {section.place})")
    if point.shared.budget:
        point.write("budget.count(payload)")
    else:
        _write_check_of_size(payload, point)
    made = f"(payload, None, None, tuple(notes), {section.place}, '')"
    point.write(f"return [{point.use('outcome_of')}({made})]")


def _write_check_of_size(payload: PlannedObject, point: FastPoint) -> None:
    """Leave a payload that is large to the careful form; it is measured only where it can be."""
    plan = point.context.plan
    lists = lists_of(payload, plan) if is_small(payload, plan) else None
    if lists is None:
        point.write(f"{point.use('check_free')}(payload, {_measured_event(point)})")
    elif lists:
        point.write(f"{point.use('check_free_if_long')}(payload, {_measured_event(point)}, {lists!a})")


def _measured_event(point: FastPoint) -> str:
    """The event whose size allows for that of its payloads: none where it was not decoded as a whole."""
    return "event" if point.shared.typed is None else "EMPTY"


def _write_start(head: Head, consent: PlannedConsent | None, point: FastPoint) -> None:
    """Go on to the function that `section` holds, unless there is no consent."""
    if consent is not None:
        _write_consent(consent, point)
    given = [*point.shared.parameters, *head.arguments(point)]
    point.write(f"return section({', '.join(given)})")


def _write_start_here(head: Head, consent: PlannedConsent | None, point: FastPoint) -> None:
    """The same in a block, before which it is not known that there is a section for the event."""
    function, event = point.function, point.levels[0]
    first = len(function.lines)
    level = replace(event, depth=function.depth - 1, objects=dict(event.objects), before=[])
    lets = replace(point.lets, known=dict(point.lets.known))
    _write_start(head, consent, replace(point, levels=(level,), lets=lets))
    function.lines[first:first] = [(text, None) for text in level.before]


def _write_consent(consent: PlannedConsent, point: FastPoint) -> None:
    """Events with consent go on; others are skipped, or stripped by the careful form."""
    answers = []
    for value in consent.values:
        answer = point.local("answer")
        write_value(value, answer, point)
        answers.append(answer)
    stated = (literal(consent.combine), literal(consent.answer_grants), literal(consent.when_missing))
    asked = f"{point.use('consent_lacking')}([{', '.join(answers)}], {', '.join(stated)})"
    if len(answers) > 1:
        _write_refusal(asked, consent, point)
        return
    test = f"{answers[0]} is not {literal(consent.answer_grants)}"
    if consent.when_missing == "granted":
        test = f"{answers[0]} is not None and {test}"
    with point.block(f"if {test}:") as inside:
        _write_refusal(asked, consent, inside)


def _write_refusal(asked: str, consent: PlannedConsent, point: FastPoint) -> None:
    """Skip an event without consent, or leave it to the careful form, which strips it."""
    if consent.strip is not None:
        with point.block(f"if {asked}:"):
            point.give_up()
        return
    lacking = point.local("lacking")
    point.write(f"{lacking} = {asked}")
    with point.block(f"if {lacking}:"):
        place = literal(point.place_of(consent.place))
        point.write(f"return {point.use('skipped')}('consent', {lacking}, {place})")
