"""A feed through a program: payloads come out in order, everything else is counted and kept as asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypeVar

from mapper.feeds import Block, Meta
from mapper.running.blocks import BlockResult, BlockWorker, Worker
from mapper.running.counts import EventCounts, ShownNames
from mapper.running.event_tally import reject_line
from mapper.running.unset_fields import UnsetFields
from mapper.runtime.program import Program
from mapper.values.safe_text import SafeError, SafeText

if TYPE_CHECKING:
    from mapper.running.workers import Workers

R = TypeVar("R")
MOST_BROKEN = 10_000
"""A feed is not read on after about so many lines, rows or elements in a row without an event.

One thing that is broken, such as a quote that is never closed, may break all that follows it.
"""


@dataclass(slots=True)
class Run:
    """One feed through a program, and what became of its events so far.

    program: guarded, as `mapper.compile_mapping` gives it; one in its raw form lets personal values through.
    feed_name: what the feed is called, in the places of its events. rejects: gets a line of JSON for each
    event that is not sent. reveal: names of events that the mapping does not hold are shown. meta: what
    `$meta` of every event holds besides its line and what its block knows of it. unset: the fields that no
    payload had a value for. last_line: how far the feed is done. broken: how many lines in a row, up to
    there, hold no event; broken_from: the first of them. One thread may use it.
    """

    program: Program
    feed_name: str = "<events>"
    rejects: IO[bytes] | None = None
    reveal: bool = False
    meta: Meta = field(default_factory=dict)
    counts: EventCounts = field(default_factory=EventCounts)
    unset: UnsetFields = field(init=False)
    last_line: int = 0
    broken: int = 0
    broken_from: int = 0
    _own: Worker = field(init=False)
    _workers: Workers[Any] | None = None

    def __post_init__(self) -> None:
        self.unset = UnsetFields(dict(self.program.code.sections))
        self._own = self.worker()

    def worker(self) -> Worker:
        """One that maps blocks for this run; `take` each of its results, in the order of the blocks."""
        names = ShownNames(frozenset(self.program.code.names), self.reveal)
        return Worker(self.program, self.feed_name, names, self.rejects is not None, self.meta)

    def work(self, block: Block) -> BlockResult:
        """Map a block, and take what became of it."""
        result = self._own.work(block)
        self.take(result)
        return result

    def write_payloads(self, blocks: Iterable[Block], out: IO[bytes], jobs: int = 1) -> None:
        """Map all blocks and write their payloads, a line each, in the order of their events.

        jobs: so many processes map, where the system can fork. Raises OSError as the feed and the files do
        and as `read_on` does, and WorkerLost where one of the processes ends early; what was read before is
        taken.
        """
        self.work_all(self._own, self.read_on(blocks), lambda result: self.take(result, out), jobs)

    def read_on(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks of a feed. Raises an OSError where so many before them in a row hold no event."""
        for block in blocks:
            if self.broken >= MOST_BROKEN:
                found = SafeText(
                    "{:,} in a row hold no event, from line {:,} on", self.broken, self.broken_from
                )
                advice = SafeText("check there for an unclosed quote or bracket, or another format")
                raise SafeError(SafeText("{}: {}; the feed is not read on", found, advice))
            yield block

    def work_all(
        self, worker: BlockWorker[R], blocks: Iterable[Block], take: Callable[[R], None], jobs: int = 1
    ) -> None:
        """Have a worker work on all blocks, in several processes if asked to; `take` its results in order."""
        with self.working(worker, take, jobs) as work:
            work(blocks)

    @contextmanager
    def working(
        self, worker: BlockWorker[R], take: Callable[[R], None], jobs: int = 1
    ) -> Iterator[Callable[[Iterable[Block]], None]]:
        """A function as `work_all`; the processes are there by now, so that threads may begin after it."""
        if jobs == 1 or not hasattr(os, "fork"):

            def work(blocks: Iterable[Block]) -> None:
                for block in blocks:
                    take(worker.work(block))

            yield work
            return
        from mapper.running.workers import working

        with working(worker, jobs, take) as workers:
            self._workers = workers
            try:
                yield workers.work_all
            finally:
                self._workers = None

    def attend(self, file: Any = None) -> None:
        """While a read of the feed's file would wait, take the results of the other processes, if any.

        file: None: take what is ready now, and do not wait.
        """
        if self._workers is not None:
            self._workers.attend(file)

    def take(self, result: BlockResult, out: IO[bytes] | None = None) -> None:
        """Take the result of the next block: its payloads go to `out`, all else is counted and kept."""
        if out is not None and result.payloads:
            _write(out, result.payloads)
        self._reject(result.rejects)
        self.counts.add(result.counts)
        self.unset.add(result.seen)
        self.last_line = result.last_line or self.last_line
        if self.broken and result.broken == result.counts.events:
            self.broken += result.broken
        else:
            self.broken, self.broken_from = result.broken, result.broken_from

    def write_unsent(self, line: int, outcome: str, kind: str, reason: SafeText) -> None:
        """A payload was not delivered: outcome is `refused`, `expired` or, where it waits, `retry`."""
        self._reject(reject_line((self.feed_name, line), outcome, kind, reason))

    def _reject(self, lines: bytes) -> None:
        if self.rejects is not None and lines:
            _write(self.rejects, lines)


def _write(file: IO[bytes], content: bytes) -> None:
    """Write to a file at once. Raises an OSError that names it."""
    try:
        file.write(content)
        file.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, getattr(file, "name", None)) from None
