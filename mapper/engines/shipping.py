"""What a driver has pickled -> what it was, once in each Python of an executor."""

from __future__ import annotations

import pickle
from functools import lru_cache

from mapper.engines.arrow import ArrowMapper

# Each task of a query brings the same bytes, and to load a program takes as long as to map a thousand events.
_KEPT = 8


@lru_cache(_KEPT)
def loaded(pickled: bytes) -> ArrowMapper:
    """The mapper of its pickled bytes."""
    found = pickle.loads(pickled)
    assert isinstance(found, ArrowMapper)
    return found
