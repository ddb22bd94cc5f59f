"""Recorder x events -> RuleCoverage: which parts of a mapping acted, for how many events each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mapper import Outcome, authoring
from mapper.authoring import MappingTest, Point, Recorder
from mapper.workbench.named_fields import NamedFields

# What a summary counts together, by the kinds of points.
GROUPS = {
    "rules": frozenset({"rule", "let", "skip"}),
    "sections": frozenset({"section"}),
    "arms": frozenset({"alternative", "arm", "lookup", "when", "where", "default", "consent"}),
}
# Where one of these has not acted, nothing in it has: that goes without saying.
_HOLDERS = frozenset({"section", "rule", "let", "alternative"})


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """The points of a mapping, or of several, each with the number of events for which it acted.

    file: of the mapping. It may extend others, whose points are in it too. Points are in the order of their
    places, those of the file itself first.

    The event of a test counts for a point only where the test names what the point makes. untested: the
    points that acted for tests none of which does.
    """

    file: str
    counts: tuple[tuple[Point, int], ...]
    untested: frozenset[Point] = frozenset()

    def of(self, group: str) -> tuple[int, int]:
        """The number of points of one of GROUPS that have acted, and the number of all."""
        counts = [count for point, count in self.counts if point.kind in GROUPS[group]]
        return sum(count > 0 for count in counts), len(counts)

    @property
    def acted(self) -> int:
        """The number of points that have acted."""
        return sum(count > 0 for _, count in self.counts)

    @property
    def percent(self) -> float:
        """The share of the points that have acted; 100 where there are none."""
        return 100 * self.acted / len(self.counts) if self.counts else 100.0

    @property
    def never(self) -> tuple[Point, ...]:
        """The points that have not acted."""
        return tuple(point for point, count in self.counts if not count and point not in self.untested)

    @property
    def reached(self) -> tuple[Point, ...]:
        """The points that have acted for tests that do not name what they make."""
        return tuple(point for point, count in self.counts if not count and point in self.untested)

    @property
    def outermost(self) -> tuple[Point, ...]:
        """The points that have not acted, less those in a section or rule that has not either."""
        return outermost(self.never)


def outermost(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Some points, less those in a section or rule that is among them."""
    holders = [point for point in points if point.kind in _HOLDERS]
    return tuple(point for point in points if not any(is_within(point, one) for one in holders))


@dataclass(slots=True)
class CoverageCount:
    """A recorder that counts for how many events each of its points acts."""

    recorder: Recorder
    counts: Counter[int] = field(default_factory=Counter)
    untested: set[int] = field(default_factory=set)

    def apply(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of an event, as `Program.apply` gives them."""
        outcomes = self.recorder.apply(event, meta)
        self.counts.update(self.recorder.log.reached)
        return outcomes

    def apply_test(self, test: MappingTest) -> None:
        """Count what acts for the event of a test, as far as the test names what it makes."""
        self.recorder.apply(test.given, test.meta)
        named = NamedFields(test.expected, self.recorder)
        for number in self.recorder.log.reached:
            if named.tests(self.recorder.points[number]):
                self.counts[number] += 1
            else:
                self.untested.add(number)

    def coverage(self, file: str) -> RuleCoverage:
        """The points that acted so far."""
        points = self.recorder.points
        counts = [(point, self.counts[number]) for number, point in enumerate(points) if point.counted]
        return _sorted(file, counts, (points[number] for number in self.untested if not self.counts[number]))


def coverage_of(
    path: str | Path,
    events: Iterable[dict[str, Any]],
    meta: dict[str, Any] | None = None,
    *,
    schemas: str | Path | None = None,
) -> RuleCoverage:
    """The rules of a mapping file that some events use. meta: as for `Program.apply`, the same for all.

    Raises CompileError and OSError.
    """
    count = CoverageCount(authoring.record_mapping(path, schemas=schemas))
    for event in events:
        count.apply(event, meta)
    return count.coverage(str(path))


def merged(coverages: Iterable[RuleCoverage]) -> RuleCoverage:
    """The coverage of several mappings together: what two of them extend has acted where it did for one."""
    found: dict[tuple[str, str, str, int, int], tuple[Point, int, bool]] = {}
    files: list[str] = []
    for one in coverages:
        files.append(one.file)
        for point, count in one.counts:
            span = point.span
            key = (point.kind, point.part, span.text.name, span.start, span.end)
            first, before, is_reached = found.get(key, (point, 0, False))
            found[key] = (first, before + count, is_reached or point in one.untested)
    untested = [point for point, count, is_reached in found.values() if is_reached and not count]
    counts = [(point, count) for point, count, _ in found.values()]
    return _sorted(files[0] if len(files) == 1 else "", counts, untested)


def label(point: Point) -> str:
    """The name of a point: `from[2] of external_id`, `skip "unpaid"`."""
    name = point.name.partition(".")[2] or point.name
    match point.kind:
        case "section":
            return point.name or "a section"
        case "skip":
            return f'skip "{point.name}"'
        case "rule" | "let":
            return f"{point.part} of {name}" if point.part else name
        case "when" | "where":
            return f"{point.kind} {point.part} of {name}"
        case "lookup":
            return (
                f'"{point.part}" in the table of {name}' if point.part else f"no entry in the table of {name}"
            )
        case "extract":
            return f"no match in {name}"
        case "consent":
            return f"consent {point.part}"
        case "match":
            return "no section has it"
        case "default":
            return f"default of {name}"
        case "alternative" | "arm":
            return f"{point.part} of {name}"


def lines_of(coverage: RuleCoverage) -> Iterator[tuple[str, int, list[tuple[Point, int]]]]:
    """By file and line, in their order, the points that are written there with their counts."""
    lines: dict[tuple[str, int], list[tuple[Point, int]]] = {}
    for point, count in coverage.counts:
        lines.setdefault((point.span.text.name, point.span.line), []).append((point, count))
    for file, line in sorted(lines):
        yield file, line, lines[file, line]


def _sorted(file: str, counts: list[tuple[Point, int]], untested: Iterable[Point] = ()) -> RuleCoverage:
    def place(one: tuple[Point, int]) -> tuple[bool, str, int, int]:
        span = one[0].span
        return span.text.name != file, span.text.name, span.start, -span.end

    return RuleCoverage(file, tuple(sorted(counts, key=place)), frozenset(untested))


def is_within(point: Point, holder: Point) -> bool:
    """Whether a point is written in another one."""
    inner, outer = point.span, holder.span
    is_inside = inner.text.name == outer.text.name and outer.start <= inner.start and inner.end <= outer.end
    return is_inside and (inner.start, inner.end, point.kind) != (outer.start, outer.end, holder.kind)
