"""A mapping, a sample and its payload -> Markdown that can be pasted into a ticket or a review."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mapper.authoring import Analysis
from mapper.playground.check_result import can_send
from mapper.playground.page_places import Places
from mapper.playground.question import MappingQuestion
from mapper.playground.sample_look import look, sample_view
from mapper.texts.markdown import code_block, code_in_cell

# The tests of a mapping hold events, of which nobody knows whose they are.
_TESTS = re.compile(r"^(?:tests|fixtures):.*\n(?:(?:[ \t#-].*)?\n)*", re.MULTILINE)
_QUOTED = re.compile(r"(`[^`]+`)")


def markdown(analysis: Analysis, question: MappingQuestion, places: Places) -> str:
    """The page. Values of persons are masked unless revealed, and the mapping's tests are left out."""
    parts = [
        f"### {_plain(question.mapping.name)}",
        code_block("yaml", _TESTS.sub("", question.mapping.text)),
    ]
    parts += [
        f"- **{one.severity} {one.code}** at {one.span.line}:{one.span.column}: {_message(one.message)}"
        for one in analysis.diagnostics
    ]
    sample = question.chosen
    if sample is None or sample.event is None or not can_send(analysis):
        return "\n\n".join(parts) + "\n"
    at = look(analysis, sample, question.event_meta, places, reveal=question.reveal)
    view = sample_view(at)
    parts += [f"### Sample: {_plain(sample.name)}", code_block("json", view["json"])]
    for outcome in view["outcomes"]:
        parts.append(f"### {_plain(outcome['title'])}")
        if outcome["rows"]:
            parts.append("\n".join(_table(outcome["rows"])))
        parts += [f"- {_plain(one['path'])}: {_message(one['message'])}" for one in outcome["notes"]]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| field | value | from | steps |"
    yield "|---|---|---|---|"
    for row in rows:
        if row["kind"] in ("leaf", "absent"):
            value = f"*{row['why']}*" if row["shown"] is None else code_in_cell(row["shown"]["text"])
            steps = " ".join(("+" if one["inserted"] else "") + one["text"] for one in row["steps"])
            cells = (code_in_cell(row["path"]), value, code_in_cell(row["source"]), code_in_cell(steps))
            yield f"| {' | '.join(cells)} |"


def _message(message: str) -> str:
    """A message, with the parts that it quotes as code."""
    parts = _QUOTED.split(message.replace("\n", " "))
    return "".join(part if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    """A text in which nothing acts as Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text.replace("\n", " "))
