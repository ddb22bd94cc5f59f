"""The work of `mapper run`: maps a feed, writes its payloads, says how it ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mapper.cli.messages import error_line, tell, tell_summary
from mapper.cli.output import Output, open_whole, refuse_same_file
from mapper.cli.run_end import no_event_line, run_summary
from mapper.cli.signals import raised
from mapper.cli.terminal import close_stdout
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.run_options import PayloadOptions
    from mapper.feeds import Block
    from mapper.running import Run

_UNGUARDED = SafeText(
    "--no-guard: payloads may hold what `send` would not let leave, such as e-mail addresses"
)
_CLOSED = SafeText("the reader of the payloads closed the pipe")


def write_payloads(options: PayloadOptions) -> int:
    """Map the events and write their payloads; the exit status."""
    given, output = options.run, options.output
    refuse_same_file(given.mapping, given.events, output, given.rejects)
    program = given.load_program(guard=options.guard, warn=tell)
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
        return 2
    is_reject = given.fail_on_reject and run.counts.rejected > 0
    return int(is_reject or (options.fail_on_empty and not run.counts.events))


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
