"""Payloads kept until their receipt is final. The seam that a durable outbox fits into, and one in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Protocol

from mapper.delivery.batch import Parcel, Receipt


class Outbox(Protocol):
    """What the courier asks of an outbox.

    Every parcel is waiting, in flight, accepted or dead, and only `settle` ends it. What was claimed and
    never settled is waiting again when the outbox is next opened.
    """

    def claim(self, count: int) -> tuple[Parcel, ...]:
        """Takes up to `count` waiting parcels in flight; none: nothing waits."""

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight: the accepted are gone, the refused dead letters, others wait again."""


class MemoryOutbox:
    """An outbox that a process takes with it when it ends.

    Parcels are drawn from their feed only as they are claimed, and what is in flight or has ended is not
    kept: a long feed is never held whole.
    """

    def __init__(self, parcels: Iterable[Parcel] = ()) -> None:
        self._again: deque[Parcel] = deque()
        self._feed = iter(parcels)

    def claim(self, count: int) -> tuple[Parcel, ...]:
        """Takes up to `count` waiting parcels in flight; none: nothing waits."""
        again = (self._again.popleft() for _ in range(len(self._again)))
        return tuple(islice(chain(again, self._feed), count))

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight; those to `retry` wait again."""
        self._again.extend(receipt.parcel for receipt in receipts if receipt.status == "retry")
