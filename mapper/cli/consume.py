"""`mapper consume`: the records of a Kafka topic accepted into an outbox, and delivered from it."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.consume_options import ConsumeOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper consume shop.yaml --topic orders --group mapper --brokers kafka-1:9092,kafka-2:9092
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --metrics shop.prom
mapper consume shop.yaml --topic orders --kafka-config kafka.properties --no-deliver --jobs 2"""


@new_command("consume", _EXAMPLE)
@takes(ConsumeOptions)
@click.pass_context
def command(ctx: click.Context, options: ConsumeOptions) -> None:
    """Accept records of a Kafka topic into an outbox and deliver them.

    Each record is accepted once: the outbox keeps which one is next, also over kills and rebalances. Several
    processes of one group share the partitions. It ends on SIGTERM or Ctrl-C, with status 0. Exits with 65 if
    records are gone before they were read, 69 if no broker answers at the start, 77 or 78 if the credentials
    or the setup must be fixed first. Needs the extra `kafka`.
    """
    from mapper.cli.consume_call import consume_topic

    ctx.exit(consume_topic(options))
