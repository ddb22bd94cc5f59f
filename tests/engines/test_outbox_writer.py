"""Rows of a slot are kept once each, wherever a try to write them ends, and whoever else tries."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.depth import seeds

pytest.importorskip("pyarrow")

from mapper.delivery.destination import CountedTwice, ParcelFacts, Window
from mapper.delivery.outbox.outbox_errors import PositionMoved
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery, Outbox
from mapper.engines import outbox_writer
from mapper.engines.outbox_writer import OtherRows, OutboxRow, OutboxTarget, RowCounts, write_slot
from mapper.values.payload_time import PayloadTime
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick

_ACCOUNT = Account("shop/orders-v1", "default", recipient="somebody")
_FACTS = ParcelFacts(
    PayloadTime("at"),
    Window(100, 10, "source", {"offline": 900}),
    CountedTwice("source", frozenset({"offline"})),
)


def _target(batch: int = 0, query: str = "orders", version: str = "v1") -> OutboxTarget:
    return OutboxTarget(_ACCOUNT, "orders", version, query, batch, _FACTS)


def _row(number: int, source: str = "web") -> OutboxRow:
    payload = json.dumps({"event_id": f"o-{number}", "source": source}).encode()
    return OutboxRow(3, "payload", 1_777_629_600 + number, payload, None, None)


def _rows(count: int, start: int = 0) -> list[OutboxRow]:
    """Payloads, and now and then a rejection or a skip."""
    rows = [_row(number) for number in range(start, start + count)]
    rows[::7] = [
        OutboxRow(3, "rejection", None, None, "missing", f"{row.event_time}: no id") for row in rows[::7]
    ]
    rows[3::11] = [OutboxRow(3, "skip", None, None, "skip", None) for _ in rows[3::11]]
    return rows


class _Killed(BaseException):
    """What a killed process does: nothing more."""


class _Mortal:
    """A store that ends its process before or after one of its writes."""

    def __init__(self, store: Outbox, at: int, *, after: bool) -> None:
        self.store, self.left, self.after = store, at, after

    def position(self, *given: object) -> object:
        return self.store.position(*given)  # type: ignore[arg-type]  # handed on

    def put(self, accepted: Accepted, now: float) -> int:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise _Killed
        put = self.store.put(accepted, now)
        if self.left < 0:
            raise _Killed
        return put


def _held(store: Outbox) -> Counter[bytes]:
    """The payloads in an outbox, and the reasons of its dead letters."""
    chunks = store.claim(_ACCOUNT, 10**6, 10**9, 1e12)
    bodies = Counter(parcel.body for chunk in chunks for parcel in chunk.parcels)
    return bodies + Counter(letter.reason.encode() for letter in store.dead_letters(DeadQuery()))


def _expected(rows: Sequence[OutboxRow]) -> Counter[bytes]:
    return Counter(row.payload or (row.why or "").encode() for row in rows if row.outcome != "skip")


def _check(store: Outbox, rows: Sequence[OutboxRow]) -> None:
    assert _held(store) == _expected(rows)
    (status,) = store.status()
    assert status.counts.balanced
    assert status.counts.skipped == sum(row.outcome == "skip" for row in rows)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteOutbox]:
    """An outbox in a file."""
    opened = open_outbox(tmp_path / "outbox")
    yield opened
    assert opened.audit() == []
    opened.close()


@pytest.fixture(autouse=True)
def _small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_writer, "_MOST_EVENTS", 10)


def test_rows_are_kept_once_wherever_a_try_ends(store: SqliteOutbox) -> None:
    rows = _rows(57)
    for batch in range(6):
        own = _rows(57, 100 * batch)
        rows = own if batch == 0 else rows + own
        for after in (False, True):
            with suppress(_Killed):
                write_slot(_target(batch), _Mortal(store, batch, after=after), 3, own)  # type: ignore[arg-type]  # two methods of a store
        written = write_slot(_target(batch), store, 3, own)
        assert written == RowCounts(
            sum(row.payload is not None for row in own),
            sum(row.outcome == "rejection" for row in own),
            sum(row.outcome == "skip" for row in own),
        )
        assert write_slot(_target(batch), store, 3, own) == written
        _check(store, rows)
        store._claimed.clear()


@pytest.mark.parametrize("seed", seeds(20))
def test_tries_at_the_same_time_keep_each_row_once(seed: int) -> None:
    """Two tries take turns by chance; whatever one finds moved it goes on from, or leaves to a later try."""
    store, dice, rows = MemoryOutbox(), random.Random(seed), _rows(45)
    writings = [outbox_writer._SlotWriting(_target(), store, _target().feed(3)) for _ in range(2)]
    waiting = [iter(rows), iter(rows)]
    alive = [0, 1]
    while alive:
        one = dice.choice(alive)
        row = next(waiting[one], None)
        try:
            if row is None:
                writings[one].end()
                alive.remove(one)
            else:
                writings[one].take(row)
        except PositionMoved:
            alive.remove(one)
    write_slot(_target(), store, 3, rows)
    _check(store, rows)


@pytest.mark.parametrize("other", ["another row", "fewer rows", "more rows", "none"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_other_rows_under_the_same_name_are_refused(store: SqliteOutbox, other: str, is_whole: bool) -> None:
    rows = _rows(30)
    with suppress(_Killed):
        write_slot(_target(), _Mortal(store, 99 if is_whole else 1, after=True), 3, rows)  # type: ignore[arg-type]  # as above
    changed = {
        "another row": [_row(999), *rows[1:]],
        "fewer rows": rows[:9],
        "more rows": [*rows, _row(999)] if is_whole else [_row(-1), *rows],
        "none": [],
    }[other]
    before = store.status()
    with pytest.raises(
        OtherRows, match="batch 0 of `orders` was begun with other rows; give new rows a name"
    ):
        write_slot(_target(), store, 3, changed)
    assert store.status() == before
    write_slot(_target(query="new"), store, 3, changed)


def test_a_batch_before_the_last_one_is_refused(store: SqliteOutbox) -> None:
    """Of a stream whose checkpoint was lost nothing is left out as if it had been written."""
    write_slot(_target(4), store, 3, _rows(10))
    with pytest.raises(OtherRows, match="batch 4 of `orders` is in the outbox, and this is batch 0"):
        write_slot(_target(0), store, 3, _rows(10, 50))


def test_that_a_slot_is_empty_is_kept_too(store: SqliteOutbox) -> None:
    write_slot(_target(), store, 3, [])
    with pytest.raises(OtherRows):
        write_slot(_target(), store, 3, _rows(10))


def test_a_parcel_knows_how_long_it_is_taken_and_whether_copies_count(store: SqliteOutbox) -> None:
    write_slot(_target(), store, 3, [_row(1), _row(2, "offline")])
    (chunk,) = store.claim(_ACCOUNT, 10, 10**6, 1e12)
    assert [(one.time, one.past_seconds, one.counted_twice, one.record) for one in chunk.parcels] == [
        (1_777_629_601, 100, False, 1),
        (1_777_629_602, 900, True, 2),
    ]
    assert (chunk.version, chunk.feed) == ("v1", "spark:orders/3")


@pytest.mark.parametrize(
    ("at", "time"), [("soon", 0), (True, 0), (1_777_629_600.5, 1_777_629_600), (None, None)]
)
def test_a_row_without_a_time_has_that_of_its_payload(at: object, time: int | None) -> None:
    payload = json.dumps({"event_id": "o-1", "at": at}).encode()
    row = OutboxRow(3, "payload", None, payload, None, None)
    assert _target().parcel(row, "f", 1).time == time
