"""Parcels -> Rehearsal: what a delivery would send at this moment. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from mapper.delivery.batch import Parcel, Receipt, sift
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.courier import Terms
from mapper.delivery.destination import Destination

_USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How much would go, in how many requests, if the service takes all of it; bytes: of all their bodies.

    held: receipts of payloads that would not be sent at all, with reasons.
    """

    payloads: int
    requests: int
    bytes: int
    held: tuple[Receipt, ...]


def rehearse(
    parcels: Iterable[Parcel], destination: Destination, *, terms: Terms = _USUAL, clock: Clock = SYSTEM
) -> Rehearsal:
    """What `deliver` would do with these parcels."""
    waiting, limits = iter(parcels), terms.limits(destination)
    payloads = requests = size = 0
    held: list[Receipt] = []
    while claimed := tuple(islice(waiting, limits.events)):
        kept_back, batches = sift(claimed, destination, limits, clock.now())
        held += kept_back
        payloads += sum(map(len, batches))
        requests += len(batches)
        size += sum(batch.size for batch in batches)
    return Rehearsal(payloads, requests, size, tuple(held))
