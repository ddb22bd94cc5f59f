"""A text of an event -> its shape: a number, a time, an address. Never what it says."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.digest import is_placeholder
from mapper.values.regular_expression import pattern

TextShape = Literal[
    "blank",
    "boolean",
    "currency",
    "date",
    "decimal",
    "digest",
    "digits",
    "email",
    "ip",
    "json",
    "local_time",
    "locale",
    "money",
    "other_date",
    "phone",
    "text",
    "time",
    "url",
    "user_agent",
    "uuid",
]
SHAPES: tuple[TextShape, ...] = get_args(TextShape)
# Texts of these shapes are, or hold, somebody's address or number, whatever the attribute is called.
PERSONAL_SHAPES: frozenset[TextShape] = frozenset({"email", "phone"})

# A longer text is none of the shapes that say something but a URL or JSON, which the beginning shows.
_MOST_LOOKED_AT = 512
_TRUTHS = frozenset({"true", "false", "yes", "no"})
_DAY = r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}"
_OFFSET = r" ?(?:Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_CLOCK = r"[T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?"
_SIGN = "(?:[A-Z]{0,2}[$\u00a2-\u00a5\u20a0-\u20c0])"
_AMOUNT = r"[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,3})?"
# In order: the first that the whole text matches counts.
_WRITTEN: tuple[tuple[TextShape, str], ...] = (
    ("blank", r"<[^<>]*>"),  # what examples have in place of a value
    ("digits", r"[0-9]+"),
    ("phone", r"\+[1-9][0-9]{7,14}"),  # E.164; an amount that is written so would be of ten millions
    ("decimal", r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"),
    ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ("time", _DAY + _CLOCK + _OFFSET),
    ("time", r"(?:[A-Za-z]{3}, ?)?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} (?:[+-][0-9]{4}|GMT|UTC|Z)"),
    ("local_time", _DAY + _CLOCK),
    (
        "other_date",
        r"[0-9]{1,4}(?P<mark>[./-])[0-9]{1,2}(?P=mark)[0-9]{2,4}(?:,?[T ][0-9:]{4,8}(?: ?[AaPp][Mm])?)?",
    ),
    ("other_date", r"(?:[0-9]{1,2}\.? )?[A-Z][a-z]{2,8}\.? (?:[0-9]{1,2}, )?[0-9]{4}(?:,? [0-9:]{4,8})?"),
    ("email", r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[A-Za-z]{2,24}"),
    ("url", r"https?://\S+.*"),
    ("ip", r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"),
    ("ip", r"(?=[^:]*(?::[^:]+)*::|(?:[^:]+:){7})[0-9A-Fa-f:]{2,39}(?:(?:\.[0-9]{1,3}){3})?(?:%\w+)?"),
    ("uuid", r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    ("digest", r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}"),
    ("phone", r"(?:tel:)?\+[0-9][0-9 ().-]{5,18}[0-9]"),
    ("phone", r"\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4}|[0-9]{3}(?P<gap>[ .-])[0-9]{3}(?P=gap)[0-9]{4}"),
    ("locale", r"[a-z]{2}[-_][A-Z]{2}"),
    ("money", rf"(?:{_SIGN}|[A-Z]{{3}})? ?-?{_AMOUNT} ?(?:{_SIGN}|[A-Z]{{3}})?"),
    ("user_agent", r"(?:Mozilla|Opera|Dalvik|okhttp)/[0-9].*"),
    ("json", r"[\[{].*[\]}]"),
)
_NAMES = tuple(f"{shape}_{number}" for number, (shape, _) in enumerate(_WRITTEN))
_ANY = pattern(
    "|".join(f"(?P<{name}>{written})" for name, (_, written) in zip(_NAMES, _WRITTEN, strict=True)),
    re.ASCII | re.DOTALL,
)
_SHAPES_BY_NAME = {name: shape for name, (shape, _) in zip(_NAMES, _WRITTEN, strict=True)}
_MOST_KEPT = 4096


@lru_cache(maxsize=_MOST_KEPT)
def shape_of(text: str) -> TextShape:
    """The shape of a text, white space around it aside."""
    written = text[: _MOST_LOOKED_AT + 1].strip()
    if not written or is_placeholder(written):
        return "blank"
    if len(text) > _MOST_LOOKED_AT:
        return _shape_of_long(written, text)
    if written.lower() in _TRUTHS:
        return "boolean"
    if written in MINOR_UNITS:
        return "currency"
    if written.isalpha():
        return "text"
    match = _ANY.fullmatch(written)
    return "text" if match is None else _SHAPES_BY_NAME[match.lastgroup or ""]


def _shape_of_long(start: str, text: str) -> TextShape:
    if start.startswith(("https://", "http://")):
        return "url"
    return "json" if start[0] in "{[" and text.rstrip()[-1:] in ("}", "]") else "text"
