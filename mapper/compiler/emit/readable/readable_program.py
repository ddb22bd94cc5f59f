"""Plan -> Code: Python text that a colleague could have written, and the span each line stems from."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import EVENT, EmitContext
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.marks import Point
from mapper.compiler.emit.module import Module, literal
from mapper.compiler.emit.read_names import Names
from mapper.compiler.emit.readable.body import Body
from mapper.compiler.emit.readable.value_functions import (
    write_build,
    write_condition,
    write_lets,
    write_value_function,
)
from mapper.compiler.emit.requirements import (
    comparison,
    doubtful_constants,
    due_requirements,
    unmapped_name,
    unmet,
    write_refusal,
)
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    RulePlace,
    Zipped,
    children,
)
from mapper.compiler.plan.mapping_words import words_of
from mapper.compiler.plan.planned_consent import PlannedConsent, answer_type
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.schema.target_requirements import Requirement
from mapper.runtime.consent_decision import LIMITED
from mapper.runtime.program import Code, SectionRules

# The functions of a program that there is one of at most: of one event, of its list where the mapping splits,
# of `match` and of consent. By these keys `EmitContext.functions` has their names.
EVENT_KEY, SPLIT_KEY, MATCH_KEY, CONSENT_KEY = ("event",), ("split",), ("match",), ("consent",)
# What `consent_given_or_limited` tells the frame.
_IS_LIMITED = f"frame.answer == {literal(LIMITED)}"


def generate(plan: Plan) -> Code:
    """The code of a plan. The same mapping and schema give the same bytes."""
    context = EmitContext(plan, Module())
    write_program(context)
    code = code_of(plan, context.module)
    check_code(code.text)
    return code


def code_of(plan: Plan, module: Module) -> Code:
    """A program's parts of a plan, with the text of the module that was written of it."""
    lines = module.lines()
    text = "".join(f"{line}\n" for line, _ in lines)
    return Code(
        name=plan.mapping.name or plan.mapping.text.name,
        target=plan.target.name,
        profile=plan.target.profile,
        text=text,
        places=tuple((place.path, place.span.place) for place in plan.places),
        spans=tuple(None if span is None else (span.text.name, span.start, span.end) for _, span in lines),
        reads_meta="frame.meta" in text,
        name_field=plan.target.event_names.field if plan.target.event_names is not None else "",
        key_field=plan.target.key,
        time_field=plan.target.time,
        time_unit=plan.target.moment.unit,
        names=names_held(plan),
        words=words_of(plan),
        sections=_rules_of_sections(plan),
        required=_required_of_sections(plan),
        allowed=plan.allowed,
        persons=plan.target.person_paths(),
    )


def names_held(plan: Plan) -> tuple[str, ...]:
    """The names of events in the mapping: those that it takes, and those that it sends."""
    sections = plan.all_sections
    taken = {one for section in sections for one in section.constants or () if isinstance(one, str)}
    return tuple(sorted(taken | {section.name for section in sections if section.name}))


def generate_expression(expression: Expression) -> str:
    """The text of a module whose function `read(event, frame)` works out one expression without variables."""
    module = Module()
    function = module.function("read", *EVENT.parameters)
    names = Names(at="event", variables={}, parameters=("frame",))
    function.write(f"return {write_expression(expression, names, function, module)}")
    text = module.text()
    check_code(text)
    return text


def write_program(context: EmitContext) -> None:
    """`apply(event, frame)`: with `split` for each event in the source event, else for the one."""
    plan = context.plan
    context.name_functions()
    body = Body.new("apply", EVENT, context)
    if plan.split is None:
        context.functions[EVENT_KEY] = body.function.name
        _write_event(body)
        return
    parts = Body.new("parts", EVENT, context)
    parts.comment("split", plan.split.parts.whole)
    parts.write(f"return {parts.read(plan.split.parts, None)}")
    part = Body.new("part", EVENT, context)
    context.functions[SPLIT_KEY], context.functions[EVENT_KEY] = parts.function.name, part.function.name
    body.write(f"return frame.split({parts.function.name}, {plan.split.place}, {part.function.name})")
    _write_event(part)


def _write_event(body: Body) -> None:
    """Write the function of one event: skip rules, then the first section that fits, and those that go on."""
    plan = body.context.plan
    write_lets(body.context)
    for skip in plan.skips:
        condition = write_condition("skip", skip.when, skip.place, EVENT, body.context)
        point = Point("skip", skip.because, "", plan.places[skip.place].span)
        test = body.context.marks.held(f"{condition}({EVENT.call})", point)
        with body.block(f"if {test}:"):
            body.write(f"return frame.skip('skip', {literal(skip.because)}, {skip.place})")
    matched = _write_match(body)
    kept = False
    for section in plan.sections:
        _write_case(section, matched, kept, body)
        kept = kept or section.goes_on
    if kept:
        with body.block("if frame.kept:"):
            body.write("return frame.only_kept()")
    constants = doubtful_constants(plan)
    if constants:
        table = body.context.module.table("constants", constants)
        body.write(f"frame.compare({matched}, {table}, {plan.match_place})")
    if plan.otherwise is not None:
        rest = _section_result(plan.otherwise, body.context)
    else:
        rest = f"frame.unmapped({unmapped_name(matched, plan)})"
    if plan.match is not None and any(section.constants is not None for section in plan.sections):
        point = Point("match", "match", "", plan.match.whole, counted=False)
        rest = body.context.marks.unmatched(rest, unmapped_name(matched, plan), point)
    body.write(f"return {rest}")


