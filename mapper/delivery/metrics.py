"""An outbox and its senders -> OpenMetrics text: counts, what waits and since when, how things go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from mapper.delivery.open_metrics import Family, MetricLabels, joined
from mapper.delivery.outbox.monitor import OutboxState
from mapper.delivery.outbox.store import Account, AccountStatus
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
        Family("mapper_skipped_events", "counter", "Source events that are not meant to be sent."),
        lambda one: one.counts.skipped,
    ),
    (
        Family("mapper_copies_events", "counter", "Copies that may have been delivered without an answer."),
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
_REQUESTS = Family("mapper_requests", "counter", "Requests made by this process.")
_FAILING = Family(
    "mapper_failing_seconds", "gauge", "For how long nothing has come of any request; 0 if something has."
)
_PAUSED = Family("mapper_paused", "gauge", "1 while a person must set something right.")
_SKEW = Family(
    "mapper_clock_skew_seconds", "gauge", "How far the service's clock is ahead of this machine's."
)


def write_metrics(
    state: OutboxState,
    senders: Mapping[Account, Sender],
    without_credentials: Collection[Account],
    now: float,
) -> str:
    """The text of a scrape. MetricLabels are names that an operator chose; no value of an event is in it."""
    return joined([*_of_outbox(state, now), *_of_senders(senders, without_credentials)])


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
    yield _UNREACHABLE.text(({}, state.unreachable_seconds))


def _of_senders(senders: Mapping[Account, Sender], without_credentials: Collection[Account]) -> Iterator[str]:
    each = [(_labels(account), one) for account, one in senders.items()]
    yield _REQUESTS.text(*((labels, one.attempts) for labels, one in each))
    yield _FAILING.text(*((labels, one.pace.failing_seconds()) for labels, one in each))
    paused = {account: bool(one.paused or one.halted) for account, one in senders.items()}
    paused |= dict.fromkeys(without_credentials, True)
    yield _PAUSED.text(*((_labels(account), one) for account, one in paused.items()))
    yield _SKEW.text(*((labels, one.skew.seconds) for labels, one in each))


def _labels(account: Account) -> MetricLabels:
    return {
        "destination": account.destination,
        "account": account.name,
        "test": str(account.test).lower(),
        "recipient": account.recipient,
    }
