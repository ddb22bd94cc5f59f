"""Families of metrics and their samples -> OpenMetrics text, for every process that exports some."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
END = "# EOF\n"
"""The last line of a scrape."""
_SUFFIXES = {"counter": "_total", "info": "_info", "gauge": "", "histogram": ""}

MetricLabels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric, as a collector is told of it."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    help: str

    def text(self, *samples: tuple[MetricLabels, float]) -> str:
        """The family with its samples."""
        name = f"{self.name}{_SUFFIXES[self.kind]}"
        lines = [f"{name}{_labelled(labels)} {_number(value)}\n" for labels, value in samples]
        return "".join([self._head(), *lines])

    def histogram(self, *samples: tuple[MetricLabels, Histogram]) -> str:
        """The family, which is a histogram, with its samples."""
        lines = [line for labels, values in samples for line in self._buckets(labels, values)]
        return "".join([self._head(), *lines])

    def _head(self) -> str:
        return f"# TYPE {self.name} {self.kind}\n# HELP {self.name} {self.help}\n"

    def _buckets(self, labels: MetricLabels, of: Histogram) -> Iterator[str]:
        for bound, below in of.buckets():
            yield f"{self.name}_bucket{_labelled({**labels, 'le': bound})} {below}\n"
        yield f"{self.name}_count{_labelled(labels)} {of.count}\n"
        yield f"{self.name}_sum{_labelled(labels)} {_number(of.total)}\n"


@dataclass(slots=True)
class Histogram:
    """The number of values below each of some bounds, and their sum."""

    bounds: tuple[float, ...]
    total: float = 0.0
    _counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._counts = [0] * (len(self.bounds) + 1)

    @property
    def count(self) -> int:
        """The number of values."""
        return sum(self._counts)

    def add(self, value: float, times: int = 1) -> None:
        """Count one more value, or several that are equal."""
        self.total += value * times
        self._counts[bisect_left(self.bounds, value)] += times

    def merge(self, other: Histogram) -> None:
        """The values of another one of the same bounds."""
        self.total += other.total
        self._counts = [one + more for one, more in zip(self._counts, other._counts, strict=True)]

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Each bound, and how many values are not above it."""
        below = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            below += count
            yield bound, below


def joined(texts: Iterable[str]) -> str:
    """A whole scrape of the texts of families."""
    return "".join([*texts, END])


def _labelled(labels: MetricLabels) -> str:
    written = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return f"{{{written}}}" if written else ""


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
