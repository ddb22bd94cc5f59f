"""TestReport -> text for a person, and json, JUnit and GitHub's workflow commands for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from click import style

from mapper import TestReport
from mapper.authoring import Difference, FileReport, Json, MadeBy, TestResult
from mapper.cli.report.file_paths import relative
from mapper.cli.report.github import as_github, command_line
from mapper.cli.report.json import as_json, to_json
from mapper.cli.report.junit import as_xml, xml_lines, xml_text
from mapper.cli.report.result import CheckResult, Unread
from mapper.cli.report.rule_coverage import covered_json, covered_line, untested_lines
from mapper.cli.report.text import as_text, number_of
from mapper.cli.terminal import cut, visible
from mapper.masking import MASK

_LONGEST = 120


def report_text(report: TestReport, *, colour: bool = False, counted: bool = True) -> str:
    """The tests that fail, below their files; the mistakes of mappings; counts, and what never acted.

    counted: whether the counts, and what never acted, are part of it.
    """
    parts = [_file_text(file, colour) for file in report.files]
    if not counted:
        return "".join(parts)
    lines = [f"{counts_line(report)}{_covered_part(report)}"]
    if report.coverage is not None:
        lines += untested_lines(report.coverage)
    return "".join(parts) + "".join(f"{line}\n" for line in lines if line)


def counts_line(report: TestReport) -> str:
    """`6 tests: 5 passed, 1 failed`."""
    results, failed = report.results, len(report.failed)
    parts = [f"{len(results) - failed} passed"] if results else []
    if failed:
        parts.append(f"{failed} failed")
    if broken := sum(bool(file.errors) for file in report.files):
        parts.append(f"{number_of(broken, 'mapping')} with errors")
    head = number_of(len(results), "test") if results or not broken else "no test was run"
    return ": ".join([head, *filter(None, [", ".join(parts)])])


def _covered_part(report: TestReport) -> str:
    return "" if report.coverage is None else f" · {covered_line(report.coverage)}"


def _file_text(file: FileReport, colour: bool) -> str:
    failed = [one for one in file.results if one.differences]
    if not failed and not file.errors:
        return ""
    lines = [visible(file.file)]
    for result in failed:
        label = style("FAIL", fg="red", bold=True) if colour else "FAIL"
        place = f"{_beside(result.file, file.file)}:{result.line}"
        lines.append(f"  {label}  {visible(result.name)}  ({visible(place)})")
        lines += (f"    {line}" for line in result_lines(result, file.file))
    told = "".join(f"{line}\n" for line in lines)
    return told + (as_text(file.errors, colour=colour) if file.errors else "")


def result_lines(result: TestResult, mapping: str) -> Iterator[str]:
    """The differences in a test, a line each, with the rules that made it on the lines below."""
    for one in result.differences:
        yield _difference_line(one)
        for made in one.made_by:
            yield f"  {_made_line(made, mapping)}"


def _difference_line(one: Difference) -> str:
    number = "" if one.outcome is None else f"[{one.outcome}] "
    name = f"{number}{one.path or 'outcome'}"
    if one.message:
        ends = f": {_end(one.got)}" if isinstance(one.got, list) and one.got else ""
        return visible(f"{name}   {one.message}" if one.path else f"{one.message}{ends}")
    show = _shown if one.path else _end
    return f"{visible(name)}   expected {show(one.expected)}   got {show(one.got)}"


def _made_line(made: MadeBy, mapping: str) -> str:
    """`shop.yaml:38  $total  7239  +decimal "7239"`: the place, the source, what it read, and each step."""
    parts = [visible(f"{_beside(made.file, mapping)}:{made.line}"), visible(made.source)]
    if made.read is not None:
        parts.append(_shown(made.read))
    parts += _steps(made)
    # Of a constant the source says so already.
    return "  ".join(parts if made.why in ("", "constant") else [*parts, visible(made.why)])


def _steps(made: MadeBy) -> Iterator[str]:
    """The steps that changed the value, with what came out; `+` before those that the compiler inserted.

    What a masked value became is not shown: of such all steps are named.
    """
    before = made.read
    for step in made.steps:
        name = visible(f"{'+' if step.inserted else ''}{step.text}")
        if step.failure:
            yield f"{name} failed: {visible(step.failure)}"
        elif step.reached and step.value in (MASK, [MASK]):
            yield name
        elif step.reached and step.value != before:
            yield f"{name} {_shown(step.value)}"
        before = step.value


def _shown(value: Json) -> str:
    return "nothing" if value is None else cut(visible(json.dumps(value, ensure_ascii=False)), _LONGEST)


def _end(value: Json) -> str:
    """An outcome in words: `skip unmapped`, `reject event_id`, `a payload checkout`."""
    if isinstance(value, list):
        return ", ".join(map(_end, value)) or "nothing"
    if not isinstance(value, dict) or len(value) != 1:
        return _shown(value)
    ((kind, what),) = value.items()
    named = ", ".join(map(str, what)) if isinstance(what, list) else str(what)
    return visible(f"{'a payload' if kind == 'payload' else kind} {named}".strip())


def _beside(file: str, mapping: str) -> str:
    """A file as its mapping would name it: from the mapping's own folder."""
    return os.path.relpath(file, os.path.dirname(mapping) or ".")


