"""An outbox keeps to its space: it says once that it is half full, and waits where it is full."""

from __future__ import annotations

import threading

import pytest

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.room import OutboxFull, Room, SpaceLimits, usual_limits
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account
from mapper.delivery.outbox.store_thread import StoreThread
from tests.support.memory_outbox import MemoryOutbox

_SHOP = Account("shop/events-v1")
_GIB = 2**30


class _Measured(MemoryOutbox):
    """An outbox that takes as much as its payloads do; `disk`: on a disk of so many bytes, for it alone."""

    def __init__(self, disk: int | None = None) -> None:
        super().__init__()
        self._disk = disk

    def used_bytes(self) -> int:
        return sum(one.bytes for one in self.status())

    def free_bytes(self) -> int | None:
        return None if self._disk is None else self._disk - self.used_bytes()


def _room(outbox: SqliteOutbox, limits: SpaceLimits) -> tuple[Room, list[str]]:
    said: list[str] = []
    return Room(StoreThread(outbox, None), limits, threading.Event(), said.append), said


def _accept(room: Room, size: int) -> None:
    room.wait()
    room.store.outbox.put(Accepted(_SHOP, "v1", (Parcel(0, "", 1, None, b"x" * size),)), 0)


@pytest.mark.parametrize(
    ("outbox", "limits"),
    [
        (_Measured(), SpaceLimits(most_bytes=1000)),
        (_Measured(disk=1200), SpaceLimits(free_bytes=200)),
        (_Measured(disk=9000), SpaceLimits(most_bytes=1000, free_bytes=200)),
    ],
    ids=["of its own", "of the disk", "of both"],
)
def test_that_half_of_the_space_is_taken_is_said_once(outbox: SqliteOutbox, limits: SpaceLimits) -> None:
    room, said = _room(outbox, limits)
    _accept(room, 499)
    _accept(room, 1)
    assert said == []
    _accept(room, 200)
    assert said == ["the outbox is half full: it takes 500 bytes of 1,000 bytes"]
    _accept(room, 1)
    assert len(said) == 1


def test_where_nothing_is_limited_nothing_is_said() -> None:
    room, said = _room(_Measured(disk=10), SpaceLimits())
    _accept(room, 10**6)
    _accept(room, 10**6)
    assert said == []


def test_what_is_full_and_will_not_be_emptied_takes_no_more() -> None:
    room, said = _room(MemoryOutbox(), SpaceLimits(most_bytes=0))
    with pytest.raises(OutboxFull, match="no delivery can make room"):
        room.wait()
    assert said == []


@pytest.mark.parametrize(
    ("disk", "left"), [(100 * _GIB, _GIB), (5 * _GIB, _GIB // 2), (6 * 2**20, 6 * 2**20 // 10)]
)
def test_a_tenth_of_a_disk_is_left_to_others_and_of_a_large_one_a_gibibyte(disk: int, left: int) -> None:
    assert usual_limits(disk) == SpaceLimits(free_bytes=left)
