"""The options of `consume`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mapper.cli.acceptance_options import AcceptanceOptions, kept_outbox_option, no_deliver_option
from mapper.cli.command import (
    mapping_argument,
    no_cache_option,
    reveal_names_option,
    schemas_option,
    suppress_option,
)
from mapper.cli.delivery_options import MonitoringOptions, RouteOptions
from mapper.cli.options import option, options_of
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.delivery.terms import Terms


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
    suppress: tuple[str, ...] = suppress_option()
    schemas: str | None = schemas_option()
    no_cache: bool = no_cache_option()
    reveal: bool = reveal_names_option()

    @property
    def terms(self) -> Terms:
        """The terms of the delivery."""
        return replace(self.route.terms, service=True, events=self.accepting.batch_size)
