"""Keys that mix letters of several scripts -> warnings: `p\\u0430yload` reads as a word that it is not."""

from __future__ import annotations

import re
import unicodedata

from mapper.diagnostic import Diagnostic
from mapper.text import Text

# A word before a colon, in quotes or without. What else a line can hold is a value.
_KEY = re.compile(r"""[^\W\d_][\w.-]*(?=["']?[ \t]*:(?:\s|$))""")
_ALIKE = frozenset({"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN"})


def mixed_keys(text: Text, found: list[Diagnostic]) -> list[Diagnostic]:
    """A warning for each key of several scripts whose letters look alike, where nothing else is said."""
    if text.content.isascii():
        return []
    said = {(one.span.start, one.span.end) for one in found}
    return [
        _warning(text, *match.span(), scripts)
        for match in _KEY.finditer(text.content)
        if not match.group().isascii() and match.span() not in said
        for scripts in (_scripts(match.group()),)
        if len(scripts) > 1
    ]


def _scripts(word: str) -> list[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha())
    return sorted({name for name in names if name in _ALIKE})


def _warning(text: Text, start: int, end: int, scripts: list[str]) -> Diagnostic:
    word = text.content[start:end]
    odd = next(letter for letter in word if not letter.isascii() and letter.isalpha())
    named = " and ".join(name.capitalize() for name in scripts)
    message = f"`{word}` mixes letters of {named}, and may not be the word it looks like"
    name = unicodedata.name(odd).lower()
    hint = f"its `{odd}` is U+{ord(odd):04X} ({name}); type the letter you mean"
    return Diagnostic("M050", text.span(start, end), message, hint)
