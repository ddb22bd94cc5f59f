"""A run of a program: payloads come out in order, everything else is counted and kept as told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from mapper.cli.never import Unseen, Watch
from mapper.cli.received import Received, new_meta
from mapper.cli.summary import Counts, Naming
from mapper.cli.tally import Tally
from mapper.cli.worked import Worked, Worker
from mapper.feeds import Block, Broken, is_blank
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Program
from mapper.safe_text import SafeText
from mapper.types import Invalid


@dataclass(slots=True)
class Run:
    """One run of a program.

    name_field: the payload's field that names its event. feed_name: what the feed is called, for the places
    of broken lines. rejects: takes a line for each event that is not sent. reveal: names of events that
    the mapping does not hold are shown. received: what `$meta.received_at` is, if anything.
    """

    program: Program
    name_field: str
    feed_name: str
    rejects: IO[bytes] | None = None
    reveal: bool = False
    received: Received | None = None
    counts: Counts = field(default_factory=Counts)
    unseen: Unseen = field(init=False)
    watch: Watch = field(init=False)
    naming: Naming = field(init=False)
    last_line: int = 0

    def __post_init__(self) -> None:
        rules = dict(self.program.code.sections)
        self.unseen, self.watch = Unseen(rules), Watch(rules)
        self.naming = Naming(frozenset(self.program.code.names), self.reveal)

    def worker(self) -> Worker:
        """One that works off blocks for this run, whose results are to be taken in their order."""
        keeps = self.rejects is not None
        return Worker(self.program, self.name_field, self.feed_name, self.naming, keeps, self.received)

    def take(self, worked: Worked, out: IO[bytes]) -> None:
        """What the next block came to: its payloads go out."""
        if worked.payloads:
            _write(out, worked.payloads)
        self._reject(worked.rejects)
        self.counts.add(worked.counts)
        self.unseen.add(worked.news)
        self.last_line = worked.last_line or self.last_line

    def outcomes(self, block: Block) -> Iterator[tuple[int, Outcome]]:
        """What the events of a block end as, one by one with their lines. Call `send` for payloads."""
        tally, asks = self._tally(), self.program.code.reads_meta
        for line, text in block.texts():
            if is_blank(text):
                continue
            self.counts.events += 1
            self.last_line = line
            try:
                if isinstance(text, Broken):
                    yield line, self._broken(tally, text)
                    continue
                outcomes = self.program.apply_json(text, new_meta(line, self.received) if asks else None)
            except Invalid as invalid:
                yield line, self._broken(tally, Broken(line, invalid.kind, invalid.reason))
                continue
            for outcome in outcomes:
                tally.take(outcome, line)
                if outcome.payload is not None:
                    self.watch.see((outcome.payload,), outcome.section, line)
                    self.unseen.add(self.watch.news())
                yield line, outcome

    def _broken(self, tally: Tally, broken: Broken) -> Outcome:
        tally.reject_broken(broken)
        place = f"{self.feed_name}:{broken.line}"
        return Outcome(rejection=Rejection((Note("invalid", "", place, broken.reason),)))

    def reject(self, line: int, invalid: Invalid) -> None:
        """A payload cannot be written as JSON."""
        self._tally().reject(Rejection((Note("invalid", "", "", invalid.reason),)), line)

    def send(self, payload: dict[str, Any]) -> None:
        """A payload goes out."""
        self.counts.send([payload], self.name_field, self.naming)

    def write_unsent(self, line: int, outcome: str, kind: str, reason: SafeText) -> None:
        """A payload was not taken: outcome is `refused`, or `retry` where it may be sent again."""
        self._tally().keep(line, outcome, kind, reason)

    def _tally(self) -> Tally:
        return Tally(self.feed_name, self.naming, None if self.rejects is None else self._reject, self.counts)

    def _reject(self, lines: bytes) -> None:
        if self.rejects is not None and lines:
            _write(self.rejects, lines)


def _write(file: IO[bytes], content: bytes) -> None:
    """Write to a file at once. Raises an OSError that names it."""
    try:
        file.write(content)
        file.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, file.name) from None
