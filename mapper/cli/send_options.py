"""The options of `send`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mapper.cli.acceptance_options import AcceptanceOptions
from mapper.cli.command import outbox_option
from mapper.cli.delivery_options import DeliveryOptions
from mapper.cli.options import option, options_of
from mapper.cli.run_options import RunOptions
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.delivery.terms import Terms
    from mapper.running.feed_start import Wish

# Nobody else waits for these requests to go: a feed that comes slowly is delivered as it comes.
_FLUSH_SECONDS = 1.0
_WRITTEN_WHOLE = {"parquet": "Parquet", "har": "a HAR file"}


@dataclass(frozen=True, slots=True)
class SendOptions:
    """The call of `send`: the feed and where it begins, the outbox, and how payloads are delivered."""

    test: bool = option(
        "--test", is_flag=True, help="Test mode: the service checks the events and stores nothing."
    )
    dry_run: bool = option(
        "--dry-run", is_flag=True, help="Report what would be sent without sending it. Needs no credentials."
    )
    follow: bool = option(
        "--follow", is_flag=True, help="Keep reading EVENTS as it grows and is rotated, until interrupted."
    )
    again: bool = option("--again", is_flag=True, help="Send the file again, even if it was sent before.")
    from_start: bool = option(
        "--from-start", is_flag=True, help="Read a file that was rotated or rewritten from its start."
    )
    resume_at: int | None = option(
        "--resume-at",
        type=click.IntRange(1),
        metavar="LINE",
        help="Begin at this line, even if it was accepted before.",
    )
    accepting: AcceptanceOptions = options_of(
        AcceptanceOptions,
        max_outbox=(
            "Maximum size of the outbox; more events wait. Default: 128MiB in memory, no limit on disk."
        ),
    )
    outbox: str | None = outbox_option(
        metavar="FILE|memory|postgresql://HOST/DATABASE",
        help=(
            "Where accepted events are kept until they are delivered. By default a file in your state folder."
        ),
    )
    delivery: DeliveryOptions = options_of(DeliveryOptions)
    run: RunOptions = options_of(RunOptions)

    def check(self) -> None:
        """Raise UsageError for what does not go together."""
        from mapper.cli.feed import refuse_unread
        from mapper.cli.output import refuse_same_file
        from mapper.feeds import format_of

        given = self.run
        begins = {"--again": self.again, "--from-start": self.from_start, "--resume-at": self.resume_at}
        named = [name for name, value in begins.items() if value]
        if len(named) > 1:
            raise click.UsageError(f"{' and '.join(named)} cannot be combined")
        if self.follow and (given.events == "-" or not os.path.isfile(given.events)):
            raise click.UsageError("--follow needs a file; a pipe is read as it comes without --follow")
        if self.follow and given.events.lower().endswith(".gz"):
            raise click.UsageError("--follow cannot read a compressed file")
        whole = _WRITTEN_WHOLE.get(given.input_format or format_of(given.events) or "")
        if self.follow and whole:
            raise click.UsageError(f"--follow cannot read {whole}, which is written as a whole")
        if self.follow and (self.dry_run or self.resume_at):
            raise click.UsageError("--follow cannot be combined with --dry-run or --resume-at")
        self.accepting.check(self.outbox, self.delivery.route)
        refuse_same_file(given.mapping, given.events, given.rejects)
        refuse_unread(given.events, given.input_format)

    @property
    def wish(self) -> Wish:
        """The place where the feed begins."""
        from mapper.running.feed_start import Wish

        received_at = "" if self.run.received_at is None else self.run.received_at.text
        return Wish(self.again or self.from_start, self.resume_at or 0, self.follow, received_at)

    @property
    def terms(self) -> Terms:
        """The terms of the delivery."""
        return replace(
            self.delivery.route.terms,
            give_up_seconds=self.delivery.give_up,
            events=self.accepting.batch_size,
            flush_seconds=_FLUSH_SECONDS,
            test=self.test,
        )
