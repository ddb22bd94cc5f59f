"""A block of a feed -> the payloads of its events as bytes, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, Protocol, TypeAlias, TypeVar

from mapper.feeds import Block, Broken, Meta, is_blank
from mapper.feeds.block import NOTHING_KNOWN
from mapper.frozen import dataclass
from mapper.running.counts import EventCounts, ShownNames
from mapper.running.tally import Tally
from mapper.running.unset_fields import FieldWatch, SeenPaths
from mapper.runtime.decode import encode_decoded, encode_lines
from mapper.runtime.program import Program
from mapper.types import Invalid

R_co = TypeVar("R_co", covariant=True)

Payloads: TypeAlias = list[dict[str, Any]]
# Takes a payload with the line of its event. Raises Invalid where JSON cannot hold it.
TakePayload: TypeAlias = Callable[[dict[str, Any], int], object]


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What became of a block.

    payloads: NDJSON, a line for each, in the order of their events; empty where a worker gives them in
    another form. rejects: NDJSON too, a line for each event that is not sent; empty where nobody asked for
    them. counts, seen: of this block alone. last_line: of the feed, counted from 1; 0 for an empty block.
    """

    payloads: bytes
    rejects: bytes
    counts: EventCounts
    seen: SeenPaths
    last_line: int


class BlockWorker(Protocol[R_co]):
    """What makes something of a block. Its results are pickled where several processes work."""

    def work(self, block: Block) -> R_co:
        """What becomes of a block; never raises for what an event holds."""
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
            mapped = self.map(block, lambda payload, line: encode_decoded(payload))
            lines = encode_lines(mapped.payloads)
        return self.result(mapped, lines)

    def map(self, block: Block, take: TakePayload | None = None) -> MappedBlock:
        """What the events of a block end as. A payload that `take` finds invalid is a rejection.

        This loop is what a run spends on an event beside the program and the encoder.
        """
        tally = Tally(self.feed_name, self.names, self.keeps_rejects)
        apply_json = self.program.apply_json
        asks, meta = self.program.code.reads_meta, self.meta
        payloads: Payloads = []
        by_section: dict[int, tuple[int, Payloads]] = {}
        events = line = 0
        for (line, text), known in zip(block.texts(), block.metas(), strict=False):
            events += 1
            try:
                if isinstance(text, Broken):
                    tally.reject_broken(text)
                    continue
                outcomes = apply_json(text, meta_of(line, meta, known) if asks else None)
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
                if payload is None or (take is not None and not _is_taken(take, payload, line, tally)):
                    continue
                payloads.append(payload)
                if outcome.section in by_section:
                    by_section[outcome.section][1].append(payload)
                else:
                    by_section[outcome.section] = (line, [payload])
        for section, (first, made) in by_section.items():
            self.watch.see(made, section, first)
        tally.counts.events += events
        return MappedBlock(payloads, tally, line)

    def result(self, mapped: MappedBlock, lines: bytes) -> BlockResult:
        """What became of a block that was mapped, with its payloads as lines."""
        counts = mapped.tally.counts
        counts.send(mapped.payloads, self.program.code.name_field, self.names)
        rejects = b"".join(mapped.tally.rejects)
        return BlockResult(lines, rejects, counts, self.watch.take_seen(), mapped.last_line)


@dataclass(frozen=True, slots=True)
class MappedBlock:
    """The payloads of a block, what became of its other events, and its last line."""

    payloads: Payloads
    tally: Tally
    last_line: int


def meta_of(line: int, meta: Meta, known: Meta = NOTHING_KNOWN) -> dict[str, Any]:
    """`$meta` of the event on a line: what is known of all events of a feed, and of this one."""
    return {"line": line, **meta, **known}


def _is_taken(take: TakePayload, payload: dict[str, Any], line: int, tally: Tally) -> bool:
    """Whether a payload can be written as JSON; rejects it if it cannot."""
    try:
        take(payload, line)
    except Invalid as invalid:
        tally.reject_payload(invalid, line)
        return False
    return True
