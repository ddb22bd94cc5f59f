"""A program and its events -> Delivery: `mapper send` in one call, for who has Python at hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, TypeVar
from uuid import uuid4

from mapper.compiling import destination
from mapper.delivery.batch import Receipt
from mapper.delivery.credentials import Endpoint, address, read_credentials
from mapper.delivery.delivery import Feeding, Hearing, Way
from mapper.delivery.delivery import deliver as deliver_waiting
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.named_outbox import MEMORY, open_named, space_limits
from mapper.delivery.outbox.outbox_errors import AccountTaken, OutboxError
from mapper.delivery.outbox.room import Room
from mapper.delivery.outbox.store import Account, Feed, Position
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.summary import Delivery, Reason
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from mapper.feeds import Broken, DecodedBlock
from mapper.feeds.block import Placed
from mapper.running.acceptance import Acceptance, FeedPart, FeedUnreadable
from mapper.running.counts import EventCounts
from mapper.running.feed_run import Run
from mapper.running.feed_start import FeedStart, NoStart, Wish, find_start
from mapper.running.parcels import ParcelWorker, mapping_version
from mapper.running.resumption import FeedFormat
from mapper.runtime.decode import encode
from mapper.runtime.foreign import is_plain, json_value
from mapper.runtime.program import Program
from mapper.values.caller_values import given_events
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

T = TypeVar("T")
_BLOCK_EVENTS = 500
_BLOCK_SECONDS = 0.5
"""An iterable that gives events slowly is accepted as they come, and what it gives at once in blocks."""
_FLUSH_SECONDS = 1.0
_WHERE_IT_STOPPED = Wish(anew=False, line=0, follows=False, received_at="")
_FAILED = SafeText("an event must be a JSON object; a value in it failed")


class SetupError(Exception):
    """The reason that nothing was read or sent, which a person must fix first; `hint` says how."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class _Recipient:
    """The account that receives the payloads of a program, and where they are sent."""

    account: Account
    destination: Destination
    endpoint: Endpoint

    @property
    def way(self) -> Way:
        terms = Terms(flush_seconds=_FLUSH_SECONDS, test=self.account.test)
        transport = connect(self.endpoint, connections=terms.concurrency)
        return Way(self.account, self.destination, transport, terms)


