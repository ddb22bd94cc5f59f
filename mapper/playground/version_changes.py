"""Two versions of a mapping x samples -> what `mapper diff` tells of them, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mapper.authoring import Analysis
from mapper.feeds import DecodedBlock
from mapper.playground.page_places import Places, rule_texts
from mapper.playground.question import MappingQuestion
from mapper.playground.shown_value import shown
from mapper.workbench.comparison import ComparisonOptions, OutcomeDifference, PathDifference, VersionPair
from mapper.workbench.mapping_version import Version
from mapper.workbench.outline_difference import PlanDifference

# A table alone may have a hundred thousand rows that differ.
_MOST_RULES = 200

# The place of a `file:line`.
_PlaceOf: TypeAlias = Callable[[str], dict[str, Any] | None]


def changes(
    before: tuple[Analysis, Places], after: tuple[Analysis, Places], question: MappingQuestion
) -> dict[str, Any]:
    """As the page is told it. Raises CompileError where one of the two has errors."""
    pair = VersionPair(_version(*before), _version(*after))
    for one in (pair.old, pair.new):
        one.refuse_errors()
    options = ComparisonOptions(meta=question.event_meta, reveal=question.reveal)
    readable = [(at, one.text) for at, one in enumerate(question.samples, 1) if one.event is not None]
    found = pair.compare([DecodedBlock([(at, text.encode()) for at, text in readable])], options)
    place = _places(pair.new, after[1])
    return {
        "same": found.same,
        "differ": found.different,
        "rows": [_row(one, place, reveal=question.reveal) for one in found.rows],
        "rules": [_rule(one, place) for one in found.plan[:_MOST_RULES]],
        "more_rules": max(0, len(found.plan) - _MOST_RULES),
    }


def _version(analysis: Analysis, places: Places) -> Version:
    return Version(places.main, analysis, "" if places.folder is None else str(places.folder))


def _places(version: Version, places: Places) -> _PlaceOf:
    texts = {version.shown(name): text for name, text in rule_texts(version.analysis).items()}

    def place(written: str) -> dict[str, Any] | None:
        file, _, line = written.rpartition(":")
        return places.line(texts.get(file), int(line)) if line else None

    return place


def _row(one: PathDifference | OutcomeDifference, place: _PlaceOf, *, reveal: bool) -> dict[str, Any]:
    """A path or, without one, an outcome that differs. Its values are masked by now."""
    if isinstance(one, PathDifference):
        path, note, values = one.path, "", (one.example.old, one.example.new)
    else:
        path, note, values = "", one.named, one.ends
    before, after = (shown(value, reveal=reveal) for value in values)
    return {
        "path": path,
        "alarm": one.alarm,
        "count": one.count,
        "sample": one.example.line - 1,
        "before": before,
        "after": after,
        "note": note,
        "place": place(one.new),
    }


def _rule(one: PlanDifference, place: _PlaceOf) -> dict[str, Any]:
    return {
        "mark": one.mark,
        "title": one.title,
        "alarm": one.alarm,
        "sections": list(one.sections),
        "facts": [{"name": fact.name, "old": fact.old, "new": fact.new} for fact in one.shown_facts],
        "place": place(one.new),
    }
