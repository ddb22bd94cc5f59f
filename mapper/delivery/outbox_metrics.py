"""An outbox and its senders -> OpenMetrics text: counts, what waits and since when, how things go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper.delivery.open_metrics import Family, Histogram, MetricLabels, joined
from mapper.delivery.outbox.monitor import OutboxState
from mapper.delivery.outbox.store import Account, AccountStatus
from mapper.delivery.request_tally import DELIVERY_BOUNDS
from mapper.version import __version__

if TYPE_CHECKING:
    from mapper.delivery.couriers import Couriers
    from mapper.delivery.sender import Sender

# What a counter counts never falls, whatever an operator does with dead letters.
_COUNTERS: tuple[tuple[Family, Callable[[AccountStatus], int]], ...] = (
    (
        Family("mapper_accepted_events", "counter", "Events accepted into the outbox."),
        lambda one: one.counts.ever_accepted,
    ),
    (
        Family("mapper_delivered_events", "counter", "Events that the service says it processed."),
        lambda one: one.counts.delivered,
    ),
    (
        Family("mapper_dead_events", "counter", "Events that were refused, or that the mapping rejects."),
        lambda one: one.counts.ever_dead,
    ),
    (
        Family("mapper_expired_events", "counter", "Events that became too old before they were delivered."),
        lambda one: one.counts.expired,
    ),
    (
        Family("mapper_erased_events", "counter", "Events that waited and were erased, for a person."),
        lambda one: one.counts.erased,
    ),
    (
        Family("mapper_skipped_events", "counter", "Source events that are not meant to be sent."),
        lambda one: one.counts.skipped,
    ),
    (
        Family("mapper_copies_events", "counter", "Events that may have arrived more than once."),
        lambda one: one.counts.copies,
    ),
)
# At a Unix time; None: there is nothing to tell of the account.
_GAUGES: tuple[tuple[Family, Callable[[AccountStatus, float], float | None]], ...] = (
    (
        Family("mapper_pending_events", "gauge", "Events that wait to be delivered."),
        lambda one, now: one.counts.pending,
    ),
    (
        Family("mapper_failing_events", "gauge", "Events that wait and were tried last without success."),
        lambda one, now: one.failing,
    ),
    (
        Family("mapper_oldest_pending_seconds", "gauge", "How long the oldest event has waited."),
        lambda one, now: max(now - one.oldest, 0.0) if one.oldest else 0.0,
    ),
    (
        Family("mapper_last_delivered_timestamp_seconds", "gauge", "When an event was delivered last."),
        lambda one, now: one.last_delivered or None,
    ),
    (
        Family(
            "mapper_clock_fault_seconds",
            "gauge",
            "How far times in the outbox are in the future of this machine's clock; 0 if they are not.",
        ),
        AccountStatus.clock_fault_seconds,
    ),
)
_LETTERS = Family("mapper_dead_letters", "gauge", "Dead letters in the outbox, by stage and kind.")
_UNREACHABLE = Family(
    "mapper_outbox_unreachable_seconds",
    "gauge",
    "For how long the outbox has not answered this process; 0 while it does.",
)
_BYTES = Family("mapper_outbox_bytes", "gauge", "Space that waiting events and dead letters take.")
_FREE = Family(
    "mapper_outbox_free_bytes", "gauge", "Space that is left on the outbox's disk; absent where none tells."
)
_BUILD = Family("mapper_build", "info", "The version of this program.")
_REQUESTS = Family(
    "mapper_requests",
    "counter",
    "Requests to the service, by the status of the answer; `none` where no answer came.",
)
_SECONDS = Family(
    "mapper_delivery_seconds", "histogram", "Time from an event's acceptance to its receipt, by destination."
)
_FAILING = Family(
    "mapper_failing_seconds", "gauge", "For how long nothing can be delivered; 0 if something can."
)
_PAUSED = Family("mapper_paused", "gauge", "1 while a person must set something right.")
_SKEW = Family(
    "mapper_clock_skew_seconds", "gauge", "How far the service's clock is ahead of this machine's."
)


@dataclass(frozen=True, slots=True)
class Delivering:
    """A process that delivers: its senders, and the accounts whose credentials cannot be read."""

    senders: Mapping[Account, Sender] = field(default_factory=dict)
    without_credentials: Collection[Account] = ()


def delivering(couriers: Couriers) -> Delivering:
    """The state of delivery in a process at the moment. Any thread may ask."""
    return Delivering(couriers.senders, list(couriers.failures))


def write_metrics(state: OutboxState, seen: Delivering | None, now: float) -> str:
    """The text of a scrape. Labels are names that an operator chose; no value of an event is in it.

    seen: None in a process that does not deliver. Such a process tells nothing of the outbox but whether it
    answers, so that a sum over all processes counts nothing twice.
    """
    parts = [_BUILD.text(({"version": __version__}, 1)), _UNREACHABLE.text(({}, state.unreachable_seconds))]
    if seen is not None:
        parts += [*_of_outbox(state, now), *_of_senders(seen)]
    return joined(parts)


def _of_outbox(state: OutboxState, now: float) -> Iterator[str]:
    for family, count in _COUNTERS:
        yield family.text(*((_labels(one.account), count(one)) for one in state.accounts))
    for family, value in _GAUGES:
        told = ((_labels(one.account), value(one, now)) for one in state.accounts)
        yield family.text(*((labels, at) for labels, at in told if at is not None))
    letters = (
        ({**_labels(one.account), "stage": one.stage, "kind": one.kind}, one.count) for one in state.letters
    )
    yield _LETTERS.text(*letters)
    for family, size in ((_BYTES, state.used_bytes), (_FREE, state.free_bytes)):
        yield family.text(*(({}, one) for one in (size,) if one is not None))


def _of_senders(seen: Delivering) -> Iterator[str]:
    each = [(_labels(account), one) for account, one in seen.senders.items()]
    statuses = [
        ({**labels, "status": status}, count)
        for labels, one in each
        for status, count in one.tally.requests.copy().items()
    ]
    yield _REQUESTS.text(*statuses)
    yield _SECONDS.histogram(*_seconds(seen.senders))
    yield _FAILING.text(*((labels, one.failing_seconds()) for labels, one in each))
    paused = {account: bool(one.paused or one.halted) for account, one in seen.senders.items()}
    paused |= dict.fromkeys(seen.without_credentials, True)
    yield _PAUSED.text(*((_labels(account), one) for account, one in paused.items()))
    yield _SKEW.text(*((labels, one.skew.seconds) for labels, one in each))


def _seconds(senders: Mapping[Account, Sender]) -> Iterator[tuple[MetricLabels, Histogram]]:
    """By destination: by account there would be too many."""
    found: dict[str, Histogram] = {}
    for account, one in senders.items():
        found.setdefault(account.destination, Histogram(DELIVERY_BOUNDS)).merge(one.tally.seconds)
    for destination, seconds in found.items():
        yield {"destination": destination}, seconds


def _labels(account: Account) -> MetricLabels:
    return {
        "destination": account.destination,
        "account": account.name,
        "test": str(account.test).lower(),
        "recipient": account.recipient,
    }
