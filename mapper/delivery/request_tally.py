"""Counts of one process for an account: requests by the status of their answer, and how long events took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper.delivery.open_metrics import Histogram

if TYPE_CHECKING:
    from mapper.delivery.outbox.store import Settlement

DELIVERY_BOUNDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0)
"""Seconds: requests are filled for up to half a minute, and after an outage events are hours old."""
NO_ANSWER = "none"


@dataclass(slots=True)
class DeliveryTally:
    """requests: by status, or `none` where no answer came. seconds: from acceptance to the receipt."""

    requests: Counter[str] = field(default_factory=Counter)
    seconds: Histogram = field(default_factory=lambda: Histogram(DELIVERY_BOUNDS))

    def hear(self, status: int | None) -> None:
        """Count a request that has ended."""
        self.requests[NO_ANSWER if status is None else str(status)] += 1

    def settle(self, settlement: Settlement, now: float) -> None:
        """Payloads of a chunk were delivered or refused at a Unix time."""
        statuses = [one.status for one in settlement.receipts]
        answered = statuses.count("delivered") + statuses.count("refused")
        if answered:
            self.seconds.add(max(now - settlement.chunk.accepted_at, 0.0), answered)
