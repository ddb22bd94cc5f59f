"""Payloads kept until their receipt is final. The seam that a durable outbox fits into, and one in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

from mapper.delivery.batch import Parcel, Receipt


class Outbox(Protocol):
    """What the courier asks of an outbox, from one thread at a time but for `settle`.

    Every parcel is waiting, in flight, accepted or dead, and only `settle` ends it. What was claimed and
    never settled is waiting again when the outbox is next opened.
    """

    def claim(self, count: int) -> tuple[Parcel, ...] | None:
        """Takes up to `count` waiting parcels in flight, after a moment's wait for so many.

        An empty tuple: nothing waits yet; None: nothing will.
        """

    def rest(self) -> tuple[Parcel, ...]:
        """Takes in flight what was read of a feed and never claimed, for a delivery that ends early."""

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight: the accepted are gone, the refused dead letters, others wait again."""


class MemoryOutbox:
    """An outbox that a process takes with it when it ends.

    Parcels are drawn from their feed only as they are claimed, and what is in flight or has ended is not
    kept: a long feed is never held whole. A feed may be slow: a claim waits `flush_seconds` for it.
    """

    def __init__(self, parcels: Iterable[Parcel] = (), *, flush_seconds: float = 1.0) -> None:
        self._feed = iter(parcels)
        self._flush_seconds = flush_seconds
        self._again: deque[Parcel] = deque()
        self._drawn: deque[Parcel] = deque()
        self._most = 0
        self._reader = ThreadPoolExecutor(1, "feed")
        self._draw: Future[bool] | None = None

    def claim(self, count: int) -> tuple[Parcel, ...] | None:
        """Takes up to `count` waiting parcels in flight; none: nothing waits yet; None: nothing will."""
        if again := _take(self._again, count):
            return again
        self._most = count
        if self._draw is None or self._draw.done():
            self._draw = self._reader.submit(self._draw_most)
        wait([self._draw], self._flush_seconds)
        ended = self._draw.done() and self._draw.result()
        return _take(self._drawn, count) or (None if ended else ())

    def rest(self) -> tuple[Parcel, ...]:
        """Takes in flight what was drawn and never claimed; waits for the feed's next parcel or its end."""
        self._most = 0
        if self._draw is not None:
            self._draw.result()
        return _take(self._drawn, len(self._drawn))

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight; those to `retry` wait again."""
        self._again.extend(receipt.parcel for receipt in receipts if receipt.status == "retry")

    def _draw_most(self) -> bool:
        """Draws until as many parcels as were asked for have not been claimed; whether the feed has ended."""
        while len(self._drawn) < self._most:
            parcel = next(self._feed, None)
            if parcel is None:
                return True
            self._drawn.append(parcel)
        return False


def _take(parcels: deque[Parcel], count: int) -> tuple[Parcel, ...]:
    return tuple(parcels.popleft() for _ in range(min(count, len(parcels))))
