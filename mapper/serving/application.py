"""A request -> its answer: limits, sender, events, mapping, commit. The server as an ASGI function.

What a person may read of it is counts, and lines that hold no value of a request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ParamSpec, TypeAlias, TypeVar

from mapper.delivery.outbox.store import OutboxError
from mapper.intake.answers import handshake_of, reply_of
from mapper.intake.entry import Entry
from mapper.intake.identity_token import KeyCache
from mapper.intake.meta import client_ip, meta_of_request
from mapper.intake.receive import LONGEST_UNPROVEN, CheckedHead, receive_body, receive_head
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal, headers_of
from mapper.intake.verification import BAD_TOKEN, verify_body
from mapper.serving.bodies import (
    NO_ROOM,
    ClientGone,
    ReceiveMessage,
    is_gzip,
    read_body,
    refused_encoding,
    refused_size,
    refused_type,
    unzipped,
)
from mapper.serving.commits import WHOLE_REQUEST, Commits, MappedRequest, PathLedger
from mapper.serving.connections import peer_key
from mapper.serving.counting import RequestEnd, ServerCounts
from mapper.serving.entries import EntrySetup
from mapper.serving.held_bytes import HeldBody, HeldBytes
from mapper.serving.limits import ServerLimits
from mapper.serving.mapping import MappedEvents, MappingProcesses, ProcessesGone
from mapper.serving.origins import come_from, origin_of
from mapper.serving.throttle import Throttle
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeError, SafeText

SendMessage: TypeAlias = Callable[[Any], Awaitable[None]]
_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")
Page: TypeAlias = Callable[[], Awaitable[HttpAnswer]]

_LARGE_BYTES = 256 * 1024
"""To check and cut up a larger body takes a thread of its own."""
_GUESSES, _GUESS_SECONDS = 10, 60.0
_SAID_SECONDS = 60.0
"""The time between two messages of a refusal of one kind on one path; all of them are counted."""
_RETRY_SECONDS = 4
"""The time that a sender is asked to wait when the outbox is full or cannot be written."""
_UNPROVEN = frozenset({"no_signature", "bad_signature", "no_token", "bad_token", "unknown_key"})
_DIGEST_BYTES = 16
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

    requests: that are under way. is_newest: its mapping is as its file is, as far as it was taken up.
    """

    entry: Entry
    setup: EntrySetup
    ledger: PathLedger
    mapping: MappingProcesses
    is_newest: bool = True
    requests: int = 0
    rate: Throttle | None = field(init=False)

    def __post_init__(self) -> None:
        browser = self.entry.browser
        self.rate = None if browser is None else Throttle(browser.rate.requests, browser.rate.seconds)


@dataclass(frozen=True, slots=True, eq=False)
class UnservedPath:
    """A path whose events nothing can map, and why."""

    entry: Entry
    reason: SafeText