@dataclass(slots=True)
class _GivenEvents:
    """Events of the caller's own, as blocks of texts. error: what their iterable raised.

    A thread of its own reads them, and may outlive the call: the iterable may never give its next event. It
    takes no more once `blocks` has seen the stop and given what was there.
    """

    events: Iterable[Any]
    stop: Event
    error: BaseException | None = None
    _found: list[Placed] = field(default_factory=list)
    _is_read: bool = False
    _is_stopped: bool = False
    _changed: Condition = field(default_factory=Condition)

    def blocks(self) -> Iterator[DecodedBlock]:
        """The events, numbered from 1; after a stop those that are read by then.

        Raises InterruptedError at their end where the iterable raises, and after a stop.
        """
        Thread(target=self._read, name="reading events", daemon=True).start()
        is_read = is_stopped = False
        while not (is_read or is_stopped):
            with self._changed:
                self._changed.wait_for(self._is_block, _BLOCK_SECONDS)
                is_stopped = self._is_stopped = self.stop.is_set()
                found, self._found, is_read = self._found, [], self._is_read
                self._changed.notify_all()
            if found:
                yield DecodedBlock(found)
        if self.error is not None or not is_read:
            raise InterruptedError

    def _read(self) -> None:
        """Read on, no more than a block ahead: nothing is taken from the iterable that has no room."""
        try:
            numbered = enumerate(self.events, 1)
            while self._has_room() and (found := next(numbered, None)):
                placed = found[0], _text_of(*found)
                with self._changed:
                    self._found.append(placed)
                    if self._is_block():
                        self._changed.notify_all()
        except BaseException as error:  # of the caller's own code, who gets it back
            self.error = error
        with self._changed:
            self._is_read = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        """Wait until there is room for an event; whether there is."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or not self._is_block())
            return not self._is_stopped

    def _is_block(self) -> bool:
        return self._is_read or len(self._found) >= _BLOCK_EVENTS


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of `deliver` whose setup is right, with its outbox."""

    program: Program
    to: _Recipient
    store: StoreThread
    outbox: str
    hearing: Hearing
    stop: Event = field(default_factory=Event)

    def send_file(self, path: str) -> Delivery:
        """Deliver the events of a file, from where it was accepted to, and what waits."""
        if not os.path.isfile(path):
            with open(path, "rb") as pipe:
                part = FeedStart(None, Position()).pipe_part(FeedFormat(path).texts(pipe))
                return self.send(Run(self.program, path), part)
        feed = Feed(self.to.account, self.program.name, os.path.realpath(path), path)
        begin = find_start(self.store.outbox, feed, path, _WHERE_IT_STOPPED)
        if begin.is_done:
            return deliver_waiting(self.store, self.to.way, stop=self.stop, hearing=self.hearing)
        with open(path, "rb") as file:
            blocks, offset = FeedFormat(path).texts_after(begin.start, file, file)
            return self.send(Run(self.program, path), begin.file_part(blocks, feed, file.tell, offset))

    def send_given(self, events: Iterable[Any], name: str) -> Delivery:
        """Deliver events of the caller's own, and what waits. No other call goes on in the same feed."""
        given = _GivenEvents(events, self.stop)
        feed = Feed(self.to.account, self.program.name, f"{name} {uuid4()}", name)
        part = FeedStart(None, Position()).file_part(given.blocks(), feed, lambda: -1, -1)
        part = replace(part, ends_itself=True)
        found = self.send(Run(self.program, name), part)
        if given.error is not None:
            raise given.error
        return found

    def send(self, run: Run, part: FeedPart) -> Delivery:
        """Accept a part and deliver what waits meanwhile. Raises what ended the part early."""
        room = Room(self.store, space_limits(self.outbox), self.stop)
        way = self.to.way
        acceptor = Acceptor(
            self.store,
            way.account,
            mapping_version(self.program),
            chunk_events=way.terms.limits(way.destination).events,
            wait_for_room=room.wait,
        )
        worker = ParcelWorker(run.worker(), way.destination)
        acceptance = Acceptance(run, (part,), worker, acceptor, self.stop)
        feeding = Feeding(acceptance.ended)
        with acceptance.working():
            try:
                found = deliver_waiting(
                    self.store, way, stop=self.stop, feeding=feeding, hearing=self.hearing
                )
            except AccountTaken:  # it delivers what is accepted here too
                acceptance.ended.wait()
                raise
        if acceptance.error is not None:
            raise acceptance.error
        counts = run.counts
        return replace(
            found,
            events=counts.events,
            skipped=counts.skipped,
            rejected=counts.rejected,
            rejections=_rejections(counts, run.feed_name),
        )


def _rejections(counts: EventCounts, feed: str) -> tuple[Reason, ...]:
    """The reasons that events were rejected, the most frequent first; "other reasons" have no place."""
    found = []
    for (path, message), count in counts.reasons.most_common():
        text = SafeText("{}: {}", SafeText.known(path), message) if path else message
        line = counts.first.get((path, message))
        found.append(Reason(text, count, f"{feed}:{line}" if line else feed))
    return tuple(found)


def deliver(
    program: Program,
    events: Iterable[Mapping[str, Any]] | str | Path,
    *,
    outbox: str | Path | None = None,
    test: bool = False,
    url: str | None = None,
    settings: Mapping[str, str | None] | None = None,
    feed: str = "events",
    on_receipt: Callable[[Receipt], None] | None = None,
) -> Delivery:
    """Deliver payloads of events, as `mapper send`. Without `outbox`, what waits is lost with the process.

    events: objects, which another thread reads, or the path of a file as `mapper run` reads it. outbox: a
    file, or the address of a PostgreSQL database. An accepted event stays in it until delivered, refused
    or expired: after a crash, the same call sends what waits, and resumes a file where it stopped; events of
    an iterable are accepted anew. test: the service's test mode, which counts nothing and keeps no outbox.
    url: the address instead of the service's own. settings: the credentials instead of the environment, by
    the names of its variables. feed: the name of an iterable in places, as `events:17`. on_receipt: called
    with each receipt, after it is kept.

    Raises TypeError for a wrong argument, and SetupError, both before an event is read. Later it raises
    OSError where the outbox or the file fails, and what the iterable and `on_receipt` raise.
    """
    _refuse_wrong_types(program, events, on_receipt, outbox=outbox, url=url, feed=feed, test=test)
    to = _recipient(program, settings, url, test=test)
    try:
        opened, name = open_named(MEMORY if test or outbox is None else str(outbox))
    except OutboxError as error:
        raise SetupError(str(error), error.hint) from None
    except OSError as error:
        raise SetupError(f"the outbox {outbox} cannot be opened: {error.strerror}") from None
    with closing(in_a_thread(opened)) as store:
        call = _Call(program, to, store, name, _hearing(on_receipt))
        try:
            if isinstance(events, str | Path):
                return _of_file(call, str(events))
            return call.send_given(events, feed)
        except OutboxError as error:
            raise OSError(f"{error}; {error.hint}" if error.hint else str(error)) from error


