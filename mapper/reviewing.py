"""A mapping's text -> all that is wrong with it, and what its sections can send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mapper.compiler.explain.scored_signals import signal_coverage
from mapper.compiling import checked, plan_text
from mapper.project.project import Project, project_of
from mapper.texts.diagnostic import has_errors
from mapper.texts.named_text import Text
from mapper.texts.review import Review


def review_text(
    text: str,
    name: str = "<text>",
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    samples: dict[str, Any] | None = None,
) -> Review:
    """All that is wrong with a mapping's text, or could be better, and what its sections can send.

    samples: the `source_schema` of sample events, which the mapping is checked against too.
    """
    return review_of(Text(name, text), project_of(beside, schemas, samples=samples))


def review_of(text: Text, project: Project) -> Review:
    """As `review_text`, for a mapping of a project, which then says what was read for it."""
    found = checked(plan_text(text, project, fixtures=True), samples=True)
    plan = found.plan
    sends = plan is not None and not plan.mapping.partial and not has_errors(found.found)
    mapping = found.mapping
    tests = 0 if mapping is None else sum(not (mapping.partial and one.inherit) for one in mapping.tests)
    covered = signal_coverage(plan) if plan is not None and sends else ()
    is_partial = found.mapping is not None and found.mapping.partial
    return Review(found.found, covered, tests, found.shared, is_partial)