@dataclass(slots=True)
class Application:
    """All paths of a server. For one event loop.

    proxies: how many of our own are before it. pages: what else it answers to GET: health and metrics. seal:
    encrypts an event that is rejected, with what is known of its request; None: none is kept.
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
    guesses: Throttle = field(default_factory=lambda: Throttle(_GUESSES, _GUESS_SECONDS))
    said: Throttle = field(default_factory=lambda: Throttle(1, _SAID_SECONDS))
    held: HeldBytes = field(init=False)
    _refused_as_full: int = 0
    _mapped_requests: int = 0

    def __post_init__(self) -> None:
        self.held = HeldBytes(self.limits)

    async def __call__(self, scope: Any, receive: ReceiveMessage, send: SendMessage) -> None:
        """Answer a request by its path."""
        path = self.paths.get(scope["raw_path"])
        if path is None:
            await _send(send, await self._page(scope))
            return
        if isinstance(path, UnservedPath):
            self.counts.requests[path.entry.path, "unserved"] += 1
            self._say_refused(path.entry.path, "unserved", _UNSERVED)
            await _send(send, _LATER_ANSWER)
            return
        began = time.perf_counter()
        path.requests += 1
        try:
            end, answer = await self._answer(path, scope, receive)
        except ClientGone:
            self.counts.requests[path.entry.path, "gone"] += 1
            return
        except Exception as error:  # its text may hold a value; who asked may try again
            kind = SafeText.known(type(error).__name__)
            name = SafeText.known(path.entry.path)
            self.say(noted("internal_error", SafeText("{}: internal error: {}", name, kind), path=name))
            end, answer = "internal", _INTERNAL
        finally:
            path.requests -= 1
        self.counts.requests[path.entry.path, end] += 1
        await _send(send, answer)
        self.counts.durations.add(time.perf_counter() - began)

    async def _page(self, scope: Any) -> HttpAnswer:
        page = self.pages.get(scope["raw_path"])
        if page is None:
            self.counts.unknown_paths += 1
            return _NOT_FOUND
        if scope["method"] not in ("GET", "HEAD"):
            return HttpAnswer(405, (("allow", "GET, HEAD"),))
        return await page()

    async def _answer(
        self, path: ServedPath, scope: Any, source: ReceiveMessage
    ) -> tuple[RequestEnd, HttpAnswer]:
        entry, now = path.entry, self.now()
        query, client = scope["query_string"].decode("latin-1"), scope["client"]
        method, peer = scope["method"], client[0] if client else ""
        asked = HttpRequest(headers_of(scope["headers"]), b"", b"", query, method, peer)
        head = await self._head(entry, asked, now)
        if isinstance(head, HttpAnswer):
            return "handshake", head
        if isinstance(head, RequestRefusal):
            return await self._refuse(entry, asked, head)
        who = self._client(entry, asked)
        if path.rate is not None and method != "OPTIONS":
            if wait_seconds := path.rate.wait_seconds(who, now):
                return await self._refuse(entry, asked, _TOO_OFTEN, wait_seconds)
            path.rate.count(who, now)
        with self.held.body(who) as held:
            most = entry.limits.body
            raw = await read_body(source, most if head.unproven is None else LONGEST_UNPROVEN, held)
            if isinstance(raw, RequestRefusal):
                return await self._refuse(entry, asked, head.unproven or raw)
            request = replace(asked, raw=raw, body=raw)
            if is_gzip(request.headers):
                body = await self._unzipped(entry, request, head, held)
                if isinstance(body, RequestRefusal):
                    return await self._refuse(entry, request, body)
                request = replace(request, body=body)
            return await self._take(path, request, head, now)

    async def _head(
        self, entry: Entry, request: HttpRequest, now: float
    ) -> HttpAnswer | RequestRefusal | CheckedHead:
        """The state of a request before its body is read, with the keys of who issues its tokens."""
        refusal = refused_encoding(entry, request.headers) or refused_size(entry, request.headers)
        if refusal is not None or entry.jwt is None:
            return refusal or receive_head(entry, request, now)
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
            refused = await _in_thread_if_large(request, verify_body, entry, request, self.now())
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
        wrong_type = refused_type(request.headers)
        if wrong_type is not None and request.raw and handshake_of(entry, request) is None:
            return await self._refuse(entry, request, wrong_type)
        received = await _in_thread_if_large(request, receive_body, entry, request, now, head)
        if isinstance(received, HttpAnswer):
            return "handshake", received
        if isinstance(received, RequestRefusal):
            return await self._refuse(entry, request, received)
        return await self._keep(path, request, received, now)

    async def _keep(
        self, path: ServedPath, request: HttpRequest, events: tuple[ReceivedEvent, ...], now: float
    ) -> tuple[RequestEnd, HttpAnswer]:
        """Map the events and commit them; only then is the request accepted."""
        if events:
            try:
                mapped = await self._mapped(path, request, events, now)
            except ProcessesGone as error:
                return await self._refuse(path.entry, request, RequestRefusal(503, "busy", error.reason))
            try:
                kept = await self.commits.keep(mapped)
            except (OutboxError, OSError) as error:
                return await self._full(path.entry, request, error)
            self._say_recovered()
            self.counts.count_events(
                path.entry.path,
                accepted=kept.accepted,
                rejected=kept.rejected,
                skipped=kept.skipped,
                replayed=kept.replayed,
            )
        return "accepted", await self._reply(path.entry, request)

    async def _mapped(
        self, path: ServedPath, request: HttpRequest, events: tuple[ReceivedEvent, ...], now: float
    ) -> MappedRequest:
        """The mapped request of some events, as it is committed."""
        entry = path.entry
        received_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        meta = meta_of_request(entry, request, received_at) if path.setup.reads_meta else {}
        texts = [(number, one.text) for number, one in enumerate(events, 1)]
        mapped = await path.mapping.map(path.setup.number, texts, meta)
        self.counts.guard_stops[entry.path] += mapped.guarded
        kept = self._sealed(mapped, events, lambda: meta or meta_of_request(entry, request, received_at))
        names = _digests(entry, events) if entry.delivery is not None else ()
        self._mapped_requests += 1
        origin = origin_of(entry, request, now, self._mapped_requests)
        parcels = tuple([come_from(one, origin, kept.get(one.record)) for one in mapped.parcels])
        rejected = tuple(
            [replace(one, sealed=kept.get(one.record, b""), origin=origin) for one in mapped.rejected]
        )
        return MappedRequest(path.ledger, len(events), parcels, rejected, names)

    def _sealed(
        self,
        mapped: MappedEvents,
        events: tuple[ReceivedEvent, ...],
        known: Callable[[], Mapping[str, Any]],
    ) -> dict[int, bytes]:
        """The events by their records, encrypted with what is known of their request, if they are kept."""
        records = {one.record for one in mapped.parcels} | {one.record for one in mapped.rejected}
        if self.seal is None or not records:
            return {}
        meta, texts = known(), ((record, events[record - 1].text) for record in sorted(records))
        return {record: self.seal(meta, text) for record, text in texts if isinstance(text, bytes)}

    async def _refuse(
        self, entry: Entry, request: HttpRequest, refusal: RequestRefusal, wait_seconds: float = 0.0
    ) -> tuple[RequestEnd, HttpAnswer]:
        if refusal is BAD_TOKEN:
            refusal, wait_seconds = self._guessed(entry, request)
        if refusal.kind in _UNPROVEN and len(request.body) > _LARGE_BYTES:
            request = replace(request, body=b"")  # to look something up in it takes time
        if refusal.status == _LATER:
            wait_seconds = _RETRY_SECONDS
        answer = await self._reply(entry, request, refusal)
        if wait_seconds:
            answer = replace(answer, headers=(*answer.headers, ("retry-after", str(int(wait_seconds) + 1))))
        elif refusal.status == _WRONG_METHOD:
            answer = replace(answer, headers=(*answer.headers, ("allow", "POST, PUT, PATCH")))
        end: RequestEnd = "guessing" if refusal is _GUESSING else refusal.kind
        self._say_refused(entry.path, end, refusal)
        return end, answer

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
        return await _in_thread_if_large(request, reply_of, entry, request, self.now(), refusal)

    async def _full(
        self, entry: Entry, request: HttpRequest, error: OutboxError | OSError
    ) -> tuple[RequestEnd, HttpAnswer]:
        """The outbox takes no more, or cannot be written: the sender is asked to come again."""
        why = error.reason if isinstance(error, SafeError) else SafeText.known(_trouble(error))
        if not self._refused_as_full:
            self.say(noted("outbox_full", SafeText("answering 503: {}", why)))
        self._refused_as_full += 1
        refusal = RequestRefusal(503, "full", SafeText("not accepted at the moment"))
        return await self._refuse(entry, request, refusal)

    def _say_recovered(self) -> None:
        if refused := self._refused_as_full:
            self._refused_as_full = 0
            noun = SafeText("request" if refused == 1 else "requests")
            line = SafeText("the outbox can be written again; {:,} {} refused meanwhile", refused, noun)
            self.say(noted("outbox_back", line, refused_requests=refused))


async def _in_thread_if_large(
    request: HttpRequest,
    ask: Callable[_Arguments, _Answer],
    *args: _Arguments.args,
    **named: _Arguments.kwargs,
) -> _Answer:
    """The answer of a function that reads a request's body."""
    if len(request.body) > _LARGE_BYTES:
        return await asyncio.to_thread(ask, *args, **named)
    return ask(*args, **named)


def _trouble(error: OutboxError | OSError) -> str:
    """The error of an outbox, in words that hold no value."""
    return str(error) if isinstance(error, OutboxError) else (error.strerror or type(error).__name__)


def _digests(entry: Entry, events: tuple[ReceivedEvent, ...]) -> tuple[tuple[int, bytes], ...]:
    """The sender's names of the delivery of each event, or of all, as `MappedRequest.deliveries` has them."""
    is_one = entry.delivery is not None and entry.delivery.where != "event"
    begin = blake2b(entry.path.encode() + b"\0", digest_size=_DIGEST_BYTES)
    found = []
    for number, event in enumerate(events[:1] if is_one else events, 1):
        if event.delivery is not None:
            digest = begin.copy()
            digest.update(event.delivery)
            found.append((WHOLE_REQUEST if is_one else number, digest.digest()))
    return tuple(found)


async def _send(send: SendMessage, answer: HttpAnswer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
