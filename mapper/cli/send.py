"""`mapper send`: events accepted into an outbox, and delivered until it is empty."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import click

import mapper
from mapper.cli.command import new_command
from mapper.cli.delivery_summary import describe_delivery, describe_dry_run, describe_waiting
from mapper.cli.messages import error_line, tell, tell_summary
from mapper.cli.option_types import Duration, Rate
from mapper.cli.outbox_file import open_store, outbox_option
from mapper.cli.output import refuse_same_file
from mapper.cli.received_at import Received
from mapper.cli.run_options import RunOptions, run_options, run_summary
from mapper.cli.signals import raised
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.store import Account, AccountTaken, Damaged, Feed, OutboxError, Position
from mapper.running.acceptance import Acceptance, FeedUnreadable
from mapper.running.parcels import ParcelWorker, parcels
from mapper.running.workers import WorkerLost
from mapper.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.delivery.batch import Receipt
    from mapper.delivery.credentials import Endpoint, SetupFailure
    from mapper.delivery.destination import Destination
    from mapper.delivery.outbox.acceptor import Acceptor
    from mapper.delivery.outbox.store_thread import StoreThread
    from mapper.delivery.summary import Delivery
    from mapper.delivery.terms import Terms
    from mapper.runtime.program import Program

# Requests under way end before a supervisor loses its patience, which is often 30 seconds.
_STOP_SECONDS = 25
# Nobody else waits for these requests to go: a feed that comes slowly is delivered as it comes.
_FLUSH_SECONDS = 1.0

_EXAMPLE = """\
mapper send mappings/shop.yaml events.ndjson --dry-run
mapper send mappings/shop.yaml events.ndjson --test
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5 --rejects rejects"""


@dataclass(frozen=True, slots=True)
class _Options:
    """How `send` is to deliver. Fields as the options that give them."""

    test: bool
    url: str | None
    batch_size: int | None
    max_rate: float | None
    give_up: float
    dry_run: bool
    outbox: str | None
    again: bool
    from_start: bool
    offline_ambiguous: str
    jobs: int

    def terms(self) -> Terms:
        """As terms of a delivery."""
        from mapper.delivery.terms import Terms

        return Terms(
            give_up_seconds=self.give_up,
            events=self.batch_size,
            requests_per_second=self.max_rate,
            flush_seconds=_FLUSH_SECONDS,
            hold_ambiguous=self.offline_ambiguous == "hold",
            test=self.test,
        )


@new_command("send", _EXAMPLE)
@click.option("--test", is_flag=True, help="The service checks the events and keeps nothing of them.")
@click.option("--url", help="Base address of the API. Plain http only on this machine.")
@click.option("--batch-size", type=click.IntRange(1), help="Events in a request at most.")
@click.option("--max-rate", type=Rate(), help="Requests a second at most.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that map events."
)
@click.option(
    "--give-up",
    type=Duration(),
    default="10m",
    show_default=True,
    help="Give up after so long without success. What is not delivered stays in the outbox.",
)
@click.option("--dry-run", is_flag=True, help="Deliver nothing, say what would be. Needs no credentials.")
@outbox_option
@click.option("--again", is_flag=True, help="Send a file again that was sent before.")
@click.option("--from-start", is_flag=True, help="Read a file from its start that was rotated or rewritten.")
@click.option(
    "--offline-ambiguous",
    type=click.Choice(["resend", "hold"]),
    default="resend",
    show_default=True,
    help="Events whose copies the service counts, after a request without an answer.",
)
@click.option(
    "--allow-target",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Schema of a target of your own: where it says payloads go, they go, with the secrets it names.",
)
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    test: bool,
    url: str | None,
    batch_size: int | None,
    max_rate: float | None,
    give_up: float,
    dry_run: bool,
    outbox: str | None,
    again: bool,
    from_start: bool,
    offline_ambiguous: str,
    jobs: int,
    **options: Any,
) -> None:
    """Turn EVENTS into payloads and deliver them from an outbox.

    Killed at any time and run again, it goes on where it stopped. The credentials come from the environment;
    if they are missing, the message says which variables they are. Exits with 1 if payloads were refused, 69
    if the service did not answer, 75 if another process delivers for the account, 77 or 78 if something must
    be set right first.
    """
    wanted = _Options(
        test, url, batch_size, max_rate, give_up, dry_run, outbox, again, from_start, offline_ambiguous, jobs
    )
    given = RunOptions(**options)
    refuse_same_file(given.mapping, given.events, given.rejects)
    program = given.load_program()
    destination = _destination(program.target, given)
    if dry_run:
        _show_dry_run(given, program, destination, wanted)
        return
    endpoint = _endpoint(destination, url, test)
    account = Account(program.target, test=test, recipient=endpoint.recipient)
    with _outbox_told():
        store, name = open_store(outbox, account)
    with closing(store):
        ctx.exit(_send(_Sending(given, program, destination, endpoint, wanted, account, store, name)))


@dataclass(frozen=True, slots=True)
class _Sending:
    """All that one call of `send` works with. outbox: what a person calls the store."""

    given: RunOptions
    program: Program
    destination: Destination
    endpoint: Endpoint
    wanted: _Options
    account: Account
    store: StoreThread
    outbox: str

    @property
    def feed(self) -> Feed | None:
        """The feed, by which a later run knows it again; None for a pipe, which cannot be read again."""
        given = self.given
        if given.events == "-" or not os.path.isfile(given.events):
            return None
        name = os.path.realpath(given.events)
        return Feed(self.account, self.program.code.name, name, given.events)


def _send(sending: _Sending) -> int:
    """Accept the feed and deliver; the status to exit with."""
    known, start = _start(sending)
    if known is not None and known.ended and _size_of(sending.given.events) == known.offset:
        return _deliver_rest(sending)
    stop = threading.Event()
    given = sending.given if not start.received_at else _as_before(sending.given, start)
    with raised(), ExitStack() as stack:
        opened = given.open(
            sending.program,
            progress_shown=True,
            stop=stop,
            first=start.record,
            resumed=known is not None,
        )
        run, blocks = stack.enter_context(opened)
        worker = ParcelWorker(run.worker(), sending.destination)
        acceptor = _acceptor(sending, known, start)
        jobs = sending.wanted.jobs
        acceptance = Acceptance(run, blocks, worker, acceptor, start, stop, _sizes(sending), jobs)
        with acceptance.working():
            delivery, status = _deliver(sending, stop, acceptance)
    told = describe_delivery(delivery, _stand_in(sending)) if delivery is not None else NOTHING
    left = describe_waiting(delivery.pending if delivery is not None else 0, sending.outbox)
    tell_summary(SafeText.joined("", [run_summary(run, given), told, left]))
    if acceptance.error is not None or not acceptance.is_whole:
        _tell_end(acceptance, is_interrupted=delivery is not None and delivery.interrupted)
    if acceptance.error is not None:
        return _trouble(acceptance.error, run.feed_name)[1]
    return status or int(given.fail_on_reject and run.counts.rejected > 0)


def _start(sending: _Sending) -> tuple[Position | None, Position]:
    """How far the feed was accepted, and where this run begins. Refuses a file that is another one by now."""
    from mapper.feeds.position import fingerprint

    feed, wanted = sending.feed, sending.wanted
    received = sending.given.received_at
    text = received.text if received is not None else ""
    if feed is None:
        return None, Position(received_at=text)
    outbox = sending.store.outbox
    with _outbox_told():
        if wanted.again or wanted.from_start:
            sending.store.wait(outbox.forget, feed)
        known = sending.store.wait(outbox.position, feed)
    try:
        with open(sending.given.events, "rb") as file:
            found = fingerprint(file) if known is None else fingerprint(file, known.sampled)
    except OSError as error:
        told = error_line(OSError(error.errno, error.strerror, sending.given.events))
        _end(told, ExitStatus.UNREADABLE)
    if known is None:
        start = Position(0, 0, found.inode, found.sampled, found.digest, received_at=text)
        return None, start
    if (found.sampled, found.digest) != (known.sampled, known.digest):
        shown = SafeText.known(sending.given.events)
        tell(SafeText("{} is not the file that was read before: was it rotated or rewritten?", shown))
        _end(SafeText("--from-start reads it from its start"), ExitStatus.UNREADABLE)
    return known, replace(known, ended=False, received_at=known.received_at or text)


def _as_before(given: RunOptions, start: Position) -> RunOptions:
    """The same events are given the same time when they were received as before."""
    return replace(given, received_at=Received(start.received_at))


def _size_of(path: str) -> int:
    return os.stat(path).st_size


def _acceptor(sending: _Sending, known: Position | None, start: Position) -> Acceptor:
    from mapper.delivery.outbox.acceptor import Acceptor

    version = sha256(sending.program.code.text.encode()).hexdigest()[:12]
    return Acceptor(sending.store, sending.account, version, sending.feed, known, start.record)


def _sizes(sending: _Sending) -> Callable[[], int]:
    """Says how many bytes the feed has; -1 for a pipe."""
    if sending.feed is None:
        return lambda: -1
    return lambda: _size_of(sending.given.events)


def _deliver_rest(sending: _Sending) -> int:
    """A file that was sent before: what is left of it, or of other feeds, is delivered."""
    shown = SafeText.known(sending.given.events)
    tell(SafeText("{} was accepted before, to its end; --again sends it again", shown))
    delivery, status = _deliver(sending, threading.Event(), None)
    if delivery is not None and delivery.attempts:
        told = describe_delivery(delivery, _stand_in(sending))
        tell_summary(SafeText("{}{}", told, describe_waiting(delivery.pending, sending.outbox)))
    return status


def _deliver(
    sending: _Sending, stop: threading.Event, acceptance: Acceptance | None
) -> tuple[Delivery | None, int]:
    """The delivery, and the status to exit with; None where another process delivers."""
    from mapper.delivery.delivery import Feeding, Hearing, Way, deliver
    from mapper.delivery.transport import connect

    def told(receipts: tuple[Receipt, ...]) -> None:
        if acceptance is not None:
            _write_unsent(acceptance, receipts, stop)

    terms = sending.wanted.terms()
    transport = connect(sending.endpoint, connections=terms.concurrency)
    way = Way(sending.account, sending.destination, transport, terms)
    feeding = Feeding(acceptance.ended) if acceptance is not None else None
    more = {} if feeding is None else {"feeding": feeding}
    try:
        with _stopping(stop) as asked:
            delivery = deliver(sending.store, way, stop=stop, hearing=Hearing(told, tell), **more)
    except AccountTaken as error:
        if acceptance is not None:
            acceptance.ended.wait()
        tell(SafeText("{}; what is accepted waits for it", SafeText.known(str(error))))
        return None, ExitStatus.LOCKED
    except (OutboxError, OSError) as error:
        return None, _tell_outbox(error)
    status = asked.status if delivery.interrupted else delivery.exit_status
    return delivery, int(status)


def _write_unsent(acceptance: Acceptance, receipts: tuple[Receipt, ...], stop: threading.Event) -> None:
    try:
        for receipt in receipts:
            if receipt.status == "refused":
                acceptance.run.write_unsent(receipt.parcel.record, "refused", receipt.kind, receipt.reason)
    except OSError as error:
        acceptance.fail(error)
        stop.set()


def _tell_end(acceptance: Acceptance, *, is_interrupted: bool) -> None:
    """Where a run stopped that did not come to the end of its feed."""
    line = acceptance.acceptor.line
    trouble = SafeText("interrupted" if is_interrupted else "stopped")
    if acceptance.error is not None:
        trouble, _ = _trouble(acceptance.error, acceptance.run.feed_name)
    if acceptance.acceptor.feed is None:
        on = SafeText(": give what follows to another run; a pipe cannot be read again")
    else:
        on = SafeText("; the same command goes on from there")
    tell(SafeText("{}, after line {:,} of the feed{}", trouble, line, on))


def _trouble(error: Exception, feed_name: str) -> tuple[SafeText, ExitStatus]:
    """What ended a feed early, for a person, and the status to exit with."""
    if isinstance(error, EOFError):
        shorter = "{} is shorter than when it was read before; --from-start reads it from its start"
        return SafeText(shorter, SafeText.known(feed_name)), ExitStatus.UNREADABLE
    if isinstance(error, OutboxError):
        status = ExitStatus.WRONG_SETUP if isinstance(error, Damaged) else ExitStatus.LOCKED
        return SafeText.known(str(error)), status
    if isinstance(error, FeedUnreadable):
        return error_line(error.why), ExitStatus.UNREADABLE
    if isinstance(error, WorkerLost):
        return error_line(error), ExitStatus.MISTAKE
    assert isinstance(error, OSError)
    return error_line(error), ExitStatus.UNWRITABLE


def _show_dry_run(given: RunOptions, program: Program, destination: Destination, wanted: _Options) -> None:
    from mapper.delivery.dry_run import dry_run

    to = _where(destination, wanted.url, wanted.test)
    with raised(), given.open(program, progress_shown=True) as (run, blocks):
        try:
            found = dry_run(parcels(run, blocks, destination), destination, terms=wanted.terms())
        except OSError as error:
            _end(error_line(error), ExitStatus.UNREADABLE)
    tell_summary(SafeText("{}{}", run_summary(run, given), describe_dry_run(found, to)))
    if given.fail_on_reject and run.counts.rejected:
        click.get_current_context().exit(1)


def _destination(target: str, given: RunOptions) -> Destination:
    try:
        return mapper.destination(
            target, schemas=given.schemas, beside=given.mapping, allow_target=given.allow_target
        )
    except LookupError as error:
        _end(SafeText.known(str(error.args[0])), ExitStatus.WRONG_SETUP)


def _where(destination: Destination, url: str | None, test: bool) -> str:
    from mapper.delivery.credentials import SetupFailure, url_of_requests

    found = url_of_requests(destination, base_url=url, test=test)
    if isinstance(found, SetupFailure):
        _fail(found)
    return found


def _endpoint(destination: Destination, url: str | None, test: bool) -> Endpoint:
    from mapper.delivery.credentials import SetupFailure, address, read_credentials

    credentials = read_credentials(destination, os.environ, test=test)
    if isinstance(credentials, SetupFailure):
        _fail(credentials)
    endpoint = address(destination, credentials, base_url=url, test=test)
    if isinstance(endpoint, SetupFailure):
        _fail(endpoint)
    return endpoint


def _stand_in(sending: _Sending) -> str:
    """The host that requests go to, if it is not the service's own."""
    host = urlsplit(sending.endpoint.url).netloc
    return "" if host == urlsplit(sending.destination.base_url).netloc else host


