"""Two versions of a mapping x samples -> what differs in what they send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from mapper import Outcome
from mapper.authoring import Analysis
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.sample_look import SampleLook, end_of, look, shown_rows
from mapper.playground.shown_value import shown
from mapper.values.types import Json

_MOST_ROWS = 500
# Of so many samples it is told what differs; others are counted.
_MOST_TRACED = 50
_NOTHING = "not sent"


@dataclass(frozen=True, slots=True)
class _Version:
    """One of the two versions: its analysis, and how its files are called."""

    analysis: Analysis
    places: Places


def changes(
    before: tuple[Analysis, Places], after: tuple[Analysis, Places], question: MappingQuestion
) -> dict[str, Any]:
    """As the page is told it. Raises CompileError where one of the two has errors."""
    old, new = _Version(*before), _Version(*after)
    same = differ = 0
    rows: list[dict[str, Any]] = []
    for number, sample in enumerate(question.samples):
        event, meta = sample.event, question.event_meta
        if event is None:
            continue
        if _is_same(old.analysis.outcomes(event, meta), new.analysis.outcomes(event, meta)):
            same += 1
            continue
        differ += 1
        if differ <= _MOST_TRACED and len(rows) < _MOST_ROWS:
            rows += ({"sample": number, **row} for row in _differences(old, new, sample, question, meta))
    return {"same": same, "differ": differ, "rows": rows[:_MOST_ROWS]}


def _is_same(old: tuple[Outcome, ...], new: tuple[Outcome, ...]) -> bool:
    """Whether an event ends alike: the same payloads, or left out for the same reasons."""
    return [_end(one) for one in old] == [_end(one) for one in new]


def _end(outcome: Outcome) -> object:
    if outcome.payload is not None:
        return outcome.payload
    if outcome.skip is not None:
        return outcome.skip.kind, outcome.skip.reason
    reasons = () if outcome.rejection is None else outcome.rejection.reasons
    return [(one.path, one.message) for one in reasons]


def _differences(
    old: _Version, new: _Version, sample: SampleText, question: MappingQuestion, meta: dict[str, Json]
) -> Iterator[dict[str, Any]]:
    """The differences for one sample, path by path."""
    looks = [look(one.analysis, sample, meta, one.places, reveal=question.reveal) for one in (old, new)]
    pairs = list(zip_longest(*(at.trace.outcomes for at in looks)))
    for first, second in pairs:
        titles = [_title(at, one) for at, one in zip(looks, (first, second), strict=True)]
        if titles[0] != titles[1]:
            yield _row("", *(shown(one, reveal=True) for one in titles), note="")
    leaves = [dict(_leaves(at)) for at in looks]
    for key in dict.fromkeys((*leaves[0], *leaves[1])):
        first_raw, first_shown, first_why = leaves[0].get(key, (None, None, _NOTHING))
        second_raw, second_shown, second_why = leaves[1].get(key, (None, None, _NOTHING))
        if first_raw != second_raw or isinstance(first_raw, bool) != isinstance(second_raw, bool):
            path = key if len(pairs) > 1 else key.partition(":")[2]
            missing = first_why if first_shown is None else second_why if second_shown is None else ""
            yield _row(path, first_shown, second_shown, note=missing)


def _row(path: str, before: Any, after: Any, *, note: str) -> dict[str, Any]:
    return {"path": path, "before": before, "after": after, "note": note}


def _title(at: SampleLook, outcome: Outcome | None) -> str | None:
    return None if outcome is None else end_of(outcome, at.names)[1]


def _leaves(at: SampleLook) -> Iterator[tuple[str, tuple[Json, dict[str, Any] | None, str]]]:
    """The values of all payloads that are sent, by the ids of their nodes: as sent, as shown, why none."""
    numbers = [number for number, one in enumerate(at.trace.outcomes) if one.payload is not None]
    for number, rows in zip(numbers, shown_rows(at), strict=True):
        payload = at.trace.outcomes[number].payload
        for row in rows:
            if row["kind"] in ("leaf", "absent"):
                raw = _at(payload, row["path"]) if row["kind"] == "leaf" else None
                yield row["id"], (raw, row["shown"], row["why"])


def _at(payload: Json, path: str) -> Json:
    """The value at a path of a payload."""
    for name in path.replace("[", ".[").split("."):
        if isinstance(payload, list):
            payload = payload[int(name[1:-1])]
        elif isinstance(payload, dict):
            payload = payload.get(name)
    return payload
