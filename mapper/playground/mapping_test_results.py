"""Analysis -> what came of the mapping's own tests, each difference with what made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapper.authoring import Analysis, Json, Text
from mapper.playground.page_places import Places, rule_texts
from mapper.playground.question import MappingQuestion
from mapper.playground.shown_value import one_line
from mapper.workbench.expectation import Difference
from mapper.workbench.provenance import MadeBy
from mapper.workbench.testing import TestChoice, run_test


def tests_shown(analysis: Analysis, question: MappingQuestion, places: Places) -> dict[str, Any]:
    """The results of all tests. Raises CompileError."""
    texts = rule_texts(analysis)
    choice = TestChoice(reveal=question.reveal)
    results = []
    for test in analysis.tests:
        found = run_test(analysis, test, choice)
        differences = [_difference(one, texts, places) for one in found.differences]
        results.append(
            {
                "name": test.name,
                "passed": not differences,
                "place": places.of(test.place),
                "differences": differences,
            }
        )
    return {"ok": bool(results) and all(one["passed"] for one in results), "results": results}


def _difference(found: Difference, texts: Mapping[str, Text], places: Places) -> dict[str, Any]:
    return {
        "path": found.path,
        "expected": _json(found.expected),
        "got": _json(found.got),
        "message": found.message,
        "made_by": [made for one in found.made_by if (made := _made_by(one, texts, places))],
    }


def _made_by(made: MadeBy, texts: Mapping[str, Text], places: Places) -> dict[str, Any] | None:
    place = places.line(texts.get(made.file), made.line)
    if place is None:
        return None
    return {
        "place": place,
        "source": made.source,
        "steps": [f"+{step.text}" if step.inserted else step.text for step in made.steps],
        "why": made.why,
    }


def _json(value: Json) -> str:
    return "" if value is None else one_line(value)
