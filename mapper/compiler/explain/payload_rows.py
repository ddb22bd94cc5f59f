"""Plan (and an event) -> the table of a payload: where each value comes from, its value at each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from mapper.compiler.explain.absence import why_absent
from mapper.compiler.explain.decisions import shown_constant, source_text, takes_text
from mapper.compiler.explain.event_run import EventRun
from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.explain.table import Item, Row, Table, TracedStep
from mapper.compiler.inference.personal_origins import let_shows_personal, origins_of, shows_personal
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Origin
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
    all_steps,
    children,
    parts,
    variables_given,
)
from mapper.compiler.plan.planned_consent import ConsentEffect
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.runtime.limits import absent
from mapper.texts.named_text import Span
from mapper.transforms.mismatch import why_no_match
from mapper.transforms.text import text
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json

_PASSED = "not reached"
_ALONE = "left out because no field of its object comes from the event"
_UNMET = "its condition is false"
_MOST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class _RowView:
    """The sources of rows: a plan, and at work on an event, if there is one.

    at: where in the event the current value comes from. known: rows as they are for any event. shown: whether
    expressions of the plan, by their identity and `at`, show what is personal. why: the reason that the
    program did not come to these rows.
    """

    plan: Plan
    run: EventRun | None
    at: tuple[Origin, ...]
    known: dict[object, tuple[object, Row]]
    shown: dict[tuple[int, tuple[Origin, ...]], bool]
    why: str = ""

    def blind(self, why: str = "") -> _RowView:
        """This view without the event."""
        return _RowView(self.plan, None, self.at, self.known, self.shown, self.why or why)


def tables(plan: Plan) -> tuple[Table, ...]:
    """The table of every section that sends."""
    view = _view(plan, None)
    return tuple(_table(section, view) for section in plan.all_sections if section.payload is not None)


def row_of(path: str, planned: Planned, plan: Plan, run: EventRun | None) -> Row:
    """The row of one value of a plan; with a run, what it reads there, and what each step makes of it."""
    return _row(path, 0, planned, _view(plan, run))


def _view(plan: Plan, run: EventRun | None) -> _RowView:
    return _RowView(plan, run, plan.labels.event, {} if run is None else run.loaded.memo.rows, {})


def traced(section: PlannedSection, run: EventRun) -> Table:
    """The table of a section that takes an event, with the value at each step, and whether it is sent."""
    table = _table(section, _view(run.plan, run))
    if run.skipped is not None:
        return _unsent(table, f"skipped: {run.skipped.because}")
    consent, effect = run.plan.consent, run.consent_effect
    if consent is None or effect is None or effect.is_none:
        return table
    why, span = f"consent {run.answer}", run.plan.places[consent.place].span
    return _after_consent(table, why, effect, span) if effect.is_sent else _unsent(table, why)


def _unsent(table: Table, why: str) -> Table:
    """A table of which nothing is sent."""
    return replace(table, rows=tuple(replace(row, value=None, why=why) for row in table.rows))


def _after_consent(table: Table, why: str, effect: ConsentEffect, span: Span) -> Table:
    """The table without what is stripped, and with what is set instead."""
    put = _set_rows(effect.put, span, why)
    paths = {row.path for row in put}
    kept = [
        replace(row, value=None, why=why) if effect.removes(row.path) else row
        for row in table.rows
        if row.path not in paths
    ]
    return replace(table, rows=(*kept, *put))


def _set_rows(constants: Sequence[tuple[str, Fixed]], span: Span, why: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            path=path,
            depth=0,
            source=masked_text(f"constant {shown_constant(fixed.value)}"),
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
        why = _why_unreached(entry, view.run)
        if not isinstance(entry.value.source, PlannedObject):
            yield from _entry_rows(entry, why, view)
        else:
            inner = _rows(entry.value.source, view.blind(why) if why else view)
            lost = "" if why else _why_no_object(entry, view.run)
            yield from map(partial(_lost, lost), inner) if lost else inner


def _why_no_object(entry: PlannedField, run: EventRun | None) -> str:
    """The reason that the program made no object of fields of which some may have a value, "" if it did."""
    made = None if run is None else run.result(entry.value)
    if isinstance(made, Invalid):
        return f"invalid: {made.reason}"
    return _ALONE if run is not None and made is None and entry.default is None else ""


def _lost(why: str, row: Row) -> Row:
    """The row of a field whose object is not sent."""
    return row if row.depth or row.value is None else replace(row, value=None, why=why)


def _why_unreached(entry: PlannedField, run: EventRun | None) -> str:
    """The reason that the program did not come to a field, "" where it did, or no event is looked at."""
    if run is None:
        return ""
    held = entry.when is None or run.held(entry.when)
    if held is False:
        return _UNMET
    if held and run.reached(entry.value):
        return ""
    context = run.loaded.context
    needed = context.needs.get(context.path_of(entry))
    return _PASSED if needed is None else f"left out because `{needed}` is invalid"


def _entry_rows(entry: PlannedField, why: str, view: _RowView) -> Iterator[Row]:
    """The rows of a field. why: the program did not come to it."""
    path = view.plan.places[entry.place].path
    row = _known_row(path, 0, entry.value, entry, view)
    if view.run is None:
        yield row.told(why=why) if why else row
    elif why:
        yield row.told(why=why, read=_unused(entry.value, view.run))
    else:
        yield row.told(**_sent(entry, _seen(row, entry.value, view.run), view.run))
    inside = "" if why in ("", _UNMET) else _PASSED
    yield from _part_rows(path, 1, entry.value, view.blind(inside) if why else view)


def _unused(planned: Planned, run: EventRun) -> Json:
    """The value of an expression that the program did not come to, for a person's to be masked elsewhere."""
    if not isinstance(planned.source, Expression) or not planned.alone:
        return None
    try:
        return run.read(planned.source.root, planned.source, run.at)
    except Invalid:
        return None


