"""Counts of two sides -> Overlap: what it says of each name, and whether the tag can go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mapper.workbench.overlap.record import SERVER, TAG, OverlapWords
from mapper.workbench.overlap.tally import CommonTime, OverlapTally, name_of

OverlapVerdict: TypeAlias = Literal["can go", "not yet", "too few events"]
COVERED_PERCENT, AGREE_PERCENT, LESS_POINTS = 98.0, 99.0, 2.0
FEWEST_EVENTS, FEWEST_DAYS = 100, 14
# The standard normal distribution has 95 % of its weight so far around its middle.
_Z = 1.959964
_FEWEST_OF_RATIO = 5
MOST_APART = 3600
# Clocks of two zones are up to 26 hours apart, by whole and half hours; each may be inexact by a minute.
_HALF_HOUR, _INEXACT, _MOST_OF_ZONES = 1800, 60, 26 * 3600


@dataclass(frozen=True, slots=True)
class FieldOverlap:
    """A field in the pairs of a name that have it on a side. lacks, adds: of the server.

    ratio: the server's number divided by the tag's, as it is in most pairs that differ, and in how many.
    """

    path: str
    equal: int
    differs: int
    lacks: int
    adds: int
    ratio: tuple[float, int] | None = None

    @property
    def pairs(self) -> int:
        """The pairs in which a side has the field."""
        return self.equal + self.differs + self.lacks + self.adds

    @property
    def tag(self) -> int:
        """The pairs in which the tag has it."""
        return self.pairs - self.adds

    @property
    def server(self) -> int:
        """The pairs in which the server has it."""
        return self.pairs - self.lacks


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """The events of a name, or of one day of it, each in one class.

    both: with one id; other_id: of both sides, with different ids or without; only_tag, only_server: of one.
    """

    both: int
    other_id: int
    only_tag: int
    only_server: int

    @property
    def tag(self) -> int:
        """The events of the tag."""
        return self.both + self.other_id + self.only_tag

    @property
    def server(self) -> int:
        """The events of the server."""
        return self.both + self.other_id + self.only_server

    @property
    def covered(self) -> int:
        """The tag's events that remain if the tag goes."""
        return self.both + self.other_id


@dataclass(frozen=True, slots=True)
class TimeApart:
    """The seconds between the two events of a pair: the median, and the most in 95 % of the pairs."""

    median: int
    most: int

    @classmethod
    def counted(cls, counts: Mapping[int, int]) -> TimeApart | None:
        """The two of counts by seconds; None of no pair."""
        return cls(_percentile(counts, 50), _percentile(counts, 95)) if counts else None

    @property
    def may_be_zone(self) -> bool:
        """Whether the median is as far as clocks of two time zones are apart."""
        beyond = (self.median + _INEXACT) % _HALF_HOUR
        return beyond <= 2 * _INEXACT and _INEXACT < self.median <= _MOST_OF_ZONES + _INEXACT


def _percentile(counts: Mapping[int, int], percent: int) -> int:
    """The least number that so many of the counted ones do not exceed."""
    wanted, found = percent * sum(counts.values()), 0
    for number in sorted(counts):
        found += 100 * counts[number]
        if found >= wanted:
            return number
    return 0


@dataclass(frozen=True, slots=True)
class NameOverlap:
    """The events of one name. fields: of its pairs with one id, or if there are none, of those without.

    apart: the time between the two events of its pairs with one id.
    """

    name: str
    counts: ClassCounts
    without_id: int
    copies: tuple[int, int]
    days: tuple[tuple[str, ClassCounts], ...]
    fields: tuple[FieldOverlap, ...]
    fields_of: Literal["both", "other_id"]
    apart: TimeApart | None
    verdict: OverlapVerdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverlapSide:
    """The events of a side. strange: its lines that hold no event; first_strange: the first of them, or 0.

    unsent: of source events, those of which a mapping or the service made none.
    """

    feed: str
    events: int
    first: int = 0
    last: int = 0
    strange: int = 0
    first_strange: int = 0
    unsent: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two sides beside each other. time: in Unix seconds. outside: the tag's events that are not judged."""

    tag: OverlapSide
    server: OverlapSide
    time: CommonTime
    zone: str
    outside: int
    names: tuple[NameOverlap, ...]


@dataclass(frozen=True, slots=True)
class OverlapLimits:
    """The limits of a verdict. covered: percent by name, where another one is asked for."""

    covered: Mapping[str, float] = field(default_factory=dict)
    days: int = FEWEST_DAYS


def least_share(count: int, of: int) -> float:
    """The lower end of the 95 % Wilson interval of a share, in percent."""
    if not of:
        return 0.0
    share, spread = count / of, _Z * _Z / of
    middle = share + spread / 2
    around = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, 100 * (middle - around) / (1 + spread))


def judged(
    sides: tuple[OverlapSide, OverlapSide],
    tally: OverlapTally,
    names: list[str],
    limits: OverlapLimits,
    zone: str,
) -> Overlap:
    """The overlap of two sides by their counts, the most frequent name of the tag first."""
    days: dict[int, dict[str, Counter[str]]] = {}
    for (number, day, kind), count in sorted(tally.classes.items()):
        days.setdefault(number, {}).setdefault(day, Counter())[kind] += count
    for number, _ in tally.copies:
        days.setdefault(number, {})
    found = [
        _of_name(tally, (number, name_of(number, names)), by_day, limits) for number, by_day in days.items()
    ]
    found.sort(key=lambda one: (-one.counts.tag, -one.counts.server, one.name))
    return Overlap(*sides, tally.time, zone, tally.outside, tuple(found))


