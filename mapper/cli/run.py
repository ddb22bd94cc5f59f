"""`mapper run`: events in, payloads out."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.run_options import PayloadOptions

_EXAMPLE = """\
mapper run mappings/shop.yaml events.ndjson -o payloads.ndjson --rejects rejects.ndjson
mapper run mappings/shop.yaml events.csv.gz --jobs 2 -o payloads.ndjson
tail -f events.ndjson | mapper run mappings/shop.yaml > payloads.ndjson"""


@new_command("run", _EXAMPLE)
@takes(PayloadOptions)
@click.pass_context
def command(ctx: click.Context, options: PayloadOptions) -> None:
    """Turn EVENTS into payloads, one a line, in their order.

    EVENTS is a file of NDJSON, JSON or CSV, also compressed by gzip, or of Parquet; without it, stdin. An
    event that cannot be sent costs only itself: the summary on stderr counts it and says why. Exits with 1 if
    the mapping has errors, and with 2 if EVENTS could not be read to its end or not one of its lines is an
    event. Empty EVENTS, such as of a day without orders, are no failure unless --fail-on-empty says so.
    """
    from mapper.cli.run_call import write_payloads

    ctx.exit(write_payloads(options))
