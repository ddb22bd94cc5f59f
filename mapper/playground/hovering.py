"""Analysis x offset -> what is at a place of the mapping, and what may be written there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import mapper
from mapper.authoring import Analysis, Json
from mapper.masking import mask
from mapper.playground.event_tree import event_tree, is_attribute
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion
from mapper.playground.sample_look import hide_of
from mapper.playground.shown_value import shown


def hover(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The hover at an offset, with its value for the chosen sample."""
    sample, at = question.chosen, offset(analysis, question)
    event = None if sample is None else sample.event
    found = analysis.at(at, event, question.event_meta)
    if found is None:
        return {"hover": None}
    hide = _hiding(analysis, question) if found.is_known and not question.reveal else lambda value: value
    is_hidden = found.personal and not question.reveal

    def masked(value: Json) -> dict[str, Any] | None:
        return shown(mask(value) if is_hidden else hide(value), reveal=question.reveal)

    return {
        "hover": {
            "place": places.of(found.span),
            "kind": found.kind,
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
        }
    }


def _hiding(analysis: Analysis, question: MappingQuestion) -> Callable[[Json], Json]:
    """The function that masks the texts of persons in the chosen sample."""
    sample = question.chosen
    event = None if sample is None else sample.event
    with suppress(mapper.CompileError):
        if sample is not None and event is not None:
            trace = analysis.trace(event, question.event_meta)
            return hide_of(analysis, event_tree(sample, event, reveal=True), trace)
    return lambda value: value


def complete(analysis: Analysis, question: MappingQuestion) -> dict[str, Any]:
    """The completions at an offset, the most likely first; names that may be values only if revealed."""
    sample = question.chosen
    units = analysis.text.utf16.units
    found = analysis.complete(offset(analysis, question), None if sample is None else sample.event)
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


def offset(analysis: Analysis, question: MappingQuestion) -> int:
    """The character at an offset in code units."""
    units = question.options.get("offset", 0)
    return analysis.text.utf16.offset(max(units, 0) if isinstance(units, int) else 0)
