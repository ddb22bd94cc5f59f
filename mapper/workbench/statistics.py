"""Recorder x events -> Statistics: fields of payloads, the rules that gave them, and unread attributes.

It holds no value of an event, except values that a table lacks and that are not personal; see `_shown_value`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import mapper
from mapper import Outcome, Program, authoring
from mapper.authoring import Json, Point, Recorder
from mapper.feeds import Block, Broken, SourceEvent, is_blank
from mapper.feeds.block import fed
from mapper.running.blocks import meta_of
from mapper.running.counts import EventCounts, ShownNames
from mapper.running.event_tally import Tally
from mapper.values.caller_values import given_events
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid
from mapper.workbench.coverage import is_within
from mapper.workbench.distinct import Distinct

OTHERS = "others"
# At most this many attributes, names and values are counted separately; the rest are counted together.
_MOST_ATTRIBUTES, _MOST_NAMES, _MOST_VALUES, _MOST_NAMES_IN_ONE = 2000, 200, 200, 100
_TOGETHER = 256
_LONGEST_NAME = 100
_WINNERS = frozenset({"alternative", "arm", "default"})
# Keys of any other form may themselves be values: an address, a number, a token.
_ATTRIBUTE = re.compile(r"[A-Za-z_$](?!.*\d{5})[A-Za-z0-9_$:-]{0,49}")
_PLAIN_VALUE = re.compile(r"(?!.*\d{5})[A-Za-z][A-Za-z0-9 _./+-]{0,39}|\d{1,4}")


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """The payloads with one event name, and in how many of them each scored signal is."""

    name: str
    payloads: int
    signals: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Winner:
    """An alternative, an arm or a default of a rule, and for how many events it gave the value."""

    label: str
    file: str
    line: int
    events: int


@dataclass(frozen=True, slots=True)
class PathStatistics:
    """A target path.

    due: payloads of sections that have a rule for it; present: those that have a value. invalid: how often an
    invalid value was left out. distinct: the number of different values; exact: whether it is no estimate.
    """

    path: str
    due: int
    present: int
    invalid: int
    distinct: int
    exact: bool
    winners: tuple[Winner, ...]


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """Values that nothing matched: keys that the table of a `lookup` lacks, values of `match` that no `is`
    has, or texts that the pattern of an `extract` does not describe.

    missed: how often that was. values: those of them that may be shown, the most frequent first.
    """

    name: str
    file: str
    line: int
    missed: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The payloads and gaps of a mapping for some events.

    outcomes: `sent`, `skipped` or `rejected`, why, and how many. unread: attributes of events that no rule
    reads, and in how many events each has a value, the most frequent first.
    """

    events: int
    sent: int
    skipped: int
    rejected: int
    outcomes: tuple[tuple[str, str, int], ...]
    by_event: tuple[EventStatistics, ...]
    paths: tuple[PathStatistics, ...]
    unread: tuple[tuple[str, int], ...]
    tables: tuple[TableStatistics, ...]

    def __repr__(self) -> str:
        counts = f"sent={self.sent}, skipped={self.skipped}, rejected={self.rejected}"
        return f"Statistics(events={self.events}, {counts})"

    @property
    def ends(self) -> dict[str, int]:
        """The number of outcomes of each kind: an event that is split has several."""
        return {"sent": self.sent, "skipped": self.skipped, "rejected": self.rejected}


@dataclass(slots=True)
class EventTotals:
    """The counts of some events; `add` adds the counts of others.

    sections: payloads by the number of their section. won, missed: by the numbers of points. names_in: of
    objects of events, the names in them that no rule reads.
    """

    counts: EventCounts = field(default_factory=EventCounts)
    payloads: Counter[str] = field(default_factory=Counter)
    sections: Counter[int] = field(default_factory=Counter)
    signals: Counter[tuple[str, str]] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    distinct: dict[str, Distinct] = field(default_factory=dict)
    won: Counter[int] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    names_in: dict[str, set[str]] = field(default_factory=dict)
    missed: dict[int, Counter[str]] = field(default_factory=dict)

    def add(self, part: EventTotals) -> None:
        """Add the counts of other events."""
        self.counts.add(part.counts)
        self.sections.update(part.sections)
        self.won.update(part.won)
        self.present.update(part.present)
        self.invalid.update(part.invalid)
        known = {name: name if self._knows(name) else OTHERS for name in part.payloads}
        for name, count in part.payloads.items():
            self.payloads[known[name]] += count
        for (name, path), count in part.signals.items():
            self.signals[known[name], path] += count
        for path, distinct in part.distinct.items():
            self.distinct.setdefault(path, Distinct()).merge(distinct)
        for attribute, count in part.unread.items():
            self.unread[self._attribute(attribute)] += count
        for number, values in part.missed.items():
            own_values = self.missed.setdefault(number, Counter())
            for value, count in values.items():
                own_values[_one_of(own_values, value, _MOST_VALUES)] += count

    def _knows(self, name: str) -> bool:
        return name in self.payloads or len(self.payloads) < _MOST_NAMES

    def _attribute(self, attribute: str) -> str:
        """The name to count an attribute by. Of an object with very many keys, `*` replaces the keys."""
        if attribute in self.unread:
            return attribute
        at = ""
        for name in attribute.split("."):
            names = self.names_in.setdefault(at, set())
            is_known = name in names or len(names) < _MOST_NAMES_IN_ONE
            names.update((name,) if is_known else ())
            at = f"{at}.{name if is_known else '*'}"
        return _one_of(self.unread, at[1:], _MOST_ATTRIBUTES)


