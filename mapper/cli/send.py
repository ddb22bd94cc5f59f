"""`mapper send`: events accepted into an outbox, and delivered until it is empty."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from mapper.cli.acceptance_options import AcceptanceOptions
from mapper.cli.command import new_command
from mapper.cli.delivery_options import DeliveryOptions
from mapper.cli.delivery_run import new_run
from mapper.cli.delivery_summary import describe_dry_run
from mapper.cli.feed import refuse_unread
from mapper.cli.feed_start import NoStart, Wish
from mapper.cli.log import Log
from mapper.cli.messages import error_line, tell_summary, with_hint
from mapper.cli.options import option, options_of, takes
from mapper.cli.outbox_file import outbox_option
from mapper.cli.output import refuse_same_file
from mapper.cli.received_at import say_received
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.cli.run_options import RunOptions, no_event_line, run_summary
from mapper.cli.send_call import Recipient, SendCall, SentFeed, send
from mapper.cli.signals import raised
from mapper.delivery.credentials import SetupFailure, url_of_requests
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.store import Account
from mapper.delivery.terms import Terms
from mapper.feeds import format_of
from mapper.running.parcels import parcels
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination
    from mapper.runtime.program import Program

# Nobody else waits for these requests to go: a feed that comes slowly is delivered as it comes.
_FLUSH_SECONDS = 1.0

_EXAMPLE = """\
mapper send mappings/shop.yaml events.ndjson --dry-run
mapper send mappings/shop.yaml events.ndjson --test
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5 --rejects bad.ndjson
mapper send mappings/shop.yaml /var/log/shop.ndjson --follow --metrics /var/lib/shop.prom"""


@dataclass(frozen=True, slots=True)
class _Options:
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
        given = self.run
        begins = {"--again": self.again, "--from-start": self.from_start, "--resume-at": self.resume_at}
        named = [name for name, value in begins.items() if value]
        if len(named) > 1:
            raise click.UsageError(f"{' and '.join(named)} cannot be combined")
        if self.follow and (given.events == "-" or not os.path.isfile(given.events)):
            raise click.UsageError("--follow needs a file; a pipe is read as it comes without --follow")
        if self.follow and given.events.lower().endswith(".gz"):
            raise click.UsageError("--follow cannot read a compressed file")
        if self.follow and (given.input_format or format_of(given.events)) == "parquet":
            raise click.UsageError("--follow cannot read Parquet, which is written as a whole")
        if self.follow and (self.dry_run or self.resume_at):
            raise click.UsageError("--follow cannot be combined with --dry-run or --resume-at")
        self.accepting.check(self.outbox, self.delivery.route)
        refuse_same_file(given.mapping, given.events, given.rejects)
        refuse_unread(given.events, given.input_format)

    @property
    def wish(self) -> Wish:
        """The place where the feed begins."""
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


@new_command("send", _EXAMPLE)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """Turn EVENTS into payloads and deliver them from an outbox.

    If it is killed, the same command resumes where it stopped. The credentials come from the environment; if
    they are missing, the message names the variables. Exits with 1 if payloads were refused, 69 if the
    service did not answer, 75 if another process delivers for the account, 77 or 78 if the credentials or the
    setup must be fixed first.
    """
    options.check()
    given, delivery, accepting = options.run, options.delivery, options.accepting
    route, log = delivery.route, delivery.monitoring.log()
    program = given.load_program(allow_target=route.allow_target)
    destination = find_destination(program.code, given.mapping, given.schemas, route.allow_target, log)
    terms = options.terms
    if options.dry_run:
        _show_dry_run(given, program, destination, (route.url, terms))
        return
    account_name, environment = find_account(destination, accepting.account, route.accounts, log)
    endpoint = find_endpoint(destination, environment, route.url, options.test, log)
    account = Account(program.target, account_name, options.test, endpoint.recipient)
    if not log.as_json:
        say_received(given.received_at)
    source = SentFeed(given, program, options.wish, accepting)
    to = Recipient(account, destination, endpoint, terms)
    process = new_run(log, delivery.monitoring)
    waits = process.waits(delivery.give_up)
    with process.ending_on_trouble(), process.open(options.outbox, account, waits) as outbox:
        try:
            ctx.exit(send(SendCall(source, to, process, outbox)))
        except NoStart as error:
            log.say(with_hint(error.reason, error.hint))
            ctx.exit(error.exit_status)


def _show_dry_run(
    given: RunOptions, program: Program, destination: Destination, how: tuple[str | None, Terms]
) -> None:
    from mapper.delivery.dry_run import dry_run

    url, terms = how
    to = url_of_requests(destination, base_url=url, test=terms.test)
    if isinstance(to, SetupFailure):
        fail(to, Log())
    with raised(), given.open(program, progress_shown=True) as (run, blocks):
        try:
            found = dry_run(parcels(run, blocks, destination), destination, terms=terms)
        except OSError as error:
            where = SafeText("{}, after line {:,} of the feed", error_line(error), run.last_line)
            Log().say(where if run.last_line else error_line(error))
            click.get_current_context().exit(ExitStatus.UNREADABLE)
    tell_summary(SafeText("{}{}", run_summary(run, given), describe_dry_run(found, to)))
    if unread := no_event_line(run.counts, given.events, given.input_format):
        Log().say(unread)
        click.get_current_context().exit(ExitStatus.UNREADABLE)
    if given.fail_on_reject and run.counts.rejected:
        click.get_current_context().exit(1)
