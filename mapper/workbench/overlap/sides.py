"""Events of a tag and of a server -> Overlap: payloads as they are, or source events and their programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from mapper import authoring
from mapper.compiling import delivered_targets
from mapper.feeds import Block, Broken, SourceEvent, is_blank
from mapper.feeds.block import fed
from mapper.running import Run
from mapper.values.caller_values import given_events
from mapper.values.safe_text import SafeError, SafeText
from mapper.workbench.overlap.pairing import Pairing
from mapper.workbench.overlap.record import SERVER, TAG, NameNumbers, OverlapWords, RecordMaker, time_of
from mapper.workbench.overlap.tally import END_SECONDS, CommonTime, OverlapTally, UnlikeEvents
from mapper.workbench.overlap.verdict import Overlap, OverlapLimits, OverlapSide, judged

_LINES_TOGETHER = 2**16


@dataclass(slots=True)
class UnsentLines:
    """The numbers of lines, of which any number costs little memory."""

    _parts: dict[int, bytearray] = field(default_factory=dict)

    def add(self, line: int) -> None:
        """Add a line's number."""
        part = self._parts.setdefault(line // _LINES_TOGETHER, bytearray(_LINES_TOGETHER // 8))
        part[line % _LINES_TOGETHER // 8] |= 1 << line % 8

    def __contains__(self, line: int) -> bool:
        part = self._parts.get(line // _LINES_TOGETHER)
        return part is not None and bool(part[line % _LINES_TOGETHER // 8] >> line % 8 & 1)


@dataclass(slots=True)
class SideReading:
    """The events of a side that were read so far. feed: its name. option: what maps its source events."""

    maker: RecordMaker
    pairing: Pairing
    side: int
    feed: SafeText
    option: SafeText
    events: int = 0
    first: int = 0
    last: int = 0
    strange: int = 0
    first_strange: int = 0
    unsent: int = 0
    last_line: int = 0

    def add(self, payload: Mapping[str, Any], line: int) -> None:
        """Take a payload. Raises SafeError if the first one is none."""
        made = self.maker.make(payload, self.side, line)
        if isinstance(made, SafeText):
            if not self.events and not self.strange:
                hint = SafeText("give {} MAPPING", self.option)
                told = SafeText("{}:{} is no payload: {}", self.feed, line, made)
                raise SafeError(SafeText("{}\n  hint: {}", told, hint))
            self._add_strange(line)
            return
        time = time_of(made)
        self.first = min(self.first, time) if self.events else time
        self.last = max(self.last, time)
        self.events += 1
        self.last_line = line
        self.pairing.add(made)

    def _add_strange(self, line: int) -> None:
        self.strange += 1
        self.first_strange = self.first_strange or line

    def read_payloads(self, blocks: Iterable[Block]) -> None:
        """Take the payloads of a feed, as `mapper run` writes them."""
        for block in blocks:
            for line, text in block.texts():
                one = fed(line, text)
                if isinstance(one, SourceEvent):
                    self.add(one.event, line)
                elif isinstance(text, Broken) or not is_blank(text):
                    self._add_strange(line)

    def read_events(self, run: Run, blocks: Iterable[Block], unsent: UnsentLines) -> None:
        """Take the payloads that a run makes of a feed, except of lines that were not delivered."""
        worker = run.worker()

        def take(outcome: Any, line: int) -> None:
            if line in unsent:
                self.unsent += 1
            else:
                self.add(outcome.payload, line)

        for block in run.read_on(blocks):
            run.take(worker.result(worker.map(block, take), b""))
        self.unsent += run.counts.skipped + run.counts.rejected

    def done(self) -> OverlapSide:
        """The side, once all of it is read."""
        return OverlapSide(
            self.feed,
            self.events,
            self.first,
            self.last,
            self.strange,
            self.first_strange,
            self.unsent,
        )


class TwoSides:
    """The two sides on their way to an overlap; `close` at the end. names: those that are shown."""

    def __init__(self, words: OverlapWords, names: NameNumbers, feeds: tuple[SafeText, SafeText]) -> None:
        self._words, self._names = words, names
        maker = RecordMaker(words, names)
        self._pairing = Pairing(maker)
        self.tag = SideReading(maker, self._pairing, TAG, feeds[TAG], SafeText("--tag-mapping"))
        self.server = SideReading(maker, self._pairing, SERVER, feeds[SERVER], SafeText("--server-mapping"))

    def close(self) -> None:
        """Close the files."""
        self._pairing.close()

    def compare(self, limits: OverlapLimits, zone: tzinfo, zone_name: str) -> tuple[Overlap, UnlikeEvents]:
        """The overlap, and the events not alike on both sides. Raises SafeError if no time is common."""
        time = self._common()
        last_lines = self.tag.last_line, self.server.last_line
        unlike = UnlikeEvents(last_lines, tuple(self._words.compare))
        tally = OverlapTally(self._words, time, zone, unlike)
        self._pairing.give(tally)
        sides = (self.tag.done(), self.server.done())
        return judged(sides, tally, self.names, limits, zone_name), unlike

    @property
    def names(self) -> list[str]:
        """The names by their numbers."""
        return self._names.names()

    def _common(self) -> CommonTime:
        for side in (self.tag, self.server):
            if not side.events:
                raise SafeError(SafeText("{} holds no event", side.feed))
        first, second = sorted((self.tag, self.server), key=lambda side: side.first)
        if first.last < second.first:
            days = _day(first.last), _day(second.first)
            moments = days if days[0] != days[1] else (_moment(first.last), _moment(second.first))
            text = "{} ends {}, {} begins {}: no common time"
            raise SafeError(SafeText(text, first.feed, moments[0], second.feed, moments[1]))
        time = CommonTime(second.first, min(first.last, second.last))
        if time.last - time.first < 2 * END_SECONDS:
            text = "{} and {} have {} min in common: the first and the last hour are not judged"
            minutes = SafeText("{:,}", (time.last - time.first) // 60)
            told = SafeText(text, self.tag.feed, self.server.feed, minutes)
            raise SafeError(SafeText("{}\n  hint: compare more than two hours", told))
        return time


def _day(time: int) -> SafeText:
    return SafeText.known(datetime.fromtimestamp(time, UTC).date().isoformat())


def _moment(time: int) -> SafeText:
    return SafeText.known(moment(time))


def moment(time: int) -> str:
    """`2026-09-21T00:00Z` of Unix seconds."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%MZ}"


def overlap(
    tag: Iterable[dict[str, Any]],
    server: Iterable[dict[str, Any]],
    *,
    target: str | None = None,
    reveal: bool = False,
    schemas: str | Path | None = None,
) -> Overlap:
    """The events that a tag and a server report, beside each other: payloads of both, in any order.

    target: of the payloads; by default the only one that says how it is delivered. reveal: own names of
    events are shown. Raises LookupError where there is no such target, ValueError where it does not say how
    its events are compared, and OSError where the two have no time in common.
    """
    words = overlap_words(target or _only_target(schemas), schemas=schemas)
    feeds = SafeText("tag"), SafeText("server")
    with closing(TwoSides(words, NameNumbers(words.standard, reveal), feeds)) as sides:
        given = (sides.tag, given_events(tag, "tag")), (sides.server, given_events(server, "server"))
        for reading, payloads in given:
            for line, payload in enumerate(payloads, 1):
                reading.add(payload, line)
        found, unlike = sides.compare(OverlapLimits(), UTC, "UTC")
        unlike.close()
        return found


def overlap_words(
    target: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> OverlapWords:
    """The words of a target. Raises LookupError, and ValueError where it has none."""
    words = OverlapWords.stated(authoring.read_target(target, schemas=schemas, beside=beside))
    if words is None:
        raise ValueError(f"{target} does not say how its events are compared (`x-overlap`)")
    return words


def _only_target(schemas: str | Path | None) -> str:
    names, _ = delivered_targets(schemas=schemas)
    if len(names) != 1:
        raise LookupError(f"name the target of the payloads; there are {', '.join(names) or 'none'}")
    return names[0]
