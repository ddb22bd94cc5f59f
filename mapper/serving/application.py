"""A request -> its answer: limits, sender, events, mapping, commit.

A small request that is all there goes this way without a task of its own: each of its steps is told by the
one before it. A person may read counts of it, and lines that hold no value of a request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.intake.entry import Entry
from mapper.intake.identity_token import KeyCache
from mapper.intake.meta import client_ip, meta_of_request
from mapper.intake.receive import LONGEST_UNPROVEN, CheckedHead, receive_body, receive_head
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal
from mapper.intake.sender_answers import POSTING, reply_of
from mapper.intake.verification import BAD_TOKEN, verify_body
from mapper.running.event_mapper import EventMapper, MappedEvents
from mapper.serving.bodies import (
    NO_ROOM,
    ClientGone,
    is_gzip,
    read_body,
    refused_encoding,
    refused_size,
    unzipped,
)
from mapper.serving.client_limits import ServerLimits
from mapper.serving.commits import Commits, KeptRequest, MappedRequest, PathLedger
from mapper.serving.connections import peer_key
from mapper.serving.counting import RequestEnd, ServerCounts
from mapper.serving.held_bytes import HeldBody, HeldBytes
from mapper.serving.http1 import SMALL_BYTES, Exchange
from mapper.serving.mapping_processes import SMALL_EVENTS, MappingProcesses, ProcessesGone
from mapper.serving.path_messages import EntrySetup
from mapper.serving.request_origins import origin_of, with_event
from mapper.serving.request_steps import (
    LARGE_BYTES,
    checked_head,
    delivery_digests,
    in_thread_if_large,
    meta_of,
    moment_of,
    numbered,
    request_of,
    trouble_text,
    wrong_type,
)
from mapper.serving.throttle import Throttle
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeError, SafeText

Page: TypeAlias = Callable[[], Awaitable[HttpAnswer]]

_TURN_EVENTS = 100
"""After so many events that are mapped, others are answered."""
_GUESSES, _GUESS_SECONDS = 10, 60.0
_SAID_SECONDS = 60.0
"""The time between two messages of a refusal of one kind on one path; all of them are counted."""
_RETRY_SECONDS = 4
"""The time that a sender is asked to wait when the outbox is full or cannot be written."""
_UNPROVEN = frozenset({"no_signature", "bad_signature", "no_token", "bad_token", "unknown_key"})
_WRONG_METHOD, _LATER = 405, 503
_TOO_OFTEN = RequestRefusal(429, "rate", SafeText("more requests of a client than the entry allows"))
_GUESSING = RequestRefusal(429, "rate", SafeText("too many wrong tokens of the client"))
_UNSERVED = RequestRefusal(503, "unserved", SafeText("its mapping has errors"))
_INTERNAL = HttpAnswer(500)
_LATER_ANSWER = HttpAnswer(503, (("retry-after", str(_RETRY_SECONDS + 1)),))
_NOT_FOUND = HttpAnswer(404)


@dataclass(slots=True, eq=False)
class ServedPath:
    """A path and all that is needed to answer on it.

    mapper: maps small requests here; mapping: the others, elsewhere. requests: that are under way. is_newest:
    its mapping is as its file is, as far as it was taken up.
    """

    entry: Entry
    setup: EntrySetup
    ledger: PathLedger
    mapper: EventMapper
    mapping: MappingProcesses
    is_newest: bool = True
    requests: int = 0
    rate: Throttle | None = field(init=False)

    def __post_init__(self) -> None:
        browser = self.entry.browser
        self.rate = None if browser is None else Throttle(browser.rate.requests, browser.rate.seconds)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A request that is refused, as far as its answer needs it. headers: of the answer, beside its own."""

    end: RequestEnd
    request: HttpRequest
    refusal: RequestRefusal
    headers: tuple[tuple[str, str], ...] = ()

    def completed(self, answer: HttpAnswer) -> HttpAnswer:
        """The entry's own answer, with these headers too."""
        return replace(answer, headers=(*answer.headers, *self.headers))


