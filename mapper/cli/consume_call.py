"""One call of `consume`: accept a topic into an outbox, deliver from it, and report both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.delivery_options import RouteOptions
from mapper.cli.log import Log
from mapper.cli.messages import error_line, with_hint
from mapper.cli.metrics_page import MetricsPage
from mapper.cli.outbox_file import outbox_trouble
from mapper.cli.progress_line import ProgressLine, Watched, counts_now, started_line, watch
from mapper.cli.signals import stopping
from mapper.cli.summary import event_facts, summary
from mapper.consuming.failures import KafkaFailure
from mapper.consuming.source import Keeping, TopicSource
from mapper.delivery.couriers import Couriers, Route
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.metrics import delivering
from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.store import Account, OutboxError
from mapper.delivery.terms import Terms
from mapper.running import Run
from mapper.running.parcels import ParcelWorker
from mapper.running.workers import WorkerLost
from mapper.texts.log_events import noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.consuming.client import KafkaClient
    from mapper.consuming.consumption import Consumption
    from mapper.delivery.destination import Destination
    from mapper.runtime.program import Program

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ConsumedTopic:
    """The topic to read. settings: of the Kafka client, with secrets; jobs: number of processes that map."""

    program: Program
    source: TopicSource
    settings: Mapping[str, str]
    jobs: int


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """The way of the account that is accepted for; what else is in the outbox is another process's."""

    account: Account
    routes: CourierRoutes

    def __call__(self, account: Account) -> Route | SetupFailure:
        if account != self.account:
            return SetupFailure("this process delivers for another account; `mapper deliver` does for all")
        return self.routes.route(account)


@dataclass(frozen=True, slots=True)
class ConsumeOutput:
    """The places that progress goes to. outbox: its name for a person; metrics, page: where they go to."""

    outbox: str
    line: ProgressLine
    metrics: str | None
    page: MetricsPage
    reveals: bool

    @property
    def log(self) -> Log:
        """The log for messages."""
        return self.line.log


@dataclass(frozen=True, slots=True)
class ConsumeCall:
    """All that one call of `consume` works with. route: None where another process delivers."""

    topic: ConsumedTopic
    destination: Destination
    keeping: Keeping
    route: OwnRoute | None
    shown: ConsumeOutput
    stop: threading.Event


def route_of(route: RouteOptions, topic: ConsumedTopic, terms: Terms) -> OwnRoute:
    """The way of an account, with credentials that are read anew."""
    held = None
    if route.accounts is not None:
        from mapper.cli.account_file import AccountFileReader  # it takes YAML

        held = AccountFileReader(route.accounts)
    words = topic.program.code.words
    routes = CourierRoutes(route.url, route.allow_target, held, terms, words)
    return OwnRoute(topic.source.account, routes)


def consume(call: ConsumeCall) -> int:
    """Accept the topic and deliver until told to stop; the status to exit with. Raises as the outbox does."""
    from mapper.consuming.client import KafkaClient
    from mapper.consuming.consumption import Consumption

    topic, line = call.topic, call.shown.line

    def connect() -> KafkaClient:
        return KafkaClient(topic.source.topic, topic.settings, line.say, call.stop)

    run = Run(topic.program, topic.source.topic, reveal=call.shown.reveals)
    worker = ParcelWorker(run.worker(), call.destination)
    consumption = Consumption(run, worker, topic.source, call.keeping, connect, call.stop, line.say)
    couriers = _couriers(call)
    with stopping(call.stop, line.say):
        # The store's thread is not there yet, so that no process of `--jobs` is forked off beside it.
        watched = _watched(call, consumption, couriers)
        with consumption.working(topic.jobs), watch(watched):
            store = call.keeping.store
            line.say(started_line(_started(call), store.wait(store.outbox.status)))
            if couriers is None:
                consumption.ended.wait()
            else:
                asyncio.run(couriers.run())
    return _say_end(call, consumption)


def _couriers(call: ConsumeCall) -> Couriers | None:
    if call.route is None:
        return None
    say = call.shown.line.say
    return Couriers(call.keeping.store, call.route, call.stop, say=lambda account, text: say(text, account))


def _watched(call: ConsumeCall, consumption: Consumption, couriers: Couriers | None) -> Watched:
    from mapper.consuming.metrics import topic_metrics

    store, source = call.keeping.store, call.topic.source
    return Watched(
        OutboxMonitor(store),
        call.shown.line,
        call.shown.metrics,
        counts_now(store.outbox.status(), (source.account,)),
        (source.account,),
        lambda: None if couriers is None else delivering(couriers),
        lambda: topic_metrics(source.topic, consumption.progress, consumption.run.counts),
        call.shown.page,
    )


def _started(call: ConsumeCall) -> SafeText:
    delivers = SafeText("and delivering ") if call.route is not None else NOTHING
    text = "consuming {} {}as group {}; SIGTERM or Ctrl-C ends it"
    source = call.topic.source
    return SafeText(text, SafeText.known(source.topic), delivers, SafeText.known(source.group))


def _say_end(call: ConsumeCall, consumption: Consumption) -> int:
    """Say what became of it all, and what ended it early; the status to exit with."""
    counts = consumption.run.counts
    statuses = call.keeping.store.wait(call.keeping.store.outbox.status)
    pending = sum(one.counts.pending for one in statuses if one.account == call.topic.source.account)
    facts = {**event_facts(counts), "waiting": pending}
    waiting = SafeText("{:,} waiting in {}\n", pending, SafeText.known(call.shown.outbox))
    told = summary(replace(counts, first={}))  # offsets of any partition would be no places
    call.shown.log.summarize(SafeText("{}{}", told, waiting if pending else NOTHING), facts)
    if consumption.error is None:
        return ExitStatus.DELIVERED
    text, status = _trouble(consumption.error)
    call.shown.log.say(noted("not_started", text))
    return status


def _trouble(error: Exception) -> tuple[SafeText, ExitStatus]:
    """The reason that reading ended early, for a person, and the status to exit with."""
    if isinstance(error, KafkaFailure):
        failure = error.failure
        told = with_hint(SafeText.known(failure.message), SafeText.known(failure.hint))
        return told, failure.exit_status
    if isinstance(error, WorkerLost):
        return error_line(error), ExitStatus.MISTAKE
    assert isinstance(error, OutboxError | OSError)
    return outbox_trouble(error)
