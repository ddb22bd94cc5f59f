"""Mapped events of a feed -> an outbox, in few transactions, with the position that it was read to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mapper.delivery.batch import Parcel
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.outbox.parcel_rows import CHUNK_BYTES, CHUNK_EVENTS
from mapper.delivery.outbox.store import Accepted, Account, Feed, Move, Position, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread

_FLUSH_SECONDS = 1.0
"""The longest that something is kept in memory before it is accepted."""


@dataclass(slots=True)
class Acceptor:
    """Accepts what is made of a feed. Any thread may call it.

    version: of the mapping. feed: None where nothing of its position is kept. position: how far it is
    accepted; line: the same as the line that a person finds. chunk_events: no more go together, if fewer than
    usual do. wait_for_room: called before each transaction; returns once there is space for it.
    """

    store: StoreThread
    account: Account
    version: str
    feed: Feed | None = None
    position: Position | None = None
    line: int = 0
    chunk_events: int = 0
    wait_for_room: Callable[[], None] = lambda: None
    clock: Clock = SYSTEM
    _parcels: list[Parcel] = field(default_factory=list)
    _rejected: list[Unmapped] = field(default_factory=list)
    _skipped: int = 0
    _bytes: int = 0
    _end: Position | None = None
    _line: int = 0
    _is_other: bool = False
    _since: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def turn(self, feed: Feed | None, position: Position | None, line: int) -> None:
        """Go on with another feed, or another file of the same one; all before it was accepted."""
        with self._lock:
            assert self._since is None
            self.feed, self.position, self.line, self._end = feed, position, line, None
            self._is_other = position is not None and line != position.record

    def take(
        self,
        parcels: Sequence[Parcel],
        rejected: Iterable[Unmapped] = (),
        skipped: int = 0,
        end: Position | None = None,
        line: int = 0,
    ) -> None:
        """Take in what was made of the next part of the feed, which ends at `end`, with that line."""
        with self._lock:
            size = sum([len(one.body) for one in parcels])
            if len(self._parcels) + len(parcels) > CHUNK_EVENTS or self._bytes + size > CHUNK_BYTES:
                self._flush()  # one chunk, and not a small one more beside it
            self._since = self.clock.elapsed() if self._since is None else self._since
            self._parcels += parcels
            self._bytes += size
            self._rejected += rejected
            self._skipped += skipped
            self._end, self._line = end, line
            if len(self._parcels) >= CHUNK_EVENTS or self._bytes >= CHUNK_BYTES:
                self._flush()
            self.flush_late()

    def flush_late(self) -> None:
        """Accept what was taken in if it waits for too long: call it now and then while a feed is slow."""
        with self._lock:
            if self._since is not None and self.clock.elapsed() - self._since >= _FLUSH_SECONDS:
                self._flush()

    def flush(self) -> None:
        """Accept all that was taken in, or nothing of it. Raises PositionMoved and what the outbox raises."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        move = None
        if self.feed is not None and self._end is not None and self._end != self.position:
            move = Move(self.feed, self.position, self._end, self._is_other)
        if move is None and not self._parcels and not self._rejected and not self._skipped:
            self._since, self.line = None, max(self.line, self._line)
            return
        self.wait_for_room()
        accepted = Accepted(
            self.account,
            self.version,
            tuple(self._parcels),
            tuple(self._rejected),
            self._skipped,
            move,
            chunk_events=self.chunk_events,
        )
        self.store.wait(self.store.outbox.put, accepted, self.clock.now())
        if move is not None:
            self.position, self._is_other = move.end, False
        self._parcels, self._rejected, self._skipped, self._bytes = [], [], 0, 0
        self._since, self.line = None, max(self.line, self._line)
