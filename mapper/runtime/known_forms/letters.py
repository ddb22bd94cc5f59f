"""Names in letters that need nothing but to be made small."""

from __future__ import annotations

import re
from functools import lru_cache

# Letters that are composed (NFC) and stay so beside each other: Latin, Greek, Cyrillic, Vietnamese; kana,
# ideographs, Hangul. Of the ranges that hold capitals, too, only the small ones are ever met.
_LETTERS = (
    r"a-z\u00df-\u00f6\u00f8-\u017e\u0219\u021b\u03ac-\u03ce\u0430-\u045f\u0491\u1ea1-\u1ef9"
    r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    """Words of these letters with a sign between them; made where the first are looked for."""
    return re.compile(rf"[{_LETTERS}]+(?:(?:[ '-]|\. ?)[{_LETTERS}]+)*")


def small_letters(value: str) -> str | None:
    """A text in small letters, if these are words in letters that need no more; None for any other.

    None for ASCII, too, which may be a placeholder: `unknown`, with a sign for kelvins as its K.
    """
    written = value.lower()
    return written if not written.isascii() and _words().fullmatch(written) else None
