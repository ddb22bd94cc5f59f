"""The work of `mapper deliver`: waits for an outbox, runs the couriers over it, says how it ended."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.delivery_run import DeliveryRun, OpenOutbox, new_run
from mapper.cli.messages import error_line
from mapper.cli.recipient import fail
from mapper.cli.run_summary import number
from mapper.cli.suppression_lists import waiting_lists
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.server_address import is_server
from mapper.delivery.outbox_metrics import delivering
from mapper.delivery.setup_failure import SetupFailure
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.account_file import AccountFileReader
    from mapper.cli.delivery_options import DeliveryOptions
    from mapper.cli.log import Log
    from mapper.cli.signals import Stopping
    from mapper.cli.suppression_lists import PersonLists
    from mapper.delivery.batch import Status
    from mapper.delivery.couriers import Couriers
    from mapper.delivery.outbox.store import Account, Settlement

_LOOK_SECONDS = 0.5
"""The time between two looks for an outbox that is not there yet."""


def _allow_many_files() -> None:
    """Each account has a lock, which is a file that stays open: of these as many as the system allows."""
    try:
        import resource
    except ImportError:  # as on Windows, which has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@dataclass(slots=True)
class _Seen:
    """The number of payloads of each status in this process."""

    statuses: Counter[Status] = field(default_factory=Counter)

    def hear(self, account: Account, settlement: Settlement) -> None:
        """Hear a settlement."""
        self.statuses.update(receipt.status for receipt in settlement.receipts)

    @property
    def left_letters(self) -> bool:
        """Whether there are dead letters of this process."""
        return bool(self.statuses["refused"] or self.statuses["expired"])


@dataclass(frozen=True, slots=True)
class _Job:
    """All that one call of `deliver` works with."""

    process: DeliveryRun
    outbox: OpenOutbox
    service: CourierRoutes
    once: bool
    seen: _Seen = field(default_factory=_Seen)


def deliver(
    named: str | None, delivery: DeliveryOptions, suppressed: tuple[str, ...] = (), *, once: bool
) -> int:
    """Deliver what waits in an outbox, until the end; the exit status.

    named: as --outbox names it. suppressed: files of persons whose payloads are erased.
    """
    route, monitoring = delivery.route, delivery.monitoring
    terms = replace(route.terms, service=not once, give_up_seconds=delivery.give_up)
    log = monitoring.log()
    held = None if route.accounts is None else _read_accounts(route.accounts, log)
    _allow_many_files()
    process = new_run(log, route.retention, monitoring)
    waits = process.waits(delivery.give_up if once else float("inf"), from_start=not once)
    with process.until_signal(renews=True) as asked, process.answering():
        if not once and not _awaited(named, process):
            return ExitStatus.DELIVERED
        with (
            process.ending_on_trouble(is_service=not once),
            process.open(named, None, waits) as outbox,
        ):
            lists = _read_lists(suppressed, route.allow_target, process)
            service = CourierRoutes(route.url, route.allow_target, held, terms, lists=lists)
            return _deliver(_Job(process, outbox, service, once), asked)


def _awaited(named: str | None, process: DeliveryRun) -> bool:
    """Wait for an outbox in a file that another command makes; False where it is told to end before."""
    if named is None or is_server(named) or os.path.exists(named):
        return True
    waiting = SafeText("waiting for the outbox {}: nothing was accepted into it yet", SafeText.known(named))
    process.line.say(noted("outbox_missing", waiting))
    while not process.stop.wait(_LOOK_SECONDS):
        if os.path.exists(named):
            return True
    return False


def _read_lists(
    suppressed: tuple[str, ...], allow_target: str | None, process: DeliveryRun
) -> PersonLists | None:
    try:
        return waiting_lists(suppressed, allow_target, process.line.say)
    except OSError as error:
        fail(SetupFailure(error_line(error)), process.log)


def _read_accounts(path: str, log: Log) -> AccountFileReader:
    from mapper.cli.account_file import AccountFileReader  # it takes YAML, which most calls do without

    held = AccountFileReader(path)
    if isinstance(failure := held.read(), SetupFailure):
        fail(failure, log)
    return held


def _deliver(job: _Job, asked: Stopping) -> int:
    """Deliver until the end; the status to exit with."""
    process, outbox = job.process, job.outbox
    couriers = process.couriers(outbox, job.service.route, once=job.once, told=job.seen.hear)
    watched = process.watched(outbox, None, lambda: delivering(couriers))
    process.say_started(outbox, SafeText("delivering; SIGTERM or Ctrl-C ends it"))
    with process.watch(watched):
        asyncio.run(couriers.run())
    pending = outbox.pending()
    _say_end(job, couriers, pending)
    if not job.once:
        return ExitStatus.DELIVERED
    return asked.status if asked.status and pending else _status(couriers, job)


def _say_end(job: _Job, couriers: Couriers, pending: int) -> None:
    """Say how the payloads ended, and the reason that the rest is not delivered."""
    for account, failure in couriers.failures.items():
        job.process.log.say(noted("credentials_missing", _reason(failure)), account)
    for account, sender in couriers.senders.items():
        if sender.halted is not None:
            told = sender.halted.reason
            if sender.halted.hint:
                told = SafeText("{}; {}", told, sender.halted.hint)
            job.process.log.say(noted("paused", _reason(sender.halted.failure, told)), account)
    cut = sum(sender.cut_short for sender in couriers.senders.values())
    if cut:
        requests = number(cut, "request")
        line = SafeText("{} ended without a response; their events are sent again", requests)
        job.process.log.say(noted("requests_cut", line, requests=cut))
    job.process.log.say(_ended(job, pending))


def _ended(job: _Job, waiting: int) -> LogLine:
    """That it has ended, with what became of the payloads that it sent."""
    found = job.seen.statuses
    delivered, refused, expired = found["delivered"], found["refused"], found["expired"]
    erased = found["erased"]
    seen = SafeText("{:,} delivered, {:,} refused", delivered, refused)
    old = SafeText(", {:,} expired", expired) if expired else NOTHING
    left = SafeText("; {:,} waiting in {}", waiting, SafeText.known(job.outbox.name)) if waiting else NOTHING
    gone = SafeText(", {:,} erased", erased) if erased else NOTHING
    told = SafeText("ended: {}{}{}{}", seen, old, gone, left)
    return noted(
        "ended",
        told,
        delivered=delivered,
        refused=refused,
        expired=expired,
        erased=erased,
        waiting=waiting,
    )


def _reason(failure: SetupFailure | None, otherwise: SafeText = NOTHING) -> SafeText:
    """The problem that must be fixed, and how to fix it."""
    if failure is None:
        return otherwise
    text = f"{failure.message}; {failure.hint}" if failure.hint else failure.message
    return SafeText.known(text)


def _status(couriers: Couriers, job: _Job) -> int:
    """The exit status of `--once`: that of the problem to fix first, over all accounts."""
    found: list[int] = [failure.exit_status for failure in couriers.failures.values()]
    for sender in couriers.senders.values():
        if sender.halted is not None:
            failure, gave_up = sender.halted.failure, sender.halted.gave_up
            other = ExitStatus.GIVEN_UP if gave_up else ExitStatus.REFUSED
            found.append(failure.exit_status if failure is not None else other)
    found += [ExitStatus.LOCKED] * bool(couriers.taken) + [ExitStatus.REFUSED] * job.seen.left_letters
    return max(found, default=ExitStatus.DELIVERED)
