"""A block of a feed -> the payloads of its events as bytes, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, Protocol, TypeAlias, TypeVar

from mapper.feeds import Block, Broken, Meta, is_blank
from mapper.feeds.block import NOTHING_KNOWN
from mapper.running.counts import EventCounts, ShownNames
from mapper.running.event_tally import Tally
from mapper.running.unset_fields import FieldWatch, SeenPaths
from mapper.runtime.decode import encode_decoded, encode_lines
from mapper.runtime.outcome import Outcome
from mapper.runtime.program import Program
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid

R_co = TypeVar("R_co", covariant=True)

Payloads: TypeAlias = list[dict[str, Any]]
# Takes an outcome that has a payload, with the line of its event. Raises Invalid where JSON cannot hold it.
TakePayload: TypeAlias = Callable[[Outcome, int], object]


@dataclass(frozen=True, slots=True)
class BlockResult:
    """The result of a block.

    payloads: NDJSON, a line for each, in the order of their events; empty where a worker gives them in
    another form. rejects: NDJSON too, a line for each event that is not sent; empty where nobody asked for
    them. counts, seen: of this block alone. last_line: of the feed, counted from 1; 0 for an empty block.
    broken: how many lines in a row at its end hold no event; broken_from: the first of them.
    """

    payloads: bytes
    rejects: bytes
    counts: EventCounts
    seen: SeenPaths
    last_line: int
    broken: int
    broken_from: int


class OutcomeHearer(Protocol):
    """A hearer of the outcomes of a block's events, in their order: a `Tally`, or rows of a table."""

    def take(self, outcome: Outcome, line: int) -> None:
        """A skip, a rejection, or what is to be said of a payload."""
        ...

    def reject_payload(self, invalid: Invalid, line: int) -> None:
        """A payload cannot be written as JSON."""
        ...

    def reject_broken(self, broken: Broken, number: int) -> None:
        """A text holds no event. number: of the event in its block, from 1."""
        ...


class BlockWorker(Protocol[R_co]):
    """A worker that makes something of a block. Its results are pickled where several processes work."""

    def work(self, block: Block) -> R_co:
        """The result of a block; never raises for what an event holds."""
        ...


@dataclass(slots=True)
class Worker:
    """Maps the blocks of a feed, or some of them, each as if there was no other. One thread may use it.

    names: which names of events are shown. keeps_rejects: their lines are asked for. meta: what `$meta` of
    every event holds besides its line and what its block knows of it.
    """

    program: Program
    feed_name: str
    names: ShownNames
    keeps_rejects: bool
    meta: Meta
    watch: FieldWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = FieldWatch(dict(self.program.code.sections))

    def work(self, block: Block) -> BlockResult:
        """The payloads of a block as lines, and what became of its other events."""
        try:
            mapped = self.map(block)
            lines = encode_lines(mapped.payloads)
        except Invalid:  # each is encoded for itself, to find those that cannot be
            mapped = self.map(block, lambda outcome, line: encode_decoded(outcome.payload))
            lines = encode_lines(mapped.payloads)
        return self.result(mapped, lines)

    def map(self, block: Block, take: TakePayload | None = None) -> MappedBlock:
        """The outcomes of a block's events. A payload that `take` finds invalid is a rejection."""
        tally = Tally(self.feed_name, self.names, self.keeps_rejects)
        payloads, events, last_line = self.follow(block, tally, take)
        tally.counts.events += events
        return MappedBlock(payloads, tally, last_line)

    def follow(
        self, block: Block, hearer: OutcomeHearer, take: TakePayload | None
    ) -> tuple[Payloads, int, int]:
        """The payloads of a block, how many events it has, and its last line; `hearer` hears of all else.

        This loop is what a run spends on an event beside the program and the encoder.
        """
        apply_json = self.program.apply_json
        asks, meta = self.program.code.reads_meta, self.meta
        payloads: Payloads = []
        by_section: dict[int, tuple[int, Payloads]] = {}
        events = line = 0
        for (line, text), known in zip(block.texts(), block.metas(), strict=False):
            events += 1
            try:
                if isinstance(text, Broken):
                    hearer.reject_broken(text, events)
                    continue
                outcomes = apply_json(text, meta_of(line, meta, known) if asks else None)
            except Invalid as invalid:
                if is_blank(text):
                    events -= 1
                else:
                    hearer.reject_broken(Broken(line, invalid.kind, invalid.reason), events)
                continue
            for outcome in outcomes:
                payload = outcome.payload
                if payload is None or outcome.notes or outcome.without_consent:
                    hearer.take(outcome, line)
                if payload is None or (take is not None and not _is_taken(take, outcome, line, hearer)):
                    continue
                payloads.append(payload)
                if outcome.section in by_section:
                    by_section[outcome.section][1].append(payload)
                else:
                    by_section[outcome.section] = (line, [payload])
        for section, (first, made) in by_section.items():
            self.watch.see(made, section, first)
        return payloads, events, line

    def result(self, mapped: MappedBlock, lines: bytes) -> BlockResult:
        """The result of a block that was mapped, with its payloads as lines."""
        tally = mapped.tally
        tally.counts.send(mapped.payloads, self.program.code.name_field, self.names)
        rejects, seen = b"".join(tally.rejects), self.watch.take_seen()
        broken = tally.broken if tally.broken_to == tally.counts.events else 0
        return BlockResult(lines, rejects, tally.counts, seen, mapped.last_line, broken, tally.broken_from)


@dataclass(frozen=True, slots=True)
class MappedBlock:
    """The payloads of a block, what became of its other events, and its last line."""

    payloads: Payloads
    tally: Tally
    last_line: int


def meta_of(line: int, meta: Meta, known: Meta = NOTHING_KNOWN) -> dict[str, Any]:
    """`$meta` of the event on a line: what is known of all events of a feed, and of this one."""
    return {"line": line, **meta, **known}


def _is_taken(take: TakePayload, outcome: Outcome, line: int, hearer: OutcomeHearer) -> bool:
    """Whether a payload can be written as JSON; rejects it if it cannot."""
    try:
        take(outcome, line)
    except Invalid as invalid:
        hearer.reject_payload(invalid, line)
        return False
    return True
