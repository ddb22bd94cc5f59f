"""One call of `consume`: accept a topic into an outbox, deliver from it, and report both."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.delivery_options import RouteOptions
from mapper.cli.delivery_run import DeliveryRun, OpenOutbox
from mapper.cli.messages import error_line, with_hint
from mapper.cli.outbox_file import outbox_trouble
from mapper.cli.run_summary import event_facts, summary
from mapper.consuming.failures import KafkaFailure
from mapper.consuming.topic_source import Keeping, TopicSource
from mapper.delivery.couriers import Route
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.store import Account, OutboxError
from mapper.delivery.outbox_metrics import delivering
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
    """The topic to read. settings: of the Kafka client, with secrets; jobs: number of processes that map.

    reveals: names of events that no section takes are said as they are.
    """

    program: Program
    source: TopicSource
    settings: Mapping[str, str]
    jobs: int
    reveals: bool


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
class ConsumeCall:
    """All that one call of `consume` works with. route: None where another process delivers."""

    topic: ConsumedTopic
    destination: Destination
    process: DeliveryRun
    outbox: OpenOutbox
    keeping: Keeping
    route: OwnRoute | None


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
    from mapper.consuming.topic_metrics import topic_metrics

    topic, process = call.topic, call.process
    source, stop, say = topic.source, process.stop, process.line.say

    def connect() -> KafkaClient:
        return KafkaClient(source.topic, topic.settings, say, stop)

    run = Run(topic.program, source.topic, reveal=topic.reveals)
    worker = ParcelWorker(run.worker(), call.destination)
    consumption = Consumption(run, worker, source, call.keeping, connect, stop, say)
    couriers = None if call.route is None else process.couriers(call.outbox, call.route)
    with process.until_signal():
        # The store's thread is not there yet, so that no process of `--jobs` is forked off beside it.
        watched = process.watched(
            call.outbox,
            source.account,
            lambda: None if couriers is None else delivering(couriers),
            lambda: topic_metrics(source.topic, consumption.progress, run.counts),
        )
        with consumption.working(topic.jobs), process.watch(watched):
            process.say_started(call.outbox, _started(call))
            if couriers is None:
                consumption.ended.wait()
            else:
                asyncio.run(couriers.run())
    return _say_end(call, consumption)


def _started(call: ConsumeCall) -> SafeText:
    delivers = SafeText("and delivering ") if call.route is not None else NOTHING
    text = "consuming {} {}as group {}; SIGTERM or Ctrl-C ends it"
    source = call.topic.source
    return SafeText(text, SafeText.known(source.topic), delivers, SafeText.known(source.group))


def _say_end(call: ConsumeCall, consumption: Consumption) -> int:
    """Say what became of it all, and what ended it early; the status to exit with."""
    counts = consumption.run.counts
    pending = call.outbox.pending(call.topic.source.account)
    facts = {**event_facts(counts), "waiting": pending}
    waiting = SafeText("{:,} waiting in {}\n", pending, SafeText.known(call.outbox.name))
    told = summary(replace(counts, first={}))  # offsets of any partition would be no places
    call.process.log.summarize(SafeText("{}{}", told, waiting if pending else NOTHING), facts)
    if consumption.error is None:
        return ExitStatus.DELIVERED
    text, status = _trouble(consumption.error)
    call.process.log.say(noted("not_started", text))
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
