"""The first functions of a module: which section takes an event, and what it sends."""

from __future__ import annotations

from mapper.compiler.emit.context import EVENT, Writing, comment, write_read
from mapper.compiler.emit.module import Function, literal
from mapper.compiler.emit.readable.conditions import write_condition
from mapper.compiler.emit.readable.values import write_build, write_lets, write_value_function
from mapper.compiler.inference.origins import shows_personal
from mapper.compiler.inference.truth import is_doubtful_constant
from mapper.compiler.plan.planned import Object
from mapper.compiler.plan.planner import Plan, PlannedConsent, PlannedSection
from mapper.compiler.schema.target import Requirement, Target, TargetField
from mapper.types import Json


def write_program(writing: Writing) -> None:
    """`apply(event, frame)`: with `split` for each event in the source event, else for the one."""
    plan, module = writing.plan, writing.module
    function = module.function("apply", *EVENT.parameters)
    if plan.split is None:
        _write_event(function, writing)
        return
    parts = module.function("parts", *EVENT.parameters)
    comment(parts, "split", plan.split.parts.whole)
    parts.write(f"return {write_read(plan.split.parts, EVENT, parts, writing, None)}")
    part = module.function("part", *EVENT.parameters)
    function.write(f"return frame.split({parts.name}, {plan.split.place}, {part.name})")
    _write_event(part, writing)


def _write_event(function: Function, writing: Writing) -> None:
    """What becomes of one event: skip rules, then the first section that fits, and those that go on."""
    plan = writing.plan
    write_lets(writing)
    for skip in plan.skips:
        condition = write_condition("skip", skip.when, skip.place, EVENT, writing)
        with function.block(f"if {condition}({EVENT.call}):"):
            function.write(f"return frame.skip('skip', {literal(skip.because)}, {skip.place})")
    matched = _write_match(function, writing)
    kept = False
    for section in plan.sections:
        _write_case(section, matched, kept, function, writing)
        kept = kept or section.goes_on
    if kept:
        with function.block("if frame.kept:"):
            function.write("return frame.only_kept()")
    constants = doubtful_constants(plan)
    if constants:
        table = writing.module.table("constants", constants)
        function.write(f"frame.compare({matched}, {table}, {plan.match_place})")
    if plan.otherwise is not None:
        function.write(f"return {_section_result(plan.otherwise, writing)}")
    else:
        function.write(f"return frame.unmapped({'None' if matches_a_person(plan) else matched})")


def doubtful_constants(plan: Plan) -> list[Json]:
    """The constants of sections that a value of another type may be written like."""
    every = [one for section in plan.sections for one in section.constants or ()] if plan.match else []
    return [one for one in every if is_doubtful_constant(one)]


def matches_a_person(plan: Plan) -> bool:
    """Whether `match` gives a person's value, which names no event that is not mapped."""
    return plan.match is not None and shows_personal(plan.match, plan.labels.event, plan.labels)


def _write_match(function: Function, writing: Writing) -> str:
    """The value that `is` looks at: in a local, or `None` where the mapping has no `match`."""
    expression = writing.plan.match
    if expression is None:
        return "None"
    reading = writing.module.function("matched", *EVENT.parameters)
    comment(reading, "match", expression.whole)
    atom = write_read(expression, EVENT, reading, writing)
    reading.write(f"return {atom}")
    function.write(f"value = frame.read({reading.name}, {literal('match')}, {writing.plan.match_place})")
    return "value"


def _write_case(
    section: PlannedSection, matched: str, kept: bool, function: Function, writing: Writing
) -> None:
    """One section. kept: a section before it may have taken the event too."""
    span = writing.plan.places[section.place].span
    tests = []
    if section.constants is not None:
        tests.append(comparison(matched, section.constants, writing))
    if section.when is not None:
        condition = write_condition("when", section.when, section.place, EVENT, writing)
        tests.append(f"{condition}({EVENT.call})")
    with function.block(f"if {' and '.join(tests)}:", span):
        result = _section_result(section, writing)
        if section.goes_on:
            function.write(f"frame.keep({result})", span)
        else:
            function.write(f"return frame.with_kept({result})" if kept else f"return {result}", span)


def comparison(matched: str, constants: tuple[Json, ...], writing: Writing) -> str:
    """Python that compares by JSON equality; texts and Python's `==` agree, numbers and booleans do not."""
    if all(isinstance(constant, str) for constant in constants):
        if len(constants) == 1:
            return f"{matched} == {literal(constants[0])}"
        return f"{matched} in ({', '.join(map(literal, constants))})"
    equal = writing.module.use("equal")
    tests = [f"{equal}({matched}, {literal(constant)})" for constant in constants]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _section_result(section: PlannedSection, writing: Writing) -> str:
    if section.payload is None:
        return f"frame.skip('skip', {literal(section.because)}, {section.place})"
    name = _write_section(section, section.payload, writing)
    return f"{name}({EVENT.call})"


