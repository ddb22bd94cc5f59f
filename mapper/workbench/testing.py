"""Mapping files -> TestReport: their tests run, and where one fails, what differs and how it was made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import mapper
from mapper import (
    Analysis,
    Decision,
    Diagnostic,
    ExpectedEnd,
    Json,
    MappingTest,
    Outcome,
    Row,
    Table,
    Text,
    TracedStep,
)
from mapper.folders import is_intake
from mapper.masking import MASK
from mapper.workbench.coverage import CoverageCount, RuleCoverage, merged
from mapper.workbench.explain import explain_analysed

# The answers of conditions that do not hold.
_NOT_TAKEN = ("false", "not matched")
# Why a row has no part in what came out.
_NOT_REACHED = ("not reached", "its condition is false")


@dataclass(frozen=True, slots=True)
class MadeBy:
    """How a value was made: the rule at a file's line, what it read, and each step with what came out.

    why: why there is no value, or what is in its place.
    """

    file: str
    line: int
    source: str
    read: Json = None
    steps: tuple[TracedStep, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference from what a test expects.

    path: in the payload; "" for the outcome as a whole, of which expected and got are `{"skip": REASON}`,
    `{"reject": [PATH]}` or `{"payload": NAME}`; "notes" for the paths that are noted. expected, got: null
    where there is no value. message: what is wrong, where that is no matter of two values. outcome: its
    number, from 0, where the event has several.
    """

    path: str
    expected: Json = None
    got: Json = None
    message: str = ""
    made_by: tuple[MadeBy, ...] = ()
    outcome: int | None = None


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
        """Whether it holds."""
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
    """Which tests are run, and how.

    match: part of a test's name. reveal: persons' values are shown. fail_fast: the first test that fails ends
    the run. coverage: what acts is counted. jobs: processes that share the files. stdin: the mapping that the
    path `-` is.
    """

    __test__: ClassVar[bool] = False

    match: str = ""
    schemas: str | Path | None = None
    reveal: bool = False
    fail_fast: bool = False
    coverage: bool = False
    jobs: int = 1
    stdin: Text | None = None


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
    return run_chosen(paths or ("mappings",), TestChoice(match, schemas, reveal, coverage=coverage))


def run_chosen(paths: Iterable[str | Path], choice: TestChoice) -> TestReport:
    """Run those of the tests in files and folders that are chosen."""
    found = mapper.mapping_files(paths)
    unread = list(found.unread)
    files = []
    for file in _run_all(found.files, choice):
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

        yield from run_in_processes(lambda file: _run_file(file, choice), files, jobs)
    else:
        yield from (_run_file(file, choice) for file in files)


def _run_file(file: str, choice: TestChoice) -> _Ran:
    """What came of a file's tests; why it cannot be read; None of one that has none by its nature."""
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
            if count is not None:
                count.apply(test.given, test.meta)
            if choice.fail_fast and results[-1].differences:
                break
    coverage = None if count is None else count.coverage(file)
    return FileReport(file, tuple(results), read=_read_by(analysis), coverage=coverage)


def _analysed(file: str, choice: TestChoice) -> Analysis:
    if file == "-" and (given := choice.stdin) is not None:
        name, schemas = given.name, choice.schemas
        return replace(mapper.analyse(given.content, name, schemas=schemas, beside=name), fixtures=True)
    return mapper.analyse_file(file, schemas=choice.schemas, fixtures=True)


def _read_by(analysis: Analysis) -> tuple[str, ...]:
    return tuple(one.path for one in analysis.project.read)


def run_test(analysis: Analysis, test: MappingTest, choice: TestChoice) -> TestResult:
    """What came of one test of a mapping file."""
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
class Found:
    """A difference in the payload of an outcome of a number, and the names and places that lead to it.

    is_whole: it is not of one outcome alone.
    """

    number: int
    difference: Difference
    keys: tuple[str | int, ...] = ()
    is_whole: bool = False


