"""`mapper run`: events in, payloads out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import click

from mapper.cli.command import mapping_argument, new_command, schemas_option
from mapper.cli.compiled import compiled, name_field
from mapper.cli.feed import events_argument, feed_name, format_option, open_feed, refuse_same_file
from mapper.cli.passage import Passage
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
@click.option("--rejects", type=click.Path(dir_okay=False), help="NDJSON: events not sent, and why.")
@click.option("--fail-on-reject", is_flag=True, help="Exit with 1 if an event was rejected.")
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
    refuse_same_file(events, output, rejects)
    program = compiled(ctx, mapping, schemas)
    aside = output != "-" or not sys.stdout.isatty()
    with ExitStack() as stack:
        blocks = stack.enter_context(open_feed(events, input_format, progress_shown=aside))
        out = stack.enter_context(_open_output(output))
        kept = stack.enter_context(open(rejects, "wb")) if rejects else None
        passage = Passage(program, name_field(program, mapping, schemas), feed_name(events), kept)
        for block in blocks:
            out.write(b"".join(_lines(passage, block)))
            out.flush()
    click.echo(summary(passage.tally), err=True, nl=False)
    ctx.exit(int(fail_on_reject and passage.tally.rejected > 0))


def _lines(passage: Passage, block: list[Fed]) -> Iterator[bytes]:
    for line, payload in passage.apply(block):
        try:
            text = encode(payload)
        except Invalid as invalid:
            passage.reject(Rejection((Note("invalid", "", "", invalid.reason),)), line)
        else:
            passage.send(payload)
            yield text + b"\n"


@contextmanager
def _open_output(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        yield sys.stdout.buffer
        return
    with open(path, "wb") as file:
        yield file
