"""Text for a terminal: how wide it is, what in it must not act, whether it may have colour."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from typing import IO, Any

import click

# Formatting characters that scripts and emoji need and that move nothing else.
_HARMLESS = frozenset("\u200c\u200d")
_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})
_TAB_STOP = 4
_COLOUR, _QUIET = "colour", "quiet"


def visible(text: str) -> str:
    """Text in which what a terminal would act on, or not show, is written as `\\x1b` or `\\u202e`."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _ACTING or char in _HARMLESS:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_lines(text: str) -> str:
    """As `visible`; line breaks stay what they are."""
    return "\n".join(map(visible, text.split("\n")))


def width(text: str) -> int:
    """The columns a visible text takes: two for East Asian wide characters, none for combining ones."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH or 0x1160 <= ord(char) < 0x1200:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells(line: str) -> list[str]:
    """The text that is shown for each character of a line; a tab reaches to the next multiple of four."""
    shown: list[str] = []
    column = 0
    for char in line:
        cell = " " * (_TAB_STOP - column % _TAB_STOP) if char == "\t" else _shown(char)
        shown.append(cell)
        column += width(cell)
    return shown


def cut(text: str, columns: int) -> str:
    """A visible text cut to some columns, `…` at its end where something is missing."""
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for char in text:
        used += _width(char)
        if used > columns - 1:
            break
        kept += char
    return kept + "…"


def pad(text: str, columns: int) -> str:
    """A visible text filled up with spaces to some columns."""
    return text + " " * (columns - width(text))


def may_colour(stream: IO[str]) -> bool:
    """Whether the call, else the environment, else the stream says so: a terminal that is not dumb does."""
    if (choice := _asked(_COLOUR)) in ("always", "never"):
        return bool(choice == "always")
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def linked(text: str, address: str | None) -> str:
    """A text as a link of a terminal to an address; without an address, the text alone.

    Only for a stream that may have colour.
    """
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text


def is_quiet() -> bool:
    """Whether the call asks for errors and warnings alone on stderr."""
    return bool(_asked(_QUIET))


def _asked(option: str) -> Any:
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(option)


def is_closed(stream: IO[str]) -> bool:
    """Whether whoever called had closed a stream, as `>&-` does: `main` puts the null device in its place."""
    return stream.name == os.devnull


def close_stdout() -> None:
    """Let nothing more be written, at exit neither."""
    with suppress(OSError, ValueError):  # no file of the system's, as in a test
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{visible(text)}" if text[:1] in ("=", "+", "-", "@", "\t") else visible(text)