def _write_match(body: Body) -> str:
    """The value that `is` looks at: in a local, or `None` where the mapping has no `match`."""
    expression = body.context.plan.match
    if expression is None:
        return "None"
    reading = Body.new("matched", EVENT, body.context)
    body.context.functions[MATCH_KEY] = reading.function.name
    reading.comment("match", expression.whole)
    reading.write(f"return {reading.read(expression)}")
    place = body.context.plan.match_place
    given = f"frame.read({reading.function.name}, {literal('match')}, {place})"
    body.write(f"value = {body.context.marks.matched(given)}")
    return "value"


def _write_case(section: PlannedSection, matched: str, kept: bool, body: Body) -> None:
    """One section. kept: a section before it may have taken the event too."""
    span = body.context.plan.places[section.place].span
    tests = []
    if section.constants is not None:
        tests.append(comparison(matched, section, body.context.module))
    if section.when is not None:
        condition = write_condition("when", section.when, section.place, EVENT, body.context)
        at = RulePlace(_title(section), section.when.whole)
        tests.append(body.context.marks.told(f"{condition}({EVENT.call})", "when", at))
    with body.block(f"if {' and '.join(tests)}:", span):
        result = _section_result(section, body.context)
        if section.goes_on:
            body.write(f"frame.keep({result})", span)
        else:
            body.write(f"return frame.with_kept({result})" if kept else f"return {result}", span)


def _section_result(section: PlannedSection, context: EmitContext) -> str:
    if section.payload is None:
        result = f"frame.skip('skip', {literal(section.because)}, {section.place})"
    else:
        result = f"{_write_section(section, section.payload, context)}({EVENT.call})"
    return context.marks.passed(result, section_point(section, context.plan))


def section_key(section: PlannedSection) -> tuple[object, ...]:
    """The key of the function that makes the payload of a section."""
    return "section", section.place


def section_point(section: PlannedSection, plan: Plan) -> Point:
    """The point that counts that a section takes an event."""
    return Point("section", _title(section), "", plan.places[section.place].span)


def _title(section: PlannedSection) -> str:
    """The title of a section: the event that it sends, or its reason to skip."""
    return section.name or section.because


def _write_section(section: PlannedSection, payload: PlannedObject, context: EmitContext) -> str:
    plan = context.plan
    body = Body.new(section.name or "section", EVENT, context)
    context.functions[section_key(section)] = body.function.name
    body.comment("events", plan.places[section.place].span)
    consent = plan.consent
    if consent is not None:
        asked = _write_consent(consent, context)
        if consent.strip is None:
            with body.block(f"if not {asked}({EVENT.call}):"):
                body.write(f"return frame.skip_without_consent({consent.place})")
        else:
            body.write(f"granted = {asked}({EVENT.call})")
        if consent.when_limited == "skip":
            with body.block(f"if {_IS_LIMITED}:"):
                body.write(f"return frame.skip('consent', 'consent limited', {consent.place})")
    write_build(payload, body)
    if consent is not None and consent.strip is not None:
        _write_strip(consent, body)
    if consent is not None and consent.limit:
        _write_limit(consent, body)
    for requirement in due_requirements(plan):
        with body.block(f"if {unmet(requirement, context)}:"):
            write_refusal(requirement, section, "frame", body.function)
    body.write(f"return frame.end(payload, {section.place})")
    return body.function.name


def _write_consent(consent: PlannedConsent, context: EmitContext) -> str:
    """The function that says whether consent is given; one for all sections."""
    if CONSENT_KEY in context.functions:
        return context.functions[CONSENT_KEY]
    body = Body.new("consented", EVENT, context)
    context.functions[CONSENT_KEY] = body.function.name
    body.comment("consent", context.plan.places[consent.place].span)
    workers = [write_value_function("answer", value, EVENT, context) for value in consent.values]
    answers = [f"frame.answer_of({worker}, {consent.place})" for worker in workers]
    given = body.use("consent_given_or_limited" if consent.when_limited else "consent_given")
    body.write(f"answers = [{', '.join(answers)}]")
    asked = (
        f"{given}(answers, {literal(consent.combine)}, {consent.answer_grants},"
        f" {literal(consent.when_missing)}, frame, {consent.place})"
    )
    types = tuple(map(answer_type, consent.values))
    asked = context.marks.answered(
        asked, context.plan.places[consent.place], types, has_limits=bool(consent.when_limited)
    )
    body.write(f"return {asked}")
    return body.function.name


