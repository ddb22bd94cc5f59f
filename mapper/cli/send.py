"""`mapper send`: events accepted into an outbox, and delivered until it is empty."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.send_options import SendOptions

_EXAMPLE = """\
mapper send mappings/shop.yaml events.ndjson --dry-run
mapper send mappings/shop.yaml events.ndjson --test
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5 --rejects bad.ndjson
mapper send mappings/shop.yaml /var/log/shop.ndjson --follow --metrics /var/lib/shop.prom"""


@new_command("send", _EXAMPLE)
@takes(SendOptions)
@click.pass_context
def command(ctx: click.Context, options: SendOptions) -> None:
    """Turn EVENTS into payloads and deliver them from an outbox.

    If it is killed, the same command resumes where it stopped. The credentials come from the environment; if
    they are missing, the message names the variables. Exits with 1 if payloads were refused, 69 if the
    service did not answer, 75 if another process delivers for the account, 77 or 78 if the credentials or the
    setup must be fixed first.
    """
    options.check()
    from mapper.cli.send_call import send_events

    ctx.exit(send_events(options))
