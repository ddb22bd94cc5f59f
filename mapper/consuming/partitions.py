"""Mapped events of several partitions -> an outbox, in few transactions, each with its offset."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.outbox_errors import PositionMoved
from mapper.delivery.outbox.store import Accepted, Account, Feed, Move, Position, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread

_FLUSH_SECONDS = 1.0
"""The longest that something is kept in memory before it is accepted."""
_MOST_EVENTS, _MOST_BYTES = 4000, 6_000_000
"""In a transaction: it costs a flush of the disk, and what is in it is in memory until then."""


@dataclass(slots=True, eq=False)
class Partition:
    """A partition while it is this process's; another one begins when it comes back.

    position: how far it is accepted; None: nothing of it is. is_other: its records are those of another
    topic of the same name. next: the offset that is read next. proven: the record before it is read first, to
    see whether it is the one that was accepted. in_hand: blocks that are being worked on. is_ours: False once
    it is another process's, or its position is.
    """

    number: int
    feed: Feed
    position: Position | None
    next: int
    is_proven: bool = True
    is_other: bool = False
    is_ours: bool = True
    is_new: bool = True
    in_hand: int = 0
    end: Position | None = None
    parcels: list[Parcel] = field(default_factory=list)
    rejected: list[Unmapped] = field(default_factory=list)
    skipped: int = 0

    def drop(self) -> None:
        """It is not ours: whoever has it reads on from where it was accepted to."""
        self.is_ours = False
        self.parcels, self.rejected, self.end = [], [], None

    def accepted_to(self) -> int:
        """The offset that its owner would read next; -1 while nothing is accepted."""
        return -1 if self.position is None else self.position.record


@dataclass(slots=True)
class PartitionsAcceptor:
    """Accepts what is made of partitions. One thread may use it.

    version: of the mapping. chunk_events: no more go in a chunk, if fewer than usual do. wait_for_room:
    returns once there is space. overtaken: told of a partition that another process has read on.
    """

    store: StoreThread
    account: Account
    version: str
    chunk_events: int
    wait_for_room: Callable[[], None]
    overtaken: Callable[[Partition], None]
    _waiting: deque[Partition] = field(default_factory=deque)
    _events: int = 0
    _bytes: int = 0
    _since: float = 0.0

    def take(
        self,
        partition: Partition,
        made: tuple[tuple[Parcel, ...], tuple[Unmapped, ...]],
        skipped: int,
        end: Position,
    ) -> None:
        """Take in what was made of the next part of a partition, which ends at a position."""
        parcels, rejected = made
        if not self._waiting:
            self._since = time.monotonic()
        if partition not in self._waiting:
            self._waiting.append(partition)
        partition.parcels += parcels
        partition.rejected += rejected
        partition.skipped += skipped
        partition.end = end
        self._events += len(parcels) + len(rejected)
        self._bytes += sum([len(one.body) for one in parcels])
        if self._events >= _MOST_EVENTS or self._bytes >= _MOST_BYTES:
            self.flush()

    def flush_late(self) -> None:
        """Accept what waits for too long: call it now and then."""
        if self._waiting and time.monotonic() - self._since >= _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Accept all that was taken in; raises what the outbox raises, but for PositionMoved."""
        if not self._waiting:
            return
        self.wait_for_room()  # partitions may be lost meanwhile
        waiting, self._waiting = [one for one in self._waiting if one.end is not None], deque()
        self._events = self._bytes = 0
        try:
            self._put(waiting)
        except PositionMoved:  # of one of them at least
            for one in waiting:
                try:
                    self._put([one])
                except PositionMoved:
                    one.drop()
                    self.overtaken(one)

    def _put(self, partitions: Iterable[Partition]) -> None:
        found = [self._accepted(one) for one in partitions]
        if found:
            self.store.wait(self.store.outbox.put_all, found, time.time())
        for one in partitions:
            one.position, one.end, one.is_other = one.end, None, False
            one.parcels, one.rejected, one.skipped = [], [], 0

    def _accepted(self, one: Partition) -> Accepted:
        assert one.end is not None
        return Accepted(
            self.account,
            self.version,
            tuple(one.parcels),
            tuple(one.rejected),
            one.skipped,
            Move(one.feed, one.position, one.end, one.is_other),
            chunk_events=self.chunk_events,
        )
