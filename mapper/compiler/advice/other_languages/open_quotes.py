"""A quote that is not closed -> where the closing one belongs: before the `)` or `,` that ends its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

# Each place is a reading of the whole text.
_MOST_TRIED = 12
_ENDS = re.compile(r"\s*(?:[),\]}]|&&|\|\|?|[=!<>]=|$)")


def closing_place(text: str, opened: int, is_taken: Callable[[str], bool]) -> int | None:
    """The first place after `opened` at which a quote makes an expression of the text."""
    quote = text[opened]
    for end in islice(_ENDS.finditer(text, opened + 2), _MOST_TRIED):
        if is_taken(text[: end.start()] + quote + text[end.start() :]):
            return end.start()
    return None
