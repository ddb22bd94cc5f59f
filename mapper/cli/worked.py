"""A block of a feed -> the payloads of its events as bytes, and what became of the others."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from mapper.cli.never import News, Watch
from mapper.cli.received import Received, new_meta
from mapper.cli.summary import Counts, Naming
from mapper.cli.tally import Tally
from mapper.feeds import Block, Broken, is_blank
from mapper.frozen import dataclass
from mapper.runtime.decode import encode_decoded, encode_lines
from mapper.runtime.outcome import Note, Rejection
from mapper.runtime.program import Program
from mapper.types import Invalid

Sent = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Worked:
    """What a block came to. payloads, rejects: one a line. last_line: that of its last text."""

    payloads: bytes
    rejects: bytes
    counts: Counts
    news: News
    last_line: int


@dataclass(slots=True)
class Worker:
    """Works off the blocks of a run, or some of them, each as if it stood alone.

    name_field: the payload's field that names its event. keeps_rejects: their lines are asked for.
    received: what `$meta.received_at` is, if anything.
    """

    program: Program
    name_field: str
    feed_name: str
    naming: Naming
    keeps_rejects: bool
    received: Received | None = None
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(dict(self.program.code.sections))

    def work(self, block: Block) -> Worked:
        """All that comes of a block."""
        try:
            return self._work(block, each=False)
        except Invalid:
            return self._work(block, each=True)

    def _work(self, block: Block, *, each: bool) -> Worked:
        """each: each payload is encoded for itself, to find those that cannot be; else Invalid is raised."""
        rejects: list[bytes] = []
        write = rejects.append if self.keeps_rejects else None
        tally = Tally(self.feed_name, self.naming, write, Counts(most_reasons=None))
        payloads, last_line = self._apply(block, tally, each)
        text = encode_lines(payloads)
        tally.counts.send(payloads, self.name_field, self.naming)
        return Worked(text, b"".join(rejects), tally.counts, self.watch.news(), last_line)

    def _apply(self, block: Block, tally: Tally, each: bool) -> tuple[Sent, int]:
        """The payloads, and the last line.

        This loop is what a run spends on an event beside the program and the encoder.
        """
        apply_json = self.program.apply_json
        asks, received = self.program.code.reads_meta, self.received
        payloads: Sent = []
        by_section: dict[int, tuple[int, Sent]] = {}
        events = line = 0
        for line, text in block.texts():
            events += 1
            try:
                if isinstance(text, Broken):
                    tally.reject_broken(text)
                    continue
                outcomes = apply_json(text, new_meta(line, received) if asks else None)
            except Invalid as invalid:
                if is_blank(text):
                    events -= 1
                else:
                    tally.reject_broken(Broken(line, invalid.kind, invalid.reason))
                continue
            for outcome in outcomes:
                payload = outcome.payload
                if payload is None or outcome.notes or outcome.without_consent:
                    tally.take(outcome, line)
                    if payload is None:
                        continue
                if each and not can_go_out(payload, line, tally):
                    continue
                payloads.append(payload)
                if outcome.section in by_section:
                    by_section[outcome.section][1].append(payload)
                else:
                    by_section[outcome.section] = (line, [payload])
        for section, (first, made) in by_section.items():
            self.watch.see(made, section, first)
        tally.counts.events += events
        return payloads, line


def can_go_out(payload: dict[str, Any], line: int, tally: Tally) -> bool:
    """Whether a payload can be written as JSON; rejects it if it cannot."""
    try:
        encode_decoded(payload)
    except Invalid as invalid:
        tally.reject(Rejection((Note("invalid", "", "", invalid.reason),)), line)
        return False
    return True
