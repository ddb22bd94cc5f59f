"""The last lines of a command that read events: its summary, and that a feed holds no event."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mapper.cli.feed import feed_name
from mapper.cli.messages import with_hint
from mapper.cli.received_at import lacking
from mapper.cli.run_summary import number, summary
from mapper.cli.terminal import visible
from mapper.feeds import Format, format_of
from mapper.running.counts import EventCounts, holds_no_event, is_no_json
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.run_options import RunOptions
    from mapper.running import Run


def run_summary(run: Run, options: RunOptions) -> SafeText:
    """The summary of a run."""
    unset = run.unset.fields()
    more = lacking(options.received_at, run.program.code, run.counts.rejected)
    if holds_no_event(run.counts):
        return summary(run.counts)
    if not unset and not run.counts.first_rejected:
        return SafeText("{}{}", summary(run.counts), more)
    line = run.unset.first_line() if unset else run.counts.first_rejected
    mapping, events = options.mapping, options.events
    event = f"EVENT (for example line {line:,})" if events == "-" else shlex.quote(f"{events}:{line}")
    text = summary(run.counts, unset, f"mapper explain {shlex.quote(mapping)} {event}")
    return SafeText("{}{}", text, more)


def no_event_line(counts: EventCounts, events: str, input_format: Format | None) -> SafeText:
    """The last line of a run whose feed has lines but no event; "" for any other."""
    if not holds_no_event(counts):
        return NOTHING
    told = nothing_read(events, counts.broken)
    may_be_csv = input_format is None and format_of(events) is None and is_no_json(counts)
    hint = SafeText("if this is CSV, add --input-format csv") if may_be_csv else NOTHING
    return with_hint(told, hint)


def nothing_read(events: str, lines: int) -> SafeText:
    """That a feed of so many lines holds no event."""
    name = SafeText.known(visible(feed_name(events)))
    return SafeText("{} holds no event: {} read, not one is an event", name, number(lines, "line"))