def judged(analysis: Analysis, test: MappingTest, outcomes: Sequence[Outcome]) -> Iterator[Found]:
    """What is not as a test expects, and what its payloads break of their target."""
    expected = test.expected
    if expected is None:
        message = "there is no file with the expected result: `mapper test --update` writes it"
        yield Found(0, Difference("", message=message))
        return
    if len(outcomes) != len(expected.ends):
        names: list[Json] = [end_of(analysis, outcome) for outcome in outcomes]
        due = f"{len(expected.ends)} outcome{'' if len(expected.ends) == 1 else 's'}"
        ends: list[Json] = [_expected_end(end) for end in expected.ends]
        yield Found(0, Difference("", ends, names, f"expected {due}, got {len(outcomes)}"), is_whole=True)
        return
    for number, (outcome, end) in enumerate(zip(outcomes, expected.ends, strict=True)):
        yield from _judged_end(analysis, number, outcome, end, expected.exact)
    noted = None if expected.notes is None else frozenset(one.path for one in expected.notes)
    yield from _judged_notes(outcomes, noted)
    for number, outcome in enumerate(outcomes):
        for path, message in () if outcome.payload is None else analysis.breaches(outcome.payload):
            yield Found(number, Difference(path, message=f"the target refuses the payload: {message}"))


def _judged_end(
    analysis: Analysis, number: int, outcome: Outcome, end: ExpectedEnd, exact: bool
) -> Iterator[Found]:
    if end.kind == "payload" and outcome.payload is not None:
        for keys, expected, got in _compared(end.value, outcome.payload, (), exact):
            yield Found(number, Difference(path_of(keys), expected, got), keys)
    elif not _is_end(end, outcome):
        got = end_of(analysis, outcome)
        yield Found(number, Difference("", _expected_end(end), got, made_by=tuple(_reasons(outcome))))


def _is_end(end: ExpectedEnd, outcome: Outcome) -> bool:
    if end.kind == "skip" and outcome.skip is not None:
        return end.value in (outcome.skip.kind, outcome.skip.reason)
    if end.kind == "reject" and outcome.rejection is not None and isinstance(end.value, list):
        return sorted(map(str, end.value)) == sorted(one.path for one in outcome.rejection.reasons)
    return False


def _expected_end(end: ExpectedEnd) -> Json:
    return {"payload": ""} if end.kind == "payload" else {end.kind: end.value}


def end_of(analysis: Analysis, outcome: Outcome) -> Json:
    """How an outcome is written in a test."""
    if outcome.skip is not None:
        return {"skip": outcome.skip.reason if outcome.skip.kind == "skip" else outcome.skip.kind}
    if outcome.rejection is not None:
        return {"reject": [str(reason.path) for reason in outcome.rejection.reasons]}
    name = (outcome.payload or {}).get(analysis.program.code.name_field, "")
    return {"payload": name if name in analysis.program.code.names else ""}


def _reasons(outcome: Outcome) -> Iterator[MadeBy]:
    """Why an event was rejected, by the places of the rules."""
    for note in () if outcome.rejection is None else outcome.rejection.reasons:
        yield _noted(note.place, note.path, str(note.message))


def _noted(place: str, path: str, why: str) -> MadeBy:
    file, line, _ = place.rsplit(":", 2)
    return MadeBy(file, int(line), path, why=why)


def _judged_notes(outcomes: Sequence[Outcome], expected: frozenset[str] | None) -> Iterator[Found]:
    """Notes other than a test names; where it names none, what the guard has stopped."""
    noted_all = (note for outcome in outcomes for note in outcome.notes if note.kind != "missing")
    notes = list(dict.fromkeys(noted_all))
    if expected is None:
        for note in notes:
            if note.kind == "guard":
                made = (_noted(note.place, note.path, ""),)
                told = Difference(note.path, message=str(note.message), made_by=made)
                yield Found(0, told, is_whole=True)
        return
    noted = frozenset(note.path for note in notes)
    if noted != expected:
        why = tuple(_noted(one.place, one.path, str(one.message)) for one in notes)
        told = Difference("notes", [*sorted(expected)], [*sorted(noted)], made_by=why)
        yield Found(0, told, is_whole=True)


