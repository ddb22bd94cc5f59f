"""`mapper run`: events in, payloads out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack

import click

from mapper.cli.applied import Run
from mapper.cli.command import mapping_argument, new_command, schemas_option
from mapper.cli.compiled import compiled, name_field
from mapper.cli.feed import events_argument, feed_name, format_option, open_feed
from mapper.cli.output import fail_on_reject_option, open_output, refuse_same_file, rejects_option
from mapper.cli.summary import summary
from mapper.feeds import Fed, Format
from mapper.runtime.decode import encode
from mapper.runtime.outcome import Note, Rejection
from mapper.types import Invalid

_EXAMPLE = """\
mapper run mappings/shop.yaml events.ndjson -o payloads.ndjson --rejects rejects.ndjson
tail -f events.ndjson | mapper run mappings/shop.yaml > payloads.ndjson"""


@new_command("run", _EXAMPLE)
@mapping_argument
@events_argument
@click.option(
    "-o", "--output", default="-", type=click.Path(dir_okay=False, allow_dash=True), help="Instead of stdout."
)
@rejects_option
@fail_on_reject_option
@format_option
@schemas_option
@click.pass_context
def command(
    ctx: click.Context,
    mapping: str,
    events: str,
    output: str,
    rejects: str | None,
    fail_on_reject: bool,
    input_format: Format | None,
    schemas: str | None,
) -> None:
    """Turn EVENTS into payloads, one a line, in the order of the events.

    EVENTS is a file of NDJSON or JSON; without it, stdin. An event that cannot be sent costs only itself: the
    summary on stderr counts it and says why. Exits with 1 if the mapping has errors.
    """
    refuse_same_file(mapping, events, output, rejects)
    program = compiled(ctx, mapping, schemas)
    aside = output != "-" or not sys.stdout.isatty()
    with ExitStack() as stack:
        blocks = stack.enter_context(open_feed(events, input_format, progress_shown=aside))
        out = stack.enter_context(open_output(output))
        kept = stack.enter_context(open_output(rejects, buffering=0)) if rejects else None
        run = Run(program, name_field(program, mapping, schemas), feed_name(events), kept)
        for block in blocks:
            out.write(b"".join(_lines(run, block)))
            out.flush()
    click.echo(summary(run.counts), err=True, nl=False)
    ctx.exit(int(fail_on_reject and run.counts.rejected > 0))


def _lines(run: Run, block: list[Fed]) -> Iterator[bytes]:
    for line, payload in run.apply(block):
        try:
            text = encode(payload)
        except Invalid as invalid:
            run.reject(Rejection((Note("invalid", "", "", invalid.reason),)), line)
        else:
            run.send(payload)
            yield text + b"\n"
