"""Plan (and an event) -> the table of a payload: where each value comes from, its value at each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mapper.compiler.code.module import Module
from mapper.compiler.code.section import write_program
from mapper.compiler.code.value import write_condition, write_value_function
from mapper.compiler.code.writing import EVENT, Writing, write_read
from mapper.compiler.expression import Expression
from mapper.compiler.plan import Plan, PlannedSection
from mapper.compiler.planning.constant import limited, run_step
from mapper.compiler.planning.planned import Choice, Entry, First, Fixed, List, Loop, Object, Planned, Zipped
from mapper.compiler.planning.step import Argument, Step, VariableArgument
from mapper.compiler.proofs.personal import personal_read
from mapper.compiler.table import Row, Table, TracedStep
from mapper.frozen import dataclass
from mapper.runtime.checks import absent
from mapper.runtime.frame import Frame
from mapper.runtime.operators import equal
from mapper.runtime.program import load_module
from mapper.types import Invalid, Json

_PASSED = "not reached"
_DENIED = "consent denied"


@dataclass(frozen=True, slots=True)
class _Run:
    """The plan's code, loaded, at work on one event. `readers`: the function of each source expression."""

    functions: dict[str, Callable[..., Any]]
    writing: Writing
    readers: dict[int, str]
    frame: Frame

    def call(self, name: str) -> Json:
        """What a function of the module gives for the event."""
        result: Json = self.functions[name](self.frame.event, self.frame)
        return result


def tables(plan: Plan) -> tuple[Table, ...]:
    """The table of every section that sends."""
    return tuple(_table(plan, section, None) for section in _sections(plan) if section.payload is not None)


def trace(plan: Plan, event: dict[str, Any], meta: dict[str, Any] | None = None) -> tuple[Table, ...]:
    """The table of each section that takes an event and sends it, with the value at each step.

    With `split`, those of each event in it.
    """
    run = _start(plan, event, meta)
    return tuple(table for part in _events(plan, run) for table in _traced(plan, part))


def _events(plan: Plan, run: _Run) -> Iterator[_Run]:
    """What is at work on each of the events in a source event."""
    if plan.split is None:
        yield run
        return
    parts = run.frame.read(run.functions["parts"], "split")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            frame = Frame(part, run.frame.places, run.frame.meta, run.frame.event, index)
            yield replace(run, frame=frame)


def _traced(plan: Plan, run: _Run) -> Iterator[Table]:
    taken = False
    for section in plan.sections:
        if _takes(section, plan, run):
            taken = True
            if section.payload is not None:
                yield _after_consent(_table(plan, section, run), plan, run)
            if not section.goes_on:
                return
    if plan.otherwise is not None and plan.otherwise.payload is not None and not taken:
        yield _after_consent(_table(plan, plan.otherwise, run), plan, run)


def _after_consent(table: Table, plan: Plan, run: _Run) -> Table:
    """The table as consent leaves it: without what is stripped, and with what is set instead."""
    consent = plan.consent
    if consent is None or run.call(run.writing.functions[("consent",)]):
        return table
    if consent.strip is None:
        return replace(table, rows=tuple(replace(row, value=None, why=_DENIED) for row in table.rows))
    stripped = tuple(
        replace(row, value=None, why=_DENIED) if _is_below(row.path, consent.strip) else row
        for row in table.rows
    )
    span = plan.places[consent.place].span
    put = tuple(
        Row(
            path=path,
            depth=0,
            source=f"constant {fixed.value}",
            steps=(),
            type="",
            file=span.text.name,
            line=span.line,
            required=False,
            personal=False,
            value=fixed.value,
            why=_DENIED,
        )
        for path, fixed in consent.put
    )
    return replace(table, rows=(*stripped, *put))


def _is_below(path: str, others: tuple[str, ...]) -> bool:
    return any(path == other or path.startswith((f"{other}.", f"{other}[]")) for other in others)


def _sections(plan: Plan) -> tuple[PlannedSection, ...]:
    return plan.sections if plan.otherwise is None else (*plan.sections, plan.otherwise)


def _start(plan: Plan, event: dict[str, Any], meta: dict[str, Any] | None) -> _Run:
    writing = Writing(plan, Module())
    write_program(writing)
    readers = {}
    for planned in _all_planned(plan):
        if isinstance(planned.source, Expression):
            function = writing.module.function("traced", *EVENT.parameters)
            atom = write_read(planned.source, EVENT, function, writing)
            function.write(f"return {atom}")
            readers[id(planned.source)] = function.name
    places = tuple((place.path, place.span.place) for place in plan.places)
    functions = load_module(writing.module.text(), f"trace of {plan.mapping.name}")
    return _Run(functions, writing, readers, Frame(event, places, meta))


