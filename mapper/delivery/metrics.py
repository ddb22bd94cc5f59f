"""An outbox and its senders -> OpenMetrics text: counts, what waits and since when, how things go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mapper.delivery.outbox.monitor import OutboxState
from mapper.delivery.outbox.store import Account, AccountStatus
from mapper.delivery.sender import Sender


@dataclass(frozen=True, slots=True)
class _Family:
    """A metric of each account. kind: `counter` or `gauge`."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[Account, float], ...]


OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
NO_METRICS = "# EOF\n"


def write_metrics(
    state: OutboxState,
    senders: Mapping[Account, Sender],
    without_credentials: Collection[Account],
    now: float,
) -> str:
    """The text of a scrape. Labels are names that an operator chose; no value of an event is in it."""
    families = [*_of_outbox(state.accounts, now), *_of_senders(senders, without_credentials)]
    lines = [line for family in families for line in _lines(family)]
    return "".join([*lines, *_plain(state)]) + NO_METRICS


def _plain(state: OutboxState) -> Iterator[str]:
    name = "mapper_outbox_unreachable_seconds"
    yield f"# TYPE {name} gauge\n"
    yield f"# HELP {name} For how long the outbox has not answered this process; 0 while it does.\n"
    yield f"{name} {_number(state.unreachable_seconds)}\n"


_COUNTERS = {
    "accepted": "Events accepted into the outbox.",
    "delivered": "Events that the service says it processed.",
    "dead": "Events that were refused, or that the mapping rejects.",
    "expired": "Events that became too old before they could be delivered.",
    "skipped": "Source events that are not meant to be sent.",
    "copies": "Copies that may have been delivered, after requests without an answer.",
}
# At a Unix time; None: there is nothing to tell of the account.
_GAUGES: dict[str, tuple[str, Callable[[AccountStatus, float], float | None]]] = {
    "pending_events": ("Events that wait to be delivered.", lambda one, now: one.counts.pending),
    "failing_events": ("Events that wait and were tried last without success.", lambda one, now: one.failing),
    "oldest_pending_seconds": (
        "How long the oldest event has waited.",
        lambda one, now: max(now - one.oldest, 0.0) if one.oldest else 0.0,
    ),
    "last_delivered_timestamp_seconds": (
        "When an event was delivered last.",
        lambda one, now: one.last_delivered or None,
    ),
    "clock_fault_seconds": (
        "How far times in the outbox are in the future of this machine's clock; 0 if they are not.",
        AccountStatus.clock_fault_seconds,
    ),
}


def _of_outbox(found: Sequence[AccountStatus], now: float) -> Iterator[_Family]:
    for name, text in _COUNTERS.items():
        samples = tuple((one.account, float(getattr(one.counts, name))) for one in found)
        yield _Family(f"mapper_{name}_events", "counter", text, samples)
    for name, (text, value) in _GAUGES.items():
        told = ((one.account, value(one, now)) for one in found)
        yield _Family(f"mapper_{name}", "gauge", text, tuple((to, at) for to, at in told if at is not None))


def _of_senders(
    senders: Mapping[Account, Sender], without_credentials: Collection[Account]
) -> Iterator[_Family]:
    each = tuple(senders.items())
    paused = {account: bool(one.paused or one.halted) for account, one in each}
    paused |= dict.fromkeys(without_credentials, True)
    yield _Family(
        "mapper_requests",
        "counter",
        "Requests made by this process.",
        tuple((account, float(one.attempts)) for account, one in each),
    )
    yield _Family(
        "mapper_failing_seconds",
        "gauge",
        "For how long nothing has come of any request; 0 if something has.",
        tuple((account, one.pace.failing_seconds()) for account, one in each),
    )
    yield _Family(
        "mapper_paused",
        "gauge",
        "1 while a person must set something right.",
        tuple((account, float(one)) for account, one in paused.items()),
    )
    yield _Family(
        "mapper_clock_skew_seconds",
        "gauge",
        "How far the service's clock is ahead of this machine's.",
        tuple((account, one.skew.seconds) for account, one in each),
    )


def _lines(family: _Family) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.kind}\n"
    yield f"# HELP {family.name} {family.help}\n"
    suffix = "_total" if family.kind == "counter" else ""
    for account, value in family.samples:
        labels = {
            "destination": account.destination,
            "account": account.name,
            "test": str(account.test).lower(),
            "recipient": account.recipient,
        }
        written = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{suffix}{{{written}}} {_number(value)}\n"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
