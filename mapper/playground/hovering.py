"""Analysis x offset -> what is at a place of the mapping, and what may be written there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mapper.authoring import Analysis, Completion, Json
from mapper.masking import looks_personal, mask
from mapper.playground.event_tree import is_attribute
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion
from mapper.playground.sample_look import hiding_in_sample
from mapper.playground.shown_value import shown


def hover(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The hover at an offset, with its value for the chosen sample."""
    sample, at = question.chosen, offset(analysis, question)
    event = None if sample is None else sample.event
    found = analysis.at(at, event, question.event_meta)
    if found is None:
        return {"hover": None}
    hide = (
        hiding_in_sample(analysis, question)
        if found.is_known and not question.reveal
        else lambda value: value
    )
    is_hidden = found.personal and not question.reveal

    def masked(value: Json) -> dict[str, Any] | None:
        return shown(mask(value) if is_hidden else hide(value), reveal=question.reveal)

    return {
        "hover": {
            "place": places.of(found.span),
            "kind": found.kind,
            "text": found.text,
            "path": found.path,
            "type": found.type,
            "meaning": found.meaning,
            "steps": [
                {
                    "text": step.text,
                    "inserted": step.inserted,
                    "place": None if step.span is None else places.of(step.span),
                    "value": masked(step.value) if step.reached else None,
                    "failure": step.failure,
                }
                for step in found.steps
            ],
            "value": masked(found.value) if found.is_known else None,
            "why": found.why,
            "overrides": [places.of(one) for one in found.overrides],
        }
    }


def complete(analysis: Analysis, question: MappingQuestion) -> dict[str, Any]:
    """The completions at an offset, the most likely first; names that may be values only if revealed."""
    sample = question.chosen
    units = analysis.text.utf16.units
    found = analysis.complete(offset(analysis, question), None if sample is None else sample.event)
    hides: list[Callable[[Json], Json]] = []  # made for the first value: most lists have none

    def shown_sample(one: Completion) -> dict[str, Any] | None:
        if one.sample is None or question.reveal:
            return shown(one.sample, reveal=question.reveal)
        if not hides:
            hides.append(hiding_in_sample(analysis, question))
        is_personal = looks_personal(one.sample) or analysis.may_be_personal((one.word,))
        return shown(mask(one.sample) if is_personal else hides[0](one.sample), reveal=False)

    return {
        "completions": [
            {
                "word": one.word,
                "kind": one.kind,
                "insert": one.insert,
                "from": units(one.span.start),
                "to": units(one.span.end),
                "detail": one.detail,
                "meaning": one.meaning,
                "sample": shown_sample(one),
                "snippet": one.snippet,
                "also": [[units(edit.span.start), edit.replacement] for edit in one.also],
            }
            for one in found
            if question.reveal or one.kind != "attribute" or is_attribute(one.word)
        ]
    }


def definition(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The place where the name at an offset is defined, and the places where it is read."""
    at = offset(analysis, question)
    found = analysis.definition(at)
    return {
        "definition": None if found is None else places.of(found),
        "references": [places.of(one) for one in analysis.references(at)],
    }


def effective(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The mapping with all that it inherits, each line with its place and those of what it overrides."""
    found = analysis.effective
    return {
        "files": [places.file(one) for one in found.files],
        "lines": [
            {
                "text": one.text,
                "place": None if one.span is None else places.of(one.span),
                "overrides": [places.of(each) for each in one.replaced],
            }
            for one in found.lines
        ],
        "taken_away": [
            {
                "name": one.name,
                "place": places.of(one.span),
                "parts": [places.of(each) for each in one.parts],
            }
            for one in found.taken_away
        ],
    }


def offset(analysis: Analysis, question: MappingQuestion) -> int:
    """The character at an offset in code units."""
    units = question.options.get("offset", 0)
    return analysis.text.utf16.offset(max(units, 0) if isinstance(units, int) else 0)
