"""Diagnostics -> text for a person, and json, SARIF, GitHub's workflow commands and JUnit for programs."""

from __future__ import annotations

from mapper.cli.report.json import as_json, to_json
from mapper.cli.report.result import CheckResult, Unread, severity
from mapper.cli.report.signal_coverage import coverage_line
from mapper.cli.report.text import as_text, closing_count, number_of, pointer

__all__ = [
    "CheckResult",
    "Unread",
    "as_json",
    "as_text",
    "closing_count",
    "coverage_line",
    "number_of",
    "pointer",
    "report",
    "severity",
    "to_json",
]


def report(form: str, checked: CheckResult, *, colour: bool = False) -> str:
    """The result of `check` in a format. Only text may have colour; it is empty without findings."""
    if form == "sarif":
        from mapper.cli.report.sarif import as_sarif
        from mapper.version import diagnostic_pages

        return as_sarif(checked, diagnostic_pages())
    if form == "github":
        from mapper.cli.report.github import as_github

        return as_github(checked)
    if form == "junit":
        from mapper.cli.report.junit import as_junit

        return as_junit(checked)
    if form == "json":
        return as_json(checked.found, strict=checked.strict)
    return as_text(checked.found, strict=checked.strict, colour=colour)
