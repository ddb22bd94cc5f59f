"""The tests of a mapping in an editor: a lens over each, and the result where one is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lsprotocol import types as lsp

from mapper import CompileError
from mapper.authoring import Analysis, Difference, MadeBy, MappingTest, TestResult
from mapper.language_server.diagnostics import Protocol
from mapper.language_server.hovers import value_text
from mapper.workbench.testing import TestChoice, run_test

RUN_TESTS = "mapper.runTests"
CHOOSE_SAMPLE = "mapper.chooseSample"
SOURCE = "mapper test"
_MOST_LINES = 5


def lenses(analysis: Analysis, written: Protocol, uri: str) -> Iterator[lsp.CodeLens]:
    """The commands for each test that is written in the text, and for all of them."""
    own = own_tests(analysis)
    head = next((one for one in analysis.symbols if one.name == "tests"), None)
    if head is not None and own:
        yield lsp.CodeLens(
            written.positions.range(head.name_span), lsp.Command("run all tests", RUN_TESTS, arguments=[uri])
        )
    for one in own:
        where = written.positions.range(one.place.text.span(one.place.start, one.place.start))
        yield lsp.CodeLens(where, lsp.Command("run test", RUN_TESTS, arguments=[uri, one.name]))
        yield lsp.CodeLens(where, lsp.Command("show its values", CHOOSE_SAMPLE, arguments=[uri, one.name]))


def own_tests(analysis: Analysis) -> list[MappingTest]:
    """The tests that the text itself has."""
    return [one for one in analysis.written_tests if one.place.text.name == analysis.text.name]


@dataclass(frozen=True, slots=True)
class TestRun:
    """The result of tests that were run: in one line, and what is wrong at which test, by file.

    ok: all passed. tests: each by its name, with what differs, in lines; "" if it passed.
    """

    __test__ = False

    told: str
    ok: bool
    found: dict[str, list[lsp.Diagnostic]]
    tests: dict[str, str] = field(default_factory=dict)


def run_tests_of(analysis: Analysis, written: Protocol, name: str | None) -> TestRun:
    """Run the tests of a name, or all of them."""
    try:
        tests = [one for one in analysis.tests if name is None or one.name == name]
    except CompileError as error:
        count = sum(one.severity == "error" for one in error.diagnostics)
        return TestRun(f"no test can run: the mapping has {_count(count, 'error')}", False, {})
    if not tests:
        return TestRun("there is no such test", False, {})
    found: dict[str, list[lsp.Diagnostic]] = {}
    failed: list[TestResult] = []
    told_of: dict[str, str] = {}
    for one in tests:
        result = run_test(analysis, one, TestChoice())
        told_of[one.name] = "\n".join(map(_line, result.differences))
        if result.differences:
            failed.append(result)
            place = written.location(one.place)
            first = lsp.Range(place.range.start, lsp.Position(place.range.start.line + 1, 0))
            found.setdefault(place.uri, []).append(_diagnostic(result, first, written))
    if len(tests) == 1:
        told = f"test `{tests[0].name}` " + (
            f"failed: {_line(failed[0].differences[0])}" if failed else "passed"
        )
    else:
        told = f"{_count(len(tests), 'test')}: {len(tests) - len(failed)} passed, {len(failed)} failed"
    return TestRun(told, not failed, found, told_of)


def _diagnostic(result: TestResult, where: lsp.Range, written: Protocol) -> lsp.Diagnostic:
    lines = [_line(one) for one in result.differences]
    more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    made = [one for difference in result.differences for one in difference.made_by]
    return lsp.Diagnostic(
        where,
        "\n".join((f"test `{result.name}` failed", *lines[:_MOST_LINES], *more)),
        severity=lsp.DiagnosticSeverity.Error,
        source=SOURCE,
        related_information=[*_related(made, written)] or None,
    )


def _related(made: Iterable[MadeBy], written: Protocol) -> Iterator[lsp.DiagnosticRelatedInformation]:
    for one in made:
        start = lsp.Position(one.line - 1, 0)
        place = lsp.Location(written.uri_of(one.file), lsp.Range(start, start))
        yield lsp.DiagnosticRelatedInformation(place, f"made by {one.source}{f': {one.why}' * bool(one.why)}")


def _line(difference: Difference) -> str:
    """A difference in one line."""
    path = difference.path or "outcome"
    if difference.message:
        return f"{path}: {difference.message}"
    return f"{path}: expected {value_text(difference.expected)}, got {value_text(difference.got)}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
