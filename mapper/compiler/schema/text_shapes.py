"""A text of an event -> its shape: a number, a time, an address. Never what it says."""

from __future__ import annotations

import re
from typing import Literal, get_args

from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.digest import is_placeholder

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
# In order: the first that the whole text matches counts.
_WRITTEN: tuple[tuple[TextShape, str], ...] = (
    ("blank", r"<[^<>]*>"),  # what examples have in place of a value
    ("digits", r"[0-9]+"),
    ("decimal", r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"),
    ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    (
        "time",
        rf"[0-9]{{4}}-?[0-9]{{2}}-?[0-9]{{2}}{_CLOCK} ?(?:Z|z|UTC|GMT|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)",
    ),
    ("time", r"(?:[A-Za-z]{3}, ?)?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} (?:[+-][0-9]{4}|GMT|UTC|Z)"),
    ("local_time", _DAY + _CLOCK),
    ("other_date", r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}(?:,?[T ][0-9:]{4,8}(?: ?[AaPp][Mm])?)?"),
    ("other_date", r"(?:[0-9]{1,2}\.? )?[A-Z][a-z]{2,8}\.? (?:[0-9]{1,2}, )?[0-9]{4}(?:,? [0-9:]{4,8})?"),
    ("email", r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[A-Za-z]{2,24}"),
    ("url", r"https?://\S+.*"),
    ("ip", r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"),
    ("ip", r"(?=[^:]*(?::[^:]+)*::|(?:[^:]+:){7})[0-9A-Fa-f:]{2,39}(?:%\w+)?"),
    ("uuid", r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    ("digest", r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}"),
    ("phone", r"(?:tel:)?\+[0-9][0-9 ().-]{5,18}[0-9]"),
    ("phone", r"\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4}|[0-9]{3}([ .-])[0-9]{3}\1[0-9]{4}"),
    ("locale", r"[a-z]{2}[-_][A-Z]{2}"),
    ("money", r"[^\w\s]{0,3} ?[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,3})? ?(?:[A-Z]{3}|[^\w\s])?"),
    ("money", r"[A-Z]{3} ?[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,3})?"),
    ("user_agent", r"(?:Mozilla|Opera|Dalvik|okhttp)/[0-9].*"),
    ("json", r"[\[{].*[\]}]"),
)
_PATTERNS = tuple((shape, re.compile(pattern, re.ASCII | re.DOTALL)) for shape, pattern in _WRITTEN)


def shape_of(text: str) -> TextShape:
    """What a text looks like, white space around it aside."""
    written = text[: _MOST_LOOKED_AT + 1].strip()
    if not written or is_placeholder(written):
        return "blank"
    if len(text) > _MOST_LOOKED_AT:
        return _shape_of_long(written, text)
    if written.lower() in _TRUTHS:
        return "boolean"
    if written in MINOR_UNITS:
        return "currency"
    return next((shape for shape, pattern in _PATTERNS if pattern.fullmatch(written)), "text")


def _shape_of_long(start: str, text: str) -> TextShape:
    if start.startswith(("https://", "http://")):
        return "url"
    return "json" if start[0] in "{[" and text.rstrip()[-1:] in ("}", "]") else "text"
