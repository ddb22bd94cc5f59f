"""Names in schemas and in mappings, compared in spite of how others write them."""

from __future__ import annotations

from functools import lru_cache


# The names of a schema are compared with those of a mapping by several checks.
@lru_cache(maxsize=4096)
def letters_of(text: str) -> str:
    """The small letters and digits of a name, by which others' ways to write it are the same."""
    small = text.lower()
    return small if small.isalnum() else "".join(filter(str.isalnum, small))
