"""Refusal: why a text is not taken as an expression, and where."""

from __future__ import annotations

import unicodedata


class Refusal(Exception):
    """Ends the reading of one expression; `parse_expression` makes a Diagnostic of it.

    start, end: characters of the expression's text, `end` exclusive. mend: what to write in place of which
    characters, where nothing else can be meant.
    """

    def __init__(
        self,
        code: str,
        start: int,
        end: int,
        message: str,
        hint: str | None = None,
        mend: tuple[int, int, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint
        self.mend = mend


def coded(text: str) -> str:
    """Text as code in a message or a hint, also where it holds backticks."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def shown(text: str) -> str:
    """Text as it can stand in a message: what cannot be seen is named by its code point."""
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        name = unicodedata.name(text, "").lower()
        return f"U+{ord(text):04X}" + (f" ({name})" if name else "")
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
