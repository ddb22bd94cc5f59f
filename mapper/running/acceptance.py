"""A feed -> an outbox: what a run makes of its events, accepted part by part, on from where it stopped."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import Feed, Position
from mapper.feeds import Block
from mapper.feeds.position import Fingerprint
from mapper.running.background import in_background
from mapper.running.feed_run import Run
from mapper.running.parcels import BlockParcels, ParcelWorker
from mapper.running.workers import WorkerLost

_LOOK_SECONDS = 0.25
Work: TypeAlias = Callable[[Iterable[Block]], None]


class FeedUnreadable(Exception):
    """An error that keeps a feed from being read, unlike one that keeps its events from being kept."""

    def __init__(self, why: OSError) -> None:
        super().__init__()
        self.why = why


@dataclass(frozen=True, slots=True)
class FeedPart:
    """A file that is read, or a pipe; where a name is followed, one of the files that have it in turn.

    feed, known: where its position is kept, and what is kept there before; None for a pipe, and where nothing
    is. start: where it begins. sample: what tells the file from another one by now. size: its bytes, once it
    is read; -1 where that is not to be kept. offset: where the first block begins in it, if it is read from
    there; else -1. ends_itself: its blocks end at a stop, after all that was read and cannot be read again.
    """

    blocks: Iterable[Block]
    feed: Feed | None
    known: Position | None
    start: Position
    sample: Callable[[], Fingerprint]
    size: Callable[[], int] = lambda: -1
    offset: int = -1
    ends_itself: bool = False


@dataclass(slots=True)
class Acceptance:
    """One run into an outbox, from a thread of its own.

    worker: makes the parcels. texts, offset, line: how far the part is taken in by now. ended: set when no
    more comes, for whatever reason; is_whole: all was read to its end. error: what ended it early:
    FeedUnreadable, EOFError where a file is shorter than its `start`, OutboxError, WorkerLost, or an OSError
    of a file that is written. mistake: any other exception, which `working` raises at its end.
    """

    run: Run
    parts: Iterable[FeedPart]
    worker: ParcelWorker
    acceptor: Acceptor
    stop: threading.Event
    ended: threading.Event = field(default_factory=threading.Event)
    texts: int = 0
    offset: int = -1
    line: int = 0
    is_whole: bool = False
    error: Exception | None = None
    mistake: Exception | None = None
    _part: FeedPart | None = None
    _ends: deque[int] = field(default_factory=deque)

    @contextmanager
    def working(self, jobs: int = 1) -> Iterator[None]:
        """Within it events are accepted, by so many processes and a thread; at its end no more are."""
        with (
            self.run.working(self.worker, self._accept, jobs) as work,
            in_background(partial(self._work, work), "accepting", self.stop),
        ):
            yield
        if self.mistake is not None:
            raise self.mistake

    def fail(self, error: Exception) -> None:
        """Keep what ended it early; the first error counts."""
        self.error = self.error or error

    def skip(self, texts: int) -> None:
        """Count so many texts before those that are worked on, which were left out."""
        self.texts += texts

    def _work(self, work: Work) -> None:
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
        except Exception as error:
            self.mistake = self.mistake or error

    def _accept_all(self, work: Work) -> None:
        """Take in each block; what was taken in is accepted also where the feed breaks off."""
        for part in self._parts():
            self._part = part
            self.texts = self.line = part.start.record
            self.offset = part.offset
            self._ends.clear()
            self.acceptor.turn(part.feed, part.known, part.start.record)
            is_whole = False
            try:
                work(self._read(part))
                is_whole = True
            finally:
                self.acceptor.take((), (), 0, self._position(ended=is_whole), self.line)
                self.acceptor.flush()
        self.is_whole = True

    def _parts(self) -> Iterator[FeedPart]:
        """The parts; what keeps the next one from being opened is told apart from all else."""
        try:
            yield from self.parts
        except InterruptedError:
            raise
        except OSError as error:
            raise FeedUnreadable(error) from error

    def _read(self, part: FeedPart) -> Iterator[Block]:
        """The blocks of a part until a stop; an error of reading the feed is told apart from all else."""
        try:
            for block in self.run.read_on(part.blocks):
                if self.stop.is_set() and not part.ends_itself:
                    raise InterruptedError
                self._ends.append(block.end)
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
        self.offset = self._ends.popleft()
        self.line = self.run.last_line
        skipped = found.result.counts.skipped
        self.acceptor.take(found.parcels, found.rejected, skipped, self._position(), self.line)

    def _position(self, *, ended: bool = False) -> Position:
        """The position up to which the part is taken in."""
        assert self._part is not None
        found, received_at = self._part.sample(), self._part.start.received_at
        offset = self._part.size() if ended and self.offset < 0 else self.offset
        return Position(self.texts, offset, found.inode, found.sampled, found.digest, ended, received_at)
