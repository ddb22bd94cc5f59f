"""A feed -> an outbox: what a run makes of its events, accepted part by part, on from where it stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mapper.cli.applied import Run
from mapper.cli.tell import describe
from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.destination import Destination
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.store import Damaged, OutboxError, Position, Unmapped
from mapper.feeds import Block
from mapper.runtime.outcome import Outcome
from mapper.safe_text import NOTHING, SafeText
from mapper.types import Invalid

_LOOK_SECONDS = 0.25


class _Unreadable(Exception):
    """What keeps a feed from being read."""

    def __init__(self, why: OSError) -> None:
        super().__init__()
        self.why = why


@dataclass(slots=True)
class Accepting:
    """One run into an outbox, from a thread of its own.

    size: the bytes of the feed, if it is a file. texts, line: how far it was read by now, and taken in.
    ended: set when no more comes, for whatever reason; is_whole: the feed was read to its end. trouble: what
    ended it early, with the status to exit with.
    """

    run: Run
    blocks: Iterator[Block]
    destination: Destination
    acceptor: Acceptor
    start: Position
    stop: threading.Event
    size: Callable[[], int]
    ended: threading.Event = field(default_factory=threading.Event)
    texts: int = 0
    line: int = 0
    is_whole: bool = False
    trouble: SafeText = NOTHING
    exit_status: int = 0

    def start_thread(self) -> threading.Thread:
        """Begin."""
        thread = threading.Thread(target=self._work, name="accepting", daemon=True)
        thread.start()
        return thread

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
        except EOFError:
            name = SafeText.known(self.run.feed_name)
            text = "{} is shorter than when it was read before; --from-start reads it from its start"
            self._end(SafeText(text, name), ExitStatus.UNREADABLE)
        except OutboxError as error:
            status = ExitStatus.WRONG_SETUP if isinstance(error, Damaged) else ExitStatus.LOCKED
            self._end(SafeText.known(str(error)), status)
        except _Unreadable as error:
            self._end(describe(error.why), ExitStatus.UNREADABLE)
        except OSError as error:
            self._end(describe(error), ExitStatus.UNWRITABLE)

    def _accept_all(self) -> None:
        """Take in each block; what was taken in is accepted also where the feed breaks off."""
        try:
            for block in self._read():
                if self.stop.is_set():
                    raise InterruptedError
                self._accept(block)
            self.is_whole = True
        finally:
            self._take_in((), (), 0)
            self.acceptor.flush()

    def _read(self) -> Iterator[Block]:
        """The blocks; what keeps the feed from being read is told apart from all else."""
        try:
            yield from self.blocks
        except InterruptedError:
            raise
        except OSError as error:
            raise _Unreadable(error) from error

    def _take_in(self, parcels: Iterable[Parcel], rejected: Iterable[Unmapped], skipped: int) -> None:
        position = self._position(ended=self.is_whole)
        self.acceptor.take(parcels, rejected, skipped, position, self.line)

    def _accept(self, block: Block) -> None:
        parcels: list[Parcel] = []
        rejected: list[Unmapped] = []
        skipped = 0
        for line, outcome in self.run.outcomes(block):
            if outcome.payload is not None:
                self._take(line, outcome, parcels, rejected)
            elif outcome.rejection is not None:
                rejected.append(unmapped(line, outcome))
            else:
                skipped += 1
        self.texts += len(block)
        self.line = self.run.last_line
        self._take_in(parcels, rejected, skipped)

    def _take(self, line: int, outcome: Outcome, parcels: list[Parcel], rejected: list[Unmapped]) -> None:
        assert outcome.payload is not None
        try:
            parcels.append(parcel_of(outcome.payload, self.run.feed_name, line, self.destination))
        except Invalid as invalid:
            self.run.reject(line, invalid)
            rejected.append(Unmapped(line, "invalid", invalid.reason))
        else:
            self.run.send(outcome.payload)

    def _position(self, *, ended: bool) -> Position:
        start = self.start
        offset = self.size() if ended else -1
        return Position(
            self.texts, offset, start.inode, start.sampled, start.digest, ended, start.received_at
        )

    def _end(self, trouble: SafeText, exit_status: int) -> None:
        """The first trouble counts."""
        if not self.trouble:
            self.trouble, self.exit_status = trouble, exit_status


def unmapped(line: int, outcome: Outcome) -> Unmapped:
    """A rejection as it is kept: all its reasons in one line, none with a value."""
    assert outcome.rejection is not None
    reasons = [
        SafeText("{}: {}", SafeText.known(one.path), one.message) if one.path else one.message
        for one in outcome.rejection.reasons
    ]
    kind = outcome.rejection.reasons[0].kind
    return Unmapped(line, kind, SafeText.joined("; ", reasons))
