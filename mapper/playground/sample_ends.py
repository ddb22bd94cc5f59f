"""Analysis x samples -> what each ends as, which parts of the mapping acted, what each rule gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mapper import Outcome
from mapper.authoring import Analysis
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.sample_look import SampleLook, end_of, look, shown_rows
from mapper.running.counts import ShownNames
from mapper.workbench.coverage import CoverageCount, label

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
    for number, sample in enumerate(question.samples):
        event = sample.event
        if event is None:
            _add(found, sample, [("unreadable", sample.why, sample.why)])
            continue
        outcomes = count.apply(event, question.event_meta)
        _add(found, sample, [_end(one, names) for one in outcomes])
        if number < _MOST_TRACED:
            at = look(analysis, sample, question.event_meta, places, reveal=question.reveal)
            _add_outputs(found, number, at)
    covered = count.coverage(analysis.text.name)
    return {
        "samples": found.samples,
        "totals": [
            {"end": end, "reason": reason, "count": times}
            for (end, reason), times in found.totals.most_common()
        ],
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
        "outputs": found.outputs,
    }


def _end(outcome: Outcome, names: ShownNames) -> tuple[str, str, str]:
    """The end, what is said of it, and the reason that is counted."""
    end, title = end_of(outcome, names)
    return end, title, title.partition(": ")[2]


def _add(found: _Ends, sample: SampleText, ended: list[tuple[str, str, str]]) -> None:
    shown = [{"end": end, "title": title, "reason": reason} for end, title, reason in ended]
    found.samples.append({"name": sample.name, "ends": shown})
    found.totals.update((end, reason) for end, _, reason in ended)


def _add_outputs(found: _Ends, number: int, at: SampleLook) -> None:
    """Add the value that each rule gave for a sample."""
    for node in (node for rows in shown_rows(at) for node in rows):
        if node["rule"] is None or node["kind"] != "leaf":
            continue
        outputs = found.outputs.setdefault(f"{node['rule']['file']}:{node['rule']['from']}", [])
        if len(outputs) < _MOST_OUTPUTS:
            outputs.append({"sample": number, "id": node["id"], "shown": node["shown"]})
