"""Mapping x event -> Explanation: what it ends as and where each value comes from, persons' values masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from mapper import Outcome, authoring
from mapper.authoring import Analysis, Decision, Json, Row, Table, Trace
from mapper.masking import MASK, looks_personal, mask, mask_sent

# A shorter text of a person, such as the code of a country, occurs in others by chance.
_SHORTEST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcomes of one event, what led to them, and the table of each section that sends it.

    decisions: with `split`, those of each event in it. names: of events, those that the mapping itself holds.
    """

    outcomes: tuple[Outcome, ...]
    decisions: tuple[tuple[Decision, ...], ...]
    tables: tuple[Table, ...]
    names: tuple[str, ...]


def explain_event(
    path: str | Path,
    event: dict[str, Any],
    meta: dict[str, Any] | None = None,
    *,
    reveal: bool = False,
    schemas: str | Path | None = None,
) -> Explanation:
    """The way a mapping file treats an event; unless `reveal`, values of persons are masked in the tables.

    Raises CompileError and OSError.
    """
    return explain_analysed(authoring.analyse_file(path, schemas=schemas), event, meta, reveal=reveal)


def explain_analysed(
    analysis: Analysis, event: dict[str, Any], meta: dict[str, Any] | None = None, *, reveal: bool = False
) -> Explanation:
    """As `explain_event`, of a mapping that is analysed. Raises CompileError."""
    return explain_trace(analysis, analysis.trace(event, meta), reveal=reveal)


def explain_trace(analysis: Analysis, trace: Trace, *, reveal: bool = False) -> Explanation:
    """As `explain_analysed`, of an event that was traced. Its tables are in the order of the trace's."""
    outcomes, decisions, tables = trace.outcomes, trace.decisions, trace.tables
    pairs = paired(outcomes, tables, analysis.places)
    tables = tuple(_as_sent(outcome, table) for outcome, table in pairs)
    if not reveal:
        personal = personal_texts(tables, decisions)
        tables = tuple(replace(table, rows=tuple(_masked(table.rows))) for table in tables)
        tables = tuple(_less_read(one, table) for (one, _), table in zip(pairs, tables, strict=True))
        decisions = tuple(tuple(map(_masked_decision, one)) for one in decisions)
        hide = hiding(personal, analysis.words)
        tables = tuple(replace(one, rows=tuple(_all_read(row, hide) for row in one.rows)) for one in tables)
        decisions = tuple(tuple(_decided(one, hide) for one in part) for part in decisions)
    return Explanation(outcomes, decisions, tables, analysis.names)


def paired(
    outcomes: Sequence[Outcome], tables: Sequence[Table], places: Sequence[tuple[str, str]]
) -> tuple[tuple[Outcome | None, Table], ...]:
    """The tables, each with the outcome it is of, if that is known. places: of rules, by their numbers."""
    return tuple(_paired(outcomes, tables, places))


def _paired(
    outcomes: Sequence[Outcome], tables: Sequence[Table], places: Sequence[tuple[str, str]]
) -> Iterator[tuple[Outcome | None, Table]]:
    waiting = [one for one in outcomes if one.section >= 0]
    for at, table in enumerate(tables):
        if len(outcomes) == len(tables):
            yield outcomes[at], table
            continue
        here = f"{table.file}:{table.line}:"
        found = next((one for one in waiting if places[one.section][1].startswith(here)), None)
        if found is not None:
            waiting.remove(found)
        yield found, table


def _as_sent(outcome: Outcome | None, table: Table) -> Table:
    """A table with what is left of its values where the guard has stopped some, or they went with others."""
    stopped = _stopped(outcome)
    if outcome is None or (outcome.payload is None and not stopped):
        return table
    said = {note.path: note.message for note in outcome.notes} | stopped
    return replace(table, rows=tuple(_row_sent(row, said, stopped, outcome.payload) for row in table.rows))


def _stopped(outcome: Outcome | None) -> dict[str, str]:
    """The values that the guard has stopped, by path, and why."""
    if outcome is None:
        return {}
    reasons = outcome.notes if outcome.rejection is None else outcome.rejection.reasons
    return {note.path.removesuffix("[]"): note.message for note in reasons if note.kind == "guard"}


def _row_sent(row: Row, said: Mapping[str, str], stopped: Mapping[str, str], payload: Json) -> Row:
    path = row.path.removesuffix("[]")
    why = next((why for at, why in stopped.items() if _is_in(path, at)), "")
    if why:
        row = replace(row, why=why, items=tuple(replace(one, value=None, why=why) for one in row.items))
    if "[]" in row.path or row.value is None:
        return replace(row, value=None) if why else row
    left = _value_at(payload, path) if payload is not None or why else row.value
    return replace(
        row, value=left, why=row.why if left is not None else said.get(path, row.why or "left out")
    )


def _less_read(outcome: Outcome | None, table: Table) -> Table:
    """A table without what was read where the guard has stopped it: it is a person's."""
    stopped = _stopped(outcome)
    rows = (
        _each_read(row, mask) if any(_is_in(row.path, at) or _is_in(at, row.path) for at in stopped) else row
        for row in table.rows
    )
    return replace(table, rows=tuple(rows)) if stopped else table


