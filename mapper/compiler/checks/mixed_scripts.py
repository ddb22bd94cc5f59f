"""Keys that mix letters of several scripts -> warnings: `p\\u0430yload` reads as a word that it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import ANY, Relation, check_text, same_span
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text

# A word before a colon, in quotes or without. What else a line can hold is a value.
_KEY = re.compile(r"""[^\W\d_][\w.-]*(?=["']?[ \t]*:(?:\s|$))""")
_ALIKE = frozenset({"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN"})


@check_text("M050", yields_to=(Relation(ANY, same_span),))
def mixed_keys(text: Text) -> Iterator[Diagnostic]:
    """Keys of several scripts whose letters look alike."""
    for match in () if text.content.isascii() else _KEY.finditer(text.content):
        scripts = [] if match.group().isascii() else _scripts(match.group())
        if len(scripts) > 1:
            yield _warning(text, *match.span(), scripts)


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