@dataclass(slots=True)
class StatisticsWorker:
    """Counts the outcomes of blocks of events. names: event names that may be shown. meta: as in `Worker`.

    make_program: makes the program that `run` uses. It accepts texts that are invalid only in attributes that
    no rule reads, which the recorder cannot decode.
    """

    recorder: Recorder
    make_program: Callable[[], Program]
    names: ShownNames = field(default_factory=ShownNames)
    feed_name: str = "<events>"
    meta: Mapping[str, Any] = field(default_factory=dict)
    _winners: frozenset[int] = field(init=False)
    _program: Program | None = None

    def __post_init__(self) -> None:
        points = enumerate(self.recorder.points)
        self._winners = frozenset(number for number, point in points if point.kind in _WINNERS)

    def work(self, block: Block) -> EventTotals:
        """The counts of a block."""
        totals = EventTotals()
        asks = self.recorder.program.code.reads_meta
        for (line, text), known in zip(block.texts(), block.metas(), strict=False):
            if is_blank(text):
                continue
            meta = meta_of(line, self.meta, known) if asks else None
            found = fed(line, text)
            if isinstance(found, SourceEvent):
                self.count(found, meta, totals)
            else:
                self._count_text(found if isinstance(text, Broken) else text, line, meta, totals)
        return totals

    def _count_text(
        self, text: bytes | Broken, line: int, meta: dict[str, Any] | None, totals: EventTotals
    ) -> None:
        """Count a text that cannot be decoded whole; the attributes that rules read may still be valid."""
        totals.counts.events += 1
        try:
            if isinstance(text, Broken):
                self._tally(totals).reject_broken(text, totals.counts.events)
            else:
                program = self._program = self._program or self.make_program().prepare()
                self._take(program.apply_json(text, meta), line, totals)
        except Invalid as invalid:
            broken = Broken(line, invalid.kind, invalid.reason)
            self._tally(totals).reject_broken(broken, totals.counts.events)

    def count(self, given: SourceEvent, meta: dict[str, Any] | None, totals: EventTotals) -> None:
        """Count one event. meta: what `$meta` holds of it."""
        recorder = self.recorder
        totals.counts.events += 1
        self._take(recorder.apply_decoded(given.event, meta), given.line, totals)
        log = recorder.log
        totals.won.update(self._winners & log.reached)
        for number, value in log.missed:
            totals.missed.setdefault(number, Counter())[self._shown(recorder.points[number], value)] += 1
        totals.unread.update(recorder.unread(given.event, _shown_name))

    def _take(self, outcomes: Iterable[Outcome], line: int, totals: EventTotals) -> None:
        tally = self._tally(totals)
        for outcome in outcomes:
            tally.take(outcome, line)
            totals.invalid.update({note.path for note in _left_out(outcome)})
            if outcome.payload is not None:
                self._payload(outcome.payload, outcome.section, totals)

    def _shown(self, point: Point, value: Json) -> str:
        """A value that a table lacks, or a name that no section has, if it may be shown; else OTHERS."""
        if point.kind == "match":
            name = value if isinstance(value, str) and len(value) <= _LONGEST_NAME else ""
            return str(self.names.shown(name) or OTHERS) if name else OTHERS
        is_hidden = point.kind == "extract" or point in self.recorder.personal
        return OTHERS if is_hidden else _shown_value(value)

    def _tally(self, totals: EventTotals) -> Tally:
        return Tally(self.feed_name, self.names, False, totals.counts)

    def _payload(self, payload: dict[str, Any], section: int, totals: EventTotals) -> None:
        totals.sections[section] += 1
        seen: dict[str, list[Json]] = {}
        _find_values(payload, "", seen)
        totals.present.update(seen.keys())
        for path, values in seen.items():
            if values:
                distinct = totals.distinct.get(path)
                if distinct is None:
                    distinct = totals.distinct[path] = Distinct()
                distinct.add(values)
        name = str(payload.get(self.recorder.program.code.name_field, ""))
        shown = str(self.names.shown(name) or SafeText("other names")) if name else "payloads"
        totals.payloads[shown] += 1
        totals.counts.sent += 1
        for signal in self.recorder.signals:
            if not seen.keys().isdisjoint(signal):
                totals.signals[shown, signal[0]] += 1


