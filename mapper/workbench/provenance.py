"""Rows and notes -> which rules made a value, or are why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from mapper import Outcome
from mapper.authoring import Analysis, Decision, Json, Row, Table, TracedStep, and_around

# The answers of conditions that do not hold.
_NOT_TAKEN = ("false", "not matched")
# Why a row has no part in what came out.
_NOT_REACHED = ("not reached", "its condition is false")


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The making of a value: the rule at a file's line, what it read, and each step with what came out.

    why: why there is no value, or what is in its place.
    """

    file: str
    line: int
    source: str
    read: Json = None
    steps: tuple[TracedStep, ...] = ()
    why: str = ""


def rules_at(keys: Sequence[str | int], table: Table | None) -> Iterator[MadeBy]:
    """The rules that gave what is at a place of a payload, or around it."""
    item = next((key for key in keys if isinstance(key, int)), None)
    rows = [] if table is None else rows_of(target_path(keys), table.rows)
    yield from (_of_row(row, item) for row in rows)


def rows_of(path: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that gave what is at a path of the target, or around it; of alternatives those reached."""
    return next(filter(None, (_rows_at(one, rows) for one in and_around(path))), [])


def _rows_at(path: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that had a part in what is at a path: of alternatives and arms those that were reached."""
    own = [at for at, row in enumerate(rows) if row.path == path]
    if not own:
        return []
    first = min(own, key=lambda at: rows[at].depth)
    depth = rows[first].depth
    parts = takewhile(lambda row: row.depth > depth, rows[first + 1 :])
    reached = [row for row in parts if row.path == path and row.why not in _NOT_REACHED]
    return [row for row in reached if not row.why] or reached or [rows[first]]


def _of_row(row: Row, item: int | None) -> MadeBy:
    """The making of a row's value; in a list, that of one item."""
    made = MadeBy(row.file, row.line, row.source, row.read, row.steps, row.why)
    found = next((one for one in row.items if one.place == item), None)
    return made if found is None or "[]" not in row.path else replace(made, read=found.read, why=found.why)


def table_of(
    outcome: Outcome, outcomes: Sequence[Outcome], tables: Sequence[Table], analysis: Analysis
) -> Table | None:
    """The table of an outcome, if it is known."""
    if len(tables) == len(outcomes):
        return next(table for table, one in zip(tables, outcomes, strict=True) if one is outcome)
    place = analysis.program.code.places[outcome.section][1] if outcome.section >= 0 else ""
    return next((one for one in tables if place.startswith(f"{one.file}:{one.line}:")), None)


def rejected_by(outcome: Outcome) -> Iterator[MadeBy]:
    """The reasons that an event was rejected, by the places of the rules."""
    for note in () if outcome.rejection is None else outcome.rejection.reasons:
        yield rule_of_note(note.place, note.path, str(note.message))


def rule_of_note(place: str, path: str, why: str) -> MadeBy:
    """The rule at the place of a note."""
    file, line, _ = place.rsplit(":", 2)
    return MadeBy(file, int(line), path, why=why)


def skipped_by(decisions: Iterable[Decision]) -> Iterator[MadeBy]:
    """The reasons that an event is not sent: what `match` gave, and the conditions that hold."""
    for one in decisions:
        if one.part == "match" or one.told not in _NOT_TAKEN:
            source = f"{one.part} {one.source}"
            yield MadeBy(one.span.text.name, one.span.line, source, one.value, why=one.told)


def path_of(keys: Iterable[str | int]) -> str:
    """The path of some keys: `custom_data.contents[0].id`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def target_path(keys: Iterable[str | int]) -> str:
    """`custom_data.contents[].id`: the path of a place in its target."""
    return path_of(["[]" if isinstance(key, int) else key for key in keys]).replace(".[]", "[]")
