"""Mapping files -> TestReport: their tests run, and where one fails, what differs and how it was made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import mapper
from mapper import Diagnostic, Outcome, authoring
from mapper.authoring import Analysis, Json, MappingTest, Text
from mapper.masking import MASK
from mapper.project.mapping_files import is_intake
from mapper.workbench.coverage import CoverageCount, RuleCoverage, merged
from mapper.workbench.expectation import Difference, Found, judged
from mapper.workbench.explanation import explain_analysed
from mapper.workbench.provenance import rules_at, skipped_by, table_of


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test. file, line: where it is written."""

    __test__: ClassVar[bool] = False

    name: str
    file: str
    line: int
    differences: tuple[Difference, ...] = ()

    @property
    def status(self) -> Literal["passed", "failed"]:
        """Whether the test holds."""
        return "failed" if self.differences else "passed"


@dataclass(frozen=True, slots=True)
class FileReport:
    """The results of the tests of one mapping file.

    errors: what is wrong with the mapping, where it cannot be run. read: all files that count. coverage: what
    acted, if that was asked for.
    """

    file: str
    results: tuple[TestResult, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    read: tuple[str, ...] = ()
    coverage: RuleCoverage | None = None


@dataclass(frozen=True, slots=True)
class TestReport:
    """The results of the tests of some mapping files. unread: files that cannot be read, and why."""

    __test__: ClassVar[bool] = False

    files: tuple[FileReport, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"TestReport(files={len(self.files)}, tests={len(self.results)}, failed={len(self.failed)})"

    @property
    def results(self) -> tuple[TestResult, ...]:
        """The results of all tests, in order."""
        return tuple(result for file in self.files for result in file.results)

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """The tests that do not hold."""
        return tuple(result for result in self.results if result.differences)

    @property
    def coverage(self) -> RuleCoverage | None:
        """The rules of all mappings that were used, if that was asked for."""
        known = [file.coverage for file in self.files if file.coverage is not None]
        return merged(known) if known else None

    @property
    def ok(self) -> bool:
        """Whether there are tests, all could be run, and all hold."""
        whole = not self.unread and not any(file.errors for file in self.files)
        return whole and bool(self.results) and not self.failed


@dataclass(frozen=True, slots=True)
class TestChoice:
    """The choice of tests to run, and how.

    match: part of a test's name. reveal: persons' values are shown. fail_fast: the first test that fails ends
    the run. coverage: what acts is counted. jobs: processes that share the files. stdin: the mapping that the
    path `-` is. seen: called with the number of tests that are done since. keeps: of the files that were
    found, those whose tests are run.
    """

    __test__: ClassVar[bool] = False

    match: str = ""
    schemas: str | Path | None = None
    reveal: bool = False
    fail_fast: bool = False
    coverage: bool = False
    jobs: int = 1
    stdin: Text | None = None
    seen: Callable[[int], None] = lambda count: None
    keeps: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda files: files


# What came of a file; the file and why it cannot be read; None of one that has none by its nature.
_Ran: TypeAlias = FileReport | tuple[str, str] | None


def run_tests(
    *paths: str | Path,
    match: str = "",
    schemas: str | Path | None = None,
    reveal: bool = False,
    coverage: bool = False,
) -> TestReport:
    """Run the tests of mapping files, and of all those in folders; without a path, of `mappings/`.

    match: only tests with this in their names. reveal: show values of persons, which are masked otherwise.
    coverage: count for how many events each part of the mappings acts.
    """
    given = [os.fspath(path) for path in paths]
    return run_chosen(given or ("mappings",), TestChoice(match, schemas, reveal, coverage=coverage))


def run_chosen(paths: Iterable[str | Path], choice: TestChoice) -> TestReport:
    """Run those of the tests in files and folders that are chosen."""
    found = authoring.mapping_files(paths)
    unread = list(found.unread)
    files = []
    for file in _run_all(choice.keeps(found.files), choice):
        if isinstance(file, FileReport):
            files.append(file)
        elif file is not None:
            unread.append(file)
        if choice.fail_fast and isinstance(file, FileReport) and any(one.differences for one in file.results):
            break
    return TestReport(tuple(files), tuple(unread))


def _run_all(files: Sequence[str], choice: TestChoice) -> Iterator[_Ran]:
    jobs = min(choice.jobs, len(files)) if hasattr(os, "fork") else 1
    if jobs > 1:
        from mapper.workbench.processes import run_in_processes

        unseen = replace(choice, seen=lambda count: None)
        for ran in run_in_processes(lambda file: _run_file(file, unseen), files, jobs):
            choice.seen(len(ran.results) if isinstance(ran, FileReport) else 0)
            yield ran
    else:
        yield from (_run_file(file, choice) for file in files)


def _run_file(file: str, choice: TestChoice) -> _Ran:
    """The results of a file's tests; why it cannot be read; None of one that has none by its nature."""
    try:
        analysis = _analysed(file, choice)
    except OSError as error:
        return file, f"{file}: {error.strerror}" if error.strerror else str(error)
    if analysis.is_base or is_intake(analysis.text):
        return None
    file = analysis.text.name
    try:
        tests = analysis.tests
    except mapper.CompileError as error:
        errors = tuple(replace(one, facts=None) for one in error.diagnostics if one.severity == "error")
        return FileReport(file, errors=errors, read=_read_by(analysis))
    count = CoverageCount(analysis.recorder) if choice.coverage else None
    results = []
    for test in tests:
        if choice.match.lower() in test.name.lower():
            results.append(run_test(analysis, test, choice))
            choice.seen(1)
            if count is not None:
                count.apply_test(test)
            if choice.fail_fast and results[-1].differences:
                break
    coverage = None if count is None else count.coverage(file)
    return FileReport(file, tuple(results), read=_read_by(analysis), coverage=coverage)


def _analysed(file: str, choice: TestChoice) -> Analysis:
    if file == "-" and (given := choice.stdin) is not None:
        name, schemas = given.name, choice.schemas
        return replace(authoring.analyse(given.content, name, schemas=schemas, beside=name), fixtures=True)
    return authoring.analyse_file(file, schemas=choice.schemas, fixtures=True)


def _read_by(analysis: Analysis) -> tuple[str, ...]:
    return tuple(one.path for one in analysis.project.read)


def run_test(analysis: Analysis, test: MappingTest, choice: TestChoice) -> TestResult:
    """The result of one test of a mapping file."""
    outcomes = analysis.program.apply(test.given, test.meta)
    found = tuple(judged(analysis, test, outcomes))
    differences = tuple(one.difference for one in found)
    if found and test.expected is not None:
        differences = _explained(found, outcomes, _Shown(analysis, test, choice))
    if len(outcomes) > 1:
        numbered = zip(differences, found, strict=True)
        differences = tuple(replace(one, outcome=None if at.is_whole else at.number) for one, at in numbered)
    place = test.place
    return TestResult(test.name, place.text.name, place.line, differences)


@dataclass(frozen=True, slots=True)
class _Shown:
    """The context in which a difference of a test is shown."""

    analysis: Analysis
    test: MappingTest
    choice: TestChoice


def _explained(found: Sequence[Found], outcomes: Sequence[Outcome], shown: _Shown) -> tuple[Difference, ...]:
    """The differences with what made what was got; unless persons' values are revealed, masked."""
    test, choice = shown.test, shown.choice
    told = explain_analysed(shown.analysis, test.given, test.meta, reveal=choice.reveal)
    mask = (lambda value: value) if choice.reveal else shown.analysis.mask
    explained = []
    for one in found:
        difference, outcome = one.difference, outcomes[one.number] if outcomes else None
        if one.keys and outcome is not None:
            table = table_of(outcome, outcomes, told.tables, shown.analysis)
            difference = replace(
                difference,
                expected=_under(one.keys, difference.expected, mask),
                got=_under(one.keys, _known_name(one, shown), mask),
                made_by=tuple(rules_at(one.keys, table)),
            )
        elif not difference.made_by and not difference.path and outcome is not None and outcome.skip:
            decisions = told.decisions[one.number] if len(told.decisions) > one.number else ()
            difference = replace(difference, made_by=tuple(skipped_by(decisions)))
        explained.append(difference)
    return tuple(explained)


def _known_name(found: Found, shown: _Shown) -> Json:
    """The value that was got; of an event's name that the mapping does not hold, the mask."""
    code, got = shown.analysis.program.code, found.difference.got
    is_name = found.keys == (code.name_field,) and got is not None
    return MASK if is_name and got not in code.names and not shown.choice.reveal else got


def _under(keys: Sequence[str | int], value: Json, mask: Callable[[Json], Json]) -> Json:
    """A value of a payload as a person may see it; keys: where it is in the payload."""
    whole: Json = value
    for key in reversed(keys):
        whole = {key: whole} if isinstance(key, str) else [whole]
    masked = mask(whole)
    for _ in keys:
        if isinstance(masked, dict):
            masked = next(iter(masked.values()))
        elif isinstance(masked, list):
            masked = masked[0]
    return masked