def statistics(
    path: str | Path,
    events: Iterable[dict[str, Any]],
    meta: dict[str, Any] | None = None,
    *,
    reveal: bool = False,
    schemas: str | Path | None = None,
) -> Statistics:
    """The payloads and gaps of a mapping file for some events.

    meta: what `$meta` of every event holds besides its line. reveal: names of events that the mapping does
    not hold are shown. Raises CompileError and OSError.
    """
    recorder = authoring.record_mapping(path, schemas=schemas)
    names = ShownNames(frozenset(recorder.program.code.names), reveal)
    worker = StatisticsWorker(recorder, partial(mapper.compile_mapping, path, schemas=schemas), names)
    totals, part = EventTotals(), EventTotals()
    for line, event in enumerate(given_events(events), 1):
        worker.count(SourceEvent(line, event), meta_of(line, meta or {}), part)
        if line % _TOGETHER == 0:
            totals.add(part)
            part = EventTotals()
    totals.add(part)
    return summed(totals, recorder)


def summed(totals: EventTotals, recorder: Recorder) -> Statistics:
    """The counts as statistics, in the order in which they are shown."""
    counts = totals.counts
    return Statistics(
        counts.events,
        counts.sent,
        counts.skipped,
        counts.rejected,
        tuple(_outcomes(counts)),
        tuple(_by_event(totals, recorder)),
        tuple(_paths(totals, recorder)),
        tuple(sorted(totals.unread.items(), key=lambda one: (-one[1], one[0]))),
        tuple(_tables(totals, recorder)),
    )


def _outcomes(counts: EventCounts) -> Iterator[tuple[str, str, int]]:
    yield "sent", "", counts.sent
    for why, count in counts.skips.most_common():
        yield "skipped", str(why), count
    for (path, message), count in counts.reasons.most_common():
        yield "rejected", f"{path}: {message}" if path else str(message), count


def _by_event(totals: EventTotals, recorder: Recorder) -> Iterator[EventStatistics]:
    for name, payloads in totals.payloads.most_common():
        signals = ((one[0], totals.signals[name, one[0]]) for one in recorder.signals)
        yield EventStatistics(name, payloads, tuple(signals))


def _paths(totals: EventTotals, recorder: Recorder) -> Iterator[PathStatistics]:
    """The statistics of each path of the sections that sent. Of nested alternatives, the outer ones count."""
    due: Counter[str] = Counter()
    for section, rules in recorder.program.code.sections:
        if totals.sections[section]:
            due.update(dict.fromkeys((path for path, _ in rules), totals.sections[section]))
    alternatives = [point for point in recorder.points if point.kind == "alternative"]
    winners: dict[str, list[Winner]] = {}
    for number, point in enumerate(recorder.points):
        if totals.won[number] and not any(is_within(point, one) for one in alternatives):
            winners.setdefault(point.name, []).append(_winner(point, totals.won[number]))
    for path, count in due.items():
        distinct = totals.distinct.get(path) or totals.distinct.get(f"{path}[]") or Distinct()
        said = distinct.count, distinct.is_exact
        found = tuple(sorted(winners.get(path, ()), key=lambda one: -one.events))
        yield PathStatistics(path, count, totals.present[path], totals.invalid[path], *said, found)


def _winner(point: Point, events: int) -> Winner:
    return Winner(point.part or point.kind, point.span.text.name, point.span.line, events)


def _tables(totals: EventTotals, recorder: Recorder) -> Iterator[TableStatistics]:
    for number, values in sorted(totals.missed.items(), key=lambda one: -one[1].total()):
        point = recorder.points[number]
        shown = [(value, count) for value, count in values.most_common() if value != OTHERS]
        yield TableStatistics(point.name, point.span.text.name, point.span.line, values.total(), tuple(shown))


def _left_out(outcome: Outcome) -> Iterator[Any]:
    """The notes and reasons about invalid or blocked values."""
    reasons = outcome.rejection.reasons if outcome.rejection is not None else ()
    for note in (*outcome.notes, *reasons):
        if note.kind in ("invalid", "guard"):
            yield note


def _find_values(value: dict[str, Any], path: str, seen: dict[str, list[Json]]) -> None:
    """Add each path of a payload that has a value to `seen`, with its values other than objects and lists."""
    for name, one in value.items():
        at = f"{path}.{name}" if path else name
        kind = type(one)
        if kind is dict:
            seen.setdefault(at, [])
            _find_values(one, at, seen)
        elif kind is list:
            found = seen.setdefault(at, [])
            for element in one:
                if type(element) is dict:
                    _find_values(element, f"{at}[]", seen)
                else:
                    found.append(element)
        else:
            seen.setdefault(at, []).append(one)


@lru_cache(maxsize=4096)
def _shown_name(name: str) -> str:
    """A key of an event if it looks like an attribute's name, not like a value; else `*`."""
    return name if _ATTRIBUTE.fullmatch(name) else "*"


def _shown_value(value: Json) -> str:
    """A value that a table lacks, if it looks like a word and not like an address or token; else OTHERS."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if _PLAIN_VALUE.fullmatch(text) else OTHERS


def _one_of(known: Counter[str], key: str, most: int) -> str:
    return key if key in known or len(known) < most else OTHERS
