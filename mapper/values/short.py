"""A name -> how it appears in the `repr` of a value, which has one line."""

from __future__ import annotations

_MOST = 36


def short(name: str) -> str:
    """The name in quotes; one that is long is cut, and ends in `...`."""
    return ascii(name if len(name) <= _MOST else f"{name[: _MOST - 3]}...")[: _MOST + 2]
