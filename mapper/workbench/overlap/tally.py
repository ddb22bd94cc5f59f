"""Pairs and single records -> counts by name and day, and how fields differ; no value of an event."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Literal, TypeAlias

from mapper.feeds.parted_file import PARTS, PartedFile
from mapper.workbench.overlap.record import (
    FIELDS,
    ID,
    MOST_NAMES,
    NAME,
    NO_ID,
    NO_NUMBER,
    OTHERS,
    SIDE,
    TAG,
    TIME,
    OverlapWords,
    Unpacked,
)

SIDES = ("tag", "server")
END_SECONDS = 3600
"""Events less than this from an end of the common time are not judged: their partners may be outside."""
_QUARTER = 900  # all zones of today change by whole quarters of an hour
_KEPT_DAYS = 2**14
_MOST_RATIOS = 1000
_PLACES_OF_RATIO = 2
# Seconds below which a time apart is counted by steps of so many: few counts, and each unit as it is shown.
_STEPS_APART = ((600, 1), (26 * 3600, 60), (30 * 86_400, 3600), (2**32, 86_400))
_EQUAL = 1e-9
EventClass: TypeAlias = Literal["both", "other_id", "only_tag", "only_server"]
_NEITHER = "neither"
_WHY = (
    *("the server has no event with its id", "it has no id", "the tag has no event with its id"),
    *("other id", "differs: "),
)
_OTHER_ID, _DIFFERS = 3, 4
# The bytes of an unlike event before those of the fields that differ.
_FIXED_BYTES = 11


@dataclass(frozen=True, slots=True)
class CommonTime:
    """The Unix seconds in which both sides have events, from the first to the last."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """The full days, if up to an hour is missing at each end."""
        return (self.last - self.first + 2 * END_SECONDS) // 86_400

    def judges(self, time: int) -> bool:
        """Whether an event of a time is far enough from both ends to be judged."""
        return self.first + END_SECONDS <= time <= self.last - END_SECONDS


@dataclass(slots=True)
class OverlapTally:
    """The counts of a common time, by name and day. events: takes those that are not alike on both sides."""

    words: OverlapWords
    time: CommonTime
    zone: tzinfo = UTC
    events: UnlikeEvents | None = None
    classes: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    without_id: Counter[int] = field(default_factory=Counter)
    copies: Counter[tuple[int, int]] = field(default_factory=Counter)
    outside: int = 0
    outcomes: dict[tuple[int, bool], Counter[tuple[str, ...]]] = field(default_factory=dict)
    ratios: dict[tuple[int, bool, int], Counter[float]] = field(default_factory=dict)
    apart: dict[int, Counter[int]] = field(default_factory=dict)
    _day: Callable[[int], str] = field(init=False)
    _last: int = field(init=False)

    def __post_init__(self) -> None:
        self._day = lru_cache(_KEPT_DAYS)(self._day_of)
        self._last = FIELDS + len(self.words.shown)

    def _day_of(self, quarter: int) -> str:
        return datetime.fromtimestamp(quarter * _QUARTER, self.zone).date().isoformat()

    def pair(self, tag: Unpacked, server: Unpacked, *, one_id: bool) -> None:
        """Count an event that both sides have, by the tag's time."""
        if not self._is_judged(tag):
            return
        self._count(tag, "both" if one_id else "other_id")
        key = _counted_as(tag[NAME]), one_id
        if one_id:
            self.apart.setdefault(key[0], Counter())[_apart(tag[TIME], server[TIME])] += 1
        told = tuple(map(_outcome, tag[FIELDS : self._last], server[FIELDS : self._last]))
        self.outcomes.setdefault(key, Counter())[told] += 1
        if self.events is not None:
            self.events.add_pair(tag, server, told, one_id=one_id)
        if "differs" in told:
            self._compare_numbers(tag, server, told, key)

    def _compare_numbers(
        self, tag: Unpacked, server: Unpacked, told: tuple[str, ...], key: tuple[int, bool]
    ) -> None:
        for place, (path, outcome) in enumerate(zip(self.words.shown, told, strict=True)):
            one = tag[FIELDS + place]
            if outcome == "differs" and self.words.compare.get(path) == "number" and one:
                counter = self.ratios.setdefault((*key, place), Counter())
                ratio = round(server[FIELDS + place] / one, _PLACES_OF_RATIO)
                if math.isfinite(ratio) and (ratio in counter or len(counter) < _MOST_RATIOS):
                    counter[ratio] += 1

    def single(self, record: Unpacked) -> None:
        """Count an event that one side has."""
        if self._is_judged(record):
            self._count(record, "only_tag" if record[SIDE] == TAG else "only_server")
            if self.events is not None:
                self.events.add_single(record)

    def copy(self, record: Unpacked) -> None:
        """Count an event that its side has twice."""
        self.copies[_counted_as(record[NAME]), record[SIDE]] += 1

    def _is_judged(self, record: Unpacked) -> bool:
        if self.time.judges(record[TIME]):
            return True
        self.outside += record[SIDE] == TAG
        return False

    def _count(self, record: Unpacked, kind: EventClass) -> None:
        number = _counted_as(record[NAME])
        self.classes[number, self._day(record[TIME] // _QUARTER), kind] += 1
        if record[SIDE] == TAG and record[ID] == NO_ID:
            self.without_id[number] += 1


def _counted_as(number: int) -> int:
    return min(number, MOST_NAMES)


def _apart(one: int, other: int) -> int:
    """The seconds between two times, rounded up to a step."""
    seconds = abs(one - other)
    step = next(step for below, step in _STEPS_APART if seconds < below)
    return -(-seconds // step) * step


def _outcome(tag: float, server: float) -> str:
    """How a field differs: two digests, of which 0 is none, or two numbers."""
    none = NO_NUMBER if type(tag) is float else 0
    if tag == server:
        return _NEITHER if tag == none else "equal"
    if server == none:
        return "lacks"
    if tag == none:
        return "adds"
    return "equal" if none and math.isclose(tag, server, rel_tol=_EQUAL) else "differs"


def name_of(number: int, names: list[str]) -> str:
    """The name that the events of a number are counted as."""
    return names[number] if number < len(names) else OTHERS


class UnlikeEvents:
    """The lines of events that one side alone has, or both with other ids or values, without a value of them.

    Both events of such a pair have a line for its ids, and one for the fields that differ.
    """

    def __init__(self, last_lines: tuple[int, int], compared: tuple[str, ...]) -> None:
        self._shares = [last // PARTS + 1 for last in last_lines]
        self._files = [PartedFile(held=2**12) for _ in SIDES]
        self._compared = compared
        # Line, why, number of the name, line of the partner, and a bit for each field that differs.
        self._size = _FIXED_BYTES + (len(compared) + 7) // 8

    def add_single(self, record: Unpacked) -> None:
        """Take a record that has no partner."""
        self._add(record, 1 if record[ID] == NO_ID else 2 * record[SIDE])

    def add_pair(self, tag: Unpacked, server: Unpacked, told: tuple[str, ...], *, one_id: bool) -> None:
        """Take two records of one event. told: the outcome of each field."""
        outcomes = enumerate(told[: len(self._compared)])
        differing = sum(1 << place for place, outcome in outcomes if outcome == "differs")
        for record, partner in ((tag, server), (server, tag)):
            if not one_id:
                self._add(record, _OTHER_ID, partner[-1])
            if differing:
                self._add(record, _DIFFERS, partner[-1], differing)

    def _add(self, record: Unpacked, why: int, partner: int = 0, differing: int = 0) -> None:
        side, line = record[SIDE], record[-1]
        bits = 8 * (self._size - _FIXED_BYTES)
        packed = (((line << 8 | why) << 16 | record[NAME]) << 32 | partner) << bits | differing
        part = min(line // self._shares[side], PARTS - 1)
        self._files[side].add(part, packed.to_bytes(self._size, "big"))

    def lines(self, names: list[str]) -> Iterator[dict[str, str | int]]:
        """A line for each, in their order: its side, its number, its name if that is shown, and why.

        Of a pair also the line of the partner, on the other side.
        """
        for side, file in zip(SIDES, self._files, strict=True):
            for number in range(PARTS):
                content = b"".join(file.pieces(number))
                for one in sorted(content[at : at + self._size] for at in range(0, len(content), self._size)):
                    partner = int.from_bytes(one[7:_FIXED_BYTES], "big")
                    differing = int.from_bytes(one[_FIXED_BYTES:], "big")
                    paths = (path for place, path in enumerate(self._compared) if differing >> place & 1)
                    yield {
                        "side": side,
                        "line": int.from_bytes(one[:4], "big"),
                        "event_name": name_of(int.from_bytes(one[5:7], "big"), names),
                        "why": _WHY[one[4]] + ", ".join(paths),
                        **({"partner": partner} if partner else {}),
                    }

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
