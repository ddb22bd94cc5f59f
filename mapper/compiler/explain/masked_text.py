"""A text of a mapping, as a rule is shown by -> the same without addresses and numbers of persons."""

from __future__ import annotations

import re

from mapper.texts.named_text import digest_of
from mapper.values.regular_expression import pattern

_DIGITS_SHOWN = 8
# An address, also as a URL has it, a telephone number, and a digest of such, wherever it is in a text.
_PERSONAL = pattern(
    r"(?P<digest>\b[0-9a-f]{64}\b)"
    r"|(?<![\w.+%-])[\w.+%-]*\w(?:@|%40)\w[\w.-]*\.[A-Za-z]{2,24}"
    r"|(?<!\w)(?:\+|%2B)[0-9][0-9 ().-]{6,18}[0-9]"
    r"|(?<![\w.-])\(?[0-9]{3}(?:\) ?|[ .-])[0-9]{3}[ .-][0-9]{4}(?![\w-])",
    re.IGNORECASE,
)


def masked_text(text: str) -> str:
    """A text in which each address or number is the beginning of its digest, so that two are told apart."""
    return _PERSONAL.sub(_digits, text)


def _digits(found: re.Match[str]) -> str:
    return masked(found.group()) if found["digest"] is None else f"{found.group()[:_DIGITS_SHOWN]}…"


def masked(text: str) -> str:
    """The beginning of the digest of a whole text."""
    return f"{digest_of(text.encode(errors='replace')).hex()[:_DIGITS_SHOWN]}…"
