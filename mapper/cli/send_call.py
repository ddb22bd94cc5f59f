"""One call of `send`: accept a feed into an outbox, deliver from it, and report both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mapper.cli.delivery_run import DeliveryRun, OpenOutbox, new_run
from mapper.cli.delivery_summary import delivery_facts, describe_delivery, describe_dry_run, describe_waiting
from mapper.cli.feed import Stoppable, open_events
from mapper.cli.log import Log
from mapper.cli.messages import error_line, tell_summary, with_hint
from mapper.cli.outbox_file import outbox_trouble
from mapper.cli.received_at import Received, say_received
from mapper.cli.recipient import fail, find_account, find_destination, find_endpoint
from mapper.cli.run_end import no_event_line, run_summary
from mapper.cli.run_summary import event_facts, number
from mapper.cli.signals import Stopping, raised
from mapper.delivery.credentials import url_of_requests
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.named_outbox import space_limits
from mapper.delivery.outbox.outbox_errors import AccountTaken, OutboxError
from mapper.delivery.outbox.room import Room
from mapper.delivery.outbox.store import Account, Feed, Position
from mapper.delivery.outbox_metrics import Delivering
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.terms import Terms
from mapper.feeds.position import from_line
from mapper.running.acceptance import Acceptance, FeedPart, FeedUnreadable
from mapper.running.feed_start import FeedStart, NoStart, Wish, find_start
from mapper.running.mapping_metrics import guard_metrics
from mapper.running.parcels import ParcelWorker, mapping_version, parcels
from mapper.running.resumption import FeedFormat
from mapper.running.rotation import Followed, follow
from mapper.running.workers import WorkerLost
from mapper.texts.log_events import noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.acceptance_options import AcceptanceOptions
    from mapper.cli.progress_line import Watched
    from mapper.cli.run_options import RunOptions
    from mapper.cli.send_options import SendOptions
    from mapper.delivery.batch import Receipt, Stops
    from mapper.delivery.credentials import Endpoint
    from mapper.delivery.destination import Destination
    from mapper.delivery.sender import Sender
    from mapper.delivery.summary import Delivery
    from mapper.delivery.terms import Terms
    from mapper.feeds import Block
    from mapper.feeds.live_file import LiveFile
    from mapper.running import Run
    from mapper.runtime.program import Program

_NOTHING_WAITS = SafeText("nothing waits; --again sends it again")
_PIPE = SafeText(
    "reading from a pipe, which cannot be read again: if this ends early, it names the last accepted line"
)


@dataclass(frozen=True, slots=True)
class SentFeed:
    """The feed to send. wish: where it begins, by the options; accepting: how it is accepted."""

    given: RunOptions
    program: Program
    wish: Wish
    accepting: AcceptanceOptions


@dataclass(frozen=True, slots=True)
class Recipient:
    """The account that receives the payloads, and how they are sent to it.

    stops: tells which payloads are erased in place of being sent.
    """

    account: Account
    destination: Destination
    endpoint: Endpoint
    terms: Terms
    stops: Stops | None = None


@dataclass(frozen=True, slots=True)
class SendCall:
    """The state of one call of `send`. senders: by account, once the delivery to it has begun."""

    source: SentFeed
    to: Recipient
    process: DeliveryRun
    outbox: OpenOutbox
    senders: dict[Account, Sender] = field(default_factory=dict)

    @property
    def is_pipe(self) -> bool:
        """Whether the feed cannot be read again."""
        return self.source.given.events == "-" or not os.path.isfile(self.source.given.events)

    def feed(self) -> Feed:
        """The identity of the feed, by which a later run recognises it: the real path of its file."""
        name = os.path.realpath(self.source.given.events)
        return Feed(self.to.account, self.source.program.code.name, name, self.source.given.events)

    @property
    def stand_in(self) -> str:
        """The host that requests go to, if it is not the service's own."""
        host = urlsplit(self.to.endpoint.url).netloc
        return "" if host == urlsplit(self.to.destination.base_url).netloc else host


