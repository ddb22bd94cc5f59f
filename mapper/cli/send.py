"""`mapper send`: events accepted into an outbox, and delivered until it is empty."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mapper.cli.command import jobs_option, new_command
from mapper.cli.delivery_options import DeliveryOptions, delivery_options
from mapper.cli.delivery_summary import describe_dry_run
from mapper.cli.feed import refuse_unread
from mapper.cli.feed_start import NoStart, Wish
from mapper.cli.log import Log
from mapper.cli.messages import error_line, tell_summary, with_hint
from mapper.cli.option_types import Size
from mapper.cli.outbox_file import new_outbox_option, open_store, outbox_trouble
from mapper.cli.output import refuse_same_file
from mapper.cli.progress_line import progress_line
from mapper.cli.received_at import say_received
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.cli.run_options import RunOptions, no_event_line, run_options, run_summary
from mapper.cli.send_call import Kept, Recipient, SendCall, SentFeed, send
from mapper.cli.signals import raised
from mapper.delivery.credentials import SetupFailure, url_of_requests
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.room import SpaceLimits
from mapper.delivery.outbox.server import is_server
from mapper.delivery.outbox.store import Account, OutboxError
from mapper.delivery.terms import Terms
from mapper.feeds import format_of
from mapper.running.parcels import parcels
from mapper.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination
    from mapper.runtime.program import Program

# Nobody else waits for these requests to go: a feed that comes slowly is delivered as it comes.
_FLUSH_SECONDS = 1.0
_T = TypeVar("_T")

_EXAMPLE = """\
mapper send mappings/shop.yaml events.ndjson --dry-run
mapper send mappings/shop.yaml events.ndjson --test
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5 --rejects bad.ndjson
mapper send mappings/shop.yaml /var/log/shop.ndjson --follow --metrics /var/lib/shop.prom"""

_OPTIONS = (
    click.option(
        "--test", is_flag=True, help=("Test mode: the service checks the events and stores nothing.")
    ),
    click.option(
        "--dry-run",
        is_flag=True,
        help=("Report what would be sent without sending it. Needs no credentials."),
    ),
    click.option(
        "--follow", is_flag=True, help="Keep reading EVENTS as it grows and is rotated, until interrupted."
    ),
    click.option("--again", is_flag=True, help="Send the file again, even if it was sent before."),
    click.option(
        "--from-start", is_flag=True, help="Read a file that was rotated or rewritten from its start."
    ),
    click.option(
        "--resume-at",
        type=click.IntRange(1),
        metavar="LINE",
        help="Begin at this line, whatever was accepted before.",
    ),
    click.option("--account", metavar="NAME", help="Account of --accounts that the events are for."),
    click.option("--batch-size", type=click.IntRange(1), help="Maximum number of events per request."),
    jobs_option,
    click.option(
        "--max-outbox",
        type=Size(),
        help="Maximum size of the outbox; more events wait. Default: 128MiB in memory, no limit on disk.",
    ),
    click.option(
        "--min-free",
        type=Size(),
        help="Accept no more events while less is free on the disk. Default: a tenth of it, at most 1GiB.",
    ),
    new_outbox_option,
)


@dataclass(frozen=True, slots=True)
class _Options:
    """The values of these options."""

    test: bool
    dry_run: bool
    follow: bool
    again: bool
    from_start: bool
    resume_at: int | None
    account: str | None
    batch_size: int | None
    jobs: int
    max_outbox: int | None
    min_free: int | None

    def check(self, given: RunOptions, delivery: DeliveryOptions) -> None:
        """Raise UsageError for what does not go together."""
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
        if self.min_free is not None and is_server(delivery.outbox):
            raise click.UsageError("--min-free is for an outbox in a file; --max-outbox limits a database")
        if self.account is not None and delivery.accounts is None:
            raise click.UsageError("--account needs --accounts FILE")

    def wish(self, given: RunOptions) -> Wish:
        """Where the feed begins."""
        received_at = "" if given.received_at is None else given.received_at.text
        return Wish(self.again or self.from_start, self.resume_at or 0, self.follow, received_at)


def _own_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@new_command("send", _EXAMPLE)
@_own_options
@delivery_options
@run_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> None:
    """Turn EVENTS into payloads and deliver them from an outbox.

    If it is killed, the same command resumes where it stopped. The credentials come from the environment; if
    they are missing, the message names the variables. Exits with 1 if payloads were refused, 69 if the
    service did not answer, 75 if another process delivers for the account, 77 or 78 if the credentials or the
    setup must be fixed first.
    """
    given, delivery = _fields(RunOptions, values), _fields(DeliveryOptions, values)
    options = _fields(_Options, values)
    options.check(given, delivery)
    refuse_same_file(given.mapping, given.events, given.rejects)
    refuse_unread(given.events, given.input_format)
    log = delivery.log()
    program = given.load_program()
    destination = find_destination(program.target, given.mapping, given.schemas, given.allow_target, log)
    if options.dry_run:
        _show_dry_run(given, program, destination, (delivery.url, _terms(options, delivery)))
        return
    account_name, environment = find_account(destination, options.account, delivery, log)
    endpoint = find_endpoint(destination, environment, delivery.url, options.test, log)
    account = Account(program.target, account_name, options.test, endpoint.recipient)
    if not log.as_json:
        say_received(given.received_at)
    to = Recipient(account, destination, endpoint, _terms(options, delivery))
    line, stop = progress_line(log), threading.Event()
    try:
        waits = Reconnection(delivery.give_up, stop, line.say)
        store, name = open_store(delivery.outbox, account, waits)
        with closing(store):
            source = SentFeed(given, program, options.wish(given), options.jobs)
            outbox = Kept(store, name, SpaceLimits(options.max_outbox, options.min_free))
            ctx.exit(send(SendCall(source, to, outbox, line, delivery.metrics, stop)))
    except NoStart as error:
        log.say(with_hint(error.reason, error.hint))
        ctx.exit(error.exit_status)
    except (OutboxError, OSError) as error:
        text, status = outbox_trouble(error)
        log.say(text)
        ctx.exit(status)


def _fields(kind: type[_T], values: Mapping[str, Any]) -> _T:
    """The values of a command's options that are fields of a type."""
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]  # it is a dataclass
    return kind(**{name: values[name] for name in names if name in values})


def _terms(options: _Options, delivery: DeliveryOptions) -> Terms:
    return Terms(
        give_up_seconds=delivery.give_up,
        events=options.batch_size,
        requests_per_second=delivery.max_rate,
        flush_seconds=_FLUSH_SECONDS,
        hold_ambiguous=delivery.holds_ambiguous,
        test=options.test,
    )


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
