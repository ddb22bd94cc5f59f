"""Files and texts -> diagnostics, programs, schemas, destinations: the functions of the front door.

The only place where the compiler and delivery meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mapper.compiler.checks.run_checks import checked_allowances, checked_plan, checked_text
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings, TooMany, most_mistakes
from mapper.compiler.jmespath.expression import Expression, parse_expression
from mapper.compiler.memo import once
from mapper.compiler.plan.planner import Plan, make_plan
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.source_type import is_evidence
from mapper.compiler.schema.target import profiles, refuse_slow_patterns
from mapper.compiler.schema.target import validator as _validator
from mapper.compiler.syntax.extends import extend
from mapper.compiler.syntax.mapping import Mapping, Named, read_mapping
from mapper.compiler.syntax.table_steps import shown_mistakes, with_tables
from mapper.compiler.trials import refusals  # noqa: F401  # registers its check
from mapper.project.project import Project, project_of, read_text
from mapper.texts.diagnostic import Diagnostic, has_errors, in_order
from mapper.texts.named_text import ReadFile, Span, Text
from mapper.texts.review import SharedAllowance
from mapper.values.caller_values import given_text
from mapper.values.types import Json, JsonPath

# To check is asked for most often, and should start at once: what writes and runs code is imported where
# something is compiled.
if TYPE_CHECKING:
    from mapper.compiler.explain.event_run import LoadedPlan
    from mapper.compiler.explain.recorder import Recorder
    from mapper.delivery.destination import Destination
    from mapper.guard import Tables
    from mapper.runtime.program import CompileModule, Program


class CompileError(Exception):
    """A mapping with errors; `diagnostics` says all that was found."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [found for found in diagnostics if found.severity == "error"]
        lines = [f"{found.span.place}: {found.code} {found.message}" for found in errors]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class PlannedText:
    """A mapping's text once it was read and planned.

    mapping: with what it takes over from the files it extends. mapping, plan: None where they cannot be read.
    found: what is wrong so far; what planning and its checks found begins at `start`. is_cut: so much is
    wrong that no more is looked for. expressions: those that were read, less those that are wrong.
    """

    text: Text
    project: Project
    mapping: Mapping | None
    plan: Plan | None
    found: Findings
    start: int
    is_cut: bool
    expressions: Sequence[Expression] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A mapping's text once it was read, planned and checked. mapping, plan: as in PlannedText.

    found: all that is wrong, or could be better, by place. shared: as of a Review.
    """

    text: Text
    mapping: Mapping | None
    plan: Plan | None
    found: tuple[Diagnostic, ...]
    shared: tuple[SharedAllowance, ...] = ()


def compile_mapping(
    path: str | Path,
    *,
    schemas: str | Path | None = None,
    allow_target: str | Path | None = None,
    guard: bool = True,
) -> Program:
    """The program of a mapping file. Raises CompileError where it has errors, and OSError.

    allow_target: the file of the target's schema, if a project has it and the caller vouches for it.
    guard: what must not leave is not in its payloads. Without it, it gives what the mapping makes, whatever
    that is: for measuring and for tests.
    """
    project = project_of(path, schemas, allow_target)
    return program_of(read_plan(read_text(path), project), project, guard=guard)


def compile_read(
    path: str | Path,
    *,
    schemas: str | Path | None = None,
    allow_target: str | Path | None = None,
    compile_module: CompileModule,
) -> tuple[Program, tuple[ReadFile, ...]]:
    """As `compile_mapping` without the guard, and all files that it was made of, the mapping first."""
    project = project_of(path, schemas, allow_target)
    plan = read_plan(project.mapping(path), project)
    program = program_of(plan, project, compile_module, guard=False)
    return program, tuple(project.read)


def compile_text(
    text: str,
    name: str = "<text>",
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    guard: bool = True,
) -> Program:
    """The program of a mapping's text, as `compile_mapping`. Raises CompileError where it has errors."""
    project = project_of(beside, schemas)
    return program_of(read_plan(Text(name, given_text(text, name)), project), project, guard=guard)


