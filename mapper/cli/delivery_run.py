"""A run of a command that delivers: its outbox, signals, log and metrics, wherever its events come from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from mapper.cli.log import Log
from mapper.cli.metrics_page import MetricsPage, answered
from mapper.cli.outbox_file import open_store, outbox_trouble
from mapper.cli.progress_line import ProgressLine, Watched, counts_now, progress_line, started_line, watch
from mapper.cli.signals import Stopping, stopping
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.outbox_errors import OutboxError, Unreachable
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.retention import Retention, retained
from mapper.delivery.outbox.store import Account, AccountStatus, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.outbox_metrics import Delivering
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.delivery_options import MonitoringOptions
    from mapper.delivery.couriers import Couriers, Route
    from mapper.delivery.setup_failure import SetupFailure


@dataclass(frozen=True, slots=True)
class OpenOutbox:
    """The outbox of a run. name: its path or URL, as a person is told it."""

    store: StoreThread
    name: str

    def statuses(self) -> Sequence[AccountStatus]:
        """The status of each account; starts the thread of the store."""
        return self.store.wait(self.store.outbox.status)

    def pending(self, account: Account | None = None) -> int:
        """The number of events that wait for an account, or for all."""
        return sum(one.counts.pending for one in self.statuses() if account in (None, one.account))


@dataclass(frozen=True, slots=True)
class DeliveryRun:
    """One run of `send`, `consume`, `deliver` or `serve`, from its start until it is told to end, or is done.

    line: progress, and lines of the log. page: answers with the metrics; metrics: the path of their file.
    stop: it is told to end. renew: files are to be read anew.
    retention: for how long what the outbox keeps stays there.
    """

    line: ProgressLine
    page: MetricsPage
    metrics: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    renew: threading.Event = field(default_factory=threading.Event)
    retention: Retention = field(default_factory=Retention)

    @property
    def log(self) -> Log:
        """The log for messages while there is no progress to show."""
        return self.line.log

    def waits(self, seconds: float, *, from_start: bool = False) -> Reconnection:
        """The time that calls wait for the server of an outbox, less where the run is told to end."""
        return Reconnection(seconds, self.stop, self.line.say, from_start)

    @contextmanager
    def ending_on_trouble(self, *, is_service: bool = False) -> Iterator[None]:
        """Within it trouble with an outbox is said, and ends the command with the status for it.

        is_service: it waits for its server until it is told to end, which is no failure.
        """
        try:
            yield
        except (OutboxError, OSError) as error:
            text, status = outbox_trouble(error)
            self.line.say(noted("not_started", text))
            is_told = is_service and self.stop.is_set() and isinstance(error, Unreachable)
            click.get_current_context().exit(ExitStatus.DELIVERED if is_told else status)

    @contextmanager
    def open(self, named: str | None, account: Account | None, waits: Reconnection) -> Iterator[OpenOutbox]:
        """Within it the outbox is open that a command names.

        account: whose is opened, or made, where none is named; None: the one that is there. Raises
        UsageError, OutboxError and OSError.
        """
        store, name = open_store(named, account, waits, self.line.say)
        with closing(store), retained(store, self.retention, self.line.say):
            yield OpenOutbox(store, name)

    def until_signal(self, *, renews: bool = False) -> AbstractContextManager[Stopping]:
        """Within it a signal tells the run to end; SIGHUP, if it `renews`, to read files anew."""
        return stopping(self.stop, self.line.say, self.renew.set if renews else None)

    def answering(self) -> AbstractContextManager[None]:
        """Within it the page is answered, ready once there is an outbox to watch. It starts a thread."""
        return answered(self.page, self.line)

    def watched(
        self,
        outbox: OpenOutbox,
        account: Account | None,
        delivering: Callable[[], Delivering | None],
        more: Callable[[], str] = str,
    ) -> Watched:
        """The delivery to an account, or to all, as it is watched; reads the counts before it begins.

        delivering: how it goes; None where another process delivers. more: metrics of where events come from.
        """
        accounts: Collection[Account] | None = None if account is None else (account,)
        before = counts_now(outbox.store.outbox.status(), accounts)
        monitor = OutboxMonitor(outbox.store)
        return Watched(monitor, self.line, self.metrics, before, accounts, delivering, more)

    @contextmanager
    def watch(self, watched: Watched) -> Iterator[None]:
        """Within it progress is shown, and metrics are written and answered."""
        self.page.show(watched.scrape, watched.outbox)
        with self.answering(), watch(watched):
            yield

    def couriers(
        self,
        outbox: OpenOutbox,
        route: Callable[[Account], Route | SetupFailure],
        *,
        once: bool = False,
        told: Callable[[Account, Settlement], None] = lambda account, settlement: None,
    ) -> Couriers:
        """The couriers of this run, for all accounts that have a route."""
        from mapper.delivery.couriers import Couriers  # `send` has one account, and does without

        say = self.say_of
        return Couriers(outbox.store, route, self.stop, once, told=told, say=say, renewing=self.renew)

    def say_of(self, account: Account | None, line: SafeText) -> None:
        """Say a line about an account, or about none."""
        self.line.say(line, account)

    def say_started(self, outbox: OpenOutbox, text: SafeText) -> None:
        """Say that it has started, with this text, and how much waits."""
        self.line.say(started_line(text, outbox.statuses()))


def open_again(named: str | None, account: Account, waits: Reconnection) -> OpenOutbox:
    """The outbox of a run, opened by another process of it, which closes it.

    Raises what `DeliveryRun.open` does.
    """
    return OpenOutbox(*open_store(named, account, waits, lambda line: None))


def new_run(log: Log, retention: Retention, monitoring: MonitoringOptions | None = None) -> DeliveryRun:
    """A run that has not begun. retention: of what its outbox keeps; monitoring: where it says more."""
    stop = threading.Event()
    listen, metrics = (None, None) if monitoring is None else (monitoring.listen, monitoring.metrics)
    return DeliveryRun(progress_line(log), MetricsPage(listen, stop), metrics, stop, retention=retention)