def report_json(report: TestReport) -> str:
    """An object with the files, their tests and what differs; lines count from 1."""
    whole: dict[str, Any] = {
        "tests": len(report.results),
        "failed": len(report.failed),
        "files": [
            {
                "file": file.file,
                "tests": [_result_json(one) for one in file.results],
                "errors": json.loads(as_json(file.errors)),
            }
            for file in report.files
        ],
        "unread": [{"file": path, "why": why} for path, why in report.unread],
    }
    if report.coverage is not None:
        whole["coverage"] = covered_json(report.coverage)
    return to_json(whole)


def _result_json(result: TestResult) -> dict[str, Any]:
    differences = [
        {
            "outcome": one.outcome,
            "path": one.path,
            "message": one.message,
            "expected": one.expected,
            "got": one.got,
            "made_by": [_made_json(made) for made in one.made_by],
        }
        for one in result.differences
    ]
    return {
        "name": result.name,
        "file": result.file,
        "line": result.line,
        "status": result.status,
        "differences": differences,
    }


def _made_json(made: MadeBy) -> dict[str, Any]:
    steps = [
        {"step": step.text, "inserted": step.inserted, "value": step.value, "failure": step.failure}
        for step in made.steps
        if step.reached
    ]
    return {
        "file": made.file,
        "line": made.line,
        "source": made.source,
        "read": made.read,
        "steps": steps,
        "why": made.why,
    }


def report_junit(report: TestReport) -> str:
    """A suite for each mapping, a case for each of its tests."""
    suites = [_suite(file) for file in report.files]
    suites += [_broken(path, why) for path, why in report.unread]
    whole = Element("testsuites", {"name": "mapper test", **_counts(suites)})
    whole.extend(suites)
    return as_xml(whole)


def _suite(file: FileReport) -> Element:
    cases = [_case(one, file.file) for one in file.results]
    if file.errors:
        case = Element("testcase", {"name": "the mapping compiles", "classname": xml_text(file.file)})
        said = {"message": xml_text(file.errors[0].message), "type": file.errors[0].code}
        SubElement(case, "error", said).text = xml_lines(as_text(file.errors))
        cases.append(case)
    return _suite_of(file.file, cases)


def _suite_of(file: str, cases: list[Element]) -> Element:
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
    }
    suite = Element("testsuite", {"name": xml_text(file), **counts})
    suite.extend(cases)
    return suite


def _case(result: TestResult, mapping: str) -> Element:
    about = {"name": result.name, "classname": mapping, "file": result.file, "line": str(result.line)}
    case = Element("testcase", {key: xml_text(value) for key, value in about.items()})
    if result.differences:
        lines = list(result_lines(result, mapping))
        SubElement(case, "failure", {"message": xml_text(lines[0])}).text = xml_lines("\n".join(lines))
    return case


def _broken(path: str, why: str) -> Element:
    case = Element("testcase", {"name": "the file can be read", "classname": xml_text(path)})
    SubElement(case, "error", {"message": xml_text(why), "type": "unreadable"})
    return _suite_of(path, [case])


def _counts(suites: list[Element]) -> dict[str, str]:
    keys = ("tests", "failures", "errors", "skipped")
    return {key: str(sum(int(suite.get(key, "0")) for suite in suites)) for key in keys}


def report_github(report: TestReport) -> str:
    """A workflow command for each test that fails, each mistake of a mapping, and each unreadable file."""
    lines = []
    for file in report.files:
        for result in file.results:
            if result.differences:
                place = {"file": visible(relative(result.file) or result.file), "line": result.line}
                said = [f"{result.file}:{result.line}: {result.name}", *result_lines(result, file.file)]
                title = f"test failed: {visible(result.name)}"
                lines.append(command_line("error", {**place, "title": title}, "\n".join(map(visible, said))))
    errors = tuple(one for file in report.files for one in file.errors)
    unread = tuple(Unread(path, why) for path, why in report.unread)
    return "".join(lines) + as_github(CheckResult((), errors, unread))
