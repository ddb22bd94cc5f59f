"""`mapper run`: events in, payloads out."""

from __future__ import annotations

import sys
from typing import Any

import click

from mapper.cli.command import new_command
from mapper.cli.compiled import compiled
from mapper.cli.given import Given, given_options, told
from mapper.cli.output import open_output, refuse_same_file

_EXAMPLE = """\
mapper run mappings/shop.yaml events.ndjson -o payloads.ndjson --rejects rejects.ndjson
tail -f events.ndjson | mapper run mappings/shop.yaml > payloads.ndjson"""


@new_command("run", _EXAMPLE)
@click.option(
    "-o", "--output", default="-", type=click.Path(dir_okay=False, allow_dash=True), help="Instead of stdout."
)
@given_options
@click.pass_context
def command(ctx: click.Context, /, output: str, **options: Any) -> None:
    """Turn EVENTS into payloads, one a line, in their order.

    EVENTS is a file of NDJSON or JSON; without it, stdin. An event that cannot be sent costs only itself: the
    summary on stderr counts it and says why. Exits with 1 if the mapping has errors.
    """
    given = Given(**options)
    refuse_same_file(given.mapping, given.events, output, given.rejects)
    program = compiled(ctx, given.mapping, given.schemas)
    aside = output != "-" or not sys.stdout.isatty()
    with given.open(program, progress_shown=aside) as (run, blocks), open_output(output) as out:
        worker = run.worker()
        for block in blocks:
            run.take(worker.work(block), out)
    click.echo(told(run, given), err=True, nl=False)
    ctx.exit(int(given.fail_on_reject and run.counts.rejected > 0))
