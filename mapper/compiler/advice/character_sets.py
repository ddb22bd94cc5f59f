"""What an author wrote for a set of characters -> the set that was most likely meant."""

from __future__ import annotations

import re

from mapper.compiler.schema.names import letters_of
from mapper.diagnostic import closest
from mapper.pattern import pattern
from mapper.transforms.character_sets import KINDS, read_set
from mapper.types import Invalid

# A regular expression between slashes, in brackets, or with how often it may occur.
_AROUND = pattern(r"/(.*)/[a-z]*|\((?:\?:)?(.*)\)|(.*?)(?:[+*]|\{[0-9,]+\})\??", re.DOTALL)
_IN_BRACKETS = pattern(r"\[:([a-z]+):\]|\\(.)|(.)", re.DOTALL)
# What other tools call a kind.
_ALSO = {
    **dict.fromkeys(("digit", "number", "numbers", "numeric", "decimal", "num", "integer"), "digits"),
    **dict.fromkeys(("letter", "alpha", "alphabet", "alphabetic"), "letters"),
    **dict.fromkeys(("words", "identifier", "alnum", "alphanumeric"), "word"),
    **dict.fromkeys(("slugs", "kebab"), "slug"),
    **dict.fromkeys(("hexadecimal", "xdigit", "hexdigit", "hexdigits"), "hex"),
    **dict.fromkeys(("spaces", "whitespace", "blank", "blanks"), "space"),
}
# Escapes of regular expressions: what they mean alone, and within brackets.
_ALONE = {r"\d": "digits", r"\w": "word", r"\s": "space", r"\D": "[^0-9]", "[:space:]": "space"}
_WITHIN = {
    **{
        "d": "0-9",
        "w": "A-Za-z0-9_",
        "digit": "0-9",
        "alpha": "A-Za-z",
        "alnum": "A-Za-z0-9",
        "h": "0-9A-Fa-f",
    },
    **{"xdigit": "0-9A-Fa-f", "lower": "a-z", "upper": "A-Z", "word": "A-Za-z0-9_"},
}


def meant_set(text: str) -> str | None:
    """How the set is written here that a text most likely means, which is none as it is."""
    around = _AROUND.fullmatch(text)
    while around is not None:
        text = next(one for one in around.groups() if one is not None)
        around = _AROUND.fullmatch(text)
    bare = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    word = letters_of(bare)
    for meant in (text, _ALONE.get(bare), _ALSO.get(word), _rewritten(text)):
        if meant is not None and _is_set(meant):
            return meant
    near = closest(text, KINDS)
    return near or (f"[{text}]" if text and _is_set(f"[{text}]") else None)


def _rewritten(text: str) -> str | None:
    """A set of a regular expression without its escapes."""
    if text[:1] != "[":
        return None
    negated = text[1:2] == "^"
    first, last, middle = "", "", ""
    for named, escaped, plain in _IN_BRACKETS.findall(text[1 + negated : len(text) - text.endswith("]")]):
        if plain:
            middle += plain
        elif named or escaped.isalnum():
            if (named or escaped) not in _WITHIN:
                return None
            middle += _WITHIN[named or escaped]
        elif escaped == "]":
            first = "]"
        elif escaped in "-\\":
            last = "-\\" if last and last != escaped else escaped
        else:
            middle += escaped
    if middle[-1:] == "-" and last:
        middle, last = middle[:-1], f"-{last.lstrip('-')}"
    return f"[{'^' * negated}{first}{middle}{last}]"


def _is_set(text: str) -> bool:
    try:
        read_set(text)
    except Invalid:
        return False
    return True
