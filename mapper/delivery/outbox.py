"""Payloads kept until their receipt is final. The seam that a durable outbox fits into, and one in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mapper.delivery.batch import Parcel, Receipt


class Outbox(Protocol):
    """What the courier asks of an outbox.

    Every parcel is waiting, in flight, accepted or dead, and only `settle` ends it. What was claimed and
    never settled is waiting again when the outbox is next opened.
    """

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Lets parcels wait, behind those that wait already."""

    def claim(self, count: int) -> tuple[Parcel, ...]:
        """Takes up to `count` waiting parcels in flight, oldest first; none: nothing waits."""

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight: the accepted are gone, the refused dead letters, others wait again."""


class MemoryOutbox:
    """An outbox that a process takes with it when it ends.

    Parcels are drawn from what was put only when they are claimed, so a long feed is never held whole.
    accepted: how many were. dead: the receipts of refused ones, with their reasons.
    """

    def __init__(self, parcels: Iterable[Parcel] = ()) -> None:
        self._again: deque[Parcel] = deque()
        self._feeds: deque[Iterator[Parcel]] = deque([iter(parcels)])
        self._in_flight: dict[int, Parcel] = {}
        self.accepted = 0
        self.dead: list[Receipt] = []

    @property
    def in_flight(self) -> int:
        """How many parcels are claimed and not settled."""
        return len(self._in_flight)

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Lets parcels wait, behind those that wait already."""
        self._feeds.append(iter(parcels))

    def claim(self, count: int) -> tuple[Parcel, ...]:
        """Takes up to `count` waiting parcels in flight, oldest first; none: nothing waits."""
        claimed: list[Parcel] = []
        while len(claimed) < count and (parcel := self._next()) is not None:
            claimed.append(parcel)
            self._in_flight[parcel.number] = parcel
        return tuple(claimed)

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Ends parcels in flight: the accepted are gone, the refused dead letters, others wait again."""
        for receipt in receipts:
            parcel = self._in_flight.pop(receipt.parcel.number)
            if receipt.status == "accepted":
                self.accepted += 1
            elif receipt.status == "refused":
                self.dead.append(receipt)
            else:
                self._again.append(parcel)

    def _next(self) -> Parcel | None:
        """The oldest waiting parcel, None if there is none."""
        if self._again:
            return self._again.popleft()
        while self._feeds:
            parcel = next(self._feeds[0], None)
            if parcel is not None:
                return parcel
            self._feeds.popleft()
        return None
