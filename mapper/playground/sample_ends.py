"""Analysis x samples -> what each ends as, which parts of the mapping acted, what each rule gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper import Outcome
from mapper.authoring import Analysis
from mapper.masking import MASK
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.sample_look import SampleLook, end_of, look, shown_rows
from mapper.running.counts import ShownNames
from mapper.values.types import Json
from mapper.workbench.coverage import CoverageCount, RuleCoverage, label

NO_SECTION = "no section"
_NOT_READ, _NO_NAME, _SEVERAL_NAMES, _OTHER_NAMES = "name not read", "no name", "several names", "other names"
_MOST_OUTPUTS = 50
# Of so many samples it is told what each rule gave: each is traced, which takes ten times as long as a run.
_MOST_TRACED = 50


@dataclass(slots=True)
class _Ends:
    """The outcomes of the samples looked at so far."""

    samples: list[dict[str, Any]] = field(default_factory=list)
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def ends(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The ends of all samples for the page. Raises CompileError."""
    found = _Ends()
    count = CoverageCount(analysis.recorder)
    names = ShownNames(frozenset(analysis.names), question.reveal)
    sections = _Sections(analysis)
    reads_names = any(one.part == "match" for one in analysis.outline.rules)
    for number, sample in enumerate(question.samples):
        event = sample.event
        if event is None:
            _add(found, sample, [("unreadable", sample.why, sample.why, "", NO_SECTION, "")])
            continue
        outcomes = count.apply(event, question.event_meta)
        event_name = _event_name(analysis.recorder.log.matched, names) if reads_names else ""
        ended = ((*_end(one, names, analysis.name_field), sections.title(one)) for one in outcomes)
        _add(found, sample, [(*one, event_name) for one in ended])
        if number < _MOST_TRACED:
            at = look(analysis, sample, question.event_meta, places, reveal=question.reveal)
            _add_outputs(found, number, at)
    totals = [
        {"end": end, "reason": reason, "count": times} for (end, reason), times in found.totals.most_common()
    ]
    covered = _covered(count.coverage(analysis.text.name), places)
    return {"samples": found.samples, "totals": totals, "outputs": found.outputs, **covered}


def _covered(covered: RuleCoverage, places: Places) -> dict[str, Any]:
    return {
        "coverage": [
            {
                "place": places.of(point.span),
                "name": label(point),
                "part": point.part,
                "kind": point.kind,
                "count": times,
                "counted": point.counted,
            }
            for point, times in covered.counts
        ],
        "acted": covered.acted,
        "all": len(covered.counts),
    }


# The end, what is said of it, the counted reason, the name that is sent, the section, the source's name.
_End: TypeAlias = tuple[str, str, str, str, str, str]


class _Sections:
    """The titles of the sections of a mapping, for the outcomes of the event that its recorder saw last."""

    def __init__(self, analysis: Analysis) -> None:
        lines = {
            f"{one.file}:{one.line}": one.name for one in analysis.outline.rules if one.part == "section"
        }
        self._recorder = analysis.recorder
        self._by_place = [lines.get(place.rpartition(":")[0], "") for _, place in analysis.places]
        self._by_point = {
            at: lines.get(one.span.place.rpartition(":")[0], "")
            for at, one in enumerate(self._recorder.points)
            if one.kind == "section"
        }

    def title(self, outcome: Outcome) -> str:
        """The section that took the event; of one that several took, only of a payload."""
        if outcome.section >= 0:
            return self._by_place[outcome.section] or NO_SECTION
        taken = [self._by_point[at] for at in self._recorder.log.reached if at in self._by_point]
        return (taken[0] if len(taken) == 1 else "") or NO_SECTION


def _end(outcome: Outcome, names: ShownNames, name_field: str) -> tuple[str, str, str, str]:
    end, title = end_of(outcome, names)
    sent = (outcome.payload or {}).get(name_field)
    return end, title, title.partition(": ")[2], str(names.shown(str(sent)) or MASK) if sent else ""


def _event_name(matched: Sequence[Json], names: ShownNames) -> str:
    """The name that the source gives an event, if it may be shown. matched: as in `EventLog`."""
    if not matched:
        return _NOT_READ
    first = matched[0]
    if any(one != first for one in matched):
        return _SEVERAL_NAMES
    if first is None:
        return _NO_NAME
    return str((names.shown(first) if isinstance(first, str) else None) or _OTHER_NAMES)


def _add(found: _Ends, sample: SampleText, ended: list[_End]) -> None:
    shown = [
        dict(zip(("end", "title", "reason", "name", "section", "event"), one, strict=True)) for one in ended
    ]
    found.samples.append({"name": sample.name, "ends": shown})
    found.totals.update((end, reason) for end, _, reason, *_ in ended)


def _add_outputs(found: _Ends, number: int, at: SampleLook) -> None:
    """Add the value that each rule gave for a sample."""
    for node in (node for rows in shown_rows(at) for node in rows):
        if node["rule"] is None or node["kind"] != "leaf":
            continue
        outputs = found.outputs.setdefault(f"{node['rule']['file']}:{node['rule']['from']}", [])
        if len(outputs) < _MOST_OUTPUTS:
            outputs.append({"sample": number, "id": node["id"], "shown": node["shown"]})
