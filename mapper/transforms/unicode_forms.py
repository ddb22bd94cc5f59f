"""Unicode's normal forms, in time that grows with the text.

Marks after a letter are sorted one by one, each past all others: half a megabyte of them would take minutes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

# No script has more on one letter; Unicode's own form for streams (UAX 15) has the same limit.
_MOST_MARKS = 30
# A text that is no longer is not even looked at: sorting its marks takes microseconds.
_SHORT = 100
# All marks are in this range.
_FIRST, _BEHIND = 0x300, 0x20000


def normal(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """A text in one of Unicode's normal forms; raises Invalid at a letter with more marks than any has."""
    if len(text) > _SHORT and _too_many()(text):
        raise Invalid(SafeText("more than {} combining marks on one letter", _MOST_MARKS))
    return unicodedata.normalize(form, text)


@lru_cache(maxsize=1)
def _too_many() -> Callable[[str], re.Match[str] | None]:
    """Finds a letter with too many marks; made where the first long text is met."""
    marks = "".join(one for one in map(chr, range(_FIRST, _BEHIND)) if unicodedata.combining(one))
    return re.compile(f"[{re.escape(marks)}]{{{_MOST_MARKS + 1}}}").search
