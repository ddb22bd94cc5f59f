"""RuleCoverage -> text for a person, JSON, and LCOV for viewers of coverage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mapper.authoring import Point
from mapper.cli.terminal import visible
from mapper.workbench.coverage import GROUPS, RuleCoverage, is_within, label, lines_of, outermost


def covered_line(coverage: RuleCoverage) -> str:
    """`rules 31 of 34 · sections 3 of 4 · arms 5 of 8`."""
    parts = [(group, *coverage.of(group)) for group in GROUPS]
    return " · ".join(f"{group} {acted} of {whole}" for group, acted, whole in parts if whole)


def untested_lines(coverage: RuleCoverage) -> Iterator[str]:
    """`never acted: subscribe (:52 with 3 parts in it), from[2] of external_id (:24)`, and the points that
    acted for tests that do not name what they make, as `reached, not tested: value (:12)`; a line for each
    file, which is named where there are several.
    """
    lists = {"never acted": coverage.never, "reached, not tested": coverage.reached}
    for title, points in lists.items():
        listed = outermost(points)
        inside = [one for one in points if one not in listed]
        for file, group in groupby(listed, lambda one: one.span.text.name):
            told = [f"{label(one)} (:{one.span.line}{_folded(one, inside)})" for one in group]
            where = "" if file == coverage.file else f" in {file}"
            yield visible(f"{title}{where}: {', '.join(told)}")


def covered_json(coverage: RuleCoverage) -> dict[str, Any]:
    """The counts, and each point with how many events it acted for."""
    groups = {group: dict(zip(("acted", "of"), coverage.of(group), strict=True)) for group in GROUPS}
    points = [
        {
            "kind": point.kind,
            "name": point.name,
            "part": point.part,
            "label": label(point),
            "file": point.span.text.name,
            "line": point.span.line,
            "column": point.span.column,
            "events": count,
            "untested": point in coverage.untested,
        }
        for point, count in coverage.counts
    ]
    return {**groups, "percent": round(coverage.percent, 2), "points": points}


def as_lcov(coverage: RuleCoverage) -> str:
    """LCOV's tracefile: each line with the most that anything on it acted, each point as a branch of it."""
    records: dict[str, list[tuple[int, list[int]]]] = {}
    for file, line, points in lines_of(coverage):
        records.setdefault(file, []).append((line, [count for _, count in points]))
    return "".join(_record(file, lines) for file, lines in records.items())


def _record(file: str, lines: list[tuple[int, list[int]]]) -> str:
    found = [f"SF:{visible(file)}"]
    branches = [(line, place, count) for line, counts in lines for place, count in enumerate(counts)]
    hit = {line for line, counts in lines if any(counts)}
    for line, place, count in branches:
        found.append(f"BRDA:{line},0,{place},{count if line in hit else '-'}")
    found += [f"BRF:{len(branches)}", f"BRH:{sum(count > 0 for _, _, count in branches)}"]
    found += [f"DA:{line},{max(counts)}" for line, counts in lines]
    found += [f"LF:{len(lines)}", f"LH:{len(hit)}", "end_of_record"]
    return "TN:\n" + "".join(f"{one}\n" for one in found)


def _folded(point: Point, others: list[Point]) -> str:
    """` with 3 parts in it`: the parts inside, which are counted but not listed."""
    count = sum(is_within(one, point) for one in others)
    return f" with {count} part{'s' if count > 1 else ''} in it" if count else ""
