"""What a stranger says -> a text that is safe to show: short, without control characters and addresses."""

from __future__ import annotations

import re

from mapper.types import Json

_LONGEST = 200
_LOOKED_AT = 4 * _LONGEST
"""Characters of a text that are looked at, so that a huge one costs nothing."""
_ADDRESS = re.compile(r"[^\s@\"'<>(),;:=]{1,64}(?:@|%40)[^\s@\"'<>(),;]{1,255}")


def quote(said: Json) -> str:
    """A text of an answer as it may be shown and logged; "" for what is no text or a blank one.

    At most 200 characters; control and invisible characters escaped; what looks like an e-mail address
    masked.
    """
    if not isinstance(said, str):
        return ""
    whole = len(said) <= _LOOKED_AT
    text = said if whole else " ".join(said[:_LOOKED_AT].rsplit(None, 1)[:1])
    masked = _ADDRESS.sub("***@***", text.strip())
    shown = "".join(character if character.isprintable() else _escape(character) for character in masked)
    return shown if whole and len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _escape(character: str) -> str:
    return " " if character in "\n\r\t" else ascii(character)[1:-1]
