"""Sets of characters of a regular expression -> the same sets as a mapping writes them, without escapes."""

from __future__ import annotations

import re

from mapper.values.regular_expression import pattern

# What is escaped alone: a kind, or a set.
CLASSES = {"d": "digits", "w": "word", "s": "space", "D": "[^0-9]", "W": "[^A-Za-z0-9_]"}
_IN_BRACKETS = pattern(r"\[:([a-z]+):\]|\\(.)|(.)", re.DOTALL)
# What is escaped within brackets, and what POSIX names there.
_RANGES = {
    "d": "0-9",
    "h": "0-9A-Fa-f",
    "w": "A-Za-z0-9_",
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "word": "A-Za-z0-9_",
    "xdigit": "0-9A-Fa-f",
}


def without_escapes(inner: str) -> str | None:
    """The text between the brackets of a set that is not negated; None where it has a class that no set has.

    A set has `]` first, and `-` and then `\\` last.
    """
    first, last, middle = "", "", ""
    for named, escaped, plain in _IN_BRACKETS.findall(inner):
        if plain:
            middle += plain
        elif named or escaped.isalnum():
            if (named or escaped) not in _RANGES:
                return None
            middle += _RANGES[named or escaped]
        elif escaped == "]":
            first = "]"
        elif escaped in "-\\":
            last = "-\\" if last and last != escaped else escaped
        else:
            middle += escaped
    if middle[-1:] == "-" and last:
        middle, last = middle[:-1], f"-{last.lstrip('-')}"
    return f"{first}{middle}{last}"
