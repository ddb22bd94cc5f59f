"""`mapper serve`: HTTP requests accepted into an outbox, and delivered from it."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.serve_options import ServeOptions

_EXAMPLE = """\
mapper serve intake.yaml --outbox shop.outbox
mapper serve intake.yaml --outbox shop.outbox --host 0.0.0.0 --log-format json
mapper serve intake.yaml --outbox shop.outbox --no-deliver"""


@new_command("serve", _EXAMPLE)
@takes(ServeOptions)
@click.pass_context
def command(ctx: click.Context, options: ServeOptions) -> None:
    """Accept webhooks and beacons into an outbox, and deliver them.

    INTAKE names the paths, how each sender is checked, and the mapping of its events. A request is answered
    with 202 once its payloads are on the disk. The address is the first line on stdout. SIGTERM or Ctrl-C
    ends it, with status 0, when the requests in progress are finished. SIGHUP has INTAKE, its mappings and
    secrets in files read anew; what has errors goes on as it was. Exits with 1 if INTAKE or all mappings
    have errors, 69 if the server of the outbox does not answer, 74 if the address or the outbox cannot be
    used, 77 or 78 if a secret, the credentials or the setup must be fixed first. Needs the extra `serve`.
    """
    from mapper.cli.serve_call import serve_intake

    ctx.exit(serve_intake(options))
