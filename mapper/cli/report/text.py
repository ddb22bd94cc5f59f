"""Diagnostics -> text with code frames, for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from click import style

from mapper.cli.report.code_frame import frame, last_line
from mapper.cli.report.result import severity
from mapper.cli.terminal import linked, visible
from mapper.codes import CODES, Severity, page_of
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.fixing import safe_fix
from mapper.version import diagnostic_pages

_COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "advice": "cyan"}


def as_text(diagnostics: Iterable[Diagnostic], *, strict: bool = False, colour: bool = False) -> str:
    """A paragraph for each diagnostic: message, place, the lines it speaks of, hint."""
    return "\n".join(_paragraph(found, severity(found, strict), colour) for found in diagnostics)


def _paragraph(found: Diagnostic, level: Severity, colour: bool) -> str:
    def paint(text: str, **how: Any) -> str:
        return style(text, **how) if colour and text else text

    spans = [found.span, *(span for span, _ in found.related)]
    gutter = max(len(str(last_line(span))) for span in spans)
    margin = " " * (gutter + 2)
    page = page_of(found.code, diagnostic_pages()) if colour else None
    head = paint(f"{level}[{linked(found.code, page)}]", fg=_COLOURS[level], bold=True)
    lines = [head + paint(f": {visible(found.message)}", bold=True)]
    lines.append(paint(f"{margin[1:]}--> ", fg="blue", bold=True) + visible(found.span.place))
    for bar, source, under in frame(found.span, gutter, "^") if CODES[found.code].shows_lines else ():
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


def closing_count(
    mappings: int | str,
    diagnostics: Sequence[Diagnostic],
    *,
    strict: bool = False,
    fixed: int = 0,
    fixable: bool = False,
) -> str:
    """`checked 3 mappings: 1 error, 2 warnings`.

    mappings: how many, or in words what was checked. fixed: how many were fixed before. fixable: whether to
    say how many `--fix` would fix.
    """
    counts = Counter(severity(found, strict) for found in diagnostics)
    parts = [number_of(counts["error"], "error"), number_of(counts["warning"], "warning")]
    if counts["advice"]:
        parts.append(f"{counts['advice']} advice")
    if fixed:
        parts.append(f"{fixed} fixed")
    if fixable and (safe := sum(safe_fix(found) is not None for found in diagnostics)):
        parts.append(f"{safe} fixable with `--fix`")
    what = mappings if isinstance(mappings, str) else number_of(mappings, "mapping")
    return f"checked {what}: {', '.join(parts)}"


def pointer(diagnostics: Sequence[Diagnostic]) -> str:
    """A line that says where to read more, of the worst there is; "" where nothing is worse than advice."""
    codes = {found.code for found in diagnostics}
    for level in ("error", "warning"):
        for code in (found.code for found in diagnostics if found.severity == level):
            return f"for more{'' if len(codes) == 1 else ' on a code'}, run `mapper explain {code}`\n"
    return ""


def number_of(number: int, noun: str) -> str:
    """`no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
