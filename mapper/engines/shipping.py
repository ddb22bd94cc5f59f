"""The pickle of a driver -> its object, once in each Python of an executor."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

import pyarrow as pa

# Each task of a query brings the same bytes, and to load a program takes as long as to map a thousand events.
_KEPT = 8


class BatchWork(Protocol):
    """The work of executors. It can be pickled."""

    def map_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches that come of those of a partition."""
        ...


@lru_cache(_KEPT)
def loaded(pickled: bytes) -> BatchWork:
    """The object that a driver has pickled."""
    found: BatchWork = pickle.loads(pickled)
    # What is there by now stays: it is not looked through again and again for circles, a tenth of the time.
    gc.freeze()
    return found