def _compared(
    expected: Json, got: Json, keys: tuple[str | int, ...], exact: bool
) -> Iterator[tuple[tuple[str | int, ...], Json, Json]]:
    """The places at which a payload is not as expected; of objects only the fields that are named count."""
    if isinstance(expected, dict) and (isinstance(got, dict) or got is None):
        whole = got or {}
        for name, value in expected.items():
            yield from _compared(value, whole.get(name), (*keys, name), exact)
        for name in whole if exact else ():
            if name not in expected:
                yield (*keys, name), None, whole[name]
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for at, (value, part) in enumerate(zip(expected, got, strict=True)):
            yield from _compared(value, part, (*keys, at), exact)
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield keys, expected, got


def path_of(keys: Iterable[str | int]) -> str:
    """`custom_data.contents[0].id`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def target_path(keys: Iterable[str | int]) -> str:
    """`custom_data.contents[].id`: the path of a place in its target."""
    return path_of(["[]" if isinstance(key, int) else key for key in keys]).replace(".[]", "[]")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a difference of a test is shown with."""

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
            table = _table_of(outcome, outcomes, told.tables, shown.analysis)
            difference = replace(
                difference,
                expected=_under(one.keys, difference.expected, mask),
                got=_under(one.keys, _known_name(one, shown), mask),
                made_by=tuple(_made_by(one.keys, table)),
            )
        elif not difference.made_by and not difference.path and outcome is not None and outcome.skip:
            decisions = told.decisions[one.number] if len(told.decisions) > one.number else ()
            difference = replace(difference, made_by=tuple(_decided(decisions)))
        explained.append(difference)
    return tuple(explained)


def _known_name(found: Found, shown: _Shown) -> Json:
    """What was got; of an event's name that the mapping does not hold, the mask."""
    code, got = shown.analysis.program.code, found.difference.got
    is_name = found.keys == (code.name_field,) and got is not None
    return MASK if is_name and got not in code.names and not shown.choice.reveal else got


def _decided(decisions: Iterable[Decision]) -> Iterator[MadeBy]:
    """What decided that an event is not sent: what `match` gave, and the conditions that hold."""
    for one in decisions:
        if one.part == "match" or one.told not in _NOT_TAKEN:
            source = f"{one.part} {one.source}"
            yield MadeBy(one.span.text.name, one.span.line, source, one.value, why=one.told)


def _table_of(
    outcome: Outcome, outcomes: Sequence[Outcome], tables: Sequence[Table], analysis: Analysis
) -> Table | None:
    """The table of an outcome, if it is known."""
    if len(tables) == len(outcomes):
        return next(table for table, one in zip(tables, outcomes, strict=True) if one is outcome)
    place = analysis.program.code.places[outcome.section][1] if outcome.section >= 0 else ""
    return next((one for one in tables if place.startswith(f"{one.file}:{one.line}:")), None)


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


def _made_by(keys: Sequence[str | int], table: Table | None) -> Iterator[MadeBy]:
    """The rules that gave what is at a place of a payload, or around it."""
    item = next((key for key in keys if isinstance(key, int)), None)
    rows = [] if table is None else rows_of(target_path(keys), table.rows)
    yield from (_of_row(row, item) for row in rows)


def rows_of(path: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that gave what is at a path of the target, or around it; of alternatives those reached."""
    found: list[Row] = []
    while path and not found:
        found = _rows_at(path, rows)
        path = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    return found


def _rows_at(path: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that had a part in what is at a path: of alternatives and arms those that were reached."""
    own = [at for at, row in enumerate(rows) if row.path == path]
    if not own:
        return []
    first = min(own, key=lambda at: rows[at].depth)
    depth = rows[first].depth
    parts = takewhile(lambda row: row.depth > depth, rows[first + 1 :])
    reached = [row for row in parts if row.path == path and row.why not in _NOT_REACHED]
    return [row for row in reached if not row.why] or reached or [rows[first]]


def _of_row(row: Row, item: int | None) -> MadeBy:
    """How a row made its value; in a list, that of one item."""
    made = MadeBy(row.file, row.line, row.source, row.read, row.steps, row.why)
    found = next((one for one in row.items if one.place == item), None)
    return made if found is None or "[]" not in row.path else replace(made, read=found.read, why=found.why)