def _fail(failure: SetupFailure) -> NoReturn:
    hint = f"\n  hint: {failure.hint}" if failure.hint else ""
    _end(SafeText.known(failure.message + hint), failure.exit_status)


@contextmanager
def _outbox_told() -> Iterator[None]:
    """Ends the command where the outbox cannot be used."""
    try:
        yield
    except (OutboxError, OSError) as error:
        click.get_current_context().exit(_tell_outbox(error))


def _tell_outbox(error: OutboxError | OSError) -> ExitStatus:
    """Say what is wrong with an outbox, and the status for it."""
    if isinstance(error, OSError):
        tell(error_line(error))
        return ExitStatus.UNWRITABLE
    hint = f"\n  hint: {error.hint}" if error.hint else ""
    tell(SafeText.known(f"{error}{hint}"))
    return ExitStatus.LOCKED if isinstance(error, AccountTaken) else ExitStatus.WRONG_SETUP


def _end(message: SafeText, exit_status: int) -> NoReturn:
    tell(message)
    click.get_current_context().exit(exit_status)


@dataclass(slots=True)
class _Asked:
    """What a delivery that was asked to stop ends with."""

    status: ExitStatus = ExitStatus.INTERRUPTED


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[_Asked]:
    """Ctrl-C and SIGTERM let requests under way finish, for some seconds; a second one ends at once."""
    asked = _Asked()
    timer = threading.Timer(_STOP_SECONDS, lambda: os._exit(asked.status))
    timer.daemon = True

    def ask(number: int, frame: object) -> None:
        asked.status = ExitStatus.TERMINATED if number == signal.SIGTERM else ExitStatus.INTERRUPTED
        if timer.is_alive():
            os._exit(asked.status)
        stop.set()
        # Not through a buffer, which the signal may have found half filled.
        os.write(2, b"mapper: finishing the requests under way; once more ends at once\n")
        timer.start()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
