"""A sample in a mapping -> the hints beside each rule: the value that it gives, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from mapper import Span
from mapper.authoring import Row, Text
from mapper.language_server.hovers import value_text
from mapper.language_server.positions import Positions
from mapper.language_server.sample_event import SampleRun

_LONGEST_VALUE = 40
_MOST_ITEMS = 3
# What the mapping shows itself.
_SHOWN = "constant"


def value_hints(run: SampleRun, positions: Positions, within: Span) -> list[lsp.InlayHint]:
    """The hints in a span of the mapping's text, one at each place. Raises CompileError."""
    text = run.analysis.text
    hints: dict[int, lsp.InlayHint] = {}
    for span, label, why in _told(run):
        at = _end(span)
        if span.text.name == text.name and within.start <= at <= within.end and at not in hints:
            tooltip = f"for the sample {run.sample.name}" + (f": {why}" if why else "")
            position = positions.position(text, at)
            hints[at] = lsp.InlayHint(position, f"= {label}", tooltip=tooltip, padding_left=True)
    return [*hints.values()]


def _told(run: SampleRun) -> Iterator[tuple[Span, str, str]]:
    """The places, what is told at each, and why."""
    for one in (one for part in run.explanation.decisions for one in part):
        value = "" if one.value is None else value_text(one.value, _LONGEST_VALUE)
        yield one.span, one.told or value, one.part
    for row in (row for table in run.explanation.tables for row in table.rows):
        if row.depth == 0 and row.why != _SHOWN:
            yield row.span, _label(row), row.why


def _label(row: Row) -> str:
    if row.value is not None:
        return value_text(row.value, _LONGEST_VALUE)
    items = [value_text(one.value, _LONGEST_VALUE) for one in row.items if one.value is not None]
    if items:
        more = "…" if row.more or len(items) > _MOST_ITEMS else ""
        return f"[{', '.join(items[:_MOST_ITEMS])}{more}]"
    return "no value"


def _end(span: Span) -> int:
    """The place of a hint of a part: after it, or after its first line."""
    text: Text = span.text
    line, _ = text.position(span.start)
    return min(span.end, text.starts[line - 1] + len(text.line(line)))
