"""Plan (and an event) -> the table of a payload: where each value comes from, its value at each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from mapper.compiler.explain.absence import why_absent
from mapper.compiler.explain.decisions import shown_constant, source_text, takes_text
from mapper.compiler.explain.event_run import EventRun
from mapper.compiler.explain.table import Item, Row, Table, TracedStep
from mapper.compiler.inference.origins import let_shows_personal, origins_of, shows_personal
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Origin
from mapper.compiler.plan.constants import limited
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
    parts,
    variables_given,
)
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.plan.steps import Step
from mapper.runtime.limits import absent
from mapper.texts.text import Span
from mapper.transforms.mismatch import why_no_match
from mapper.transforms.text import text
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json

_PASSED = "not reached"
_UNMET = "its condition is false"
_MOST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class _RowView:
    """The sources of rows: a plan, and at work on an event, if there is one.

    at: where in the event the current value comes from. known: rows as they are for any event.
    """

    plan: Plan
    run: EventRun | None
    at: tuple[Origin, ...]
    known: dict[object, tuple[Planned, Row]]

    def blind(self) -> _RowView:
        """This view without the event."""
        return replace(self, run=None)


def tables(plan: Plan) -> tuple[Table, ...]:
    """The table of every section that sends."""
    return tuple(
        _table(section, _view(plan, None)) for section in plan.all_sections if section.payload is not None
    )


def row_of(path: str, planned: Planned, plan: Plan, run: EventRun | None) -> Row:
    """The row of one value of a plan; with a run, what it reads there, and what each step makes of it."""
    return _row(path, 0, planned, False, _view(plan, run))


def kept_items(loop: Loop, run: EventRun) -> Iterator[EventRun]:
    """The run at each item of a list that `where` lets through."""
    return (one for one in _items(loop, run) if _is_kept(loop, one))


def _view(plan: Plan, run: EventRun | None) -> _RowView:
    return _RowView(plan, run, plan.labels.event, {} if run is None else run.worked.rows)


def traced(section: PlannedSection, run: EventRun) -> Table:
    """The table of a section that takes an event, with the value at each step."""
    return _after_consent(_table(section, _view(run.plan, run)), run)


def _after_consent(table: Table, run: EventRun) -> Table:
    """The table as consent leaves it: without what is stripped, and with what is set instead."""
    plan, consent = run.plan, run.plan.consent
    if consent is None:
        return table
    is_given, answer = run.consented()
    is_limited = answer == "limited"
    if is_given and not is_limited:
        return table
    why = f"consent {answer}"
    is_skipped = consent.when_limited == "skip" if is_limited else consent.strip is None
    if is_skipped:
        return replace(table, rows=tuple(replace(row, value=None, why=why) for row in table.rows))
    kept = table.rows
    if not is_limited:
        kept = tuple(
            replace(row, value=None, why=why) if _is_below(row.path, consent.strip or ()) else row
            for row in kept
        )
    put = _set_rows(consent.limit if is_limited else consent.put, plan.places[consent.place].span, why)
    paths = {row.path for row in put}
    return replace(table, rows=(*(row for row in kept if row.path not in paths), *put))


def _set_rows(constants: Sequence[tuple[str, Fixed]], span: Span, why: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            path=path,
            depth=0,
            source=f"constant {shown_constant(fixed.value)}",
            steps=(),
            type="",
            span=span,
            required=False,
            personal=False,
            value=fixed.value,
            why=why,
        )
        for path, fixed in constants
    )


def _is_below(path: str, others: tuple[str, ...]) -> bool:
    return any(path == other or path.startswith((f"{other}.", f"{other}[]")) for other in others)


def _over_event(planned: Planned) -> Iterator[Planned]:
    """A value and its parts over the whole event, without those inside a loop."""
    yield planned
    for part in parts(planned):
        if part.role not in ("item", "let"):
            yield from _over_event(part.value)


def _table(section: PlannedSection, view: _RowView) -> Table:
    rows = () if section.payload is None else tuple(_rows(section.payload, view))
    span = view.plan.places[section.place].span
    title = section.name or "a name from the event"
    return Table(title, takes_text(section), span, rows)


def _rows(built: PlannedObject, view: _RowView) -> Iterator[Row]:
    for entry in built.entries:
        if not isinstance(entry.value.source, PlannedObject):
            yield from _entry_rows(entry, view)
        elif _acts(entry, view.run):
            yield from _rows(entry.value.source, view)
        else:
            yield from (replace(row, why=_UNMET) for row in _rows(entry.value.source, view.blind()))


def _acts(entry: PlannedField, run: EventRun | None) -> bool:
    """Whether the condition of a field holds, if an event is looked at."""
    return run is None or entry.when is None or run.holds("when", entry.when, entry.place)


def _entry_rows(entry: PlannedField, view: _RowView) -> Iterator[Row]:
    path = view.plan.places[entry.place].path
    row = _row(path, 0, entry.value, entry.required, view)
    if entry.default is not None:
        row = replace(row, source=f"{row.source}, default {shown_constant(entry.default.value)}")
    if entry.when is not None:
        row = replace(row, source=f"{row.source}, when {entry.when.text}")
    acts = _acts(entry, view.run)
    if view.run is not None:
        row = _outcome(row, entry, view.run) if acts else replace(row, value=None, why=_UNMET)
    yield row
    yield from _part_rows(path, 1, entry.value, view if acts else view.blind())


def _outcome(row: Row, entry: PlannedField, run: EventRun) -> Row:
    """The row with what the payload gets of its field."""
    if isinstance(entry.value.source, Fixed):
        return replace(row, value=entry.value.source.value, why="constant")
    try:
        value = run.value(entry.name, entry.value)
    except Invalid as invalid:
        return replace(row, value=entry.refusal or None, why=f"invalid: {invalid.reason}")
    if value is None and entry.default is not None:
        return replace(row, value=entry.default.value, why="default")
    if value is not None:
        return replace(row, value=value, why="")
    return replace(row, value=None, why=row.why if row.why.startswith("absent") else "absent")


def _part_rows(path: str, depth: int, planned: Planned, view: _RowView) -> Iterator[Row]:
    """The rows of alternatives, arms and elements."""
    match planned.source:
        case First() as first:
            won = False
            for one in first.alternatives:
                rows = list(_rows_of_part(path, depth, one, view.blind() if won else view))
                yield from (replace(row, why=_PASSED) if won else row for row in rows)
                won = won or (view.run is not None and bool(rows) and not rows[0].why)
        case Choice() as choice:
            for (_, then), taken in zip(choice.arms, _taken(choice, planned, view.run), strict=True):
                rows = list(_rows_of_part(path, depth, then, view if taken else view.blind()))
                yield from (row if taken or view.run is None else replace(row, why=_PASSED) for row in rows)
        case PlannedList() as listed:
            for one in listed.items:
                yield from _rows_of_part(path, depth, one, view)
        case Loop() as loop:
            yield from _loop_rows(path, depth, loop, view)
        case Expression() | Fixed() | PlannedObject() | Zipped():  # one row says all: of lists, their names
            return


def _rows_of_part(path: str, depth: int, part: Planned, view: _RowView) -> Iterator[Row]:
    if isinstance(part.source, PlannedObject):
        yield from (replace(row, depth=row.depth + depth) for row in _rows(part.source, view))
    else:
        yield _row(path, depth, part, False, view)
        yield from _part_rows(path, depth + 1, part, view)


def _taken(choice: Choice, planned: Planned, run: EventRun | None) -> list[bool]:
    """For each arm, whether it is the one that decides."""
    taken: list[bool] = []
    for when, _ in choice.arms:
        holds = run is not None and not any(taken)
        if holds and run is not None and when is not None:
            holds = run.holds("case_when", when, planned.place)
        taken.append(holds)
    return taken


def _loop_rows(path: str, depth: int, loop: Loop, view: _RowView) -> Iterator[Row]:
    """The rows of what each item is made into, with what the first items give that `where` lets through."""
    inside = replace(view, run=None, at=_of_items(loop, view))
    spread = isinstance(loop.items.source, Zipped) and _reads_personal(loop.items, view)
    rows = [replace(row, personal=row.personal or spread) for row in _item_rows(path, loop, inside)]
    kept = [] if view.run is None else list(kept_items(loop, view.run))
    traced = [list(_item_rows(path, loop, replace(inside, run=run))) for run in kept[:_MOST_ITEMS]]
    for place, row in enumerate(rows):
        items = tuple(
            Item(run.index, one[place].read, one[place].value, one[place].why)
            for run, one in zip(kept, traced, strict=False)
        )
        more = max(len(kept) - _MOST_ITEMS, 0)
        yield replace(row, depth=row.depth + depth, items=items, more=more)


def _item_rows(path: str, loop: Loop, view: _RowView) -> Iterator[Row]:
    if isinstance(loop.item.source, PlannedObject):
        yield from _rows(loop.item.source, view)
    else:
        yield _row(f"{path}[]", 0, loop.item, False, view)
        yield from _part_rows(f"{path}[]", 1, loop.item, view)


def _of_items(loop: Loop, view: _RowView) -> tuple[Origin, ...]:
    """The origins of an item of a list."""
    return tuple(_origins(loop.items, view)) or WHOLE_EVENT


def _origins(value: Planned, view: _RowView) -> Iterator[Origin]:
    match value.source:
        case Expression() as expression:
            yield from origins_of(expression, view.at, view.plan.labels)
        case Loop() as loop:
            yield from _origins(loop.item, replace(view, at=_of_items(loop, view)))
        case Fixed() | First() | Choice() | Zipped() | PlannedObject() | PlannedList():
            for part in parts(value):
                yield from _origins(part.value, view)


def _items(loop: Loop, run: EventRun) -> Iterator[EventRun]:
    """The run at each item of a list."""
    try:
        items = run.value("list", loop.items)
    except Invalid:
        return
    items = [items] if isinstance(items, dict) else items
    for index, one in enumerate(items if isinstance(items, list) else ()):
        yield run.item(one, index, loop)


def _is_kept(loop: Loop, run: EventRun) -> bool:
    return loop.where is None or run.holds("where", loop.where, loop.item.place)


def _why_left_out(loop: Loop, run: EventRun) -> str:
    """The reason that an item gives no element, "" if it gives one."""
    if not _is_kept(loop, run):
        return "left out: its `where` is false"
    try:
        return "" if run.value("item", loop.item) is not None else "left out: none of its fields has a value"
    except Invalid as invalid:
        return f"invalid: {invalid.reason}"


def _row(path: str, depth: int, planned: Planned, required: bool, view: _RowView) -> Row:
    steps = _steps_of(planned)
    row = _known_row(path, depth, planned, required, view)
    if view.run is None:
        return row
    if isinstance(planned.source, Expression) and planned.alone:
        return _walk(row, planned.source, planned, steps, view.run)
    return _valued(row, planned, view.run)


def _known_row(path: str, depth: int, planned: Planned, required: bool, view: _RowView) -> Row:
    """The row as it is for any event."""
    key = path, depth, id(planned), required, view.at
    if key not in view.known:
        view.known[key] = planned, _row_without_event(path, depth, planned, required, view)
    return view.known[key][1]


def _row_without_event(path: str, depth: int, planned: Planned, required: bool, view: _RowView) -> Row:
    plan = view.plan
    field = plan.target.root.find(path)
    return Row(
        path=path,
        depth=depth,
        source=source_text(planned),
        steps=tuple(TracedStep(step.describe(), step.inserted, step.span) for step in _steps_of(planned)),
        type=planned.type.describe() if field is None else field.type.describe(),
        span=planned.span,
        required=required,
        personal=plan.target.is_personal(path) or _reads_personal(planned, view),
    )


def _valued(row: Row, planned: Planned, run: EventRun) -> Row:
    """The row with its value, or why it has none; of a list also the items that give no element."""
    told_below = False
    match planned.source:
        case Loop() as loop:
            row = _with_left_out(row, loop, run)
        case First() | PlannedList():
            told_below = True
        case Expression() | Fixed() | Choice() | Zipped() | PlannedObject():
            pass
    try:
        value = run.value("part", planned)
    except Invalid as invalid:
        return replace(row, why=f"invalid: {invalid.reason}")
    if value is not None or told_below:
        return replace(row, value=value, why="absent" if value is None else "")
    return replace(row, why=f"absent: {why_absent(planned, run)}")


def _with_left_out(row: Row, loop: Loop, run: EventRun) -> Row:
    """The row of a list with the first items that give no element."""
    reasons = ((item.index, _why_left_out(loop, item)) for item in _items(loop, run))
    left_out = (Item(index, why=why) for index, why in reasons if why)
    return replace(row, items=tuple(islice(left_out, _MOST_ITEMS)), more=sum(1 for _ in left_out))


def _reads_personal(planned: Planned, view: _RowView) -> bool:
    """Whether a personal attribute of the event flows into a value, by the source's labels or by its name."""
    labels = view.plan.labels
    every = tuple(_over_event(planned))
    if any(let_shows_personal(name, labels) for part in every for name in variables_given(part)):
        return True
    sources = (part.source for part in every)
    return any(shows_personal(one, view.at, labels) for one in sources if isinstance(one, Expression))