def _of_name(
    tally: OverlapTally, named: tuple[int, str], by_day: Mapping[str, Counter[str]], limits: OverlapLimits
) -> NameOverlap:
    number, name = named
    counts = _counts(sum(by_day.values(), Counter()))
    one_id = counts.both > 0
    fields = tuple(_fields(tally, number, one_id))
    apart = TimeApart.counted(tally.apart.get(number, {}))
    few = [*_few(counts, tally.time, limits.days)]
    reasons = [
        *uncovered(counts, limits.covered.get(name, COVERED_PERCENT)),
        *_lacking(fields, tally.words),
        *_differing(fields, tally.words),
        *_far_apart(apart),
    ]
    return NameOverlap(
        name,
        counts,
        tally.without_id[number],
        (tally.copies[number, TAG], tally.copies[number, SERVER]),
        tuple((day, _counts(one)) for day, one in by_day.items()),
        fields,
        "both" if one_id else "other_id",
        apart,
        "too few events" if few else "not yet" if reasons else "can go",
        (*few, *reasons),
    )


def _counts(classes: Counter[str]) -> ClassCounts:
    return ClassCounts(*(classes[kind] for kind in ("both", "other_id", "only_tag", "only_server")))


def _fields(tally: OverlapTally, number: int, one_id: bool) -> Iterator[FieldOverlap]:
    """The fields that a side has in the pairs of a kind."""
    outcomes = tally.outcomes.get((number, one_id), Counter())
    for place, path in enumerate(tally.words.shown):
        counted: Counter[str] = Counter()
        for told, count in outcomes.items():
            counted[told[place]] += count
        kinds = (counted["equal"], counted["differs"], counted["lacks"], counted["adds"])
        if any(kinds):
            ratios = tally.ratios.get((number, one_id, place), Counter())
            ratio = ratios.most_common(1)[0] if ratios else None
            is_common = ratio is not None and ratio[1] >= max(_FEWEST_OF_RATIO, counted["differs"] / 2)
            yield FieldOverlap(path, *kinds, ratio=ratio if is_common else None)


def _few(counts: ClassCounts, time: CommonTime, days: int) -> Iterator[str]:
    if counts.tag < FEWEST_EVENTS:
        yield f"events of the tag: {counts.tag:,}, must be {FEWEST_EVENTS}"
    if time.days < days:
        yield f"full days in common: {time.days}, must be {days}"


def uncovered(counts: ClassCounts, wanted: float) -> Iterator[str]:
    """Why too few of the tag's events are covered, or may be: the lower end of the interval counts."""
    if 100 * counts.covered < wanted * counts.tag:
        yield f"covered {tenths(counts.covered, counts.tag)}, must be {wanted:g} %"
    elif counts.tag and (least := least_share(counts.covered, counts.tag)) < wanted:
        yield (
            f"covered {tenths(counts.covered, counts.tag)}, but of so few events it may be {least:.1f} %, "
            f"must be {wanted:g} %"
        )


def _lacking(fields: tuple[FieldOverlap, ...], words: OverlapWords) -> Iterator[str]:
    for one in fields:
        if one.path in words.person and 100 * (one.tag - one.server) > LESS_POINTS * one.pairs:
            leaf = one.path.rpartition(".")[2]
            yield f"the server lacks {leaf} where the tag has it ({tenths(one.lacks, one.pairs)})"


def _differing(fields: tuple[FieldOverlap, ...], words: OverlapWords) -> Iterator[str]:
    for one in fields:
        if one.path in words.compare and 100 * one.equal < AGREE_PERCENT * one.tag:
            yield f"{one.path} agrees in {tenths(one.equal, one.tag)}, must be {AGREE_PERCENT:g} %"


def _far_apart(apart: TimeApart | None) -> Iterator[str]:
    if apart is not None and apart.most > MOST_APART:
        zone = ": a time zone?" if apart.may_be_zone else ""
        told = f"95 % of the pairs of one id are at most {span(apart.most)} apart, must be {span(MOST_APART)}"
        yield f"{told}{zone}"


def span(seconds: int) -> str:
    """`12 s`, `61 min`, `2 h`, `72 h` or `40 d`."""
    minutes = 3600 if seconds % 3600 == 0 else 7200
    units = ((600, 1, "s"), (minutes, 60, "min"), (30 * 86_400, 3600, "h"))
    size, unit = next(((size, unit) for below, size, unit in units if seconds < below), (86_400, "d"))
    return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"


def tenths(count: int, of: int) -> str:
    """`95.8 %`; never rounded to 0 or 100 where it is neither."""
    share = 100 * count / of if of else 0.0
    if 0 < share < 0.1:
        return "<0.1 %"
    if 99.9 < share < 100:
        return ">99.9 %"
    return f"{share:.1f} %" if 0 < share < 100 else f"{share:.0f} %"
