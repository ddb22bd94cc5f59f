"""`mapper run`: events in, payloads out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from mapper.cli.command import jobs_option, new_command
from mapper.cli.messages import error_line, tell, tell_summary
from mapper.cli.meta_file import meta_option
from mapper.cli.option_types import OutputFile
from mapper.cli.options import option, options_of, takes
from mapper.cli.output import Output, open_whole, refuse_same_file
from mapper.cli.run_options import RunOptions, no_event_line, run_summary
from mapper.cli.signals import raised
from mapper.cli.terminal import close_stdout
from mapper.feeds import Block
from mapper.running import Run
from mapper.values.safe_text import NOTHING, SafeText

_UNGUARDED = SafeText(
    "--no-guard: payloads may hold what `send` would not let leave, such as e-mail addresses"
)
_CLOSED = SafeText("the reader of the payloads closed the pipe")
_EXAMPLE = """\
mapper run mappings/shop.yaml events.ndjson -o payloads.ndjson --rejects rejects.ndjson
mapper run mappings/shop.yaml events.csv.gz --jobs 2 -o payloads.ndjson
tail -f events.ndjson | mapper run mappings/shop.yaml > payloads.ndjson"""


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `run`: the events and their mapping, and where the payloads go."""

    output: str = option(
        "-o", "--output", default="-", type=OutputFile(), help="Write payloads to FILE instead of stdout."
    )
    jobs: int = jobs_option()
    guard: bool = option(
        "--guard/--no-guard",
        default=True,
        help="Without the guard, also payloads that `send` would not let leave.",
    )
    meta: Mapping[str, Any] = meta_option()
    run: RunOptions = options_of(RunOptions)
    fail_on_empty: bool = option("--fail-on-empty", is_flag=True, help="Exit with 1 if EVENTS is empty.")


@new_command("run", _EXAMPLE)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """Turn EVENTS into payloads, one a line, in their order.

    EVENTS is a file of NDJSON, JSON or CSV, also compressed by gzip, or of Parquet; without it, stdin. An
    event that cannot be sent costs only itself: the summary on stderr counts it and says why. Exits with 1 if
    the mapping has errors, and with 2 if EVENTS could not be read to its end or not one of its lines is an
    event. Empty EVENTS, such as of a day without orders, are no failure unless --fail-on-empty says so.
    """
    given, output = options.run, options.output
    refuse_same_file(given.mapping, given.events, output, given.rejects)
    program = given.load_program(guard=options.guard)
    if not options.guard:
        tell(_UNGUARDED)
    aside = output != "-" or not sys.stdout.isatty()
    feed = given.open(program, progress_shown=aside, meta=options.meta)
    with raised(), feed as (run, blocks), open_whole(output) as out:
        trouble = _end_of(run, blocks, out, options.jobs) or no_event_line(
            run.counts, given.events, given.input_format
        )
        out.is_whole = not trouble
    if not trouble.startswith(_CLOSED):
        tell_summary(run_summary(run, given))
    if trouble:
        tell(trouble)
        ctx.exit(2)
    is_reject = given.fail_on_reject and run.counts.rejected > 0
    ctx.exit(int(is_reject or (options.fail_on_empty and not run.counts.events)))


def _end_of(run: Run, blocks: Iterator[Block], out: Output, jobs: int) -> SafeText:
    """Map the feed; what ended it before its end, "" if nothing did."""
    try:
        run.write_payloads(blocks, out.file, jobs)
        out.file.flush()
        return NOTHING
    except OSError as error:
        close_stdout()
        reason = _CLOSED if isinstance(error, BrokenPipeError) else error_line(error)
    if not run.last_line:
        return reason
    return SafeText("{}, after line {:,} of the feed", reason, run.last_line)