def _all_planned(plan: Plan) -> Iterator[Planned]:
    for section in _sections(plan):
        if section.payload is not None:
            yield from _below(section.payload)


def _below(built: Object) -> Iterator[Planned]:
    for entry in built.entries:
        yield from _parts(entry.value)


def _parts(planned: Planned) -> Iterator[Planned]:
    """A value and what it is made of over the whole event; not what stands inside a loop."""
    yield planned
    match planned.source:
        case Object() as built:
            yield from _below(built)
        case First() as first:
            for one in first.alternatives:
                yield from _parts(one)
        case Choice() as choice:
            for _, then in choice.arms:
                yield from _parts(then)
        case List() as listed:
            for one in listed.items:
                yield from _parts(one)
        case Loop() as loop:
            yield from _parts(loop.items)
        case Zipped() as zipped:
            for _, one in zipped.lists:
                yield from _parts(one)


def _takes(section: PlannedSection, plan: Plan, run: _Run) -> bool:
    if section.constants is not None:
        matched = None
        if plan.match is not None:
            matched = run.frame.read(run.functions["matched"], "match")
        if not any(equal(one, matched) for one in section.constants):
            return False
    if section.when is None:
        return True
    return bool(run.call(write_condition("when", section.when, section.place, EVENT, run.writing)))


def _table(plan: Plan, section: PlannedSection, run: _Run | None) -> Table:
    takes = []
    if section.constants is not None:
        takes.append("is " + ", ".join(str(one) for one in section.constants))
    if section.when is not None:
        takes.append(f"when {section.when.text}")
    rows = () if section.payload is None else tuple(_rows(section.payload, plan, run))
    span = plan.places[section.place].span
    title = section.name or "a name of the event's own"
    return Table(title, " and ".join(takes) or "all others", span.text.name, span.line, rows)


def _rows(built: Object, plan: Plan, run: _Run | None) -> Iterator[Row]:
    for entry in built.entries:
        if isinstance(entry.value.source, Object):
            yield from _rows(entry.value.source, plan, run)
        else:
            yield from _entry_rows(entry, plan, run)


def _entry_rows(entry: Entry, plan: Plan, run: _Run | None) -> Iterator[Row]:
    path = plan.places[entry.place].path
    row = _row(path, 0, entry.value, entry.required, plan, run)
    if entry.default is not None:
        row = replace(row, source=f"{row.source}, default {entry.default.value}")
    if entry.when is not None:
        row = replace(row, source=f"{row.source}, when {entry.when.text}")
    if run is not None:
        row = _outcome(row, entry, run)
    yield row
    yield from _part_rows(path, 1, entry.value, plan, run)


def _outcome(row: Row, entry: Entry, run: _Run) -> Row:
    """The row with what the payload gets of its field."""
    if entry.when is not None and not run.call(
        write_condition("when", entry.when, entry.place, EVENT, run.writing)
    ):
        return replace(row, why="its condition does not hold")
    if isinstance(entry.value.source, Fixed):
        return replace(row, value=entry.value.source.value, why="constant")
    try:
        value = run.call(write_value_function(entry.name, entry.value, EVENT, run.writing))
    except Invalid as invalid:
        return replace(row, why=f"invalid: {invalid.reason}")
    if value is None and entry.default is not None:
        return replace(row, value=entry.default.value, why="default")
    return replace(row, value=value, why="absent" if value is None else "")


def _part_rows(path: str, depth: int, planned: Planned, plan: Plan, run: _Run | None) -> Iterator[Row]:
    """The rows of alternatives, arms and elements."""
    match planned.source:
        case First() as first:
            won = False
            for one in first.alternatives:
                rows = list(_rows_of_part(path, depth, one, plan, None if won else run))
                yield from (replace(row, why=_PASSED) if won else row for row in rows)
                won = won or (run is not None and bool(rows) and not rows[0].why)
        case Choice() as choice:
            for (_, then), taken in zip(choice.arms, _taken(choice, planned, run), strict=True):
                rows = list(_rows_of_part(path, depth, then, plan, run if taken else None))
                yield from (row if taken or run is None else replace(row, why=_PASSED) for row in rows)
        case List() as listed:
            for one in listed.items:
                yield from _rows_of_part(path, depth, one, plan, run)
        case Loop() as loop:
            yield from _loop_rows(path, depth, loop, plan)


def _rows_of_part(path: str, depth: int, part: Planned, plan: Plan, run: _Run | None) -> Iterator[Row]:
    if isinstance(part.source, Object):
        yield from (replace(row, depth=row.depth + depth) for row in _rows(part.source, plan, run))
    else:
        yield _row(path, depth, part, False, plan, run)
        yield from _part_rows(path, depth + 1, part, plan, run)