def send(sending: SendCall) -> int:
    """Accept the feed and deliver; the status to exit with. Raises NoStart, and what the outbox raises."""
    feed = None if sending.is_pipe else sending.feed()
    # The thread of the store starts later: processes of `--jobs` must not be forked while a thread runs.
    begin = find_start(sending.outbox.store.outbox, feed, sending.source.given.events, sending.source.wish)
    if begin.is_done:
        return _deliver_rest(sending)
    if sending.source.wish.anew:
        _say_twice(sending)
    if begin.start.record:
        named, line = SafeText.known(sending.source.given.events), begin.start.record + 1
        started = SafeText(
            "reading {} from line {:,}: those before it were accepted by an earlier run", named, line
        )
        sending.process.log.say(noted("note", started))
    if feed is None and not sending.to.account.test:
        sending.process.log.say(_PIPE)
    given = sending.source.given
    if begin.start.received_at:  # the same events are given the same time as before
        given = replace(given, received_at=Received(begin.start.received_at))
    watched = _watched(sending, lambda: guard_metrics({given.events: run.counts.guarded}))
    with sending.process.until_signal() as asked, ExitStack() as stack:
        run = stack.enter_context(given.new_run(sending.source.program, resumed=begin.known is not None))
        acceptance = _acceptance(sending, run, begin, stack)
        with acceptance.working(sending.source.accepting.jobs):
            delivery, status = _deliver(sending, asked, watched, acceptance)
        return _say_end(sending, acceptance, delivery, status)


def _say_twice(sending: SendCall) -> None:
    """Say that what waits of a file is accepted once more where the file is read from its start."""
    from mapper.delivery.delivery import pending_events

    waiting = pending_events(sending.outbox.store, sending.to.account)
    if not waiting:
        return
    shown, count = SafeText.known(sending.source.given.events), number(waiting, "event")
    line = SafeText("{} waiting already; those of {} are accepted, and sent, a second time", count, shown)
    sending.process.log.say(line)


def _watched(sending: SendCall, more: Callable[[], str] = str) -> Watched:
    """The delivery as it is watched. Without a sender another process delivers, and exports its numbers."""

    def seen() -> Delivering | None:
        return Delivering(sending.senders) if sending.senders else None

    return sending.process.watched(sending.outbox, sending.to.account, seen, more)


def _acceptance(sending: SendCall, run: Run, begin: FeedStart, stack: ExitStack) -> Acceptance:
    limits = space_limits(sending.outbox.name, sending.source.accepting.space.limits)
    room = Room(sending.outbox.store, limits, sending.process.stop, sending.process.line.say)
    acceptor = Acceptor(
        sending.outbox.store,
        sending.to.account,
        mapping_version(sending.source.program),
        chunk_events=sending.to.terms.limits(sending.to.destination).events,
        wait_for_room=room.wait,
    )
    worker = ParcelWorker(run.worker(), sending.to.destination)
    acceptance = Acceptance(run, (), worker, acceptor, sending.process.stop)
    if sending.source.wish.follows:
        acceptance.parts = _followed_parts(sending, run, begin)
    else:
        file = stack.enter_context(open_events(sending.source.given.events))
        acceptance.parts = [_part(sending, acceptance, begin, file)]
    return acceptance


def _part(sending: SendCall, acceptance: Acceptance, begin: FeedStart, opened: Any) -> FeedPart:
    """The one part of a feed that is not followed."""
    file = Stoppable(opened, sending.process.stop, acceptance.run.attend)
    given, start, offset = sending.source.given, begin.start, -1
    if sending.source.wish.line:
        blocks = from_line(_format(given).texts(file), sending.source.wish.line, acceptance.skip)
    else:
        blocks, offset = _format(given).texts_after(start, opened, file)
    if sending.is_pipe:
        return begin.pipe_part(blocks)
    return begin.file_part(blocks, sending.feed(), opened.tell, offset)


def _format(given: RunOptions) -> FeedFormat:
    return FeedFormat(given.events, given.input_format, given.delimiter)


