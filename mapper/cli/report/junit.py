"""What was checked -> JUnit's XML: a suite for the run, in it a case for each file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from mapper.cli.report.result import CheckResult, severity
from mapper.cli.report.text import as_text, number_of
from mapper.cli.terminal import visible
from mapper.diagnostic import Diagnostic

# What no XML text may hold, and `visible` leaves: characters that are none.
_NEVER = re.compile("[\ufffe\uffff]")


def as_junit(checked: CheckResult) -> str:
    """A file with errors has failed; `system-out` has what else was found in it."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in checked.files}
    for one in checked.found:
        by_file.setdefault(one.span.text.name, []).append(one)
    cases = [_case(file, found, checked.strict) for file, found in by_file.items()]
    cases += [_unread_case(one.file, one.why) for one in checked.unread]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(len(checked.unread)),
        "skipped": "0",
    }
    suites = Element("testsuites", counts)
    SubElement(suites, "testsuite", {"name": "mapper check", **counts}).extend(cases)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(file: str, found: Sequence[Diagnostic], strict: bool) -> Element:
    case = Element("testcase", {"name": _text(file), "classname": "mapper.check", "file": _text(file)})
    errors = [one for one in found if severity(one, strict) == "error"]
    if errors:
        said = {"message": _text(_summary(errors)), "type": errors[0].code}
        SubElement(case, "failure", said).text = _lines(as_text(errors, strict=strict))
    if others := [one for one in found if one not in errors]:
        SubElement(case, "system-out").text = _lines(as_text(others, strict=strict))
    return case


def _summary(errors: Sequence[Diagnostic]) -> str:
    first = f"{errors[0].span.place}: {errors[0].code} {errors[0].message}"
    return first if len(errors) == 1 else f"{number_of(len(errors), 'error')}; the first: {first}"


def _unread_case(file: str, why: str) -> Element:
    case = Element("testcase", {"name": _text(file), "classname": "mapper.check", "file": _text(file)})
    SubElement(case, "error", {"message": _text(why), "type": "unreadable"})
    return case


def _lines(text: str) -> str:
    """Lines in which nothing acts on a terminal already, as XML."""
    return _NEVER.sub(_named, text)


def _text(text: str) -> str:
    return _NEVER.sub(_named, visible(text))


def _named(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
