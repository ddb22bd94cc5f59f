"""The result of `check` -> JUnit's XML: a suite for the run, in it a case for each file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from mapper.cli.report.result import CheckResult, severity
from mapper.cli.report.text import as_text, number_of
from mapper.cli.terminal import visible
from mapper.texts.diagnostic import Diagnostic

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
    return as_xml(suites)


def as_xml(root: Element) -> str:
    """The text of a page of XML."""
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(file: str, found: Sequence[Diagnostic], strict: bool) -> Element:
    case = Element("testcase", {"name": xml_text(file), "classname": "mapper.check", "file": xml_text(file)})
    errors = [one for one in found if severity(one, strict) == "error"]
    if errors:
        said = {"message": xml_text(_summary(errors)), "type": errors[0].code}
        SubElement(case, "failure", said).text = xml_lines(as_text(errors, strict=strict))
    if others := [one for one in found if one not in errors]:
        SubElement(case, "system-out").text = xml_lines(as_text(others, strict=strict))
    return case


def _summary(errors: Sequence[Diagnostic]) -> str:
    first = f"{errors[0].span.place}: {errors[0].code} {errors[0].message}"
    return first if len(errors) == 1 else f"{number_of(len(errors), 'error')}; the first: {first}"


def _unread_case(file: str, why: str) -> Element:
    case = Element("testcase", {"name": xml_text(file), "classname": "mapper.check", "file": xml_text(file)})
    SubElement(case, "error", {"message": xml_text(why), "type": "unreadable"})
    return case


def xml_lines(text: str) -> str:
    """Lines in which nothing acts on a terminal already, as XML."""
    return _NEVER.sub(_named, text)


def xml_text(text: str) -> str:
    """A text in one line, of which nothing acts on a terminal, as XML."""
    return _NEVER.sub(_named, visible(text))


def _named(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
