"""The options that `run` and `send` share: a mapping, events, and where to keep those that are not sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from mapper import authoring
from mapper.cli.command import (
    mapping_argument,
    no_cache_option,
    reveal_names_option,
    schemas_option,
)
from mapper.cli.feed import delimiter_option, events_argument, feed_name, format_option, open_feed
from mapper.cli.messages import with_hint
from mapper.cli.option_types import OutputFile
from mapper.cli.options import option
from mapper.cli.output import open_output
from mapper.cli.program_argument import load_program
from mapper.cli.received_at import Received, lacking, received_option, say_received
from mapper.cli.run_summary import number, summary
from mapper.cli.terminal import visible
from mapper.feeds import Block, Format, format_of
from mapper.running import Run
from mapper.running.counts import EventCounts, holds_no_event, is_no_json
from mapper.runtime.program import Program
from mapper.values.safe_text import NOTHING, SafeText


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The events, the mapping, and what becomes of events that are not sent."""

    mapping: str = mapping_argument()
    events: str = events_argument()
    rejects: str | None = option(
        "--rejects",
        type=OutputFile(),
        help="Write one NDJSON line to FILE for each event that is not sent, with the reason.",
    )
    received_at: Received | None = received_option()
    fail_on_reject: bool = option(
        "--fail-on-reject", is_flag=True, help="Exit with 1 if an event was rejected."
    )
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()
    no_cache: bool = no_cache_option()
    reveal: bool = reveal_names_option()
    verbose: bool = option("-v", "--verbose", is_flag=True, help="Report whether the cache is used.")

    def load_program(self, *, guard: bool = True, allow_target: str | None = None) -> Program:
        """The program of the mapping, guarded. Where it has errors, says which and exits with 1.

        guard: False for its raw form, whose payloads may hold what must not leave. allow_target: the file
        of an operator's own target.
        """
        raw = load_program(
            self.mapping,
            self.schemas,
            allow_target=allow_target,
            cached=not self.no_cache,
            verbose=self.verbose,
        )
        return authoring.guarded(raw) if guard else raw

    @contextmanager
    def open(
        self,
        program: Program,
        *,
        progress_shown: bool,
        meta: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[Run, Iterator[Block]]]:
        """A run of the program, and the blocks of events for it. meta: what `$meta` holds of all of them."""
        say_received(self.received_at)
        with ExitStack() as stack:
            feed = open_feed(
                self.events,
                self.input_format,
                delimiter=self.delimiter,
                progress_shown=progress_shown,
                attend=lambda file: run.attend(file),
            )
            blocks = stack.enter_context(feed)
            run = stack.enter_context(self.new_run(program, meta=meta))
            yield run, blocks

    @contextmanager
    def new_run(
        self, program: Program, *, resumed: bool = False, meta: Mapping[str, Any] | None = None
    ) -> Iterator[Run]:
        """A run of the program. resumed: rejects go on after those of another run."""
        with ExitStack() as stack:
            output = open_output(self.rejects, buffering=0, more=resumed) if self.rejects else None
            rejects = None if output is None else stack.enter_context(output)
            received = {} if self.received_at is None else self.received_at.meta
            yield Run(program, feed_name(self.events), rejects, self.reveal, {**(meta or {}), **received})


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
