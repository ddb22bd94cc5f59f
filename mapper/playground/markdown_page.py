"""A mapping, a sample and its payload -> Markdown that can be pasted into a ticket or a review."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mapper import Analysis
from mapper.playground.about import About
from mapper.playground.check_result import can_send
from mapper.playground.event_tree import masked_event
from mapper.playground.places import Places
from mapper.playground.sample_look import SampleLook, look, looked
from mapper.playground.shown_value import indented

# The tests of a mapping hold events, of which nobody knows whose they are.
_TESTS = re.compile(r"^(?:tests|fixtures):.*\n(?:(?:[ \t#-].*)?\n)*", re.MULTILINE)
_QUOTED = re.compile(r"(`[^`]+`)")
_BACKTICKS = re.compile("`+")


def markdown(analysis: Analysis, about: About, places: Places) -> str:
    """The page. Values of persons are masked unless revealed, and the mapping's tests are left out."""
    parts = [f"### {_plain(about.mapping.name)}", _fenced("yaml", _TESTS.sub("", about.mapping.text))]
    parts += [
        f"- **{one.severity} {one.code}** at {one.span.line}:{one.span.column}: {_told(one.message)}"
        for one in analysis.diagnostics
    ]
    sample = about.chosen
    if sample is None or sample.event is None or not can_send(analysis):
        return "\n\n".join(parts) + "\n"
    at = look(analysis, sample, about.event_meta, places, reveal=about.reveal)
    parts += [f"### Sample: {_plain(sample.name)}", _fenced("json", indented(_event(at)))]
    for outcome in looked(at)["outcomes"]:
        parts.append(f"### {_plain(outcome['title'])}")
        if outcome["rows"]:
            parts.append("\n".join(_table(outcome["rows"])))
        parts += [f"- {_plain(one['path'])}: {_told(one['message'])}" for one in outcome["notes"]]
    return "\n\n".join(parts) + "\n"


def _event(at: SampleLook) -> Any:
    return at.tree.parts[0][1] if at.reveal else masked_event(at.tree, at.analysis, at.hide)


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| field | value | from | steps |"
    yield "|---|---|---|---|"
    for row in rows:
        if row["kind"] in ("leaf", "absent"):
            value = f"*{row['why']}*" if row["shown"] is None else _code(row["shown"]["text"])
            steps = " ".join(("+" if one["inserted"] else "") + one["text"] for one in row["steps"])
            yield f"| {_code(row['path'])} | {value} | {_code(row['source'])} | {_code(steps)} |"


def _code(text: str) -> str:
    """A text as code in a cell."""
    if not text:
        return ""
    plain = text.replace("\n", " ").replace("|", "\\|")
    fence, pad = _fence(plain, 1), " " * ("`" in plain)
    return f"{fence}{pad}{plain}{pad}{fence}"


def _told(message: str) -> str:
    """A message, with the parts that it quotes as code."""
    parts = _QUOTED.split(message.replace("\n", " "))
    return "".join(part if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    """A text in which nothing acts as Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text.replace("\n", " "))


def _fenced(kind: str, text: str) -> str:
    fence = _fence(text, 3)
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"


def _fence(text: str, least: int) -> str:
    """Backticks that no text can end: more than it has in a row."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    return "`" * max(least, longest + 1)