def _write_strip(consent: PlannedConsent, body: Body) -> None:
    """Take away what consent does not cover; an event that no longer identifies anyone is not sent."""
    strip, put = body.use("strip"), body.use("put")
    paths = body.context.module.table("stripped", list(consent.strip or ()))
    with body.block("if not granted:"):
        body.write(f"{strip}(payload, {paths})")
        for path, fixed in consent.put:
            body.write(f"{put}(payload, {literal(path)}, {literal(fixed.value)})")
        touched = [*(consent.strip or ()), *(path for path, _ in consent.put)]
        for field in _broken_by(touched, body.context.plan.target):
            with body.block(f"if {' or '.join(unmet(check, body.context) for check in field.checks)}:"):
                body.write(f"{strip}(payload, [{literal(field.path)}])")
        lost = _lost_by(consent, body.context)
        if lost:
            with body.block(f"if {' or '.join(lost)}:"):
                body.write(f"return frame.skip_without_consent({consent.place}, 'no identifier is left')")


def _write_limit(consent: PlannedConsent, body: Body) -> None:
    """Set what such an event must say; one of which a part that says so would be left out is not sent."""
    put = body.use("put")
    with body.block(f"if {_IS_LIMITED}:"):
        for path, fixed in consent.limit:
            body.write(f"{put}(payload, {literal(path)}, {literal(fixed.value)})")
        broken = _broken_by([path for path, _ in consent.limit], body.context.plan.target)
        tests = [unmet(check, body.context) for field in broken for check in field.checks]
        if tests:
            with body.block(f"if {' or '.join(tests)}:"):
                reason = literal("consent limited: what is set lacks a required field")
                body.write(f"return frame.skip('consent', {reason}, {consent.place})")


def _broken_by(touched: list[str], target: Target) -> list[TargetField]:
    """The objects, innermost first, that may lack what they must have once paths are stripped or set."""
    found = [
        field
        for field in target.root.walk()
        if field.checks and any(path.startswith(f"{field.path}.") for path in touched)
    ]
    return sorted(found, key=lambda field: -field.path.count("."))


def _lost_by(consent: PlannedConsent, context: EmitContext) -> list[str]:
    """Python tests, each true where what was stripped leaves a payload the target does not take."""
    stripped = {path.split(".")[0] for path in consent.strip or ()}
    target = context.plan.target
    lost = [
        f"{literal(one.name)} not in payload"
        for one in target.root.fields
        if one.required and one.name in stripped
    ]
    below = [
        Requirement(path.rpartition(".")[0], ((path.rpartition(".")[2],),))
        for path in consent.strip or ()
        if "." in path and (field := target.find(path)) is not None and field.due
    ]
    return [*lost, *(unmet(one, context) for one in (*below, *due_requirements(context.plan)))]


def _rules_of_sections(plan: Plan) -> tuple[tuple[int, SectionRules], ...]:
    """For the place of each section that sends, the target path and `file:line` of each of its rules.

    Of alternatives the line is that of the first. The items of lists have paths such as `contents[].id`.
    """
    return tuple(
        (section.place, _rules(section.payload, plan))
        for section in plan.all_sections
        if section.payload is not None
    )


def _rules(payload: PlannedObject, plan: Plan) -> SectionRules:
    """Each path once, with the place of the first rule for it."""
    rules: dict[str, str] = {}
    for path, place in _below(payload, plan):
        rules.setdefault(path, place)
    return tuple(rules.items())


def _required_of_sections(plan: Plan) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """For the place of each section that sends, the target paths that must be there as its author says."""
    found = (
        (section.place, tuple(dict.fromkeys(_required(section.payload, section.payload.path, plan))))
        for section in plan.all_sections
        if section.payload is not None
    )
    return tuple((place, paths) for place, paths in found if paths)


def _required(built: PlannedObject, path: str, plan: Plan) -> Iterator[str]:
    """Each required field below an object, but for those that the target itself asks for."""
    for entry in built.entries:
        inner = f"{path}.{entry.name}" if path else entry.name
        field = plan.target.find(inner)
        if entry.required and not (field is not None and field.required):
            yield inner
        for one, below in _objects(entry.value):
            yield from _required(one, inner + below, plan)


def _below(built: PlannedObject, plan: Plan) -> Iterator[tuple[str, str]]:
    for entry in built.entries:
        first = _first(entry.value)
        if not isinstance(entry.value.source, PlannedObject) and entry.value.source != Fixed(None):
            yield plan.places[entry.place].path, f"{first.span.text.name}:{first.span.line}"
        for one, _ in _objects(entry.value):
            yield from _below(one, plan)


def _first(planned: Planned) -> Planned:
    while isinstance(planned.source, First):
        planned = planned.source.alternatives[0]
    return planned


def _objects(planned: Planned) -> Iterator[tuple[PlannedObject, str]]:
    """The objects that a value can be, or has in a list, each with what its path has after the value's.

    Those of a list that is written out, or made of several, have no path of their own.
    """
    match planned.source:
        case PlannedObject() as built:
            yield built, ""
        case Loop() as loop:
            for built, below in _objects(loop.item):
                yield built, f"[]{below}"
        case First() | Choice():
            for one in children(planned):
                yield from _objects(one)
        case Expression() | Fixed() | PlannedList() | Zipped():
            return
