"""One call of `consume`: accept a topic into an outbox, deliver from it, and report both."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper import authoring
from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.delivery_run import DeliveryRun, OpenOutbox, new_run
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.messages import error_line, with_hint
from mapper.cli.outbox_file import outbox_trouble
from mapper.cli.program_argument import load_program
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.cli.run_summary import event_facts, summary
from mapper.cli.suppression_lists import OwnLists, PersonLists, waiting_lists
from mapper.consuming.failures import KafkaFailure
from mapper.consuming.settings import ConsumerOptions, SettingsFile, read_settings
from mapper.consuming.topic_source import Keeping, TopicSource
from mapper.delivery.credentials import recipient_of
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.named_outbox import MEMORY, space_limits
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import Account
from mapper.delivery.outbox_metrics import delivering
from mapper.delivery.setup_failure import SetupFailure
from mapper.extras import missing_extra
from mapper.running import Run
from mapper.running.parcels import ParcelWorker, mapping_version
from mapper.running.workers import WorkerLost
from mapper.texts.log_events import noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.consume_options import ConsumeOptions
    from mapper.cli.delivery_options import RouteOptions
    from mapper.cli.log import Log
    from mapper.consuming.client import KafkaClient
    from mapper.consuming.consumption import Consumption
    from mapper.delivery.couriers import Route
    from mapper.delivery.destination import Destination
    from mapper.delivery.terms import Terms
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


def route_of(
    route: RouteOptions, topic: ConsumedTopic, terms: Terms, lists: PersonLists | None = None
) -> OwnRoute:
    """The way of an account, with credentials that are read anew."""
    held = None
    if route.accounts is not None:
        from mapper.cli.account_file import AccountFileReader  # it takes YAML

        held = AccountFileReader(route.accounts)
    words = topic.program.code.words
    routes = CourierRoutes(route.url, route.allow_target, held, terms, words, lists)
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


_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def consume_topic(options: ConsumeOptions) -> int:
    """Accept and deliver the records of a topic until the end; the exit status."""
    options.accepting.check(options.outbox, options.route)
    if options.outbox == MEMORY:
        raise click.UsageError("consume needs an outbox on disk: it keeps how far the topic was read")
    log = options.monitoring.log()
    if find_spec("confluent_kafka") is None:
        fail(SetupFailure(missing_extra("`mapper consume`", "kafka")), log)
    settings = _settings(options, log)
    allowed = options.route.allow_target
    raw = load_program(options.mapping, options.schemas, allow_target=allowed, cached=not options.no_cache)
    lists = OwnLists(options.suppress, options.mapping, options.schemas, allowed)
    program = lists.suppressing(authoring.guarded(raw), log.say)
    destination = find_destination(program.code, options.mapping, options.schemas, allowed, log)
    named = find_account(destination, options.accepting.account, options.route.accounts, log)
    recipient = _recipient(named[1], destination, options, log)
    account = Account(program.target, named[0], recipient=recipient)
    source = _source(options, account, program, settings)
    topic = ConsumedTopic(program, source, settings, options.accepting.jobs, options.reveal)
    process = new_run(log, options.route.retention, options.monitoring)
    waits = process.waits(float("inf"))
    with process.ending_on_trouble(), process.open(options.outbox, account, waits) as outbox:
        limits = space_limits(outbox.name, options.accepting.space.limits)
        most = options.terms.limits(destination).events
        keeping = Keeping(outbox.store, mapping_version(program), most, limits)
        waiting = waiting_lists(options.suppress, allowed, process.line.say)
        route = None if options.no_deliver else route_of(options.route, topic, options.terms, waiting)
        return consume(ConsumeCall(topic, destination, process, outbox, keeping, route))


def _recipient(
    environment: Mapping[str, str], destination: Destination, options: ConsumeOptions, log: Log
) -> str:
    """The recipient of an account, by its environment; only a process that delivers needs its token."""
    if not options.no_deliver:
        return find_endpoint(destination, environment, options.route.url, False, log).recipient
    recipient = recipient_of(destination, environment, base_url=options.route.url)
    if isinstance(recipient, SetupFailure):
        fail(recipient, log)
    return recipient


def _settings(options: ConsumeOptions, log: Log) -> dict[str, str]:
    """The settings of the Kafka client; exits where they cannot be read."""
    told = ConsumerOptions(options.brokers, options.group, options.instance_id)
    path, file = options.kafka_config, None
    if path is not None:
        is_private = os.name != "posix" or not os.stat(path).st_mode & _OTHERS
        file = SettingsFile(path, Path(path).read_text("utf-8", "replace"), is_private)
    found = read_settings(file, told, ENVIRONMENT)
    if isinstance(found, SetupFailure):
        fail(found, log)
    return found


def _source(
    options: ConsumeOptions, account: Account, program: Program, settings: Mapping[str, str]
) -> TopicSource:
    return TopicSource(
        account,
        program.code.name,
        options.topic,
        settings["group.id"],
        from_end=options.start == "latest",
        again=options.again,
        goes_on=options.on_gap == "continue",
    )
