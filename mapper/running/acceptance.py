"""A feed -> an outbox: what a run makes of its events, accepted part by part, on from where it stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.store import OutboxError, Position
from mapper.feeds import Block
from mapper.running.parcels import BlockParcels, ParcelWorker
from mapper.running.run import Run

_LOOK_SECONDS = 0.25


class FeedUnreadable(Exception):
    """What keeps a feed from being read, told apart from what keeps its events from being kept."""

    def __init__(self, why: OSError) -> None:
        super().__init__()
        self.why = why


@dataclass(slots=True)
class Acceptance:
    """One run into an outbox, from a thread of its own.

    worker: makes the parcels. size: the bytes of the feed; -1 if it is no file. texts, line: how far it was
    read by now, and taken in. ended: set when no more comes, for whatever reason; is_whole: the feed was read
    to its end. error: what ended it early: FeedUnreadable, EOFError where the feed is shorter than `start`,
    OutboxError, or an OSError of a file that is written.
    """

    run: Run
    blocks: Iterator[Block]
    worker: ParcelWorker
    acceptor: Acceptor
    start: Position
    stop: threading.Event
    size: Callable[[], int]
    ended: threading.Event = field(default_factory=threading.Event)
    texts: int = 0
    line: int = 0
    is_whole: bool = False
    error: Exception | None = None

    def start_thread(self) -> threading.Thread:
        """Begin."""
        thread = threading.Thread(target=self._work, name="accepting", daemon=True)
        thread.start()
        return thread

    def fail(self, error: Exception) -> None:
        """Keep what ended it early; the first error counts."""
        self.error = self.error or error

    def _work(self) -> None:
        self.texts = self.line = self.start.record
        watching = threading.Thread(target=self._guard, args=(self._watch,), name="flushing", daemon=True)
        watching.start()
        try:
            self._guard(self._accept_all)
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

    def _accept_all(self) -> None:
        """Take in each block; what was taken in is accepted also where the feed breaks off."""
        try:
            self.run.work_all(self.worker, self._read(), self._accept)
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
        except InterruptedError:
            raise
        except OSError as error:
            raise FeedUnreadable(error) from error

    def _accept(self, found: BlockParcels) -> None:
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