def _write_section(section: PlannedSection, payload: Object, writing: Writing) -> str:
    function = writing.module.function(section.name or "section", *EVENT.parameters)
    comment(function, "events", writing.plan.places[section.place].span)
    consent = writing.plan.consent
    if consent is not None:
        asked = _write_consent(consent, writing)
        if consent.strip is None:
            with function.block(f"if not {asked}({EVENT.call}):"):
                function.write(f"return frame.skip('consent', 'consent denied', {consent.place})")
        else:
            function.write(f"granted = {asked}({EVENT.call})")
    write_build(payload, EVENT, function, writing)
    if consent is not None and consent.strip is not None:
        _write_strip(consent, function, writing)
    for requirement in writing.plan.target.requirements:
        if requirement.due:
            write_requirement(requirement, section, payload, function, writing)
    function.write(f"return frame.end(payload, {section.place})")
    return function.name


def _write_consent(consent: PlannedConsent, writing: Writing) -> str:
    """The function that says whether consent is given; one for all sections."""
    key = ("consent",)
    if key in writing.functions:
        return writing.functions[key]
    function = writing.module.function("consented", *EVENT.parameters)
    writing.functions[key] = function.name
    comment(function, "consent", writing.plan.places[consent.place].span)
    workers = [write_value_function("answer", value, EVENT, writing) for value in consent.values]
    answers = [f"frame.read({worker}, {literal('consent')}, {consent.place})" for worker in workers]
    given = writing.module.use("consent_given")
    function.write(f"answers = [{', '.join(answers)}]")
    function.write(
        f"return {given}(answers, {literal(consent.combine)}, {consent.answer_grants},"
        f" {literal(consent.when_missing)}, frame, {consent.place})"
    )
    return function.name


def _write_strip(consent: PlannedConsent, function: Function, writing: Writing) -> None:
    """Take away what consent does not cover; what identifies nobody any more is not sent."""
    strip, put = writing.module.use("strip"), writing.module.use("put")
    paths = writing.module.table("stripped", list(consent.strip or ()))
    with function.block("if not granted:"):
        function.write(f"{strip}(payload, {paths})")
        for path, fixed in consent.put:
            function.write(f"{put}(payload, {literal(path)}, {literal(fixed.value)})")
        for field in _broken_by(consent, writing.plan.target):
            with function.block(f"if {' or '.join(unmet(check, writing) for check in field.checks)}:"):
                function.write(f"{strip}(payload, [{literal(field.path)}])")
        lost = _lost_by(consent, writing)
        if lost:
            with function.block(f"if {' or '.join(lost)}:"):
                reason = literal("consent denied: nothing is left that identifies somebody")
                function.write(f"return frame.skip('consent', {reason}, {consent.place})")


def _broken_by(consent: PlannedConsent, target: Target) -> list[TargetField]:
    """The objects, innermost first, that may lack what they must have once fields are stripped or set."""
    touched = [*(consent.strip or ()), *(path for path, _ in consent.put)]
    found = [
        field
        for field in target.root.walk()
        if field.checks and any(path.startswith(f"{field.path}.") for path in touched)
    ]
    return sorted(found, key=lambda field: -field.path.count("."))


def _lost_by(consent: PlannedConsent, writing: Writing) -> list[str]:
    """Python tests, each true where what was stripped leaves a payload the target does not take."""
    stripped = {path.split(".")[0] for path in consent.strip or ()}
    target = writing.plan.target
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
    due = [requirement for requirement in target.requirements if requirement.due]
    return [*lost, *(unmet(requirement, writing) for requirement in (*below, *due))]


def write_requirement(
    requirement: Requirement,
    section: PlannedSection,
    payload: Object,
    function: Function,
    writing: Writing,
    frame: str = "frame",
) -> None:
    """Keep an event from being sent that does not meet a rule of the target. frame: Python that gives it."""
    place = next(
        (entry.place for entry in payload.entries if entry.name == requirement.path.split(".")[0]),
        section.place,
    )
    with function.block(f"if {unmet(requirement, writing)}:"):
        message = literal(f"needs {requirement.describe().replace('`', '')}")
        function.write(f"{frame}.unmet({place}, {message})")


def unmet(requirement: Requirement, writing: Writing) -> str:
    """Python that is true where an object stands that has none of the groups in full."""
    stands, holder = "", "payload"
    for name in requirement.path.split(".") if requirement.path else ():
        stands += f"{literal(name)} in {holder} and "
        holder += f"[{literal(name)}]"
    return f"{stands}not {write_meets(requirement, writing)}({holder})"


def write_meets(requirement: Requirement, writing: Writing) -> str:
    """The function that says whether one of the groups of fields is there in full."""
    key = ("meets", requirement)
    if key not in writing.functions:
        function = writing.module.function(f"{requirement.path or 'payload'}_suffices", "made")
        writing.functions[key] = function.name
        groups = [" and ".join(f"{literal(name)} in made" for name in group) for group in requirement.groups]
        tests = [f"({group})" if " and " in group else group for group in groups]
        function.write(f"return {' or '.join(tests)}")
    return writing.functions[key]
