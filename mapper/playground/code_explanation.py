"""A diagnostic's code -> what it means, as Markdown."""

from __future__ import annotations

from typing import Any

from mapper import CODES
from mapper.codes import difference, example, page_of
from mapper.playground.problem import PlaygroundProblem
from mapper.texts.diagnostic import closest


def code_shown(name: str, pages: str | None) -> dict[str, Any]:
    """The meaning of a code and its fix, with an example. Raises PlaygroundProblem for an unknown one."""
    row = CODES.get(name.upper())
    if row is None:
        near = closest(name.upper(), CODES)
        raise PlaygroundProblem(f"there is no code `{name}`", f"did you mean {near}?" if near else "")
    page = page_of(name.upper(), pages)
    link = f"\n[This page on the web]({page})\n" if page else ""
    return {
        "code": name.upper(),
        "title": row.title,
        "severity": row.severity,
        "markdown": row.explanation(difference(example(name.upper()))) + link,
    }