def check_mapping(
    path: str | Path, *, schemas: str | Path | None = None, samples: dict[str, Any] | None = None
) -> tuple[Diagnostic, ...]:
    """All that is wrong with a mapping file, or could be better, by place. Raises OSError.

    samples: the `source_schema` of sample events, which the mapping is checked against too.
    """
    project = project_of(path, schemas, samples=samples)
    return checked(plan_text(read_text(path), project, fixtures=True), samples=True).found


def check_text(
    text: str,
    name: str = "<text>",
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    samples: dict[str, Any] | None = None,
) -> tuple[Diagnostic, ...]:
    """All that is wrong with a mapping's text, or could be better, by place.

    samples: the `source_schema` of sample events, which the mapping is checked against too.
    """
    project = project_of(beside, schemas, samples=samples)
    return checked(plan_text(Text(name, given_text(text, name)), project, fixtures=True), samples=True).found


def check_schema(text: str, name: str, *, schemas: str | Path | None = None) -> tuple[Diagnostic, ...]:
    """All that is wrong with the text of a schema file, by place, in the role that it has in its project."""
    from mapper.project.schema_files import parsed_schema, schema_place
    from mapper.project.schema_roles import role_of, schema_name

    written, project = Text(name, text), project_of(name, schemas)
    found: list[Diagnostic] = []
    try:
        read = parsed_schema(written)
        used = schema_name(name, project.schema_folders)
        role = role_of(read.schema, used, project.root)
        found += read.mistakes(written, role)
        schema = read.sound(written)
        found += () if used is None else project.claims_of(used, schema, written)
        if role == "target" and "x-delivery" in schema:
            _described(schema, lambda at: schema_place(written, at))
    except SchemaError as error:
        found += error.found
    return tuple(in_order(advised(found)))


def record_mapping(path: str | Path, *, schemas: str | Path | None = None) -> Recorder:
    """A mapping file as a program that says which of its parts acted. Raises CompileError and OSError.

    Its outcomes are those of `compile_mapping`, guarded.
    """
    project = project_of(path, schemas)
    return recorder_of(read_plan(read_text(path), project), project)


def recorder_of(plan: Plan, project: Project) -> Recorder:
    """The recorder of a plan, with the guard."""
    from mapper.compiler.explain.recorder import recorder
    from mapper.guarded_program import guarded

    raw = recorder(plan, _guard_tables(plan, project))
    return replace(raw, program=guarded(raw.program))


def looked_into(plan: Plan, told_of: Plan, project: Project) -> tuple[Program, LoadedPlan]:
    """A program with the guard, and its code to log what it does. told_of: as for `load_plan`."""
    from mapper.compiler.explain.event_log import LogWriter
    from mapper.compiler.explain.event_run import load_plan
    from mapper.compiler.explain.recorder import marked_program
    from mapper.guarded_program import guarded

    loaded = load_plan(plan, told_of)
    return guarded(marked_program(loaded.context, LogWriter(), _guard_tables(plan, project))), loaded


def compile_expression(text: str) -> Callable[[Json], Json]:
    """A JMESPath expression as a Python function of one value. Raises CompileError where it has errors."""
    source = Text("<expression>", given_text(text, "<expression>"))
    read = parse_expression(text, source.span)
    expression, found = read.expression, [*read.found]
    if expression is not None:
        found += [
            Diagnostic("M028", source.span(start, end), f"no `let` defines `${name}`")
            for name, start, end in expression.variables
        ]
    if expression is None or has_errors(found):
        raise CompileError(tuple(advised(found)))
    from mapper.compiler.emit.readable.readable_program import generate_expression
    from mapper.runtime.program import load_function

    return load_function(generate_expression(expression), text)


