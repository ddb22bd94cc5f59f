"""A feed -> an outbox: what a run makes of its events, accepted part by part, on from where it stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.store import OutboxError, Position
from mapper.feeds import Block
from mapper.running.parcels import BlockParcels, ParcelWorker
from mapper.running.run import Run
from mapper.running.workers import WorkerLost

_LOOK_SECONDS = 0.25


class FeedUnreadable(Exception):
    """What keeps a feed from being read, told apart from what keeps its events from being kept."""

    def __init__(self, why: OSError) -> None:
        super().__init__()
        self.why = why


@dataclass(slots=True)
class Acceptance:
    """One run into an outbox, from a thread of its own.

    worker: makes the parcels, in so many processes as there are `jobs`. size: the bytes of the feed; -1 if
    it is no file. texts, line: how far it was read by now, and taken in. ended: set when no more comes, for
    whatever reason; is_whole: the feed was read to its end. error: what ended it early: FeedUnreadable,
    EOFError where the feed is shorter than `start`, OutboxError, WorkerLost, or an OSError of a file that is
    written.
    """

    run: Run
    blocks: Iterator[Block]
    worker: ParcelWorker
    acceptor: Acceptor
    start: Position
    stop: threading.Event
    size: Callable[[], int]
    jobs: int = 1
    ended: threading.Event = field(default_factory=threading.Event)
    texts: int = 0
    line: int = 0
    is_whole: bool = False
    error: Exception | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Accept the feed meanwhile; at its end, stop and wait until nothing is accepted any more."""
        with self.run.working(self.worker, self._accept, self.jobs) as work:
            thread = threading.Thread(target=self._work, args=(work,), name="accepting", daemon=True)
            thread.start()
            try:
                yield
            finally:
                self.stop.set()
                thread.join()

    def fail(self, error: Exception) -> None:
        """Keep what ended it early; the first error counts."""
        self.error = self.error or error

    def _work(self, work: Callable[[Iterable[Block]], None]) -> None:
        self.texts = self.line = self.start.record
        watching = threading.Thread(target=self._guard, args=(self._watch,), name="flushing", daemon=True)
        watching.start()
        try:
            self._guard(lambda: self._accept_all(work))
        finally:
            self.ended.set()
        watching.join()

    def _watch(self) -> None:
        """A feed that comes slowly is accepted as it comes."""
        while not self.ended.wait(_LOOK_SECONDS):
            self.acceptor.flush_late()

    def _guard(self, work: Callable[[], None]) -> None:
        """Do a part of it, and keep what ends it early."""
        try:
            work()
        except InterruptedError:
            pass
        except (EOFError, OSError, OutboxError, FeedUnreadable) as error:
            self.fail(error)

    def _accept_all(self, work: Callable[[Iterable[Block]], None]) -> None:
        """Take in each block; what was taken in is accepted also where the feed breaks off."""
        try:
            work(self._read())
            self.is_whole = True
        finally:
            self.acceptor.take((), (), 0, self._position(), self.line)
            self.acceptor.flush()

    def _read(self) -> Iterator[Block]:
        """The blocks until it is to stop; what keeps the feed from being read is told apart from all else."""
        try:
            for block in self.blocks:
                if self.stop.is_set():
                    raise InterruptedError
                yield block
        except (InterruptedError, WorkerLost):
            raise
        except OSError as error:
            raise FeedUnreadable(error) from error

    def _accept(self, found: BlockParcels) -> None:
        """Take in a block. It may be called amid a read, whose own errors are others."""
        try:
            self._take_in(found)
        except (OSError, OutboxError) as error:
            self.fail(error)
            raise

    def _take_in(self, found: BlockParcels) -> None:
        self.run.take(found.result)
        self.texts += found.texts
        self.line = self.run.last_line
        skipped = found.result.counts.skipped
        self.acceptor.take(found.parcels, found.rejected, skipped, self._position(), self.line)

    def _position(self) -> Position:
        """How far the feed is taken in."""
        start, ended = self.start, self.is_whole
        offset = self.size() if ended else -1
        return Position(
            self.texts, offset, start.inode, start.sampled, start.digest, ended, start.received_at
        )