@dataclass(frozen=True, slots=True, eq=False)
class UnservedPath:
    """A path whose events nothing can map, and why."""

    entry: Entry
    reason: SafeText


@dataclass(slots=True)
class Application:
    """All paths of a server. For one event loop.

    proxies: how many of our own are before it. pages: what else it answers to GET: health and metrics. seal:
    encrypts an event that is rejected, with what is known of its request; None: none is kept. maps_from: the
    loop's time from which small requests are mapped here, as one of them has just ended another process.
    _refused_as_full: requests since the outbox takes no more; 0 while it does.
    """

    paths: dict[bytes, ServedPath | UnservedPath]
    commits: Commits
    keys: KeyCache
    limits: ServerLimits
    proxies: int = 0
    pages: Mapping[bytes, Page] = field(default_factory=dict)
    counts: ServerCounts = field(default_factory=ServerCounts)
    seal: Callable[[Mapping[str, Any], bytes], bytes] | None = None
    say: Callable[[LogLine], None] = lambda line: None
    now: Callable[[], float] = time.time
    maps_from: float = 0.0
    guesses: Throttle = field(default_factory=lambda: Throttle(_GUESSES, _GUESS_SECONDS))
    said: Throttle = field(default_factory=lambda: Throttle(1, _SAID_SECONDS))
    held: HeldBytes = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _turn: list[_QuickRequest] = field(default_factory=list)
    _refused_as_full: int = 0
    _mapped_requests: int = 0

    def __post_init__(self) -> None:
        self.held = HeldBytes(self.limits)

    def begin(self, exchange: Exchange) -> None:
        """Answer a request by its path, now or later. To be called in the event loop."""
        path = self.paths.get(exchange.path)
        if isinstance(path, ServedPath) and _may_be_quick(path.entry, exchange) and self._maps_here():
            _QuickRequest(self, path, exchange, self.now()).begin()
            return
        self.go_on(self.serve(path, exchange))

    def _maps_here(self) -> bool:
        """Whether small requests are mapped here."""
        if self.maps_from and asyncio.get_running_loop().time() >= self.maps_from:
            self.maps_from = 0.0
        return not self.maps_from

    def map_soon(self, request: _QuickRequest) -> None:
        """Have a request mapped with all others of this turn of the loop: one after another is quickest."""
        self._turn.append(request)
        if len(self._turn) == 1:
            asyncio.get_running_loop().call_soon(self._map_turn)

    def _map_turn(self) -> None:
        """Map the requests of a turn, but no more than take some milliseconds."""
        turn, self._turn = self._turn, []
        events = 0
        with self.commits.gathering():
            for at, request in enumerate(turn):
                if events > _TURN_EVENTS:
                    self._turn = turn[at:]
                    asyncio.get_running_loop().call_soon(self._map_turn)
                    return
                events += len(request.events)
                request.map()

    def go_on(self, answering: Coroutine[Any, Any, None]) -> None:
        """Let a request be answered later."""
        task = asyncio.get_running_loop().create_task(answering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def serve(self, path: ServedPath | UnservedPath | None, exchange: Exchange) -> None:
        """Answer a request that may take a while to come."""
        if path is None:
            exchange.answer(await self._page_or_failure(exchange))
            return
        if isinstance(path, UnservedPath):
            self.counts.requests[path.entry.path, "unserved"] += 1
            self._say_refused(path.entry.path, "unserved", _UNSERVED)
            exchange.answer(_LATER_ANSWER)
            return
        began = time.perf_counter()
        path.requests += 1
        try:
            end, answer = await self._answer(path, exchange)
        except ClientGone:
            self.counts.requests[path.entry.path, "gone"] += 1
            path.requests -= 1
            return
        except Exception as error:
            end, answer = self.failed(path.entry.path, error)
        self.finish(path, exchange, began, (end, answer))

    def finish(
        self, path: ServedPath, exchange: Exchange, began: float, ended: tuple[RequestEnd, HttpAnswer]
    ) -> None:
        """Answer a request and count it. An answer that cannot be written is one of ours that failed."""
        took, (end, answer) = time.perf_counter() - began, ended
        try:
            exchange.answer(answer)
        except Exception as error:
            end, answer = self.failed(path.entry.path, error)
            exchange.answer(answer)
        path.requests -= 1
        self.counts.requests[path.entry.path, end] += 1
        self.counts.durations.add(took)

    def failed(self, path: str, error: BaseException) -> tuple[RequestEnd, HttpAnswer]:
        """The end of a request where an error of ours shows; who asked may try again."""
        kind, name = SafeText.known(type(error).__name__), SafeText.known(path)
        self.say(noted("internal_error", SafeText("{}: internal error: {}", name, kind), path=name))
        return "internal", _INTERNAL

    async def _page_or_failure(self, exchange: Exchange) -> HttpAnswer:
        try:
            return await self._page(exchange)
        except Exception as error:  # only one of our own pages raises, whose path is known
            return self.failed(exchange.path.decode(), error)[1]

    async def _page(self, exchange: Exchange) -> HttpAnswer:
        page = self.pages.get(exchange.path)
        if page is None:
            self.counts.unknown_paths += 1
            return _NOT_FOUND
        if exchange.method not in ("GET", "HEAD"):
            return HttpAnswer(405, (("allow", "GET, HEAD"),))
        return await page()

    async def _answer(self, path: ServedPath, exchange: Exchange) -> tuple[RequestEnd, HttpAnswer]:
        entry, now = path.entry, self.now()
        asked = request_of(exchange, b"")
        head = await self._head(entry, asked, now)
        if isinstance(head, HttpAnswer):
            return "handshake", head
        if isinstance(head, RequestRefusal):
            return await self._refuse(entry, self.refused(entry, asked, head))
        if refused := self.too_often(path, asked, now):
            return await self._refuse(entry, refused)
        with self.held.body(self._client(entry, asked)) as held:
            most = entry.limits.body
            raw = await read_body(exchange.read, most if head.unproven is None else LONGEST_UNPROVEN, held)
            if isinstance(raw, RequestRefusal):
                return await self._refuse(entry, self.refused(entry, asked, head.unproven or raw))
            request = replace(asked, raw=raw, body=raw)
            if is_gzip(request.headers):
                body = await self._unzipped(entry, request, head, held)
                if isinstance(body, RequestRefusal):
                    return await self._refuse(entry, self.refused(entry, request, body))
                request = replace(request, body=body)
            return await self._take(path, request, head, now)

    def too_often(self, path: ServedPath, request: HttpRequest, now: float) -> _Refused | None:
        """A request that is refused since its client asks more often than it may; None of any other."""
        if path.rate is None or request.method == "OPTIONS":
            return None
        who = self._client(path.entry, request)
        if wait_seconds := path.rate.wait_seconds(who, now):
            return self.refused(path.entry, request, _TOO_OFTEN, wait_seconds)
        path.rate.count(who, now)
        return None

    async def _head(
        self, entry: Entry, request: HttpRequest, now: float
    ) -> HttpAnswer | RequestRefusal | CheckedHead:
        """The state of a request before its body is read, with the keys of who issues its tokens."""
        if entry.jwt is None:
            return checked_head(entry, request, now)
        refusal = refused_encoding(entry, request.headers) or refused_size(entry, request.headers)
        if refusal is not None:
            return refusal
        url, keys = entry.jwt.keys, self.keys
        if keys.is_due(url, now):
            await asyncio.to_thread(keys.refresh, url, now)
        found = receive_head(entry, request, now, keys.held(url))
        unproven = found.unproven if isinstance(found, CheckedHead) else found
        is_unknown = isinstance(unproven, RequestRefusal) and unproven.kind == "unknown_key"
        if is_unknown and keys.is_due(url, now, unknown=True):
            found = receive_head(entry, request, now, await asyncio.to_thread(keys.refresh, url, now))
        return found

    def _client(self, entry: Entry, request: HttpRequest) -> str:
        browser = entry.browser
        proxies = self.proxies if browser is None or browser.proxies is None else browser.proxies
        return peer_key((client_ip(proxies, request) if proxies else None) or request.peer)

    async def _unzipped(
        self, entry: Entry, request: HttpRequest, head: CheckedHead, held: HeldBody
    ) -> bytes | RequestRefusal:
        """A body decompressed, once its sender is known as far as that is possible before."""
        refused = head.unproven
        if refused is None and entry.sign is not None and entry.sign.is_over_raw:
            refused = await in_thread_if_large(request, verify_body, entry, request, self.now())
        if refused is not None:
            return refused
        most = entry.limits.body
        if not await held.grow(most):
            return NO_ROOM
        body = await asyncio.to_thread(unzipped, request.raw, most)
        held.shrink(most - (0 if isinstance(body, RequestRefusal) else len(body)))
        return body

    async def _take(
        self, path: ServedPath, request: HttpRequest, head: CheckedHead, now: float
    ) -> tuple[RequestEnd, HttpAnswer]:
        """The answer to a request whose body is there."""
        entry = path.entry
        wrong = wrong_type(entry, request)
        if wrong is not None:
            return await self._refuse(entry, self.refused(entry, request, wrong))
        received = await in_thread_if_large(request, receive_body, entry, request, now, head)
        if isinstance(received, HttpAnswer):
            return "handshake", received
        if isinstance(received, RequestRefusal):
            return await self._refuse(entry, self.refused(entry, request, received))
        return await self.keep(path, request, received, now)

    async def keep(
        self, path: ServedPath, request: HttpRequest, events: tuple[ReceivedEvent, ...], now: float
    ) -> tuple[RequestEnd, HttpAnswer]:
        """Map the events and commit them; only then is the request accepted."""
        if events:
            origin, meta = (
                self.origin(path.entry, request, now),
                meta_of(path.entry, path.setup, request, now),
            )
            try:
                mapped = await path.mapping.map(path.setup.number, numbered(events), meta, origin)
            except ProcessesGone as error:
                return await self._refuse(path.entry, self.busy(path.entry, request, error))
            try:
                kept = await self.commits.keep(self.to_keep(path, request, events, mapped, now))
            except (OutboxError, OSError) as error:
                return await self._refuse(path.entry, self.full(path.entry, request, error))
            self.count(path.entry, kept)
        return "accepted", await self._reply(path.entry, request)

    def count(self, entry: Entry, kept: KeptRequest) -> None:
        """Count the events of a request that was kept."""
        self._say_recovered()
        self.counts.count_events(
            entry.path,
            accepted=kept.accepted,
            rejected=kept.rejected,
            skipped=kept.skipped,
            replayed=kept.replayed,
        )

    def origin(self, entry: Entry, request: HttpRequest, now: float) -> str:
        """The name of a request in the place of each of its events."""
        self._mapped_requests += 1
        return origin_of(entry, request, now, self._mapped_requests)

    def to_keep(
        self,
        path: ServedPath,
        request: HttpRequest,
        events: tuple[ReceivedEvent, ...],
        mapped: MappedEvents,
        now: float,
    ) -> MappedRequest:
        """The mapped request of some events, as it is committed."""
        entry = path.entry
        if mapped.guarded:
            self.counts.guard_stops[entry.path] += mapped.guarded
        parcels, rejected = mapped.parcels, mapped.rejected
        if self.seal is not None:
            kept = self._sealed(self.seal, mapped, events, meta_of_request(entry, request, moment_of(now)))
            parcels = tuple([with_event(one, kept.get(one.record)) for one in parcels])
            rejected = tuple([replace(one, sealed=kept.get(one.record, b"")) for one in rejected])
        names = delivery_digests(entry, events) if entry.delivery is not None else ()
        return MappedRequest(path.ledger, len(events), parcels, rejected, names)

    def _sealed(
        self,
        seal: Callable[[Mapping[str, Any], bytes], bytes],
        mapped: MappedEvents,
        events: tuple[ReceivedEvent, ...],
        meta: Mapping[str, Any],
    ) -> dict[int, bytes]:
        """The events by their records, encrypted with what is known of their request."""
        records = {one.record for one in mapped.parcels} | {one.record for one in mapped.rejected}
        texts = ((record, events[record - 1].text) for record in sorted(records))
        return {record: seal(meta, text) for record, text in texts if isinstance(text, bytes)}

    async def _refuse(self, entry: Entry, refused: _Refused) -> tuple[RequestEnd, HttpAnswer]:
        answer = await self._reply(entry, refused.request, refused.refusal)
        return refused.end, refused.completed(answer)

    def refused(
        self, entry: Entry, request: HttpRequest, refusal: RequestRefusal, wait_seconds: float = 0.0
    ) -> _Refused:
        """A request that is refused, which the operator is told of."""
        if refusal is BAD_TOKEN:
            refusal, wait_seconds = self._guessed(entry, request)
        if refusal.kind in _UNPROVEN and len(request.body) > LARGE_BYTES:
            request = replace(request, body=b"")  # to look something up in it takes time
        if refusal.status == _LATER:
            wait_seconds = _RETRY_SECONDS
        headers: tuple[tuple[str, str], ...] = ()
        if wait_seconds:
            headers = (("retry-after", str(int(wait_seconds) + 1)),)
        elif refusal.status == _WRONG_METHOD:
            headers = (("allow", "POST, PUT, PATCH"),)
        end: RequestEnd = "guessing" if refusal is _GUESSING else refusal.kind
        self._say_refused(entry.path, end, refusal)
        return _Refused(end, request, refusal, headers)

    def busy(self, entry: Entry, request: HttpRequest, error: ProcessesGone) -> _Refused:
        """A request whose events nothing maps at the moment."""
        return self.refused(entry, request, RequestRefusal(503, "busy", error.reason))

    def _guessed(self, entry: Entry, request: HttpRequest) -> tuple[RequestRefusal, float]:
        """The answer to a wrong token, and how long its client is asked to wait.

        Only wrong tokens of the same client on the same path are counted, and no right one is held up.
        """
        client, now = f"{entry.path} {self._client(entry, request)}", self.now()
        if wait_seconds := self.guesses.wait_seconds(client, now):
            return _GUESSING, wait_seconds
        self.guesses.count(client, now)
        return BAD_TOKEN, 0.0

    def _say_refused(self, path: str, end: RequestEnd, refusal: RequestRefusal) -> None:
        """A line for the operator with the reason, which the sender is not told."""
        key, now = f"{path} {end}", self.now()
        # That the outbox is full is said once, until it can be written again.
        if end == "full" or self.said.wait_seconds(key, now):
            return
        self.said.count(key, now)
        place, kind = SafeText.known(path), SafeText.known(end)
        line = SafeText("{}: answered {} ({}): {}", place, refusal.status, kind, refusal.reason)
        self.say(noted("request_refused", line, path=place, status=refusal.status, end=kind))

    async def _reply(
        self, entry: Entry, request: HttpRequest, refusal: RequestRefusal | None = None
    ) -> HttpAnswer:
        """The answer of `reply_of`, which may look something up in the body."""
        return await in_thread_if_large(request, reply_of, entry, request, self.now(), refusal)

    def full(self, entry: Entry, request: HttpRequest, error: OutboxError | OSError) -> _Refused:
        """A request that the outbox cannot take: its sender is asked to come again."""
        why = error.reason if isinstance(error, SafeError) else SafeText.known(trouble_text(error))
        if not self._refused_as_full:
            self.say(noted("outbox_full", SafeText("answering 503: {}", why)))
        self._refused_as_full += 1
        return self.refused(
            entry, request, RequestRefusal(503, "full", SafeText("not accepted at the moment"))
        )

    def _say_recovered(self) -> None:
        if refused := self._refused_as_full:
            self._refused_as_full = 0
            noun = SafeText("request" if refused == 1 else "requests")
            line = SafeText("the outbox can be written again; {:,} {} refused meanwhile", refused, noun)
            self.say(noted("outbox_back", line, refused_requests=refused))


@dataclass(slots=True, eq=False)
class _QuickRequest:
    """A small request that is all there, on its way without a task: it waits for its commit alone.

    It is checked and mapped between two others, which takes no longer than some milliseconds.
    """

    application: Application
    path: ServedPath
    exchange: Exchange
    now: float
    began: float = field(default_factory=time.perf_counter)
    request: HttpRequest = field(init=False)
    events: tuple[ReceivedEvent, ...] = ()

    def begin(self) -> None:
        """Check it, and have its events mapped."""
        self.path.requests += 1
        try:
            self._check()
        except Exception as error:
            self._end(*self.application.failed(self.path.entry.path, error))

    def _check(self) -> None:
        self.request = request_of(self.exchange, self.exchange.whole_body())
        path, request, application = self.path, self.request, self.application
        entry = path.entry
        found: HttpAnswer | RequestRefusal | CheckedHead | tuple[ReceivedEvent, ...]
        found = checked_head(entry, request, self.now)
        if isinstance(found, CheckedHead):
            if path.rate is not None and (refused := application.too_often(path, request, self.now)):
                self._refuse(refused)
                return
            found = wrong_type(entry, request) or receive_body(entry, request, self.now, found)
        if isinstance(found, RequestRefusal):
            self._refuse(application.refused(entry, request, found))
        elif isinstance(found, HttpAnswer):
            self._end("handshake", found)
        elif not found:
            self._accept()
        elif len(found) > SMALL_EVENTS:
            application.go_on(self._keep_later(found))
        else:
            self.events = found
            application.map_soon(self)

    def map(self) -> None:
        """Map its events, and have them kept."""
        try:
            application, path, request, now = self.application, self.path, self.request, self.now
            origin, meta = (
                application.origin(path.entry, request, now),
                meta_of(path.entry, path.setup, request, now),
            )
            mapped = path.mapper.map(numbered(self.events), meta, origin)
            kept = application.to_keep(path, request, self.events, mapped, now)
            application.commits.submit(kept, self._hear)
        except Exception as error:
            self._end(*self.application.failed(self.path.entry.path, error))

    async def _keep_later(self, events: tuple[ReceivedEvent, ...]) -> None:
        """Have its events mapped elsewhere: there are many of them."""
        try:
            end, answer = await self.application.keep(self.path, self.request, events, self.now)
        except Exception as error:
            end, answer = self.application.failed(self.path.entry.path, error)
        self._end(end, answer)

    def _hear(self, found: KeptRequest | BaseException) -> None:
        """Answer it by what became of its commit."""
        try:
            if isinstance(found, KeptRequest):
                self.application.count(self.path.entry, found)
                self._accept()
            elif isinstance(found, OutboxError | OSError):
                self._refuse(self.application.full(self.path.entry, self.request, found))
            else:
                raise found
        except Exception as error:
            self._end(*self.application.failed(self.path.entry.path, error))

    def _accept(self) -> None:
        self._end("accepted", reply_of(self.path.entry, self.request, self.application.now()))

    def _refuse(self, refused: _Refused) -> None:
        answer = reply_of(self.path.entry, refused.request, self.application.now(), refused.refusal)
        self._end(refused.end, refused.completed(answer))

    def _end(self, end: RequestEnd, answer: HttpAnswer) -> None:
        self.application.finish(self.path, self.exchange, self.began, (end, answer))


def _may_be_quick(entry: Entry, exchange: Exchange) -> bool:
    """Whether nothing that a request needs takes a while, but for its mapping and its commit."""
    is_small = exchange.is_complete and exchange.size <= SMALL_BYTES
    return is_small and entry.jwt is None and exchange.method in POSTING and not exchange.is_encoded