def _sent(entry: PlannedField, seen: dict[str, Any], run: EventRun) -> dict[str, Any]:
    """The facts of a field's row at an event, with the value that is sent. seen: those of its value."""
    if isinstance(entry.value.source, Fixed):
        return seen | {"value": entry.value.source.value, "why": "constant"}
    value = run.result(entry.value)
    if isinstance(value, Invalid):
        return seen | {"value": entry.refusal or None, "why": f"invalid: {value.reason}"}
    if value is None and entry.default is not None:
        return seen | {"value": entry.default.value, "why": "default"}
    why = seen.get("why", "") if value is None else ""
    return seen | {"value": value, "why": why if value is not None or why.startswith("absent") else "absent"}


def _part_rows(path: str, depth: int, planned: Planned, view: _RowView) -> Iterator[Row]:
    """The rows of alternatives, arms and elements."""
    match planned.source:
        case First() | Choice():
            for one in children(planned):
                yield from _branch_rows(path, depth, one, view)
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
        yield _row(path, depth, part, view)
        yield from _part_rows(path, depth + 1, part, view)


def _branch_rows(path: str, depth: int, part: Planned, view: _RowView) -> Iterator[Row]:
    """The rows of an alternative or arm, which the program may have passed over."""
    if view.run is None or view.run.reached(part):
        yield from _rows_of_part(path, depth, part, view)
    else:
        yield from _rows_of_part(path, depth, part, view.blind(_PASSED))


def _loop_rows(path: str, depth: int, loop: Loop, view: _RowView) -> Iterator[Row]:
    """The rows of what each item is made into, with what the first items give that `where` lets through."""
    inside = replace(view, run=None, at=_of_items(loop, view))
    spread = isinstance(loop.items.source, Zipped) and _reads_personal(loop.items, view)
    rows = list(_item_rows(path, loop, inside))
    kept = [] if view.run is None else list(view.run.kept_items(loop))
    traced = [list(_item_rows(path, loop, replace(inside, run=run))) for run in kept[:_MOST_ITEMS]]
    for place, row in enumerate(rows):
        items = tuple(
            Item(run.index, one[place].read, one[place].value, one[place].why)
            for run, one in zip(kept, traced, strict=False)
        )
        more = max(len(kept) - _MOST_ITEMS, 0)
        personal = row.personal or spread
        yield replace(row, depth=row.depth + depth, personal=personal, items=items, more=more)


def _item_rows(path: str, loop: Loop, view: _RowView) -> Iterator[Row]:
    if isinstance(loop.item.source, PlannedObject):
        yield from _rows(loop.item.source, view)
    else:
        yield _row(f"{path}[]", 0, loop.item, view)
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


def _why_left_out(loop: Loop, run: EventRun) -> str:
    """The reason that an item gives no element, "" if it gives one."""
    if loop.where is not None and not run.held(loop.where):
        return "left out: its `where` is false"
    made = run.result(loop.item)
    if isinstance(made, Invalid):
        return f"invalid: {made.reason}"
    return "" if made is not None else "left out: none of its fields has a value"


def _row(path: str, depth: int, planned: Planned, view: _RowView) -> Row:
    row = _known_row(path, depth, planned, None, view)
    return row if view.run is None else row.told(**_seen(row, planned, view.run))


def _seen(row: Row, planned: Planned, run: EventRun) -> dict[str, Any]:
    """The facts of a row at an event: the value read, that after each step, and why there is none."""
    if not isinstance(planned.source, Expression) or not planned.alone:
        return _valued(planned, run)
    seen, made = _walked(row, planned.source, planned, run), run.result(planned)
    if isinstance(made, Invalid):
        return seen | {"value": None, "why": f"invalid: {made.reason}"}
    return seen | ({"value": made, "why": ""} if made is not None and run.reached(planned) else {})


