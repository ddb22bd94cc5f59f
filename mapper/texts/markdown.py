"""Texts as code in Markdown, whatever is in them."""

from __future__ import annotations

import re

_BACKTICKS = re.compile("`+")
# From the break on: white space before it would be looked through again at each of its characters.
_LINE_BREAK = re.compile(r"[\r\n]\s*")


def code(text: str) -> str:
    """A text as code within a line; nothing where it is empty."""
    line = _LINE_BREAK.sub(" ", text)
    if not line:
        return ""
    fence = _fence(line, 1)
    pad = " " if "`" in line or not line.strip() else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def code_in_cell(text: str) -> str:
    """A text as code in a cell of a table."""
    return code(text.replace("|", "\\|"))


def code_block(language: str, text: str) -> str:
    """A text of several lines as code."""
    fence = _fence(text, 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _fence(text: str, least: int) -> str:
    """Backticks that no text can end: more than it has in a row."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    return "`" * max(least, longest + 1)
