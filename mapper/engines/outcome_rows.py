"""Outcomes of the events of a block -> rows of a table: one for each payload, skip and rejection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from mapper.feeds import Broken
from mapper.running.counts import ShownNames, own_notes
from mapper.runtime.decode import encode
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Code
from mapper.values.types import Invalid, Json

_TEXT = pa.string()
NOTE = pa.struct(
    [
        *((name, _TEXT) for name in ("kind", "path", "place", "reason")),
        pa.field("decides", pa.bool_(), nullable=False),
    ]
)
# In the order in which `OutcomeRows` has them.
COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("outcome", _TEXT),
    ("event_name", _TEXT),
    ("event_id", _TEXT),
    ("event_time", pa.int64()),
    ("payload", _TEXT),
    ("kind", _TEXT),
    ("reason", _TEXT),
    ("path", _TEXT),
    ("place", _TEXT),
    ("section", _TEXT),
    ("notes", pa.list_(NOTE)),
)
_NEVER_NULL = frozenset({"outcome", "notes"})
FIELDS = tuple(pa.field(name, kind, nullable=name not in _NEVER_NULL) for name, kind in COLUMNS)
_MOST_TEXT = 2**31 - 1

# Unlike a list for each row, it is nothing for the garbage collector to look at.
_NO_NOTES: Sequence[dict[str, Any]] = ()


@dataclass(slots=True)
class OutcomeRows:
    """The rows of a block. It is told of outcomes as a `Tally` is, and of payloads as what encodes them.

    rows: of each the place of its event, from 0, and the values of `COLUMNS`. before: how many events were in
    blocks before this one.
    """

    code: Code
    names: ShownNames
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    before: int = 0
    size: int = 0

    def keep(self, outcome: Outcome, line: int) -> None:
        """A payload came out. Raises Invalid where JSON cannot hold it."""
        payload = outcome.payload
        assert payload is not None
        body = encode(payload)
        self.size += len(body)
        code = self.code
        notes = [_row_of(note) for note in outcome.notes] if outcome.notes else _NO_NOTES
        self.rows.append(
            (
                *(self.before + line - 1, "payload", _as_text(payload.get(code.name_field))),
                *(_as_text(payload.get(code.key_field)), code.time.seconds(payload) or None),
                *(body, None, None, None, None, code.places[outcome.section][1], notes),
            )
        )

    def take(self, outcome: Outcome, line: int) -> None:
        """Take all that an outcome says beside its payload."""
        if outcome.rejection is not None:
            self._reject(outcome.rejection, line, own_notes(outcome))
        elif outcome.skip is not None:
            skip = outcome.skip
            notes = [_row_of(note) for note in outcome.notes]
            why = (skip.kind, skip.reason or skip.kind, None, skip.place or None, None, notes)
            self.rows.append(
                (self.before + line - 1, "skip", self.names.name(skip) or None, None, None, None, *why)
            )

    def reject_payload(self, invalid: Invalid, line: int) -> None:
        """A payload cannot be written as JSON."""
        self._reject(Rejection((Note("invalid", "", "", invalid.reason),)), line, [])

    def reject_broken(self, broken: Broken, number: int) -> None:
        """A text holds no event."""
        note = {"kind": broken.kind, "path": None, "place": None, "reason": broken.reason, "decides": True}
        why = (broken.kind, broken.reason, None, None, None, [note])
        self.rows.append((self.before + broken.line - 1, "rejection", None, None, None, None, *why))

    def _reject(self, rejection: Rejection, line: int, notes: list[Note]) -> None:
        first = rejection.reasons[0]
        listed = [*(_row_of(one, decides=True) for one in rejection.reasons), *map(_row_of, notes)]
        why = (first.kind, first.message, first.path or None, first.place or None, None, listed)
        self.rows.append((self.before + line - 1, "rejection", None, None, None, None, *why))

    def columns(self) -> tuple[list[int], list[pa.Array]]:
        """The places of the events, and the columns. Raises ValueError for 2 GiB."""
        if self.size > _MOST_TEXT:
            raise ValueError("the payloads of a batch have more than 2 GiB; use smaller batches")
        lines, *values = zip(*self.rows, strict=True) if self.rows else [()] * (len(COLUMNS) + 1)
        arrays = [pa.array(column, kind) for column, (_, kind) in zip(values, COLUMNS, strict=True)]
        return [*lines], arrays


def _row_of(note: Note, *, decides: bool = False) -> dict[str, Any]:
    """decides: it is a reason of the rejection."""
    kind, path, place, reason = note
    return {"kind": kind, "path": path or None, "place": place or None, "reason": reason, "decides": decides}


def _as_text(value: Json) -> str | None:
    if value is None or type(value) is str:
        return value
    return encode(value).decode()
