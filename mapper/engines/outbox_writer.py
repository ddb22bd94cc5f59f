"""Rows of a slot -> an outbox, exactly once: however often an engine tries, and on whichever machine.

The rows of a batch are cut into slots and put in order by what they hold alone, so each try has the same. How
many of a slot are in the outbox, and a digest of them, is kept in the transaction that puts them there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import pyarrow as pa

from mapper.delivery.batch import Parcel
from mapper.delivery.destination import ParcelFacts
from mapper.delivery.outbox.outbox_errors import OutboxError, PositionMoved
from mapper.delivery.outbox.parcel_rows import CHUNK_BYTES, CHUNK_EVENTS
from mapper.delivery.outbox.store import Accepted, Account, Feed, Move, Outbox, Position, Unmapped
from mapper.runtime.decode import decode
from mapper.values.safe_text import SafeText

# The columns that a writer reads, in the order of `OutboxRow`.
SLOT_COLUMNS = ("slot", "outcome", "event_time", "payload", "kind", "why")
# What came of a slot, in the order of `RowCounts`.
WRITTEN_SCHEMA = pa.schema([(name, pa.int64()) for name in ("payloads", "rejections", "skips")])
# Several chunks go into one transaction, since each waits for the disk.
_MOST_EVENTS = 10 * CHUNK_EVENTS
_MOST_BYTES = 10 * CHUNK_BYTES


class OutboxRow(NamedTuple):
    """A row of what events end as. why: of a rejection, all its reasons in one line."""

    slot: int
    outcome: str
    event_time: int | None
    payload: bytes | None
    kind: str | None
    why: str | None


class RowCounts(NamedTuple):
    """The number of rows of each kind in an outbox; those that an earlier try put there count too."""

    payloads: int = 0
    rejections: int = 0
    skips: int = 0


class OtherRows(OutboxError):
    """The rows to write are not those that were begun under the same name."""


@dataclass(frozen=True, slots=True)
class OutboxTarget:
    """For whom rows are kept, and what they are. It can be pickled, and holds no secret.

    mapping, version: of what made the payloads. query, batch: tell the rows from all others: they are the
    same for each try to write them. facts: of the destination.
    """

    account: Account
    mapping: str
    version: str
    query: str
    batch: int
    facts: ParcelFacts

    def feed(self, slot: int) -> Feed:
        """The feed that the outbox knows a slot as."""
        return Feed(self.account, self.mapping, f"spark:{self.query}/{slot}")

    def parcel(self, row: OutboxRow, feed: str, record: int) -> Parcel:
        """The parcel of a payload."""
        assert row.payload is not None
        window, counted_twice = self.facts.window, self.facts.counted_twice
        past, is_counted, time = window.past_seconds, False, row.event_time
        if time is None or window.by or counted_twice.field:
            payload = decode(row.payload)
            assert isinstance(payload, dict)
            past, is_counted = window.past_of(payload), counted_twice.has(payload)
            time = self.facts.time.seconds(payload) if time is None else time
        return Parcel(0, feed, record, time, row.payload, past, is_counted)


def write_slot(target: OutboxTarget, store: Outbox, slot: int, rows: Iterable[OutboxRow]) -> RowCounts:
    """Put the rows of a slot into an outbox, less those that are there. Raises OtherRows and OutboxError."""
    writing = _SlotWriting(target, store, target.feed(slot))
    for row in rows:
        writing.take(row)
    return writing.end()


@dataclass(slots=True)
class _SlotWriting:
    """A slot that is written.

    known: how far the outbox has it; done: how many rows of this batch these are. first: the record before
    this batch. seen: how many rows came; digest: of them.
    """

    target: OutboxTarget
    store: Outbox
    feed: Feed
    known: Position | None = None
    done: int = 0
    first: int = 0
    seen: int = 0
    digest: Any = field(default_factory=sha256)
    written: list[int] = field(default_factory=lambda: [0, 0, 0])
    _parcels: list[Parcel] = field(default_factory=list)
    _rejected: list[Unmapped] = field(default_factory=list)
    _skipped: int = 0
    _bytes: int = 0

    def __post_init__(self) -> None:
        self._look()
        self.first = 0 if self.known is None else self.known.record - self.done

    def _look(self) -> None:
        """See how far the outbox has it."""
        known, batch = self.store.position(self.feed), self.target.batch
        if known is not None and known.offset > batch:
            raise OtherRows(
                f"batch {known.offset} of `{self.target.query}` is in the outbox, and this is batch {batch};"
                " a stream whose checkpoint is older than its outbox needs a new name: query='...'"
            )
        self.known = known
        self.done = known.sampled if known is not None and known.offset == batch else 0

    def take(self, row: OutboxRow) -> None:
        """Take the next row."""
        self.seen += 1
        self.digest.update(repr(row[1:]).encode())
        self._count(row)
        if self.seen <= self.done:
            self._compare()
            return
        if self._is_ended:
            raise self._other_rows()
        record = self.first + self.seen
        if row.payload is not None:
            self._parcels.append(self.target.parcel(row, self.feed.shown, record))
            self._bytes += len(row.payload)
        elif row.outcome == "rejection":
            self._rejected.append(Unmapped(record, row.kind or "", SafeText.known(row.why or "")))
        else:
            self._skipped += 1
        if len(self._parcels) + len(self._rejected) >= _MOST_EVENTS or self._bytes >= _MOST_BYTES:
            self._put(ended=False)

    def end(self) -> RowCounts:
        """End the slot: there are no more rows."""
        if self.seen < self.done:
            raise self._other_rows()
        if not self._is_ended:
            self._put(ended=True)
        return RowCounts(*self.written)

    @property
    def _is_ended(self) -> bool:
        """Whether the outbox has all rows of this batch."""
        return self.known is not None and self.known.offset == self.target.batch and self.known.ended

    def _count(self, row: OutboxRow) -> None:
        self.written[0 if row.payload is not None else 1 if row.outcome == "rejection" else 2] += 1

    def _compare(self) -> None:
        """See that the rows up to this one are those that the outbox has."""
        if self.seen == self.done and self.known is not None and self.digest.digest() != self.known.digest:
            raise self._other_rows()

    def _put(self, *, ended: bool) -> None:
        """Put what came into the outbox. Where another try has done so meanwhile, go on from there."""
        end = Position(
            record=self.first + self.seen,
            offset=self.target.batch,
            sampled=self.seen,
            digest=self.digest.digest(),
            ended=ended,
        )
        accepted = Accepted(
            self.target.account,
            self.target.version,
            tuple(self._parcels),
            tuple(self._rejected),
            self._skipped,
            Move(self.feed, self.known, end),
        )
        try:
            self.store.put(accepted, time.time())
            self.known = end
        except PositionMoved:
            self._look()
            if self.done < self.seen:
                raise
            self._compare()
        self._parcels, self._rejected, self._skipped, self._bytes = [], [], 0, 0

    def _other_rows(self) -> OtherRows:
        return OtherRows(
            f"batch {self.target.batch} of `{self.target.query}` was begun with other rows; give new rows"
            " a name of their own (query='...'), and finish what was begun by the same mapping and input"
        )


def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[OutboxRow]:
    """The rows of batches with `SLOT_COLUMNS`."""
    for batch in batches:
        columns = [batch.column(name) for name in SLOT_COLUMNS]
        columns[3] = columns[3].cast(pa.binary())
        yield from map(OutboxRow, *[column.to_pylist() for column in columns])
