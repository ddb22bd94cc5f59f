"""Analysis -> its diagnostics and signals as the page has them."""

from __future__ import annotations

from typing import Any

import mapper
from mapper import Diagnostic
from mapper.authoring import Analysis
from mapper.playground.page_places import Places


def check_result(analysis: Analysis, places: Places) -> dict[str, Any]:
    """The result of a check of the mapping."""
    diagnostics = analysis.diagnostics
    try:
        covered, tests = analysis.coverage, len(analysis.tests)
    except mapper.CompileError:
        covered, tests = (), 0
    signals = [
        {
            "section": ", ".join(filter(None, one.names)) or "a name from the event",
            "signals": [
                *({"name": path, "has": True, "path": path} for path in one.sent),
                *({"name": path, "has": False, "path": path} for path in one.missing),
            ],
        }
        for one in covered
    ]
    return {
        "diagnostics": [diagnostic(one, places) for one in diagnostics],
        "sends": can_send(analysis),
        "signals": signals,
        "tests": tests,
    }


def can_send(analysis: Analysis) -> bool:
    """Whether the mapping sends anything."""
    return analysis.last_that_sends is analysis


def diagnostic(found: Diagnostic, places: Places) -> dict[str, Any]:
    """A diagnostic, with its fixes."""
    return {
        "code": found.code,
        "severity": found.severity,
        "message": places.text(found.message),
        "hint": None if found.hint is None else places.text(found.hint),
        "path": found.path,
        "place": places.of(found.span),
        "related": [{"place": places.of(span), "message": places.text(why)} for span, why in found.related],
        "fixes": [
            {"title": fix.title, "safe": fix.safe, "edits": [places.edit(one) for one in fix.edits]}
            for fix in found.fixes
        ],
    }