def read_schema(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> dict[str, Any]:
    """The schema of a name such as `shop/orders-v1`. Raises LookupError where there is none, and SchemaError.

    schemas: the one folder to look in. beside: a mapping file, whose project's schemas come before our own.
    """
    return _named(name, project_of(beside, schemas))


def read_target(
    name: str,
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    allow_target: str | Path | None = None,
) -> dict[str, Any]:
    """As `read_schema`, with the guard's tables that count for a target: those of this package always."""
    return _named(name, project_of(beside, schemas, allow_target), guard=True)


def _named(name: str, project: Project, *, guard: bool = False) -> dict[str, Any]:
    schema = project.target(name) if guard else project.schema(name)
    if schema is None:
        known = ", ".join(project.schema_names())
        raise LookupError(f"there is no schema {name}; there are {known}")
    return schema


def source_schema(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of the source that sends such events, with what was seen of each attribute (`x-seen`).

    It is evidence: every object is open, and likely personal attributes are marked. A schema for a file
    should go through `compiler.schema.samples.to_write` first, which leaves out values that hardly repeat.
    """
    from mapper.compiler.inference.personal_names import is_likely_personal
    from mapper.compiler.schema.sample_schema import sample_schema

    return sample_schema(events, is_likely_personal)


def mapping_schema(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> dict[str, Any]:
    """The JSON Schema of the mappings to a target, for editors. Raises LookupError and SchemaError."""
    from mapper.compiler.editor.mapping_schema import language_schema

    project = project_of(beside, schemas)
    schema = _named(name, project)
    return language_schema(name, schema, [one for one in project.schema_names() if _is_source(one, project)])


def language_of(name: str, project: Project) -> dict[str, Any]:
    """The JSON Schema of the mappings to a target; to one without fields where there is none of that name."""
    schema = None
    with suppress(SchemaError):
        schema = project.schema(name) if name else None
    return _language(name, schema or _WITHOUT_FIELDS)


_Add: TypeAlias = Callable[[Mapping, FileReading], Mapping]
_WITHOUT_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}


@once
def _language(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    from mapper.compiler.editor.mapping_schema import language_schema

    return language_schema(name, schema)


def plan_without_target(mapping: Mapping, project: Project) -> Plan | None:
    """The plan of a mapping that names no target, as one to the only one that is sent; None without such."""
    targets = project.delivered_targets()[0] if mapping.target is None else []
    if len(targets) != 1:
        return None
    named = replace(mapping, target=Named(targets[0], mapping.span))
    with suppress(TooMany):
        return make_plan(named, project, Findings())
    return None


def schemas_offered(project: Project) -> tuple[tuple[str, bool], ...]:
    """The names of all schemas, and whether each is one of events."""
    return tuple((one, _is_source(one, project)) for one in project.schema_names())


def _is_source(name: str, project: Project) -> bool:
    """Whether a schema can be read, and has no word of targets."""
    from mapper.project.schema_roles import is_like_target

    with suppress(SchemaError):
        return not is_like_target(project.schema(name))
    return False


def schema_names(*, schemas: str | Path | None = None, beside: str | Path | None = None) -> list[str]:
    """The names of all schemas there are."""
    return project_of(beside, schemas).schema_names()


def delivered_targets(
    *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> tuple[list[str], list[SchemaError]]:
    """The names of the schemas that say how their payloads are delivered, and why others cannot be read."""
    return project_of(beside, schemas).delivered_targets()


def normalizer(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> Callable[[str, Json], Json]:
    """A function that gives what a field of a target, by its path, makes of a value; null if nothing is left.

    It raises Invalid where the field does not take the value. Raises LookupError and SchemaError.
    """
    from mapper.compiler.plan.constants import settle
    from mapper.compiler.schema.target import read_target as target_of

    target = target_of(name, _named(name, project_of(beside, schemas)))
    return lambda path, value: settle(value, (), target.find(path))


def written_source(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of samples as it may be written to a file: without values that may be somebody's."""
    from mapper.compiler.schema.sample_schema import to_write

    return to_write(schema)


def validator(
    name: str,
    profile: str | None = None,
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
) -> Callable[[Json], list[tuple[str, str]]]:
    """A function that lists what a payload breaks of a target, as (path, message); [] if it is valid.

    Raises LookupError where there is no target or no profile of that name.
    """
    schema = read_schema(name, schemas=schemas, beside=beside)
    if profile is not None and profile not in profiles(schema):
        raise LookupError(f"{name} has no profile {profile}; it has {', '.join(profiles(schema)) or 'none'}")
    return _validator(schema, profile)


def destination(
    name: str,
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    allow_target: str | Path | None = None,
) -> Destination:
    """The destination of a target, where payloads may be sent to.

    Only this package's schemas, and the file that the caller vouches for as `allow_target`, say where
    payloads go and with which secrets. Raises LookupError where neither does, or there is no such target, and
    SchemaError for what is wrong in its `x-delivery`.
    """
    project = project_of(beside, schemas, allow_target)
    schema = _named(name, project)
    refuse_slow_patterns(schema)
    vouched = project.vouched(name)
    if vouched is None or (allow_target is not None and vouched != Path(allow_target)):
        raise LookupError(_not_allowed(name, project, allow_target))
    return described(name, schema, project)


def described_destination(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> Destination:
    """The destination that a target's schema describes, for tools that never send to it, as a sandbox.

    Raises LookupError where there is none of that name, and SchemaError as `destination`.
    """
    project = project_of(beside, schemas)
    schema = _named(name, project)
    refuse_slow_patterns(schema)
    return described(name, schema, project)


def describe(schema: dict[str, Any]) -> Destination:
    """The destination of a target schema. Raises LookupError where it has none, and `Mistakes`."""
    from mapper.delivery.description import describe as describe_with

    return describe_with(schema, _compile_for_delivery)


def described(name: str, schema: dict[str, Any], project: Project) -> Destination:
    """The destination of a target's schema. Raises LookupError where it has none, and SchemaError."""
    return _described(schema, lambda at: project.schema_span(name, at))


def _described(schema: dict[str, Any], place: Callable[[JsonPath], Span]) -> Destination:
    """The destination of a target's schema, as `described`. place: of a key in its file."""
    from mapper.delivery.part import Mistakes

    try:
        return describe(schema)
    except Mistakes as error:
        found = in_order(
            Diagnostic("M323", place(one.at), one.message, one.hint or None) for one in error.found
        )
        raise SchemaError(f"{found[0].span.place}: {found[0].message}", tuple(found)) from None


@lru_cache(maxsize=256)
def _compile_for_delivery(text: str) -> Callable[[Json], Json]:
    from mapper.delivery.part import NoExpression

    try:
        return compile_expression(text)
    except CompileError as error:
        first = next(one for one in error.diagnostics if one.severity == "error")
        raise NoExpression(first.message, first.hint or "") from None


def _not_allowed(name: str, project: Project, allow_target: str | Path | None) -> str:
    file = project.file_of(name)
    if allow_target is not None:
        return f"--allow-target {allow_target} is no schema of {name}, which is read from {file}"
    return (
        f"{name} is a target of your own, and nothing is sent where a file of a project says, "
        f"unless you vouch for it: --allow-target {file}"
    )


def read_plan(text: Text, project: Project) -> Plan:
    """The plan of a mapping's text. Raises CompileError where it has errors."""
    return sendable(checked(plan_text(text, project)))


def sendable(checked: Checked) -> Plan:
    """The plan of a mapping that can send. Raises CompileError where it has errors."""
    found, mapping = [*checked.found], checked.mapping
    if mapping is not None and mapping.partial:
        message = "this file is partial: it sends nothing on its own"
        found.append(Diagnostic("M033", mapping.span, message, "run a mapping that `extends` it"))
    if checked.plan is None or has_errors(found):
        raise CompileError(tuple(in_order(found)))
    return checked.plan


def advised(found: list[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics with what their author most likely meant, looked for only where there are any."""
    if not any(one.facts is not None for one in found):
        return found
    from mapper.compiler.advice.advise import advise

    return advise(found)


def _plan(mapping: Mapping, project: Project, reading: FileReading) -> Plan | None:
    """The plan of a mapping, with what is wrong with what its target says of delivery."""
    plan = checked_plan(mapping, project, reading.found, reading.expressions)
    named = mapping.target
    if named is not None and not project.is_own(named.name):
        related = ((named.span, f"`{named.name}` is named here"),)
        reading.found.say_all(replace(one, related=related) for one in delivery_mistakes(named.name, project))
    return plan


def delivery_mistakes(name: str, project: Project) -> tuple[Diagnostic, ...]:
    """All that is wrong with what the schema of a name says of delivery, if it can be read otherwise."""
    schema = None
    with suppress(SchemaError):
        schema = project.schema(name)
    if schema is None or "x-delivery" not in schema:
        return ()
    try:
        described(name, schema, project)
    except SchemaError as error:
        return error.found
    return ()


def program_of(
    plan: Plan,
    project: Project,
    compile_module: CompileModule | None = None,
    *,
    guard: bool = True,
) -> Program:
    """The program of a plan. compile_module: given where it is kept, with a fast form."""
    from mapper.compiler.emit.fast.fast_program import generate_fast, generate_typed
    from mapper.compiler.emit.readable.readable_program import generate
    from mapper.guarded_program import guarded
    from mapper.runtime.program import compile_module as compile_always
    from mapper.runtime.program import load

    code = replace(generate(plan), guard=_guard_tables(plan, project))

    def make_fast(typed: bool) -> str:
        # A mapping that compiles is never kept from it by a mistake in what only makes it quicker.
        with suppress(Exception):
            return generate_typed(plan) if typed else generate_fast(plan)
        return ""

    if compile_module is None:
        program = load(code, compile_always, make_fast)
        return guarded(program) if guard else program
    # What keeps programs reads events from JSON: the form for objects is for mappings without the other one.
    typed = make_fast(True)
    kept = replace(code, fast="" if typed else make_fast(False), typed=typed)
    program = load(kept, compile_module).prepare()
    return guarded(program) if guard else program


def _guard_tables(plan: Plan, project: Project) -> Tables:
    """The tables with which the guard checks the payloads of a plan."""
    from mapper.guard import read_tables

    schema = project.target(plan.target.name) or {}
    return read_tables(schema, plan.allowed, plan.target.profile)


def plan_text(
    text: Text, project: Project, *, fixtures: bool = False, add: _Add = lambda made, reading: made
) -> PlannedText:
    """A mapping with what one may `add`, planned. fixtures: its tests are those of its fixtures too."""
    mapping, plan, start, is_cut = None, None, 0, True
    expressions: list[Expression] = []
    with most_mistakes(text) as found:
        reading = FileReading(found)
        mapping = _read(text, project, reading, fixtures=fixtures)
        mapping = None if mapping is None else add(mapping, reading)
        start = len(found)
        if mapping is not None:
            plan = _plan(mapping, project, reading)
        expressions, is_cut = reading.expressions, False
    return PlannedText(text, project, mapping, plan, found, start, is_cut, expressions)


def checked(planned: PlannedText, *, samples: bool = False) -> Checked:
    """A mapping's text with all that is wrong with it.

    samples: it is checked against samples of its events, where there are any.
    """
    text, mapping, found, disproved = planned.text, planned.mapping, planned.found, None
    if not planned.is_cut:
        with most_mistakes(text, found) as found:
            if samples and planned.plan is not None and mapping and has_samples(mapping, planned.project):
                from mapper.project.evidence import check_by_samples

                start, expressions = planned.start, planned.expressions
                disproved = check_by_samples(mapping, planned.project, found, start, expressions)
            found.say_all(checked_text(text, found))
    shown, shared = checked_allowances(mapping, shown_mistakes(found, mapping), disproved)
    return Checked(text, mapping, planned.plan, tuple(in_order(advised(shown))), shared)


def has_samples(mapping: Mapping, project: Project) -> bool:
    """Whether there are samples of the events: given, named, or in the schema of the source."""
    if project.samples is not None or mapping.samples:
        return True
    with suppress(SchemaError):
        schema = None if mapping.source is None else project.schema(mapping.source.name)
        return schema is not None and is_evidence(schema)
    return False


def _read(text: Text, project: Project, reading: FileReading, *, fixtures: bool) -> Mapping | None:
    """The mapping of a text, with what it takes over from the files it extends."""
    mapping = read_mapping(text, reading)
    if mapping is None:
        return None
    if fixtures and mapping.fixtures:
        from mapper.project.fixtures import with_fixtures

        mapping = with_fixtures(mapping, project, reading)
    return with_tables(extend(mapping, project.base, reading), project.table, reading)
