"""The options of `run`, most of which `send` shares: a mapping, events, and where what is not sent goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from mapper.cli.command import (
    jobs_option,
    mapping_argument,
    no_cache_option,
    reveal_names_option,
    schemas_option,
    suppress_option,
)
from mapper.cli.feed_options import delimiter_option, events_argument, format_option
from mapper.cli.meta_file import meta_option
from mapper.cli.option_types import OutputFile
from mapper.cli.options import option, options_of
from mapper.cli.received_at import Received, received_option, say_received
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.delivery.batch import Stops
    from mapper.feeds import Block, Format
    from mapper.running import Run
    from mapper.runtime.program import Program
    from mapper.values.safe_text import SafeText


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
    suppress: tuple[str, ...] = suppress_option()
    schemas: str | None = schemas_option()
    no_cache: bool = no_cache_option()
    reveal: bool = reveal_names_option()
    verbose: bool = option("-v", "--verbose", is_flag=True, help="Report whether the cache is used.")

    def load_program(
        self,
        *,
        guard: bool = True,
        allow_target: str | None = None,
        warn: Callable[[SafeText], None] | None = None,
    ) -> Program:
        """The program of the mapping, guarded. Where it has errors, says which and exits with 1.

        guard: False for its raw form, whose payloads may hold what must not leave. allow_target: the file
        of an operator's own target. warn: is told of a suppression list that breaks later. Raises OSError
        for one that cannot be read.
        """
        from mapper import authoring
        from mapper.cli.program_argument import load_program
        from mapper.cli.suppression_lists import OwnLists

        raw = load_program(
            self.mapping,
            self.schemas,
            allow_target=allow_target,
            cached=not self.no_cache,
            verbose=self.verbose,
        )
        lists = OwnLists(self.suppress, self.mapping, self.schemas, allow_target)
        return lists.suppressing(authoring.guarded(raw) if guard else raw, warn)

    def stops(self, target: str, allow_target: str | None) -> Stops | None:
        """Tells which waiting payloads are of a person on a list; None without lists. Raises OSError."""
        if not self.suppress:
            return None
        from mapper.cli.suppression_lists import OwnLists

        return OwnLists(self.suppress, self.mapping, self.schemas, allow_target).persons().stops(target)

    @contextmanager
    def open(
        self,
        program: Program,
        *,
        progress_shown: bool,
        meta: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[Run, Iterator[Block]]]:
        """A run of the program, and the blocks of events for it. meta: what `$meta` holds of all of them."""
        from mapper.cli.feed import open_feed

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
        from mapper.cli.feed import feed_name
        from mapper.cli.output import open_output
        from mapper.running import Run

        with ExitStack() as stack:
            output = open_output(self.rejects, buffering=0, more=resumed) if self.rejects else None
            rejects = None if output is None else stack.enter_context(output)
            received = {} if self.received_at is None else self.received_at.meta
            yield Run(program, feed_name(self.events), rejects, self.reveal, {**(meta or {}), **received})


@dataclass(frozen=True, slots=True)
class PayloadOptions:
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
