"""`mapper deliver`: the couriers alone, as a service over an outbox."""

from __future__ import annotations

import click

from mapper.cli.command import new_command, outbox_option, suppress_option
from mapper.cli.delivery_options import DeliveryOptions
from mapper.cli.options import option, options_of, takes
from mapper.values.frozen import dataclass

_EXAMPLE = """\
mapper deliver --metrics /var/lib/node_exporter/mapper.prom
mapper deliver --outbox orders.outbox --accounts accounts.yaml --log-format json
mapper deliver --outbox postgresql://db.example/mapper --listen 9464
mapper deliver --once"""


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `deliver`: the outbox, and how payloads are delivered."""

    once: bool = option("--once", is_flag=True, help="Exit when nothing is left that can be delivered.")
    outbox: str | None = outbox_option()
    suppress: tuple[str, ...] = suppress_option(
        help="Erase events of persons on this list: of `suppress build`, or CSV with a header. Repeatable."
    )
    delivery: DeliveryOptions = options_of(DeliveryOptions)


@new_command("deliver", _EXAMPLE)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """Deliver what waits in an outbox, as a service.

    It ends on SIGTERM or Ctrl-C, with status 0; on SIGHUP it reads credentials anew. It waits for an outbox
    in a file that is not there yet, and for a server that does not answer. It delivers for several accounts
    at once; for each account only one process delivers, and of an outbox in PostgreSQL another machine takes
    over when that one is gone. Without --once it never gives up: it reports once what must be fixed, and
    tries again every minute, or when the credentials in a file have changed.
    """
    from mapper.cli.deliver_call import deliver

    ctx.exit(deliver(options.outbox, options.delivery, options.suppress, once=options.once))
