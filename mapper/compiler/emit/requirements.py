"""Conditions of whole events and objects in both forms: which section fits, which fields must be there."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.emit.context import EmitContext
from mapper.compiler.emit.module import FunctionText, Module, literal
from mapper.compiler.inference.personal_origins import shows_personal
from mapper.compiler.inference.result_types import is_doubtful_constant
from mapper.compiler.plan.ir import PlannedObject
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target_requirements import FieldTest, Requirement
from mapper.transforms.patterns import TextPattern
from mapper.values.types import Json


def comparison(matched: str, section: PlannedSection, module: Module) -> str:
    """Python that is true where what `match` gives is a constant of a section, or fits a pattern of it."""
    constants = section.constants or ()
    tests = [_equality(matched, constants, module)] if constants or not section.patterns else []
    if section.patterns:
        tests.append(f"(type({matched}) is str and {_pattern_test(matched, section.patterns, module)})")
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _pattern_test(matched: str, patterns: tuple[TextPattern, ...], module: Module) -> str:
    name = module.use("matches")
    calls = [f"{name}({matched}, {literal(one.text)}{', True' if one.any_case else ''})" for one in patterns]
    return calls[0] if len(calls) == 1 else f"({' or '.join(calls)})"


def _equality(matched: str, constants: tuple[Json, ...], module: Module) -> str:
    """Python that compares by JSON equality; texts and Python's `==` agree, numbers and booleans do not."""
    if all(isinstance(constant, str) for constant in constants):
        if len(constants) == 1:
            return f"{matched} == {literal(constants[0])}"
        return f"{matched} in ({', '.join(map(literal, constants))})"
    equal = module.use("equal")
    tests = [f"{equal}({matched}, {literal(constant)})" for constant in constants]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def doubtful_constants(plan: Plan) -> list[Json]:
    """The constants of sections that a value of another type may be written like."""
    every = [one for section in plan.sections for one in section.constants or ()] if plan.match else []
    return [one for one in every if is_doubtful_constant(one)]


def unmapped_name(matched: str, plan: Plan) -> str:
    """Python for the name of an event that no section takes; a person's value is no name."""
    personal = plan.match is not None and shows_personal(plan.match, plan.labels.event, plan.labels)
    return "None" if personal else matched


def due_requirements(plan: Plan) -> Iterator[Requirement]:
    """The requirements of every payload."""
    return (requirement for requirement in plan.target.requirements if requirement.due)


def write_refusal(
    requirement: Requirement, section: PlannedSection, frame: str, function: FunctionText
) -> None:
    """Keep an event from being sent that does not meet a rule of the target. frame: Python that gives it."""
    place = _nearest(requirement.missing or requirement.path, section)
    message = literal(f"needs {requirement.describe().replace('`', '')}")
    path = f", {literal(requirement.missing)}" if requirement.missing else ""
    function.write(f"{frame}.unmet({place}, {message}{path})")


def _nearest(path: str, section: PlannedSection) -> int:
    """The rule of a field, or of the object around it that has one."""
    place, made = section.place, section.payload
    for name in path.split("."):
        entries = () if made is None else made.entries
        entry = next((one for one in entries if one.name == name), None)
        if entry is None:
            break
        place = entry.place
        made = entry.value.source if isinstance(entry.value.source, PlannedObject) else None
    return place


def first_way_met(requirement: Requirement) -> str:
    """Python that is true where a payload has all of the first group of fields, and that suffices."""
    if requirement.exact:
        return "False"
    holder = "payload"
    for name in requirement.path.split(".") if requirement.path else ():
        holder = f"{holder}.get({literal(name)}, EMPTY)"
    return _all_in(requirement.groups[0], holder)


def unmet(requirement: Requirement, context: EmitContext) -> str:
    """Python that is true where an object that has to have one of the groups in full has none."""
    holder, asked = _steps_to(requirement.path)
    if (when := requirement.when) is not None:
        inside, above = _steps_to(when.path)
        asked = [*above, *(_passes(one, inside, context.module) for one in when.tests), *asked[len(above) :]]
    return " and ".join([*asked, f"not {_write_meets(requirement, context)}({holder})"])


def _steps_to(path: str) -> tuple[str, list[str]]:
    """Python for the object at a path of a payload, and the tests that it is there."""
    holder, asked = "payload", []
    for name in path.split(".") if path else ():
        asked.append(f"{literal(name)} in {holder}")
        holder += f"[{literal(name)}]"
    return holder, asked


def _passes(test: FieldTest, holder: str, module: Module) -> str:
    """Python that is true where an object passes a test of a condition."""
    name = literal(test.name)
    is_there, value = f"{name} in {holder}", f"{holder}[{name}]"
    if test.inside:
        passes = " and ".join(_passes(one, value, module) for one in test.inside)
    elif test.values is None:
        return is_there
    else:
        passes = _equality(value, test.values, module)
    return f"({name} not in {holder} or {passes})" if test.or_absent else f"{is_there} and {passes}"


def _write_meets(requirement: Requirement, context: EmitContext) -> str:
    """The function that says whether one of the groups of fields is there in full."""
    key = ("meets", requirement)
    if key not in context.functions:
        function = context.module.function(f"{requirement.path or 'payload'}_suffices", "made")
        context.functions[key] = function.name
        groups = [_all_in(group, "made") for group in requirement.groups]
        if requirement.exact:
            function.write(f"return [{', '.join(groups)}].count(True) == 1")
        else:
            tests = [f"({group})" if " and " in group else group for group in groups]
            function.write(f"return {' or '.join(tests)}")
    return context.functions[key]


def _all_in(names: tuple[str, ...], holder: str) -> str:
    return " and ".join(f"{literal(name)} in {holder}" for name in names)


def write_having(name: str, needed: str, function: FunctionText, module: Module) -> None:
    """Raise Invalid where the object in a local lacks a field."""
    function.write(f"{module.use('having')}({name}, {literal(needed)})")


def write_having_group(name: str, check: Requirement, function: FunctionText, module: Module) -> None:
    """Raise Invalid where the object in a local has none of the groups of fields in full."""
    groups = module.table("groups", [list(group) for group in check.groups])
    function.write(f"{module.use('having_group')}({name}, {groups}, {literal(check.describe())})")
