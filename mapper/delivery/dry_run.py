"""Parcels -> DryRun: what a delivery would send at this moment. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from mapper.delivery.batch import Clocks, Parcel, sift
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.destination import Destination
from mapper.delivery.summary import Reason, Reasons
from mapper.delivery.terms import Terms

_USUAL = Terms()


@dataclass(frozen=True, slots=True)
class DryRun:
    """The payloads and requests that would go, if the service takes all of it; bytes: of all their bodies.

    held: how many payloads would not be sent at all, and the reasons for it.
    """

    payloads: int
    requests: int
    bytes: int
    held: int
    reasons: tuple[Reason, ...]


def dry_run(
    parcels: Iterable[Parcel], destination: Destination, *, terms: Terms = _USUAL, clock: Clock = SYSTEM
) -> DryRun:
    """The result that `deliver` would have with these parcels."""
    waiting, limits = iter(parcels), terms.limits(destination)
    payloads = requests = size = held = 0
    reasons = Reasons()
    while claimed := tuple(islice(waiting, limits.events)):
        kept_back, batches = sift(claimed, destination, limits, Clocks(clock.now(), clock.now()))
        held += len(kept_back)
        for receipt in kept_back:
            reasons.add(receipt)
        payloads += sum(map(len, batches))
        requests += len(batches)
        size += sum(batch.size - batch.envelope.reserved for batch in batches)
    return DryRun(payloads, requests, size, held, reasons.all())