def _taken(choice: Choice, planned: Planned, run: _Run | None) -> list[bool]:
    """For each arm, whether it is the one that decides."""
    taken: list[bool] = []
    for when, _ in choice.arms:
        holds = run is not None and not any(taken)
        if holds and run is not None and when is not None:
            holds = bool(run.call(write_condition("case_when", when, planned.place, EVENT, run.writing)))
        taken.append(holds)
    return taken


def _loop_rows(path: str, depth: int, loop: Loop, plan: Plan) -> Iterator[Row]:
    if isinstance(loop.item.source, Object):
        for row in _rows(loop.item.source, plan, None):
            yield replace(row, depth=row.depth + depth)
    else:
        yield _row(f"{path}[]", depth, loop.item, False, plan, None)


def _row(path: str, depth: int, planned: Planned, required: bool, plan: Plan, run: _Run | None) -> Row:
    field = plan.target.root.find(path)
    steps = _steps_of(planned)
    row = Row(
        path=path,
        depth=depth,
        source=_source_text(planned),
        steps=tuple(TracedStep(step.describe(), step.inserted) for step in steps),
        type=planned.type.describe() if field is None else field.type.describe(),
        file=planned.span.text.name,
        line=planned.span.line,
        required=required,
        personal=plan.target.is_personal(path) or _reads_personal(planned, plan),
    )
    if run is None:
        return row
    if id(planned.source) in run.readers:
        return _walk(row, planned, steps, run)
    worker = write_value_function("part", planned, EVENT, run.writing)
    if worker not in run.functions:
        return row
    try:
        value = run.call(worker)
    except Invalid as invalid:
        return replace(row, why=f"invalid: {invalid.reason}")
    return replace(row, value=value, why="absent" if value is None else "")


def _reads_personal(planned: Planned, plan: Plan) -> bool:
    """Whether a personal attribute of the event flows into a value, by the source's labels or by its name."""
    return any(
        personal_read(part.source, ((),), plan.labels) is not None
        for part in _parts(planned)
        if isinstance(part.source, Expression)
    )


def _walk(row: Row, planned: Planned, steps: tuple[Step, ...], run: _Run) -> Row:
    """The row of an expression, with what it reads and what each step makes of it."""
    try:
        value = run.call(run.readers[id(planned.source)])
    except Invalid as invalid:
        return replace(row, why=f"invalid: {invalid.reason}")
    row = replace(row, read=value)
    traced = list(row.steps)
    one_by_one = len(steps) - (0 if planned.finish is None else len(planned.finish.list_steps))
    for place, step in enumerate(steps):
        if absent(value):
            break
        if place == one_by_one and not isinstance(value, list):
            value = [value]
        try:
            value = run_step(_with_variables(step, run), value)
        except Invalid as invalid:
            traced[place] = replace(traced[place], reached=True, failure=invalid.reason)
            return replace(row, steps=tuple(traced), why=f"invalid: {invalid.reason}")
        traced[place] = replace(traced[place], reached=True, value=value)
    row = replace(row, steps=tuple(traced), value=value, why="absent" if absent(value) else "")
    if planned.finish is not None and planned.finish.kind == "one":
        try:
            limited(value, planned.finish.limits)
        except Invalid as invalid:
            return replace(row, value=None, why=f"invalid: {invalid.reason}")
    return row


def _with_variables(step: Step, run: _Run) -> Step:
    """A step whose variables are read."""
    arguments = tuple((parameter, _read_argument(argument, run)) for parameter, argument in step.arguments)
    return replace(step, arguments=arguments)


def _read_argument(argument: Argument, run: _Run) -> Argument:
    if isinstance(argument, list):
        return [_read_argument(part, run) for part in argument]
    if not isinstance(argument, VariableArgument):
        return argument
    if argument.name in ("event", "meta", "whole"):
        read: Json = getattr(run.frame, argument.name)
        return read
    return run.frame.let(argument.name, run.functions[run.writing.lets[argument.name]])


def _steps_of(planned: Planned) -> tuple[Step, ...]:
    finish = planned.finish
    return planned.steps if finish is None else (*planned.steps, *finish.steps, *finish.list_steps)


def _source_text(planned: Planned) -> str:
    match planned.source:
        case Expression() as expression:
            return expression.text
        case Fixed() as fixed:
            return f"constant {fixed.value}"
        case First():
            return "the first of"
        case Choice():
            return "case"
        case Loop() as loop:
            where = "" if loop.where is None else f", where {loop.where.text}"
            each = "" if isinstance(loop.items.source, Zipped) else "each "
            return f"{each}{_source_text(loop.items)}{where}"
        case Zipped() as zipped:
            return "zip " + ", ".join(f"{name}: {_source_text(one)}" for name, one in zipped.lists)
        case List():
            return "a list of"
        case Object():
            return "an object"
