"""A sample -> a test of it in the mapping, which expects what comes out now."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import mapper
from mapper import Outcome
from mapper.authoring import Analysis, Json
from mapper.expected_edits import added_test
from mapper.playground.page_places import Places
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.sharing import disguised
from mapper.texts.fixing import edited
from mapper.workbench.expectation import end_of
from mapper.workbench.testing import TestChoice, run_test
from mapper.workbench.updating import expected_end
from mapper.workbench.yaml_text import block


def pin(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The edit that adds the test, and the text with it. Values of persons in it are invented ones.

    Raises PlaygroundProblem, and CompileError where the mapping has errors.
    """
    sample = question.chosen
    if sample is None or sample.event is None:
        raise PlaygroundProblem("this sample holds no event")
    test = _test(analysis, question, sample)
    edit = added_test(analysis.text, list(block(test, "")))
    text = edited(analysis.text.content, [edit])
    checked = analysis.edited(text)
    added = None
    with suppress(mapper.CompileError):
        added = next((one for one in checked.tests if one.name == test["name"]), None)
    if added is None or run_test(checked, added, TestChoice()).differences:
        raise PlaygroundProblem(
            "this sample cannot be written as a test", "its `tests` may be in brackets: write them as a list"
        )
    return {"edit": [places.edit(edit)], "text": text}


def _test(analysis: Analysis, question: MappingQuestion, sample: SampleText) -> dict[str, Any]:
    meta = question.event_meta
    given = sample.event
    assert given is not None
    outcomes = analysis.outcomes(given, meta)
    if not question.reveal:
        instead = disguised(analysis, sample, meta).sample.event
        assert instead is not None
        invented = analysis.outcomes(instead, meta)
        if _ends(analysis, invented) != _ends(analysis, outcomes):
            raise PlaygroundProblem(
                "with invented values of persons, this event ends differently",
                "reveal the values to pin it as it is",
            )
        given, outcomes = instead, invented
    ends = [expected_end(analysis, given, one) for one in outcomes]
    test: dict[str, Any] = {"name": _unused(analysis, str(question.options.get("name") or sample.name))}
    test["given"] = given
    if question.meta:
        test["meta"] = dict(question.meta)
    test["expect"] = ends[0] if len(ends) == 1 else ends
    noted = [note for one in outcomes for note in one.notes if note.kind != "missing"]
    if any(note.kind == "guard" for note in noted):
        test["notes"] = sorted({note.path for note in noted})
    return test


def _ends(analysis: Analysis, outcomes: tuple[Outcome, ...]) -> list[Json]:
    """The ends of the outcomes; payloads by their names and fields."""
    return [[*sorted(one.payload)] if one.payload is not None else end_of(analysis, one) for one in outcomes]


def _unused(analysis: Analysis, name: str) -> str:
    """A name that no test has yet."""
    names = {one.name for one in analysis.tests}
    number, made = 1, name
    while made in names:
        number += 1
        made = f"{name} {number}"
    return made
