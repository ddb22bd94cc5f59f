"""Distinct: how many different values came, in memory that does not grow: exact for few, an estimate beyond.

It keeps the smallest of the values' hashes (k minimum values). Where these are all hashes there are, it has
counted; else they tell how dense all are. With 1,024 of them two of three estimates are within 3 %.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b

from mapper import Json

_KEPT = 1024
_ALL = 2**64


class Distinct:
    """Values that are told apart by a hash; none of them is kept."""

    __slots__ = ("_bound", "_hashes")

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._bound = _ALL

    def add(self, values: Iterable[Json]) -> None:
        """Some values came."""
        for value in values:
            text = value if type(value) is str else json.dumps(value, sort_keys=True)
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(digest)
            if number < self._bound:
                self._hashes.add(number)
        if len(self._hashes) > 2 * _KEPT:
            self._prune()

    def merge(self, other: Distinct) -> None:
        """What came elsewhere came here too."""
        self._bound = min(self._bound, other._bound)
        self._hashes = {one for one in self._hashes | other._hashes if one < self._bound}
        if len(self._hashes) > 2 * _KEPT:
            self._prune()

    @property
    def is_exact(self) -> bool:
        """Whether the count is no estimate."""
        return self._bound == _ALL and len(self._hashes) <= _KEPT

    @property
    def count(self) -> int:
        """How many different values came."""
        if self.is_exact:
            return len(self._hashes)
        self._prune()
        return round((_KEPT - 1) * _ALL / max(self._hashes))

    def _prune(self) -> None:
        if len(self._hashes) > _KEPT:
            kept = sorted(self._hashes)[:_KEPT]
            self._hashes, self._bound = set(kept), kept[-1] + 1
