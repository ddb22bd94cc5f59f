"""An event -> amounts in it that are 100 times what others beside them add up to: one of them is in cents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import islice
from math import isclose
from typing import Any, NamedTuple

from mapper.values.frozen import dataclass
from mapper.values.types import Json

# Names from the event on, `[]` for the elements of a list.
SamplePath = tuple[str, ...]
ELEMENTS = "[]"
# How deep an order may be in the event; how many lines, pairs of amounts and pieces are looked at, and how
# many numbers of an object, since each is compared with each product of two others.
_DEEPEST = 4
_MOST_LINES = 200
_MOST_NUMBERS = 30
_MOST_PAIRS = 2_000
_MOST_QUANTITY = 10_000
_HUNDRED = 100
# Fewer events, or a smaller share of them (one in so many), may show it by chance.
_FEWEST = 3
_SHARE = 5
_LONGEST_NUMBER = 15


class _Pair(NamedTuple):
    """A total, and an amount of the lines that are added up; quantity: what each line is multiplied by."""

    total: SamplePath
    amount: SamplePath
    quantity: str


@dataclass(slots=True)
class _Compared:
    """The number of times a pair was compared, and the totals of which one side was 100 times the other."""

    times: int = 0
    totals: dict[float, int] = field(default_factory=dict)
    lines: dict[float, int] = field(default_factory=dict)


@dataclass(slots=True)
class SampleSums:
    """The sums of many events, compared with the totals beside them."""

    _pairs: dict[_Pair, _Compared] = field(default_factory=dict)

    def add(self, event: dict[str, Any]) -> None:
        """Look at one event more."""
        for at, holder in _objects(event, (), 0):
            lists = [(name, lines) for name, one in holder.items() if (lines := _lines(one))]
            totals = list(islice(_totals(at, holder), _MOST_NUMBERS)) if lists else []
            for name, lines in lists:
                self._compare(totals, (*at, name, ELEMENTS), lines)

    def in_small_units(self) -> dict[SamplePath, int]:
        """The attributes that are in small units, each with how many events show it."""
        found: dict[SamplePath, int] = {}
        for pair, compared in self._pairs.items():
            for path, shown in ((pair.total, compared.totals), (pair.amount, compared.lines)):
                count = sum(shown.values())
                if len(shown) >= _FEWEST and count * _SHARE >= compared.times:
                    found[path] = max(found.get(path, 0), count)
        return found

    def _compare(
        self, totals: list[tuple[SamplePath, float]], at: SamplePath, lines: list[dict[str, Json]]
    ) -> None:
        for (name, quantity), amount in _sums(lines):
            for path, total in totals:
                pair = _Pair(path, (*at, name), quantity)
                compared = self._pairs.get(pair)
                if compared is None:
                    if len(self._pairs) >= _MOST_PAIRS:
                        continue
                    compared = self._pairs[pair] = _Compared()
                compared.times += 1
                if isclose(total, _HUNDRED * amount):
                    _count(compared.totals, total)
                elif isclose(_HUNDRED * total, amount):
                    _count(compared.lines, total)


def _count(shown: dict[float, int], total: float) -> None:
    # The first few totals are told apart, and all are counted.
    key = total if total in shown or len(shown) < _FEWEST else next(iter(shown))
    shown[key] = shown.get(key, 0) + 1


def _objects(value: Json, at: SamplePath, depth: int) -> Iterator[tuple[SamplePath, dict[str, Json]]]:
    if isinstance(value, dict) and depth <= _DEEPEST:
        yield at, value
        for name, one in value.items():
            yield from _objects(one, (*at, name), depth + 1)


def _lines(value: Json) -> list[dict[str, Json]]:
    """The lines of an order; none where it is something else."""
    listed = value if isinstance(value, list) and len(value) <= _MOST_LINES else []
    lines = [one for one in listed if isinstance(one, dict)]
    return lines if len(lines) == len(listed) else []


def _totals(at: SamplePath, holder: dict[str, Json]) -> Iterator[tuple[SamplePath, float]]:
    for name, value in holder.items():
        number = _number(value)
        if number:
            yield (*at, name), number


def _sums(lines: list[dict[str, Json]]) -> Iterator[tuple[tuple[str, str], float]]:
    """For each number of all lines: their sum, and with each other whole number of them as their quantity."""
    columns: dict[str, list[float]] = {}
    for name in lines[0]:
        numbers = [_number(line.get(name)) for line in lines]
        known = [number for number in numbers if number is not None]
        if len(known) == len(lines):
            columns[name] = known
        if len(columns) == _MOST_NUMBERS:
            break
    for name, amounts in columns.items():
        yield (name, ""), sum(amounts)
        for other, quantities in columns.items():
            if other != name and all(one.is_integer() and 0 < one < _MOST_QUANTITY for one in quantities):
                yield (name, other), sum(a * b for a, b in zip(amounts, quantities, strict=True))


def _number(value: Json) -> float | None:
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_NUMBER and value[:1].isdigit():
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 2**53 else None
