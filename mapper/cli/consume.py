"""`mapper consume`: the records of a Kafka topic accepted into an outbox, and delivered from it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper import authoring
from mapper.cli.acceptance_options import (
    AcceptanceOptions,
    kept_outbox_option,
    no_deliver_option,
)
from mapper.cli.command import (
    mapping_argument,
    new_command,
    no_cache_option,
    reveal_names_option,
    schemas_option,
)
from mapper.cli.consume_call import ConsumeCall, ConsumedTopic, consume, route_of
from mapper.cli.delivery_options import MonitoringOptions, RouteOptions
from mapper.cli.delivery_run import new_run
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.log import Log
from mapper.cli.options import option, options_of, takes
from mapper.cli.outbox_file import MEMORY, space_limits
from mapper.cli.program_argument import load_program
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.consuming.settings import ConsumerOptions, SettingsFile, read_settings
from mapper.consuming.topic_source import Keeping, TopicSource
from mapper.delivery.credentials import SetupFailure, recipient_of
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


@dataclass(frozen=True, slots=True)
class ConsumeOptions:
    """The call of `consume`: the topic and its mapping, the outbox, and how payloads are delivered."""

    mapping: str = mapping_argument()
    topic: str = option("--topic", required=True, metavar="NAME", help="Topic to read.")
    group: str = option(
        "--group", default="", metavar="NAME", help="Consumer group whose members share the topic."
    )
    brokers: str = option(
        "--brokers",
        default="",
        metavar="HOST:PORT,...",
        help="Where the cluster is found. In --kafka-config: bootstrap.servers.",
    )
    kafka_config: str | None = option(
        "--kafka-config",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Settings of librdkafka, a `name=value` each line; `${NAME}` is a variable of the environment.",
    )
    instance_id: str = option(
        "--instance-id",
        default="",
        metavar="NAME",
        help="Name of this process in the group: it keeps its partitions over a restart.",
    )
    start: str = option(
        "--start",
        type=click.Choice(["earliest", "latest"]),
        default="earliest",
        show_default=True,
        help="Where a topic begins of which nothing was accepted before.",
    )
    on_gap: str = option(
        "--on-gap",
        type=click.Choice(["stop", "continue"]),
        default="stop",
        show_default=True,
        help="If records are gone before they were read: stop, or say which and continue after them.",
    )
    again: bool = option(
        "--again", is_flag=True, help="Read the topic from its start, even what was accepted before."
    )
    no_deliver: bool = no_deliver_option()
    accepting: AcceptanceOptions = options_of(
        AcceptanceOptions, max_outbox="Maximum size of the outbox; more events wait in Kafka. Default: none."
    )
    outbox: str | None = kept_outbox_option()
    route: RouteOptions = options_of(RouteOptions)
    monitoring: MonitoringOptions = options_of(MonitoringOptions)
    schemas: str | None = schemas_option()
    no_cache: bool = no_cache_option()
    reveal: bool = reveal_names_option()

    @property
    def terms(self) -> Terms:
        """The terms of the delivery."""
        return replace(self.route.terms, service=True, events=self.accepting.batch_size)


@new_command("consume", _EXAMPLE)
@takes(ConsumeOptions)
@click.pass_context
def command(ctx: click.Context, options: ConsumeOptions) -> None:
    """Accept records of a Kafka topic into an outbox, and deliver them.

    Each record is accepted once: the outbox keeps which one is next, also over kills and rebalances. Several
    processes of one group share the partitions. It ends on SIGTERM or Ctrl-C, with status 0. Exits with 65 if
    records are gone before they were read, 69 if no broker answers at the start, 77 or 78 if the credentials
    or the setup must be fixed first. Needs the extra `kafka`.
    """
    options.accepting.check(options.outbox, options.route)
    if options.outbox == MEMORY:
        raise click.UsageError("consume needs an outbox on disk: it keeps how far the topic was read")
    log = options.monitoring.log()
    if find_spec("confluent_kafka") is None:
        fail(SetupFailure(missing_extra("`mapper consume`", "kafka")), log)
    settings = _settings(options, log)
    allowed = options.route.allow_target
    raw = load_program(options.mapping, options.schemas, allow_target=allowed, cached=not options.no_cache)
    program = authoring.guarded(raw)
    destination = find_destination(program.code, options.mapping, options.schemas, allowed, log)
    named = find_account(destination, options.accepting.account, options.route.accounts, log)
    recipient = _recipient(named[1], destination, options, log)
    account = Account(program.target, named[0], recipient=recipient)
    source = _source(options, account, program, settings)
    topic = ConsumedTopic(program, source, settings, options.accepting.jobs, options.reveal)
    process = new_run(log, options.monitoring)
    waits = process.waits(float("inf"))
    with process.ending_on_trouble(), process.open(options.outbox, account, waits) as outbox:
        limits = space_limits(outbox.name, options.accepting.space.limits)
        most = options.terms.limits(destination).events
        keeping = Keeping(outbox.store, mapping_version(program), most, limits)
        route = None if options.no_deliver else route_of(options.route, topic, options.terms)
        ctx.exit(consume(ConsumeCall(topic, destination, process, outbox, keeping, route)))


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
