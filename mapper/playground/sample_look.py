"""Analysis x sample -> what the page shows of one event: its tree, its ends, its payloads, the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapper import Note, Outcome
from mapper.authoring import Analysis, Decision, Json, Trace
from mapper.masking import MASK, mask
from mapper.playground.event_tree import (
    EventTree,
    EventUse,
    event_nodes,
    event_tree,
    masked_event,
    personal_leaves,
)
from mapper.playground.page_places import Places
from mapper.playground.payload_tree import Made, id_of, masked_payload, payload_rows, would_be
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.request_preview import request_shown
from mapper.playground.shown_value import indented, shown
from mapper.playground.tutorial import invented_samples
from mapper.running.counts import ShownNames, own_notes
from mapper.workbench.explanation import Explanation, explain_trace, hiding, paired, personal_texts


@dataclass(frozen=True, slots=True)
class SampleLook:
    """A sample that was traced, and what may be shown of it."""

    analysis: Analysis
    trace: Trace
    explanation: Explanation
    tree: EventTree
    places: Places
    reveal: bool

    @property
    def names(self) -> ShownNames:
        """The names of events that are shown."""
        return ShownNames(frozenset(self.explanation.names), self.reveal)

    @property
    def hide(self) -> Callable[[Json], Json]:
        """The function that masks texts of persons."""
        return (lambda value: value) if self.reveal else hide_of(self.analysis, self.tree, self.trace)


def hide_of(analysis: Analysis, tree: EventTree, trace: Trace) -> Callable[[Json], Json]:
    """A function that masks texts read of a person, of attributes that may be a person's, and names of
    events that the mapping does not have.
    """
    read = personal_texts(trace.tables, trace.decisions)
    unknown = _unknown_names(analysis, tree, trace)
    return hiding((*read, *personal_leaves(tree, analysis), *unknown), analysis.words)


def hiding_in_sample(analysis: Analysis, question: MappingQuestion) -> Callable[[Json], Json]:
    """A function that masks texts of persons in the chosen sample, by the last mapping that could send.

    Before there is one, it masks all texts; of a tutorial's own sample, those that may be a person's.
    """
    sample, last = question.chosen, analysis.last_that_sends
    event = None if sample is None else sample.event
    if sample is not None and event is not None and last is None and sample.text in invented_samples():
        return hiding(personal_leaves(event_tree(sample, event, reveal=True), analysis), frozenset())
    if sample is None or event is None or last is None:
        return mask
    trace = last.trace(event, question.event_meta)
    return hide_of(last, event_tree(sample, event, reveal=True), trace)


def event_shown(analysis: Analysis, question: MappingQuestion) -> str | None:
    """The chosen sample as JSON that may be shown beside any text; None where it holds no event."""
    sample = question.chosen
    if sample is None or sample.event is None:
        return None
    tree = event_tree(sample, sample.event, reveal=question.reveal)
    if question.reveal:
        return indented(sample.event)
    return indented(masked_event(tree, analysis, hiding_in_sample(analysis, question)))


def _unknown_names(analysis: Analysis, tree: EventTree, trace: Trace) -> Iterator[str]:
    """Names of events that the mapping does not have, as `match` gives them and as the event has them."""
    skipped = (one.skip.name.reveal() for one in trace.outcomes if one.skip is not None)
    unknown = {name for name in skipped if name and name not in analysis.names}
    letters = {_letters(name) for name in unknown}
    written = (str(value) for _, value in tree.parts if isinstance(value, str | int))
    yield from (*unknown, *(one for one in written if unknown and _letters(one) in letters))


def _letters(name: str) -> str:
    """A name as `match` may have written it anew: without capitals, blanks and marks."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def look(
    analysis: Analysis, sample: SampleText, meta: Mapping[str, Json], places: Places, *, reveal: bool
) -> SampleLook:
    """The look at a sample that holds an event. Raises CompileError."""
    event = sample.event or {}
    trace = analysis.trace(event, dict(meta))
    explanation = explain_trace(analysis, trace, reveal=reveal)
    return SampleLook(analysis, trace, explanation, event_tree(sample, event, reveal=reveal), places, reveal)


def sample_view(at: SampleLook) -> dict[str, Any]:
    """The look at a sample as the page is told it. json: the event as it may be shown."""
    hide = at.hide
    made = list(_made(at, hide))
    payloads = [_payload(at, outcome, one) for outcome, one in zip(at.trace.outcomes, made, strict=True)]
    outcomes = [
        _outcome(at, outcome, one, _rows(one, payload))
        for outcome, one, payload in zip(at.trace.outcomes, made, payloads, strict=True)
    ]
    use = EventUse(_feeds(made), frozenset(path for part in at.trace.asked for path in part))
    return {
        "json": indented(at.tree.parts[0][1] if at.reveal else masked_event(at.tree, at.analysis, hide)),
        "event": event_nodes(at.tree, use, at.analysis, None if at.reveal else hide),
        "outcomes": outcomes,
        "decisions": list(_decisions(at, hide)),
        "request": request_shown(at.analysis, [one for one in payloads if one is not None]),
    }


