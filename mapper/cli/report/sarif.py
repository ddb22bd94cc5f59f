"""The result of `check` -> a SARIF 2.1.0 log, as code scanning services and editors read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from mapper import __version__
from mapper.cli.report.file_paths import as_uri, relative
from mapper.cli.report.json import to_json
from mapper.cli.report.result import CheckResult, places, severity
from mapper.cli.terminal import visible_lines
from mapper.codes import CODES, DiagnosticCode, difference, example, page_of
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
_INDEX = {code: index for index, code in enumerate(sorted(CODES))}
_ROOT = "%SRCROOT%"
_ARTICLES = {"a", "an", "the"}
# A name begins with a letter.
_SPELT = {"0": "zero"}
# `[words](target)` is a link in a SARIF message, and so it would be in an expression.
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def as_sarif(checked: CheckResult, pages: str | None = None) -> str:
    """One run: all rules, the files that were read, a result for each diagnostic, and what could not be read.

    pages: the address of the pages of codes, where they have one.
    """
    files = dict.fromkeys([*checked.files, *(one.span.text.name for one in checked.found)])
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(pages)},
                "invocations": [_invocation(checked)],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder the check ran in."}}},
                "artifacts": [_artifact(file) for file in files],
                "columnKind": "unicodeCodePoints",
                "newlineSequences": ["\r\n", "\n", "\r"],
                "results": _results(checked),
            }
        ],
    }
    return to_json(log)


def _driver(pages: str | None) -> dict[str, Any]:
    return {
        "name": "mapper",
        "fullName": f"mapper check {__version__}",
        "version": __version__,
        "semanticVersion": __version__,
        **({"informationUri": f"{pages}/"} if pages else {}),
        "rules": [_rule(code, row, pages) for code, row in sorted(CODES.items())],
    }


def _rule(code: str, row: DiagnosticCode, pages: str | None) -> dict[str, Any]:
    text, lines = f"{row.why}\n\nFix: {row.fix}\n", ""
    with suppress(LookupError):
        lines = visible_lines(difference(example(code)))
        text = f"{text}\n{lines}"
    return {
        "id": code,
        "name": _rule_name(row.title),
        "shortDescription": {"text": _sentence(row.title[0].upper() + row.title[1:])},
        "fullDescription": {"text": _sentence(row.why)},
        "help": {"text": text, "markdown": row.explanation(lines)},
        **({"helpUri": page_of(code, pages)} if pages else {}),
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
    }


def _rule_name(title: str) -> str:
    """`a step that never fits` -> `StepThatNeverFits`."""
    words = re.findall(r"[A-Za-z0-9]+", title.replace("'", ""))
    return "".join(_SPELT.get(word, word).capitalize() for word in words if word not in _ARTICLES)


def _invocation(checked: CheckResult) -> dict[str, Any]:
    """Whether all files could be read; those that could not are notifications, not results."""
    invocation: dict[str, Any] = {"executionSuccessful": not checked.unread}
    if checked.unread:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": _sentence(one.why)},
                "locations": [{"physicalLocation": {"artifactLocation": _artifact_location(one.file)}}],
            }
            for one in checked.unread
        ]
    return invocation


def _artifact(file: str) -> dict[str, Any]:
    return {"location": _artifact_location(file), "sourceLanguage": "yaml", "encoding": "UTF-8"}


def _artifact_location(file: str) -> dict[str, Any]:
    uri = as_uri(file)
    return {"uri": uri} if relative(file) is None else {"uri": uri, "uriBaseId": _ROOT}


def _results(checked: CheckResult) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    accepted = {id(one): reason for one, reason in checked.accepted}
    for one in (*checked.found, *(one for one, _ in checked.accepted)):
        print_of_line = _print(one)
        seen[print_of_line] += 1
        result: dict[str, Any] = {
            "ruleId": one.code,
            "ruleIndex": _INDEX[one.code],
            "level": _LEVELS[severity(one, checked.strict)],
            "message": {"text": _message(one)},
            "locations": [_location(one.span)],
            "partialFingerprints": {"mappingLine/v1": f"{print_of_line}:{seen[print_of_line]}"},
        }
        if one.related:
            result["relatedLocations"] = [
                {"id": number, **_location(span), "message": {"text": _sentence(why)}}
                for number, (span, why) in enumerate(one.related, 1)
            ]
        if one.fixes:
            result["fixes"] = [_fix(fix) for fix in one.fixes]
        if id(one) in accepted:
            reason = accepted[id(one)]
            result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
        results.append(result)
    return results


def _print(found: Diagnostic) -> str:
    """The part of a diagnostic that stays while lines move: its file, its code and its line's words."""
    line = " ".join(found.span.text.line(found.span.line).split()) if CODES[found.code].shows_lines else ""
    known = "\0".join((as_uri(found.span.text.name), found.code, line))
    return sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _message(found: Diagnostic) -> str:
    text = _sentence(found.message)
    return f"{text} Hint: {_sentence(found.hint)}" if found.hint else text


def _sentence(text: str) -> str:
    """A text that ends as sentences do, and in which nothing is a link."""
    text = _LINK.sub(r"\\[", text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _location(span: Span) -> dict[str, Any]:
    location = {"artifactLocation": _artifact_location(span.text.name), "region": _region(span)}
    return {"physicalLocation": location}


def _region(span: Span) -> dict[str, Any]:
    line, column, end_line, end_column = places(span)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.text.name, []).append(edit)
    return {
        "description": {"text": _sentence(fix.title)},
        "artifactChanges": [
            {"artifactLocation": _artifact_location(file), "replacements": _replacements(edits)}
            for file, edits in by_file.items()
        ],
        "properties": {"safe": fix.safe},
    }


def _replacements(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    return [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}} for edit in edits
    ]
