"""HTTP/1.1 over a connection: bytes -> exchanges, each answered in the order of its request.

llhttp reads the requests. A connection says since when it is in a request's header or body; `ConnectionTable`
ends those that are too slow.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

import httptools

from mapper.intake.request import HttpAnswer
from mapper.serving.bodies import ClientGone
from mapper.serving.connections import SWEEP_SECONDS, ConnectionEnd, ConnectionTable, peer_key

BeginExchange: TypeAlias = Callable[["Exchange"], None]
"""Begins to answer a request: at once where that is possible, or later."""

_GRACE_SECONDS = 5.0
"""The time that a body may take whatever its rate is."""
_MOST_PIPELINED = 16
"""The most requests that wait for the one before them, which are held in memory."""
_MOST_DISCARDED = 128 * 2**20
"""The most bytes of one body: those after an early answer are read, and thrown away."""
_MOST_UNREAD = 64 * 2**10
"""Bytes of a body that wait to be read; the client waits with the rest."""
SMALL_BYTES = 64 * 1024
"""A request with no more of a body is begun once it is all there."""
_AROUND_HEADER = len(b": \r\n")
_MOST_AROUND = 8
"""Bytes around each byte of a body: a chunk of one byte has five of them."""
_MOST_DIGITS = 8
"""A length with as many is not that of a small body."""
_HEADER, _BODY, _DONE = range(3)
_LINES = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST = b"connection: close\r\n"
_STATUSES: dict[ConnectionEnd, int] = {
    "large_header": 431,
    "slow_header": 408,
    "slow_body": 408,
    "bad_request": 400,
    "pipelined": 400,
}


class Exchange:
    """A request on a connection, and the answer to it.

    path, query: of its address, undecoded. headers: in their order, names in lower case. peer: the address it
    comes from. size: of its body, as far as it came. is_small: it is begun once all of its body is there.
    is_complete: all of it is there. is_answered: what comes of it now is thrown away.
    """

    __slots__ = (
        "_connection",
        "_is_last",
        "_parts",
        "_reader",
        "_unread",
        "headers",
        "is_answered",
        "is_begun",
        "is_complete",
        "is_small",
        "method",
        "path",
        "peer",
        "query",
        "size",
    )

    def __init__(
        self, connection: Connection, method: str, url: bytes, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self.method, self.headers, self.peer = method, headers, connection.address
        self.path, _, self.query = url.partition(b"?")
        self.is_small = self.is_begun = self.is_complete = self.is_answered = self._is_last = False
        self._connection = connection
        self._parts: list[bytes] = []
        self.size = self._unread = 0
        self._reader: asyncio.Future[None] | None = None

    def take(self, part: bytes) -> bool:
        """Take a part of its body; whether more may come before it is read."""
        self._parts.append(part)
        self.size += len(part)
        self._unread += len(part)
        self.wake()
        return self._unread <= _MOST_UNREAD

    @property
    def is_encoded(self) -> bool:
        """Whether its body is said to be encoded in some way."""
        return any(name == b"content-encoding" for name, _ in self.headers)

    def whole_body(self) -> bytes:
        """All of a body that is complete."""
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def read(self) -> tuple[bytes, bool]:
        """The next part of the body, and whether there are more. Raises ClientGone."""
        while not self._parts and not self.is_complete:
            if self._connection.is_gone:
                raise ClientGone
            self._connection.wait_for(self)
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        parts, self._parts, self._unread = self._parts, [], 0
        if self.is_complete:
            return b"".join(parts), False
        self._connection.go_on_reading()
        return b"".join(parts), True

    def wake(self) -> None:
        """Let who reads look again."""
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def close_after(self) -> None:
        """Close the connection once this request is answered."""
        self._is_last = True

    def answer(self, answer: HttpAnswer) -> None:
        """Answer it; nothing is said to a client that is gone."""
        if self.is_answered:
            return
        lines = [_LINES[answer.status]]
        lines += [f"{name}: {value}\r\n".encode("latin-1") for name, value in answer.headers]
        if answer.status != HTTPStatus.NO_CONTENT:
            lines.append(b"content-length: %d\r\n" % len(answer.body))
        if self._is_last:
            lines.append(_LAST)
        lines += (b"\r\n", b"" if self.method == "HEAD" else answer.body)
        self.is_answered = True
        self._parts.clear()
        self._connection.send(b"".join(lines), is_last=self._is_last)


class Connection(asyncio.Protocol):
    """A connection of a server, with the table of all of them.

    since: the loop's time at which its phase began. received: bytes since then. around: those of a body that
    are not in it, of chunks and of headers after it. header_size: of the parts of the request's header by
    now. stalled: the loop's time since which its client reads no answers. current: the request that is
    answered next; waiting: those after it; newest: the last one whose header is there.
    """

    def __init__(self, table: ConnectionTable, begin: BeginExchange, loop: asyncio.AbstractEventLoop) -> None:
        self.table, self.begin, self.loop = table, begin, loop
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport
        self.address = self.peer = ""
        self.phase = _HEADER
        self.since = self.stalled = 0.0
        self.received = self.around = self.header_size = self.hosts = 0
        self.is_chunked = self.is_continued = self.is_small = False
        self.is_last = self.is_ending = self.is_gone = False
        self.is_write_paused = self.is_read_paused = False
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.current: Exchange | None = None
        self.newest: Exchange | None = None
        self.waiting: deque[Exchange] = deque()

    # What the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or end it at once."""
        self.transport = transport  # type: ignore[assignment]  # that of a connection reads and writes
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.peer = peer_key(self.address)
        self.since = self.loop.time()
        if not self.table.admit(self):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, which makes room for another."""
        self.table.remove(self)
        self.is_gone = True
        self.waiting.clear()
        if self.current is not None:
            self.current.wake()

    def data_received(self, data: bytes) -> None:
        """Read on. What is no HTTP is answered with 400, and what has too much of a header with 431."""
        if self.transport.is_closing() or self.is_last:
            return
        if self.phase == _HEADER:
            self.received += len(data)
        else:
            self.around += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Asked for another protocol: answered as HTTP/1.1, and nothing after it is read.
            self.is_last = True
            if self.newest is not None:
                self.newest.close_after()
                self.newest.is_complete = True
        except httptools.HttpParserError:
            self._refuse()
        current = self.current
        if current is not None and not current.is_begun and not self.transport.is_closing():
            self._begin(current)
        if self._is_header_large():
            self.end("large_header")

    def eof_received(self) -> bool:
        """Its client says no more, but may read: the requests that are there are answered."""
        return not self.transport.is_closing() and self._take_no_more()

    def pause_writing(self) -> None:
        """Its client does not read what is answered: it gets no more of it by asking more."""
        self.is_write_paused, self.stalled = True, self.loop.time()
        self._pause_reading()

    def resume_writing(self) -> None:
        """Its client reads on, and gets the next answer."""
        self.is_write_paused = False
        self._go_on()

    # What the parser says

    def on_message_begin(self) -> None:
        """Begin a request, and count its headers."""
        self.url, self.headers = b"", []
        self.header_size = self.hosts = 0
        self.is_chunked = self.is_continued = self.is_small = False
        if self.phase != _HEADER:
            self.phase, self.since, self.received = _HEADER, self.loop.time(), 0

    def on_url(self, url: bytes) -> None:
        """A part of its line."""
        self.url += url
        self._take_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes after the body is nobody's."""
        self._take_header(len(name) + len(value) + _AROUND_HEADER)
        if self.phase != _HEADER:
            return
        name = name.lower()
        self.headers.append((name, value))
        if name == b"host":
            self.hosts += 1
        elif name == b"transfer-encoding":
            self.is_chunked = True
            if value.strip().lower() != b"chunked":
                raise ValueError("another encoding of the transfer than chunked")
        elif name == b"content-length":
            self.is_small = len(value) < _MOST_DIGITS and int(value) <= SMALL_BYTES
        elif name == b"expect":
            self.is_continued = value.strip().lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Its body begins. What proxies and servers read in different ways is read in none."""
        is_plain = self.url[:1] == b"/" and b"#" not in self.url and self.url.isascii()
        version = self.parser.get_http_version()
        is_old = version == "1.0"
        if not is_old and version != "1.1":
            raise ValueError("another version of HTTP")
        if not is_plain or self.hosts > 1 or (not self.hosts and not is_old):
            raise ValueError("another form of request than a path, or without one host")
        if is_old and self.is_chunked:
            raise ValueError("chunks, which HTTP/1.0 does not have")
        if len(self.waiting) >= _MOST_PIPELINED:
            raise ValueError("too many requests that wait")
        self.phase, self.since, self.received, self.around = _BODY, self.loop.time(), 0, 0
        self.is_continued = self.is_continued and not is_old
        self.newest = Exchange(self, self.parser.get_method().decode(), self.url, self.headers)
        self.newest.is_small = self.is_small and not self.is_continued
        if is_old or not self.parser.should_keep_alive():
            self.newest.close_after()
        if self.current is None:
            self.current = self.newest
        else:
            self.waiting.append(self.newest)
            self._pause_reading()

    def on_body(self, body: bytes) -> None:
        """A part of its body; what comes after an early answer is thrown away, as far as it goes."""
        self.received += len(body)
        self.around -= len(body)
        if self.newest is not None and not self.newest.is_answered and not self.newest.take(body):
            self._pause_reading()
        if self.received > _MOST_DISCARDED:
            self.loop.call_soon(self.end, "oversize")

    def on_message_complete(self) -> None:
        """Note that the whole request is there."""
        self.phase, self.since = _DONE, self.loop.time()
        if self.newest is not None:
            self.newest.is_complete = True
            self.newest.wake()

    # What exchanges say

    def wait_for(self, exchange: Exchange) -> None:
        """The body of a request is waited for; a client that asks is told so."""
        if self.is_continued and exchange is self.newest and not self.received:
            self.is_continued = False
            self.transport.write(_CONTINUE)
        self.go_on_reading()

    def go_on_reading(self) -> None:
        """Take more of what the client says."""
        is_closed = self.is_gone or self.transport.is_closing()
        if self.is_read_paused and not self.waiting and not self.is_write_paused and not is_closed:
            self.is_read_paused = False
            self.transport.resume_reading()

    def send(self, content: bytes, *, is_last: bool) -> None:
        """Send the answer to the current request, and answer the next one."""
        self.current = None
        if self.transport.is_closing():
            return
        self.transport.write(content)
        if is_last or (self.is_ending and not self.waiting):
            self.since = self.loop.time()
            self.transport.close()
            return
        if self.phase == _DONE:
            self.since = self.loop.time()
        self._go_on()

    # What the table and the server say

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on it."""
        return self.phase == _DONE and self.current is None and not self.waiting

    @property
    def is_waited_for(self) -> bool:
        """Whether its client has not yet said all, or does not read what is answered."""
        return self.is_write_paused or (self.phase != _DONE and not self.is_read_paused)

    def lag(self, now: float) -> ConnectionEnd | None:
        """The reason that it is to be ended now, if it is."""
        limits, age = self.table.limits, now - self.since
        if self.is_write_paused and now - self.stalled > limits.body_seconds:
            return "slow_reader"
        if self.phase == _DONE:
            return "idle" if self.is_idle and age > limits.idle_seconds else None
        if self.is_read_paused:  # we make it wait
            self.since += SWEEP_SECONDS
            return None
        if self.phase == _HEADER:
            return "slow_header" if age > limits.header_seconds else None
        is_slow = age > _GRACE_SECONDS and self.received < limits.body_rate * age
        return "slow_body" if is_slow or age > limits.body_seconds else None

    def end(self, kind: ConnectionEnd) -> None:
        """Answer what is to be answered, and close it.

        Requests before the one that is not taken are answered: its answer would be read as theirs.
        """
        if self.transport.is_closing():
            return
        self.table.ended[kind] += 1
        status = _STATUSES.get(kind)
        if status is not None and self._take_no_more():
            return
        self.since = self.loop.time()
        is_answered = self.phase == _BODY and self.newest is not None and self.newest.is_answered
        if status is not None and not is_answered:
            self.transport.write(_LINES[status] + b"content-length: 0\r\n" + _LAST + b"\r\n")
        self.transport.close()

    def shut_down(self) -> None:
        """Close it as soon as the requests that are under way are answered."""
        self.is_ending = True
        if self.current is None and not self.waiting:
            self.transport.close()
        elif self.newest is not None:
            self.newest.close_after()

    def _go_on(self) -> None:
        """Begin the next request that waits, if its client reads the answers."""
        if self.current is None and self.waiting and not self.is_write_paused and not self.is_gone:
            self.current = self.waiting.popleft()
            self._begin(self.current)
        self.go_on_reading()

    def _begin(self, exchange: Exchange) -> None:
        """Begin to answer a request, unless the little that is left of it is still to come."""
        if exchange.is_complete or not exchange.is_small:
            exchange.is_begun = True
            self.begin(exchange)

    def _pause_reading(self) -> None:
        if not self.is_read_paused:
            self.is_read_paused = True
            self.transport.pause_reading()

    def _refuse(self) -> None:
        """End it for a request that cannot be read, or that is one too many."""
        if len(self.waiting) >= _MOST_PIPELINED:
            self.end("pipelined")
        else:
            self.end("large_header" if self.header_size > self.table.limits.header_bytes else "bad_request")

    def _take_no_more(self) -> bool:
        """Read no request any more, nor the rest of one; whether those before it are still to be answered."""
        if self.phase == _BODY and self.waiting:
            self.waiting.pop()
        elif self.phase == _BODY or self.current is None:
            return False
        self.is_last, self.phase, self.since = True, _DONE, self.loop.time()
        last = self.waiting[-1] if self.waiting else self.current
        if last is not None:
            last.close_after()
        return True

    def _is_header_large(self) -> bool:
        """Whether a header that is not whole, or what is around a body, is larger than it may be."""
        most = self.table.limits.header_bytes
        if self.phase == _HEADER:
            return self.received > most
        return self.phase == _BODY and self.around > most + _MOST_AROUND * self.received

    def _take_header(self, size: int) -> None:
        self.header_size += size
        if self.header_size > self.table.limits.header_bytes:
            raise ValueError("the header is too large")