def _walk(row: Row, source: Expression, planned: Planned, steps: tuple[Step, ...], run: EventRun) -> Row:
    """The row of an expression, with what it reads and what each step makes of it."""
    try:
        value = run.read(source.root, source, run.at)
    except Invalid as invalid:
        return replace(row, why=f"invalid: {invalid.reason}")
    row = replace(row, read=value)
    if absent(value):
        return replace(row, why=f"absent: {why_absent(planned, run)}")
    traced = list(row.steps)
    one_by_one = len(steps) - (0 if planned.finish is None else len(planned.finish.list_steps))
    for place, step in enumerate(steps):
        if place == one_by_one and not isinstance(value, list):
            value = [value]
        before = value
        try:
            given = run.given(step)
            value = None if given is None else run.through(given, value)
        except Invalid as invalid:
            traced[place] = replace(traced[place], reached=True, failure=invalid.reason)
            return replace(row, steps=tuple(traced), why=f"invalid: {invalid.reason}")
        traced[place] = replace(traced[place], reached=True, value=value)
        if absent(value):
            leaves = "has an absent argument" if given is None else _why_null(given, before)
            return replace(row, steps=tuple(traced), why=f"absent: `{step.describe()}` {leaves}")
    row = replace(row, steps=tuple(traced), value=value)
    if planned.finish is not None and planned.finish.kind == "one":
        try:
            limited(value, planned.finish.limits)
        except Invalid as invalid:
            return replace(row, value=None, why=f"invalid: {invalid.reason}")
    return row


def _why_null(step: Step, value: Json) -> str:
    """The reason that nothing comes of a value that a step was given."""
    stated = {parameter.name: argument for parameter, argument in step.arguments}
    pattern = stated.get("pattern")
    if (
        step.transform.name != "extract"
        or not isinstance(pattern, str)
        or not isinstance(value, str | int | float)
    ):
        return "gives null"
    return f"gives null, no match: {why_no_match(text(value), pattern, stated.get('any_case') is True)}"


def _steps_of(planned: Planned) -> tuple[Step, ...]:
    finish = planned.finish
    return planned.steps if finish is None else (*planned.steps, *finish.steps, *finish.list_steps)