def _made(at: SampleLook, hide: Callable[[Json], Json]) -> Iterator[Made]:
    """The making of each outcome."""
    pairs = paired(at.trace.outcomes, at.trace.tables, at.analysis.places)
    numbers = {id(outcome): number for number, (outcome, _) in enumerate(pairs) if outcome is not None}
    for number, outcome in enumerate(at.trace.outcomes):
        place = numbers.get(id(outcome))
        table = None if place is None else at.explanation.tables[place]
        flows = () if place is None else at.trace.flows[place]
        by_path = {flow.path: flow for flow in flows}
        yield Made(number, table, by_path, at.places, at.reveal, hide, at.tree.shown_path)


def _payload(at: SampleLook, outcome: Outcome, made: Made) -> Json:
    """The payload of an outcome as it may be shown; None where there is none."""
    if outcome.payload is None:
        return None
    payload: Any = outcome.payload
    if not at.reveal:
        payload = masked_payload(payload, at.analysis.mask(payload), made)
    field = at.analysis.name_field
    if field in payload and at.names.shown(str(outcome.payload[field])) is None:
        payload = {**payload, field: MASK}
    shown: Json = payload
    return shown


def _rows(made: Made, payload: Json) -> list[dict[str, Any]]:
    """The rows of a payload; of what was rejected those that it would have."""
    if payload is None:
        return [] if made.table is None else payload_rows(made.hide(would_be(made.table)), made)
    return payload_rows(payload, made)


def shown_rows(at: SampleLook) -> list[list[dict[str, Any]]]:
    """The rows of each payload that is sent."""
    found = zip(at.trace.outcomes, _made(at, at.hide), strict=True)
    return [_rows(made, _payload(at, one, made)) for one, made in found if one.payload is not None]


def _outcome(at: SampleLook, outcome: Outcome, made: Made, rows: list[dict[str, Any]]) -> dict[str, Any]:
    end, title = end_of(outcome, at.names)
    reasons = () if outcome.rejection is None else outcome.rejection.reasons
    is_changed = any(note.kind == "guard" for note in (*outcome.notes, *reasons))
    return {
        "end": end,
        "title": title,
        "section": "" if made.table is None else made.table.title,
        "reasons": [_note(at, one) for one in reasons],
        "notes": [{"kind": one.kind, **_note(at, one)} for one in own_notes(outcome)],
        "guard": "changed" if is_changed else "passed" if outcome.payload is not None else None,
        "breaches": [] if outcome.payload is None else list(map(list, at.analysis.breaches(outcome.payload))),
        "rows": rows,
        "absent": sum(row["kind"] == "absent" for row in rows),
    }


def end_of(outcome: Outcome, names: ShownNames) -> tuple[str, str]:
    """The outcome of an event, and what the page says of it."""
    if outcome.skip is not None:
        kind = "consent" if outcome.skip.kind == "consent" else "skipped"
        return kind, f"skipped: {names.why(outcome.skip)}"
    if outcome.rejection is not None:
        reasons = outcome.rejection.reasons
        more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
        first = reasons[0]
        return "rejected", f"rejected: {first.path}{': ' if first.path else ''}{first.message}{more}"
    without = outcome.without_consent
    return "sent", f"sent as when_denied says: consent is {without}" if without else "sent"


def _note(at: SampleLook, note: Note) -> dict[str, Any]:
    span = at.analysis.rules.get(note.place)
    place = None if span is None else at.places.of(span)
    return {"path": note.path, "message": str(note.message), "place": place}


def _feeds(made: Sequence[Made]) -> dict[str, list[str]]:
    """For each path of the event, the ids of the payload nodes that it feeds."""
    fed: dict[str, dict[str, None]] = {}
    for one in made:
        for flow in one.flows.values():
            for read in flow.reads:
                fed.setdefault(read, {})[id_of(one.number, flow.path)] = None
    return {path: list(ids) for path, ids in fed.items()}


def _decisions(at: SampleLook, hide: Callable[[Json], Json]) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(at.explanation.decisions):
        for one in part:
            yield {
                "outcome": number,
                "part": one.part,
                "source": one.source,
                "summary": one.told,
                "place": at.places.of(one.span),
                "value": shown(hide(_answer(at, one)), reveal=at.reveal),
                "reads": [
                    {
                        "text": read.text,
                        "value": shown(hide(read.value), reveal=at.reveal),
                        "why": read.why,
                        "place": at.places.of(read.span),
                    }
                    for read in one.reads
                ],
            }


def _answer(at: SampleLook, decision: Decision) -> Json:
    """The value that a decision read; of a name that no section has only that there is one."""
    value = decision.value
    if decision.part == "match" and isinstance(value, str) and at.names.shown(value) is None:
        return MASK
    return value