def _refuse_wrong_types(
    program: object, events: Iterable[Any] | str | Path, on_receipt: object, **options: object
) -> None:
    if not isinstance(program, Program):
        told = "`program` must be what mapper.compile_mapping gives"
        raise TypeError(f"{told}, not {type(program).__name__}")
    if not isinstance(events, str | Path):
        given_events(events)
    if on_receipt is not None and not callable(on_receipt):
        raise TypeError(f"`on_receipt` must be a function of one receipt, not {type(on_receipt).__name__}")
    for name, value in options.items():
        types, meaning = _OPTION_TYPES[name]
        if not isinstance(value, types):
            raise TypeError(f"`{name}` must be {meaning}, not {type(value).__name__}")


_OPTION_TYPES: dict[str, tuple[Any, str]] = {
    "outbox": (str | Path | None, "a file, or the address of a database"),
    "url": (str | None, "a text"),
    "feed": (str, "a text"),
    "test": (bool, "True or False"),
}


def _of_file(call: _Call, path: str) -> Delivery:
    """A delivery of the events in a file. Raises SetupError where it cannot resume, and OSError."""
    try:
        return call.send_file(path)
    except NoStart as error:
        hint = "give a new file a name of its own, or use `mapper send` with --from-start or --resume-at"
        raise SetupError(str(error.reason), hint) from None
    except FeedUnreadable as error:
        raise error.why from None
    except EOFError:
        raise OSError(f"{path} is shorter than when it was read before") from None


def _recipient(
    program: Program, settings: Mapping[str, str | None] | None, url: str | None, *, test: bool
) -> _Recipient:
    """The recipient of a program's payloads. Raises SetupError where nothing can be sent."""
    if program.look is None:
        message = "a program in its raw form is not delivered: its payloads may hold personal values"
        raise SetupError(message, "compile the mapping without guard=False")
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise SetupError("an event loop runs in this thread", "await asyncio.to_thread(mapper.deliver, ...)")
    try:
        service = destination(program.target).showing(program.code.words)
    except LookupError as error:
        raise SetupError(str(error.args[0])) from None
    environment, place = (os.environ, "the environment") if settings is None else _credentials_of(settings)
    credentials = _found(read_credentials(service, environment, test=test, place=place))
    endpoint = _found(address(service, credentials, base_url=url, test=test))
    return _Recipient(Account(program.target, "default", test, endpoint.recipient), service, endpoint)


def _credentials_of(settings: Mapping[str, str | None]) -> tuple[dict[str, str], str]:
    """The settings of the caller and their name in messages. One that is None counts as not set."""
    if not isinstance(settings, Mapping):
        raise TypeError(f"`settings` must be texts by name, not {type(settings).__name__}")
    for name, value in settings.items():
        if not isinstance(value, str | None):
            raise TypeError(f"`settings` must hold texts; {name} is of the type {type(value).__name__}")
    return {name: value for name, value in settings.items() if value is not None}, "`settings`"


def _found(found: T | SetupFailure) -> T:
    if isinstance(found, SetupFailure):
        raise SetupError(found.message, found.hint)
    return found


def _hearing(on_receipt: Callable[[Receipt], None] | None) -> Hearing:
    def told(receipts: tuple[Receipt, ...]) -> None:
        for receipt in receipts:
            if on_receipt is not None:
                on_receipt(receipt)

    return Hearing(told)


def _text_of(line: int, event: Any) -> bytes | Broken:
    """An object of the caller's as JSON; why it is none. See `Program.apply`."""
    try:
        return encode(event if type(event) is dict and is_plain(event) else json_value(event))
    except Invalid as invalid:
        return Broken(line, invalid.kind, invalid.reason)
    except Exception:  # a host's own class, whose methods may do anything
        return Broken(line, "malformed", _FAILED)
