"""Terms: how a delivery is made, as an operator wants it."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.delivery.destination import Destination, RequestLimits


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms by which a delivery is made.

    service: it never ends by itself, and pauses where a one-shot delivery ends. give_up_seconds: how long a
    one-shot delivery tries without any answer. concurrency: requests under way together at most. events,
    requests_per_second: fewer than the destination allows, if wanted. flush_seconds: the longest that
    payloads wait for others to go with them. refused_share: a delivery stops when more of the last 1,000
    payloads were refused, since then the mapping is at fault. hold_ambiguous: payloads whose copies count are
    not sent again after a request without an answer. test: the endpoint is in test mode, which keeps nothing.
    ledger_days: so long it is kept how each event ended; 0: it is not.
    stop_seconds: requests under way are cut short so long after a stop; many supervisors kill after 30 s.
    """

    service: bool = False
    give_up_seconds: float = 600
    concurrency: int = 16
    events: int | None = None
    requests_per_second: float | None = None
    flush_seconds: float = 30.0
    refused_share: float = 0.05
    hold_ambiguous: bool = False
    test: bool = False
    ledger_days: float = 0.0
    stop_seconds: float = 25.0

    def limits(self, destination: Destination) -> RequestLimits:
        """The limits of the destination on a request and a second, or lower ones where these are wanted."""
        most = destination.limits
        rate = destination.test_requests_per_second if self.test else most.requests_per_second
        return RequestLimits(
            events=min(most.events, self.events or most.events),
            bytes=most.bytes,
            requests_per_second=min(rate, self.requests_per_second or rate),
        )
