"""`mapper consume`: the records of a Kafka topic accepted into an outbox, and delivered from it."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import mapper
from mapper.cli.command import jobs_option, mapping_argument, new_command, reveal_names_option, schemas_option
from mapper.cli.consume_call import ConsumeCall, ConsumedTopic, ConsumeOutput, consume, route_of
from mapper.cli.delivery_options import (
    DeliveryOptions,
    accounts_option,
    allow_target_option,
    max_rate_option,
    offline_option,
    url_option,
)
from mapper.cli.log import Log, log_format_option
from mapper.cli.metrics_file import metrics_option
from mapper.cli.option_types import Size
from mapper.cli.outbox_file import MEMORY, open_store, outbox_trouble, space_limits
from mapper.cli.program import load_program
from mapper.cli.progress_line import progress_line
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.delivery.credentials import SetupFailure, recipient_of
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.room import SpaceLimits
from mapper.delivery.outbox.store import Account, OutboxError
from mapper.delivery.terms import Terms
from mapper.extras import missing_extra
from mapper.intake.kafka.settings import ConsumerOptions, SettingsFile, read_settings
from mapper.intake.kafka.source import Keeping, TopicSource
from mapper.running.parcels import mapping_version

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination
    from mapper.runtime.program import Program

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_EXAMPLE = """\
mapper consume shop.yaml --topic orders --group mapper --brokers kafka-1:9092,kafka-2:9092
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --metrics shop.prom
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --no-deliver --jobs 2"""

_OPTIONS = (
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
    click.option("--no-deliver", is_flag=True, help="Only accept; another process delivers."),
    click.option("--account", metavar="NAME", help="Account of --accounts that the events are for."),
    click.option("--batch-size", type=click.IntRange(1), help="Maximum number of events per request."),
    jobs_option,
    click.option(
        "--max-outbox",
        type=Size(),
        help="Maximum size of the outbox; more events wait in Kafka. Default: none.",
    ),
    click.option(
        "--min-free",
        type=Size(),
        help="Accept no more events while less is free on the disk. Default: a tenth of it, at most 1GiB.",
    ),
    click.option(
        "--outbox",
        metavar="FILE|postgresql://HOST/DATABASE",
        help="Where accepted events are kept until delivered. By default a file in your state folder.",
    ),
    url_option,
    max_rate_option,
    offline_option,
    accounts_option,
    allow_target_option,
    metrics_option,
    log_format_option,
    schemas_option,
    click.option("--no-cache", is_flag=True, help="Compile the mapping again, and do not cache it."),
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
    account: str | None
    batch_size: int | None
    jobs: int
    max_outbox: int | None
    min_free: int | None
    schemas: str | None
    no_cache: bool
    reveal: bool

    def check(self, delivery: DeliveryOptions) -> None:
        """Raise UsageError for what does not go together."""
        if self.account is not None and delivery.accounts is None:
            raise click.UsageError("--account needs --accounts FILE")
        if delivery.outbox == MEMORY:
            raise click.UsageError("consume needs an outbox on disk: it keeps how far the topic was read")


def _own_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


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
    shared = [name for name in DeliveryOptions.__slots__ if name in values]
    delivery = DeliveryOptions(give_up=float("inf"), **{name: values.pop(name) for name in shared})
    options = ConsumeOptions(**values)
    options.check(delivery)
    log = delivery.log()
    if find_spec("confluent_kafka") is None:
        fail(SetupFailure(missing_extra("`mapper consume`", "kafka")), log)
    settings = _settings(options, log)
    allowed = delivery.allow_target
    raw = load_program(options.mapping, options.schemas, allow_target=allowed, cached=not options.no_cache)
    program = mapper.guarded(raw)
    destination = find_destination(program.target, options.mapping, options.schemas, allowed, log)
    name, recipient = _recipient(options, delivery, destination)
    account = Account(program.target, name, recipient=recipient)
    source = _source(options, account, program, settings)
    topic = ConsumedTopic(program, source, settings, options.jobs)
    try:
        ctx.exit(_consume(options, delivery, topic, destination))
    except (OutboxError, OSError) as error:
        text, status = outbox_trouble(error)
        log.say(text)
        ctx.exit(status)


def _consume(
    options: ConsumeOptions, delivery: DeliveryOptions, topic: ConsumedTopic, destination: Destination
) -> int:
    line, stop = progress_line(delivery.log()), threading.Event()
    account, terms = topic.source.account, _terms(options, delivery)
    waits = Reconnection(delivery.give_up, stop, line.say)
    store, outbox = open_store(delivery.outbox, account, waits)
    with closing(store):
        limits = space_limits(outbox, SpaceLimits(options.max_outbox, options.min_free))
        keeping = Keeping(store, mapping_version(topic.program), terms.limits(destination).events, limits)
        route = None if options.no_deliver else route_of(delivery, account, terms)
        shown = ConsumeOutput(outbox, line, delivery.metrics, options.reveal)
        return consume(ConsumeCall(topic, destination, keeping, route, shown, stop))


def _recipient(
    options: ConsumeOptions, delivery: DeliveryOptions, destination: Destination
) -> tuple[str, str]:
    """The name of an account, and who it is; only who delivers needs its token."""
    log = delivery.log()
    name, environment = find_account(destination, options.account, delivery, log)
    if not options.no_deliver:
        return name, find_endpoint(destination, environment, delivery.url, False, log).recipient
    recipient = recipient_of(destination, environment, base_url=delivery.url)
    if isinstance(recipient, SetupFailure):
        fail(recipient, log)
    return name, recipient


def _settings(options: ConsumeOptions, log: Log) -> dict[str, str]:
    """The settings of the Kafka client; exits where they cannot be read."""
    told = ConsumerOptions(options.brokers, options.group, options.instance_id)
    path, file = options.kafka_config, None
    if path is not None:
        is_private = os.name != "posix" or not os.stat(path).st_mode & _OTHERS
        file = SettingsFile(path, Path(path).read_text("utf-8", "replace"), is_private)
    found = read_settings(file, told, os.environ)
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


def _terms(options: ConsumeOptions, delivery: DeliveryOptions) -> Terms:
    return Terms(
        service=True,
        events=options.batch_size,
        requests_per_second=delivery.max_rate,
        hold_ambiguous=delivery.holds_ambiguous,
    )
