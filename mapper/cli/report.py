"""Diagnostics -> text with code frames for a person, json for a program."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from click import style

from mapper.cli.frame import frame, last_line
from mapper.cli.screen import visible
from mapper.codes import Severity
from mapper.diagnostic import Diagnostic, Edit
from mapper.text import Span

_COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "advice": "cyan"}
# Characters of JSON texts that a terminal would act on; the escapes mean the same to a parser.
_ACTING = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def severity(found: Diagnostic, strict: bool) -> Severity:
    """A diagnostic's severity; when strict, a warning is an error."""
    return "error" if strict and found.severity == "warning" else found.severity


def as_text(diagnostics: Iterable[Diagnostic], *, strict: bool = False, colour: bool = False) -> str:
    """A paragraph for each diagnostic: message, place, the lines it speaks of, hint."""
    return "\n".join(_paragraph(found, severity(found, strict), colour) for found in diagnostics)


def _paragraph(found: Diagnostic, level: Severity, colour: bool) -> str:
    def paint(text: str, **how: Any) -> str:
        return style(text, **how) if colour and text else text

    spans = [found.span, *(span for span, _ in found.related)]
    gutter = max(len(str(last_line(span))) for span in spans)
    margin = " " * (gutter + 2)
    head = paint(f"{level}[{found.code}]", fg=_COLOURS[level], bold=True)
    lines = [head + paint(f": {visible(found.message)}", bold=True)]
    lines.append(paint(f"{margin[1:]}--> ", fg="blue", bold=True) + visible(found.span.place))
    for bar, source, under in frame(found.span, gutter, "^"):
        lines.append(
            _row(paint(bar, fg="blue", bold=True), source, paint(under, fg=_COLOURS[level], bold=True))
        )
    for span, why in found.related:
        lines.append(paint(f"{margin[1:]}::: ", fg="blue", bold=True) + visible(f"{span.place}: {why}"))
        for bar, source, under in frame(span, gutter, "-"):
            lines.append(_row(paint(bar, fg="blue", bold=True), source, paint(under, fg="blue", bold=True)))
    if found.hint:
        label = paint(f"{margin}= ", fg="blue", bold=True) + paint("hint", bold=True)
        first, *others = found.hint.split("\n")
        lines.append(f"{label}: {visible(first)}")
        lines.extend(f"{margin}        {visible(other)}".rstrip() for other in others)
    return "\n".join(lines) + "\n"


def _row(bar: str, source: str, under: str) -> str:
    return f"{bar} {source or under}" if source or under else bar


def as_json(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> str:
    """An array with an object for each diagnostic; lines and columns from 1, ends exclusive."""
    found = [
        {
            **_place(one.span),
            "code": one.code,
            "severity": severity(one, strict),
            "message": one.message,
            "hint": one.hint,
            "path": one.path,
            "fixes": [
                {"title": fix.title, "safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}
                for fix in one.fixes
            ],
        }
        for one in diagnostics
    ]
    return to_json(found)


def to_json(value: Any) -> str:
    """JSON for people and programs alike: indented, in plain characters, safe on a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return _ACTING.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def _place(span: Span) -> dict[str, Any]:
    line, column = span.text.position(span.start)
    end_line, end_column = span.text.position(span.end)
    return {
        "file": span.text.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.span), "replacement": edit.replacement}


def closing_count(mappings: int, diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> str:
    """`checked 3 mappings: 1 error, 2 warnings`."""
    counts = Counter(severity(found, strict) for found in diagnostics)
    parts = [_count(counts["error"], "error"), _count(counts["warning"], "warning")]
    if counts["advice"]:
        parts.append(f"{counts['advice']} advice")
    return f"checked {_count(mappings, 'mapping')}: {', '.join(parts)}"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
