"""Mapping files -> their texts with tests that expect what comes out, where they expect something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mapper
from mapper import Diagnostic, Outcome, authoring
from mapper.authoring import Analysis, Expectation, Json, MappingTest, Text
from mapper.expected_edits import (
    Change,
    Rewrite,
    new_expectation,
    rewrite_end,
    rewrite_ends,
    rewrite_notes,
    rewrite_values,
    rewritten,
)
from mapper.project.fixtures import expectation_file
from mapper.project.project import read_text
from mapper.workbench.expectation import end_of, judged
from mapper.workbench.provenance import target_path
from mapper.workbench.testing import TestChoice


@dataclass(frozen=True, slots=True)
class UpdatedFile:
    """A file with its new text. was: None for a file that does not exist. tests: how many were changed.

    breaks: the new text would not be right, so the file has to stay as it is.
    """

    name: str
    was: Text | None
    content: str
    tests: int
    breaks: bool = False


def updated_files(paths: Iterable[str], choice: TestChoice) -> list[UpdatedFile]:
    """The files that change where the chosen tests expect what comes out; those with errors stay."""
    updated: list[UpdatedFile] = []
    for file in choice.keeps(authoring.mapping_files(paths).files):
        try:
            analysis = authoring.analyse_file(file, schemas=choice.schemas, fixtures=True)
            tests = () if analysis.is_base else analysis.tests
        except (OSError, mapper.CompileError):
            continue
        # A test of an extended file holds for all who extend it: it is not written by what one of them sends.
        own = [one for one in tests if not one.inherit or one.place.text.name == analysis.text.name]
        chosen = [one for one in own if choice.match.lower() in one.name.lower()]
        updated += _updated(analysis, chosen, choice.schemas)
    return updated


def _updated(
    analysis: Analysis, tests: Sequence[MappingTest], schemas: str | Path | None
) -> Iterator[UpdatedFile]:
    changed: dict[str, list[list[Rewrite]]] = {}
    for test in tests:
        outcomes = analysis.program.apply(test.given, test.meta)
        if test.expected is None:
            content = new_expectation([expected_end(analysis, test.given, one) for one in outcomes])
            yield UpdatedFile(expectation_file(test.place.text.name), None, content, 1)
            continue
        rewrites = [one for one in _rewrites(analysis, test, test.expected, outcomes) if one.edits]
        if rewrites:
            changed.setdefault(rewrites[0].text.name, []).append(rewrites)
    for name, of_tests in changed.items():
        text, then = read_text(name), of_tests[0][0].text
        if text.content.replace("\t", " ") != then.content.replace("\t", " "):  # as a fixture is read
            yield UpdatedFile(name, then, then.content, len(of_tests))  # it has changed, and stays as it is
            continue
        new = rewritten(text, [one for rewrites in of_tests for one in rewrites])
        content = text.content if new is None else new
        is_own = name == analysis.text.name
        breaks = is_own and _has_errors(mapper.check_text(content, name, beside=name, schemas=schemas))
        yield UpdatedFile(name, text, content, len(of_tests), breaks or new is None)


def _has_errors(found: Iterable[Diagnostic]) -> bool:
    return any(one.severity == "error" for one in found)


def _rewrites(
    analysis: Analysis, test: MappingTest, expected: Expectation, outcomes: Sequence[Outcome]
) -> Iterator[Rewrite]:
    """The rewrites of one test: values alone where that is enough."""
    ends = [expected_end(analysis, test.given, one) for one in outcomes]
    says_nothing = all(end.kind == "payload" and not end.value for end in expected.ends)
    if len(outcomes) != len(expected.ends) or says_nothing:
        if ends:
            yield rewrite_ends(expected, ends)
        return
    values: list[Change] = []
    for one in judged(analysis, test, outcomes):
        if one.keys:
            value = analysis.as_expected(one.difference.got, target_path(one.keys), test.given)
            values.append(Change(one.number, one.keys, value))
        elif one.difference.path == "notes" and isinstance(one.difference.got, list):
            yield rewrite_notes(expected, one.difference.got)
        elif not one.difference.path:
            yield rewrite_end(expected, one.number, ends[one.number])
    yield rewrite_values(expected, values)


def expected_end(analysis: Analysis, given: Json, outcome: Outcome) -> Json:
    """An outcome of an event as a test writes it."""
    if outcome.payload is not None:
        return analysis.as_expected(outcome.payload, "", given)
    return end_of(analysis, outcome)
