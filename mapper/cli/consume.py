"""`mapper consume`: the records of a Kafka topic accepted into an outbox, and delivered from it."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mapper import authoring
from mapper.cli.acceptance_options import (
    AcceptanceOptions,
    acceptance_options,
    kept_outbox_option,
    no_deliver_option,
)
from mapper.cli.command import (
    fields_of,
    mapping_argument,
    new_command,
    no_cache_option,
    reveal_names_option,
    schemas_option,
    with_options,
)
from mapper.cli.consume_call import ConsumeCall, ConsumedTopic, ConsumeOutput, consume, route_of
from mapper.cli.delivery_options import ROUTE_OPTIONS, DeliveryOptions
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.log import Log, log_format_option
from mapper.cli.metrics_file import metrics_option
from mapper.cli.metrics_page import MetricsPage, listen_option
from mapper.cli.outbox_file import MEMORY, ending_on_trouble, open_store, space_limits
from mapper.cli.program import load_program
from mapper.cli.progress_line import progress_line
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.consuming.settings import ConsumerOptions, SettingsFile, read_settings
from mapper.consuming.source import Keeping, TopicSource
from mapper.delivery.credentials import SetupFailure, recipient_of
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.store import Account
from mapper.delivery.terms import Terms
from mapper.extras import missing_extra
from mapper.running.parcels import mapping_version

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination
    from mapper.runtime.program import Program

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_EXAMPLE = """\
mapper consume shop.yaml --topic orders --group mapper --brokers kafka-1:9092,kafka-2:9092
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --metrics shop.prom
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --no-deliver --jobs 2"""

_own_options = with_options(
    mapping_argument,
    click.option("--topic", required=True, metavar="NAME", help="Topic to read."),
    click.option("--group", default="", metavar="NAME", help="Consumer group whose members share the topic."),
    click.option(
        "--brokers",
        default="",
        metavar="HOST:PORT,...",
        help="Where the cluster is found. In --kafka-config: bootstrap.servers.",
    ),
    click.option(
        "--kafka-config",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Settings of librdkafka, a `name=value` each line; `${NAME}` is a variable of the environment.",
    ),
    click.option(
        "--instance-id",
        default="",
        metavar="NAME",
        help="Name of this process in the group: it keeps its partitions over a restart.",
    ),
    click.option(
        "--start",
        type=click.Choice(["earliest", "latest"]),
        default="earliest",
        show_default=True,
        help="Where a topic begins of which nothing was accepted before.",
    ),
    click.option(
        "--on-gap",
        type=click.Choice(["stop", "continue"]),
        default="stop",
        show_default=True,
        help="If records are gone before they were read: stop, or say which and continue after them.",
    ),
    click.option(
        "--again", is_flag=True, help="Read the topic from its start, even what was accepted before."
    ),
    no_deliver_option,
    *acceptance_options("Maximum size of the outbox; more events wait in Kafka. Default: none."),
    kept_outbox_option,
    *ROUTE_OPTIONS,
    metrics_option,
    listen_option,
    log_format_option,
    schemas_option,
    no_cache_option,
    reveal_names_option,
)


@dataclass(frozen=True, slots=True)
class ConsumeOptions:
    """The values of these options."""

    mapping: str
    topic: str
    group: str
    brokers: str
    kafka_config: str | None
    instance_id: str
    start: str
    on_gap: str
    again: bool
    no_deliver: bool
    schemas: str | None
    no_cache: bool
    reveal: bool


@new_command("consume", _EXAMPLE)
@_own_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> None:
    """Accept records of a Kafka topic into an outbox, and deliver them.

    Each record is accepted once: the outbox keeps which one is next, also over kills and rebalances. Several
    processes of one group share the partitions. It ends on SIGTERM or Ctrl-C, with status 0. Exits with 65 if
    records are gone before they were read, 69 if no broker answers at the start, 77 or 78 if the credentials
    or the setup must be fixed first. Needs the extra `kafka`.
    """
    delivery = fields_of(DeliveryOptions, {**values, "give_up": float("inf")})
    options, accepting = fields_of(ConsumeOptions, values), fields_of(AcceptanceOptions, values)
    accepting.check(delivery)
    if delivery.outbox == MEMORY:
        raise click.UsageError("consume needs an outbox on disk: it keeps how far the topic was read")
    log = delivery.log()
    if find_spec("confluent_kafka") is None:
        fail(SetupFailure(missing_extra("`mapper consume`", "kafka")), log)
    settings = _settings(options, log)
    allowed = delivery.allow_target
    raw = load_program(options.mapping, options.schemas, allow_target=allowed, cached=not options.no_cache)
    program = authoring.guarded(raw)
    destination = find_destination(program.code, options.mapping, options.schemas, allowed, log)
    named = find_account(destination, accepting.account, delivery, log)
    recipient = _recipient(named[1], destination, delivery, delivers=not options.no_deliver)
    account = Account(program.target, named[0], recipient=recipient)
    source = _source(options, account, program, settings)
    topic = ConsumedTopic(program, source, settings, accepting.jobs)
    with ending_on_trouble(log):
        ctx.exit(_consume(options, accepting, delivery, topic, destination))


def _consume(
    options: ConsumeOptions,
    accepting: AcceptanceOptions,
    delivery: DeliveryOptions,
    topic: ConsumedTopic,
    destination: Destination,
) -> int:
    line, stop = progress_line(delivery.log()), threading.Event()
    account, terms = topic.source.account, _terms(accepting, delivery)
    waits = Reconnection(delivery.give_up, stop, line.say)
    store, outbox = open_store(delivery.outbox, account, waits, line.say)
    with closing(store):
        limits = space_limits(outbox, accepting.space)
        keeping = Keeping(store, mapping_version(topic.program), terms.limits(destination).events, limits)
        route = None if options.no_deliver else route_of(delivery, topic, terms)
        page = MetricsPage(delivery.listen, stop)
        shown = ConsumeOutput(outbox, line, delivery.metrics, page, options.reveal)
        return consume(ConsumeCall(topic, destination, keeping, route, shown, stop))


def _recipient(
    environment: Mapping[str, str], destination: Destination, delivery: DeliveryOptions, *, delivers: bool
) -> str:
    """The recipient of an account, by its environment; only a process that delivers needs its token."""
    log = delivery.log()
    if delivers:
        return find_endpoint(destination, environment, delivery.url, False, log).recipient
    recipient = recipient_of(destination, environment, base_url=delivery.url)
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


def _terms(accepting: AcceptanceOptions, delivery: DeliveryOptions) -> Terms:
    return Terms(
        service=True,
        events=accepting.batch_size,
        requests_per_second=delivery.max_rate,
        hold_ambiguous=delivery.holds_ambiguous,
        ledger_days=delivery.ledger,
    )
