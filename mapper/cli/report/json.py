"""Diagnostics -> JSON for a program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from mapper.cli.report.result import severity
from mapper.texts.diagnostic import Diagnostic, Edit
from mapper.texts.named_text import Span

# Characters of JSON texts that a terminal would act on; the escapes mean the same to a parser.
_ACTING = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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
