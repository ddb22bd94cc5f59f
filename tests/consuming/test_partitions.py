"""What is made of partitions is accepted in few transactions, and nothing of one that another process has."""

from __future__ import annotations

import pytest

from mapper.consuming.partitions import Partition, PartitionsAcceptor
from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Account, Feed, Position, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.values.safe_text import SafeText
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick

_ACCOUNT = Account("shop/events-v1")


def _feed(number: int) -> Feed:
    return Feed(_ACCOUNT, "m", f"kafka:c/t/{number}", f"t/{number}")


def _made(number: int, *records: int) -> tuple[tuple[Parcel, ...], tuple[Unmapped, ...]]:
    parcels = tuple(Parcel(0, f"t/{number}", record, None, b"{}") for record in records)
    return parcels, (Unmapped(records[-1] + 1, "malformed", SafeText("not JSON")),)


def _end(record: int) -> Position:
    return Position(record, -1, sampled=1, digest=b"x")


class _Process:
    """An acceptor of one process, and the partitions that it was told are another's."""

    def __init__(self, outbox: SqliteOutbox) -> None:
        self.overtaken: list[int] = []
        store = StoreThread(outbox, None)
        self.acceptor = PartitionsAcceptor(
            store, _ACCOUNT, "v", 0, lambda: None, lambda one: self.overtaken.append(one.number)
        )
        known = [store.outbox.position(_feed(number)) for number in range(3)]
        self.partitions = [
            Partition(number, _feed(number), at, 0 if at is None else at.record)
            for number, at in enumerate(known)
        ]

    def take(self, number: int, *records: int) -> None:
        """Take in some records, and one that is no event after them."""
        end = _end(records[-1] + 2)
        self.acceptor.take(self.partitions[number], _made(number, *records), 1, end)


def _places(outbox: SqliteOutbox) -> list[tuple[str, int]]:
    chunks = outbox.claim(_ACCOUNT, 10**9, 10**9, 10.0**12)
    return [(parcel.feed, parcel.record) for chunk in chunks for parcel in chunk.parcels]


def test_all_partitions_are_accepted_together() -> None:
    outbox = MemoryOutbox()
    process = _Process(outbox)
    for number in range(3):
        process.take(number, 0, 1)
        process.take(number, 3, 4)
    process.acceptor.flush()
    assert _places(outbox) == [(f"t/{n}", record) for n in range(3) for record in (0, 1, 3, 4)]
    assert [outbox.position(_feed(number)) for number in range(3)] == [_end(6)] * 3
    (status,) = outbox.status()
    assert (status.counts.accepted, status.counts.dead, status.counts.skipped) == (18, 6, 6)


@pytest.mark.parametrize("starts", ["unread", "read before"])
def test_of_a_partition_that_another_process_read_on_nothing_is_written(starts: str) -> None:
    outbox = MemoryOutbox()
    if starts == "read before":
        before = _Process(outbox)
        for number in range(3):
            before.take(number, 0)
        before.acceptor.flush()
    first = 0 if starts == "unread" else 2
    sleeper, other = _Process(outbox), _Process(outbox)
    for number in range(3):
        sleeper.take(number, first, first + 1)
    other.take(1, first, first + 1, first + 2)
    other.acceptor.flush()
    sleeper.acceptor.flush()
    assert sleeper.overtaken == [1]
    assert not sleeper.partitions[1].is_ours
    assert other.overtaken == []
    places = _places(outbox)
    assert len(places) == len(set(places))
    assert outbox.position(_feed(1)) == _end(first + 4)
    assert [outbox.position(_feed(number)) for number in (0, 2)] == [_end(first + 3)] * 2
    sleeper.take(0, first + 10)  # it goes on with what is still its own
    sleeper.acceptor.flush()
    assert outbox.position(_feed(0)) == _end(first + 12)


def test_what_was_dropped_meanwhile_is_not_written() -> None:
    outbox = MemoryOutbox()
    process = _Process(outbox)
    process.take(0, 0)
    process.take(1, 0)
    process.partitions[0].drop()
    process.acceptor.flush()
    assert _places(outbox) == [("t/1", 0)]
    assert outbox.position(_feed(0)) is None