def _is_in(path: str, around: str) -> bool:
    """Whether a path is another one, or below it."""
    return path == around or path.startswith((f"{around}.", f"{around}["))


def _value_at(payload: Json, path: str) -> Json:
    """The value of a payload at a path outside of lists."""
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def personal_texts(tables: Iterable[Table], decisions: Iterable[Sequence[Decision]]) -> frozenset[str]:
    """The texts and numbers of persons that were read of an event, or made of what was read.

    Those of constants are left out, which the mapping shows.
    """
    return frozenset((*_of_rows(tables), *(text for part in decisions for text in _answers(part))))


def _of_rows(tables: Iterable[Table]) -> Iterator[str]:
    """The texts and numbers that rows of persons read and gave."""
    for table in tables:
        for place, row in enumerate(table.rows):
            if row.why != "constant" and is_personal(table.rows, place):
                yield from distinctive_texts([row.value, row.read, *(step.value for step in row.steps)])
                yield from distinctive_texts([part for item in row.items for part in (item.value, item.read)])


def _answers(decisions: Iterable[Decision]) -> Iterator[str]:
    """Those that were read to decide what becomes of an event."""
    for decision in decisions:
        yield from distinctive_texts(decision.value if decision.personal else None)
        yield from distinctive_texts([one.value for one in decision.reads if one.personal])


def distinctive_texts(value: Json) -> Iterator[str]:
    """The texts and numbers in a value that do not occur in others by chance."""
    if isinstance(value, list):  # of an object it is not known what of it is a person's
        for one in value:
            yield from distinctive_texts(one)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value).strip()
        if len(text) >= _SHORTEST_TOLD:
            yield text


def hiding(personal: Iterable[str], words: Set[str]) -> Callable[[Json], Json]:
    """A function that masks these texts anywhere in a value, also as a URL has them.

    words: the constants of the mapping, which are nobody's: where one is the whole text, it is shown.
    """
    written = {form for text in personal for form in (text, quote(text, safe=""), quote_plus(text))}
    if not written:
        return lambda value: value
    alternatives = "|".join(map(re.escape, sorted(written, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])", re.IGNORECASE)

    def hide(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: hide(one) for name, one in value.items()}
        if isinstance(value, list):
            return [hide(one) for one in value]
        if isinstance(value, str):
            return value if value in words else pattern.sub(MASK, value)
        return MASK if str(value) in written else value

    return hide


def _all_read(row: Row, hide: Callable[[Json], Json]) -> Row:
    """A row with all its values hidden; of a constant, which its mapping shows, none."""
    if row.why == "constant":
        return row
    items = tuple(replace(one, value=hide(one.value)) for one in row.items)
    return _each_read(replace(row, value=hide(row.value), items=items), hide)


def parts_of(rows: Sequence[Row], place: int) -> Iterator[Row]:
    """The rows that say how the row at a place is made."""
    depth = rows[place].depth
    return takewhile(lambda part: part.depth > depth, islice(rows, place + 1, None))


def is_personal(rows: Sequence[Row], place: int) -> bool:
    """Whether the row at a place, or a part of it, carries a person's values."""
    return rows[place].personal or any(part.personal for part in parts_of(rows, place))


def constants_of(row: Row) -> frozenset[str]:
    """The texts of a row that is a constant, which its mapping shows."""
    values = row.value if isinstance(row.value, list) else [row.value]
    return frozenset(one for one in values if row.why == "constant" and isinstance(one, str))


def _masked(rows: Sequence[Row]) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if is_personal(rows, place):
            known = constants_of(row)
            items = tuple(replace(one, value=mask_sent(one.value, known)) for one in row.items)
            row = replace(row, value=mask_sent(row.value, known), items=items)
            yield row if known else _each_read(row, mask)
        else:
            yield _each_read(row, _mask_objects)


def _each_read(row: Row, hide: Callable[[Json], Json]) -> Row:
    """The row with what was read, and what each step made of it, hidden."""
    steps = tuple(replace(step, value=hide(step.value)) for step in row.steps)
    items = tuple(replace(one, read=hide(one.read)) for one in row.items)
    return replace(row, read=hide(row.read), steps=steps, items=items)


def _masked_decision(decision: Decision) -> Decision:
    """A decision without personal values."""
    reads = tuple(
        replace(one, value=(mask if one.personal else _mask_objects)(one.value)) for one in decision.reads
    )
    return replace(
        decision, value=(mask if decision.personal else _mask_objects)(decision.value), reads=reads
    )


def _decided(decision: Decision, hide: Callable[[Json], Json]) -> Decision:
    """A decision with all that was read hidden."""
    reads = tuple(replace(one, value=hide(one.value)) for one in decision.reads)
    return replace(decision, value=hide(decision.value), reads=reads)


def _mask_objects(value: Json) -> Json:
    """A value whose objects are masked: other values beside the one that was meant may be personal too.

    So is a text that has the address of a person in it.
    """
    if isinstance(value, list):
        return [_mask_objects(one) for one in value]
    return mask(value) if isinstance(value, dict) or looks_personal(value) else value
