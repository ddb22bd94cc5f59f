"""Span -> its lines, with carets under its characters: what rustc and actionlint show."""

from __future__ import annotations

from mapper.cli.terminal import cells, width
from mapper.texts.named_text import Span

# Of a span over more lines than this, the middle is left out.
_MOST_LINES = 4
# Of a longer line, only the part around the carets is shown.
_LONGEST_LINE = 120
_LEFT_OF_CARETS = 40


def last_line(span: Span) -> int:
    """The line of the last character of a span, from 1."""
    return span.text.position(max(span.start, span.end - 1))[0]


def frame(span: Span, gutter: int, mark: str) -> list[tuple[str, str, str]]:
    """Lines of (gutter, source, carets), one of the two last is empty; the first line shows neither.

    gutter: digits that the line numbers may take. mark: the character of the carets.
    """
    blank = f"{'':{gutter + 1}} |"
    rows = [(blank, "", "")]
    first, last = span.line, last_line(span)
    for number in range(first, last + 1):
        if last - first >= _MOST_LINES and first + 1 < number < last:
            if number == first + 2:
                rows.append((f" {'...':{gutter}}", "", ""))
            continue
        source, under = _line(span, number, mark)
        rows.append((f" {number:{gutter}} |", source, ""))
        if under:
            rows.append((blank, "", under))
    return rows


def _line(span: Span, number: int, mark: str) -> tuple[str, str]:
    """A line as it is shown, and the carets under the part of it that the span covers."""
    line = span.text.line(number)
    begins = span.text.starts[number - 1]
    start = max(span.start - begins, 0)
    end = min(span.end - begins, len(line))
    if number > span.line:
        start = len(line) - len(line.lstrip())
    shown = cells(line)
    if number == 1 and line.startswith("\ufeff"):
        shown[0] = ""
    shown, start, end = _around(shown, start, end)
    left, carets = width("".join(shown[:start])), width("".join(shown[start:end]))
    source = "".join(shown).rstrip()
    if carets == 0 and number > span.line:
        return source, ""
    if carets == 0 and end > start:
        left -= 1  # a combining character: it is drawn over the one before it
    return source, " " * left + mark * max(carets, 1)


def _around(shown: list[str], start: int, end: int) -> tuple[list[str], int, int]:
    """The part of a long line around its carets, and where they are in it."""
    if len(shown) <= _LONGEST_LINE:
        return shown, start, end
    first = max(0, start - _LEFT_OF_CARETS)
    kept = shown[first : first + _LONGEST_LINE]
    if first + _LONGEST_LINE < len(shown):
        kept.append("…")
    if first:
        kept.insert(0, "…")
        first -= 1
    return kept, start - first, min(end - first, len(kept))