def _followed_parts(sending: SendCall, run: Run, begin: FeedStart) -> Iterable[FeedPart]:
    given = sending.source.given

    def read(file: LiveFile, start: Position) -> tuple[Iterator[Block], int]:
        return _format(given).texts_after(start, file.file, file)

    followed = Followed(
        given.events,
        sending.outbox.store,
        sending.feed,
        read,
        sending.process.stop,
        run.attend,
        sending.process.line.say,
        begin.start.received_at,
    )
    return follow(followed, begin.start, begin.known)


def _deliver_rest(sending: SendCall) -> int:
    """A file that was read to its end before: what waits, of it or of other feeds, is delivered."""
    from mapper.delivery.delivery import pending_events

    store, account = sending.outbox.store, sending.to.account
    waiting = store.wait(pending_events, store, account)
    what = SafeText("{} waiting", number(waiting, "event")) if waiting else _NOTHING_WAITS
    shown = SafeText.known(sending.source.given.events)
    sending.process.log.say(noted("note", SafeText("{} was read to its end before: {}", shown, what)))
    watched = _watched(sending)
    with sending.process.until_signal() as asked:
        delivery, status = _deliver(sending, asked, watched)
    if delivery is not None and (waiting or delivery.attempts):
        told = describe_delivery(delivery, sending.stand_in)
        left = describe_waiting(delivery.pending, sending.outbox.name, delivery.hint)
        sending.process.log.summarize(SafeText("{}{}", told, left), delivery_facts(delivery))
    return status


def _deliver(
    sending: SendCall, asked: Stopping, watched: Watched, acceptance: Acceptance | None = None
) -> tuple[Delivery | None, int]:
    """The delivery, and the status to exit with; None where another process delivers."""
    from mapper.delivery.delivery import Feeding, Hearing, Way, deliver
    from mapper.delivery.transport import connect

    def told(receipts: tuple[Receipt, ...]) -> None:
        if acceptance is not None:
            _write_unsent(acceptance, receipts)

    to = sending.to
    transport = connect(to.endpoint, connections=to.terms.concurrency)
    way = Way(to.account, to.destination, transport, to.terms, stops=to.stops)
    begun = partial(sending.senders.__setitem__, to.account)
    hearing = Hearing(told, sending.process.line.say, begun)
    more = {} if acceptance is None else {"feeding": Feeding(acceptance.ended)}
    try:
        with sending.process.watch(watched):
            try:
                delivery = deliver(
                    sending.outbox.store, way, stop=sending.process.stop, hearing=hearing, **more
                )
            except AccountTaken as error:
                sending.process.line.say(
                    SafeText("{}; the accepted events wait for it", SafeText.known(str(error)))
                )
                if acceptance is not None:
                    acceptance.ended.wait()
                return None, asked.status or ExitStatus.LOCKED
    except (OutboxError, OSError) as error:
        return None, _say_outbox(sending, error)
    status = asked.status if delivery.interrupted else delivery.exit_status
    return delivery, int(status or ExitStatus.INTERRUPTED * delivery.interrupted)


def _say_outbox(sending: SendCall, error: OutboxError | OSError) -> ExitStatus:
    """Say what is wrong with an outbox, and the status for it."""
    text, status = outbox_trouble(error)
    sending.process.line.say(text)
    return status


def _write_unsent(acceptance: Acceptance, receipts: tuple[Receipt, ...]) -> None:
    try:
        for receipt in receipts:
            if receipt.status in ("refused", "expired"):
                place = receipt.parcel.record
                acceptance.run.write_unsent(place, receipt.status, receipt.kind, receipt.reason)
    except OSError as error:
        acceptance.fail(error)
        acceptance.stop.set()


def _say_end(sending: SendCall, acceptance: Acceptance, delivery: Delivery | None, status: int) -> int:
    """Say what became of it all, and where it stopped; the status to exit with."""
    run, given = acceptance.run, sending.source.given
    told = describe_delivery(delivery, sending.stand_in) if delivery is not None else NOTHING
    pending, hint = (delivery.pending, delivery.hint) if delivery is not None else (0, NOTHING)
    left = describe_waiting(pending, sending.outbox.name, hint)
    counts = run.counts
    delivered = {} if delivery is None else delivery_facts(delivery)
    facts = {**event_facts(counts), "line": acceptance.acceptor.line, **delivered}
    sending.process.log.summarize(SafeText.joined("", [run_summary(run, given), told, left]), facts)
    if acceptance.error is not None or not acceptance.is_whole:
        _say_where(sending, acceptance, is_interrupted=delivery is None or delivery.interrupted)
    if acceptance.error is not None:
        return _trouble(acceptance.error, sending)[1]
    if unread := no_event_line(counts, given.events, given.input_format):
        sending.process.log.say(unread)
        return ExitStatus.UNREADABLE
    return status or int(given.fail_on_reject and counts.rejected > 0)