def _known_row(path: str, depth: int, planned: Planned, entry: PlannedField | None, view: _RowView) -> Row:
    """The row as it is for any event. entry: the field whose value it is."""
    key = path, depth, id(planned), id(entry), view.at, view.why
    if key not in view.known:
        view.known[key] = (planned, entry), _row_without_event(path, depth, planned, entry, view)
    return view.known[key][1]


def _row_without_event(
    path: str, depth: int, planned: Planned, entry: PlannedField | None, view: _RowView
) -> Row:
    plan = view.plan
    field = plan.target.root.find(path)
    return Row(
        path=path,
        depth=depth,
        source=masked_text(source_text(planned) + ("" if entry is None else _ends_text(entry))),
        steps=tuple(
            TracedStep(masked_text(step.describe()), step.inserted, step.span) for step in all_steps(planned)
        ),
        type=planned.type.describe() if field is None else field.type.describe(),
        span=planned.span,
        required=entry is not None and entry.required,
        personal=plan.target.is_personal(path) or _reads_personal(planned, view),
        why=view.why,
    )


def _ends_text(entry: PlannedField) -> str:
    default = "" if entry.default is None else f", default {shown_constant(entry.default.value)}"
    return default + ("" if entry.when is None else f", when {entry.when.text}")


def _valued(planned: Planned, run: EventRun) -> dict[str, Any]:
    """The value, or why there is none; of a list also the items that give no element."""
    told_below = False
    seen: dict[str, Any] = {}
    match planned.source:
        case Loop() as loop:
            seen = _left_out(loop, run)
        case First() | PlannedList():
            told_below = True
        case Expression() | Fixed() | Choice() | Zipped() | PlannedObject():
            pass
    if not run.reached(planned):
        return seen | {"why": _PASSED}
    value = run.result(planned)
    if isinstance(value, Invalid):
        return seen | {"why": f"invalid: {value.reason}"}
    if value is not None:
        return seen | {"value": value}
    return seen | {"why": "absent" if told_below else f"absent: {why_absent(planned, run)}"}


def _left_out(loop: Loop, run: EventRun) -> dict[str, Any]:
    """The first items of a list that give no element."""
    reasons = ((item.index, _why_left_out(loop, item)) for item in run.items_of(loop))
    left_out = (Item(index, why=why) for index, why in reasons if why)
    return {"items": tuple(islice(left_out, _MOST_ITEMS)), "more": sum(1 for _ in left_out)}


def _reads_personal(planned: Planned, view: _RowView) -> bool:
    """Whether a personal attribute of the event flows into a value, by the source's labels or by its name."""
    labels = view.plan.labels
    every = tuple(_over_event(planned))
    if any(let_shows_personal(name, labels) for part in every for name in variables_given(part)):
        return True
    sources = (part.source for part in every)
    return any(_shows_personal(one, view) for one in sources if isinstance(one, Expression))


def _shows_personal(expression: Expression, view: _RowView) -> bool:
    """As `shows_personal`, asked once for what several sections have in common."""
    key = id(expression), view.at
    if key not in view.shown:
        view.shown[key] = shows_personal(expression, view.at, view.plan.labels)
    return view.shown[key]


def _walked(row: Row, source: Expression, planned: Planned, run: EventRun) -> dict[str, Any]:
    """The value that an expression reads, and that after each step."""
    try:
        value = run.read(source.root, source, run.at)
    except Invalid as invalid:
        return {"why": f"invalid: {invalid.reason}"}
    seen: dict[str, Any] = {"read": value}
    if absent(value):
        return seen | {"why": f"absent: {why_absent(planned, run)}"}
    traced = list(row.steps)
    seen |= _through_steps(traced, value, planned, run)
    return seen | {"steps": tuple(traced)}


def _through_steps(traced: list[TracedStep], value: Json, planned: Planned, run: EventRun) -> dict[str, Any]:
    """The value after all steps, or why there is none. traced: the steps, which this fills in."""
    steps = all_steps(planned)
    one_by_one = len(steps) - (0 if planned.finish is None else len(planned.finish.list_steps))
    for place, step in enumerate(steps):
        if place == one_by_one and not isinstance(value, list):
            value = [value]
        before, told = value, traced[place]
        try:
            given = run.given(step)
            value = None if given is None else run.through(given, value)
        except Invalid as invalid:
            traced[place] = TracedStep(told.text, told.inserted, told.span, True, failure=invalid.reason)
            return {"why": f"invalid: {invalid.reason}"}
        traced[place] = TracedStep(told.text, told.inserted, told.span, True, value)
        if absent(value):
            leaves = "has an absent argument" if given is None else _why_null(given, before)
            return {"why": f"absent: `{told.text}` {leaves}"}
    return {"value": value}


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