def _say_where(sending: SendCall, acceptance: Acceptance, *, is_interrupted: bool) -> None:
    """Say where a run stopped that did not come to the end of its feed."""
    trouble = SafeText("interrupted" if is_interrupted else "stopped")
    if acceptance.error is not None:
        trouble, _ = _trouble(acceptance.error, sending)
    if sending.is_pipe:
        on = SafeText(": send the lines after it again; a pipe cannot be read again")
    else:
        on = SafeText("; the same command continues from there")
    text = SafeText("{}, after line {:,} of the feed{}", trouble, acceptance.acceptor.line, on)
    sending.process.log.say(text)


def _trouble(error: Exception, sending: SendCall) -> tuple[SafeText, ExitStatus]:
    """The reason that a feed ended early, for a person, and the status to exit with."""
    if isinstance(error, EOFError):
        name, line = SafeText.known(sending.source.given.events), sending.source.wish.line
        if line:
            return SafeText("{} has no line {:,}", name, line), ExitStatus.UNREADABLE
        shorter = "{} is shorter than when it was read before; --from-start reads it from its start"
        return SafeText(shorter, name), ExitStatus.UNREADABLE
    if isinstance(error, OutboxError):
        # Of a file nothing else goes wrong after it was opened than that another process holds it for long.
        status = ExitStatus.LOCKED if type(error) is OutboxError else outbox_trouble(error)[1]
        return SafeText.known(str(error)), status
    if isinstance(error, FeedUnreadable):
        return error_line(error.why), ExitStatus.UNREADABLE
    assert isinstance(error, OSError)
    return error_line(error), ExitStatus.MISTAKE if isinstance(error, WorkerLost) else ExitStatus.UNWRITABLE


def send_events(options: SendOptions) -> int:
    """Accept and deliver the events, or show what would be sent; the exit status."""
    given, delivery, accepting = options.run, options.delivery, options.accepting
    route, log = delivery.route, delivery.monitoring.log()
    program = given.load_program(allow_target=route.allow_target, warn=log.say)
    destination = find_destination(program.code, given.mapping, given.schemas, route.allow_target, log)
    terms = options.terms
    if options.dry_run:
        return _show_dry_run(given, program, destination, (route.url, terms))
    account_name, environment = find_account(destination, accepting.account, route.accounts, log)
    endpoint = find_endpoint(destination, environment, route.url, options.test, log)
    account = Account(program.target, account_name, options.test, endpoint.recipient)
    if not log.as_json:
        say_received(given.received_at)
    source = SentFeed(given, program, options.wish, accepting)
    to = Recipient(account, destination, endpoint, terms, given.stops(program.target, route.allow_target))
    process = new_run(log, delivery.route.retention, delivery.monitoring)
    waits = process.waits(delivery.give_up)
    with process.ending_on_trouble(), process.open(options.outbox, account, waits) as outbox:
        try:
            return send(SendCall(source, to, process, outbox))
        except NoStart as error:
            log.say(with_hint(error.reason, error.hint))
            return error.exit_status
        except FeedUnreadable as error:
            log.say(error_line(error.why))
            return ExitStatus.UNREADABLE


def _show_dry_run(
    given: RunOptions, program: Program, destination: Destination, how: tuple[str | None, Terms]
) -> int:
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
            return ExitStatus.UNREADABLE
    tell_summary(SafeText("{}{}", run_summary(run, given), describe_dry_run(found, to)))
    if unread := no_event_line(run.counts, given.events, given.input_format):
        Log().say(unread)
        return ExitStatus.UNREADABLE
    return int(given.fail_on_reject and run.counts.rejected > 0)
