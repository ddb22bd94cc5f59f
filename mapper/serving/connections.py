"""Connections of a server: how many there may be, and how slow. Above uvicorn's own parser of HTTP/1.

uvicorn waits for a slow client as long as it takes. Here each connection says since when it is in a request's
header or body; one pass over all of them, twice a second, ends those that are too slow: nothing is spent on a
request itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mapper.serving.limits import ServerLimits

ConnectionEnd = Literal[
    "connections",
    "per_peer",
    "large_header",
    "slow_header",
    "slow_body",
    "slow_reader",
    "bad_request",
    "pipelined",
    "idle",
    "oversize",
]
"""Why a connection is ended that its client would keep: a closed set, which metrics count by."""

SWEEP_SECONDS = 0.5
_HURRY_SECONDS = 0.5
"""Who takes longer to say all makes room where there are as many connections as there may be."""
_GRACE_SECONDS = 5.0
"""The time that a body may take whatever its rate is."""
_LINGER_SECONDS = 5.0
"""The time that a connection that is to be closed may take to pass on the answer."""
_MOST_PIPELINED = 16
"""The most requests that wait for the one before them, which are held in memory."""
_MOST_DISCARDED = 128 * 2**20
"""Bytes of one body, of which those after an early answer are thrown away."""
_V6_NETWORK_BITS = 64
_AROUND_HEADER = len(b": \r\n")
_HEADER, _BODY, _DONE = range(3)


@dataclass(slots=True)
class ConnectionTable:
    """The connections of a server. ended: how many were ended, by kind."""

    limits: ServerLimits
    ended: Counter[ConnectionEnd] = field(default_factory=Counter)
    opened: dict[Connection, None] = field(default_factory=dict)
    of_peer: Counter[str] = field(default_factory=Counter)

    def admit(self, connection: Connection) -> bool:
        """Take in a new connection, if there is room for it: an idle or a slow one makes room."""
        limits = self.limits
        if limits.per_peer and self.of_peer[connection.peer] >= limits.per_peer:
            self.ended["per_peer"] += 1
            return False
        if len(self.opened) >= limits.connections and not self._make_room(connection.since):
            self.ended["connections"] += 1
            return False
        self.opened[connection] = None
        self.of_peer[connection.peer] += 1
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        if connection in self.opened:
            del self.opened[connection]
            self.of_peer[connection.peer] -= 1
            if not self.of_peer[connection.peer]:
                del self.of_peer[connection.peer]

    def sweep(self, now: float) -> None:
        """End what is too slow. now: by the clock of the event loop."""
        for connection in list(self.opened):
            kind = connection.lag(now)
            if connection.transport.is_closing():  # it waits for its client to read
                if now - connection.since > _LINGER_SECONDS:
                    connection.transport.abort()
            elif kind is not None:
                connection.end(kind)

    async def watch(self) -> None:
        """Sweep connections until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(loop.time())

    def _make_room(self, now: float) -> bool:
        """End the connection that has been idle for longest, or else waited for; whether there is one."""
        idle = [one for one in self.opened if one.is_idle]
        late = [one for one in self.opened if one.is_waited_for and now - one.since > _HURRY_SECONDS]
        found = min(idle or late, key=lambda one: one.since, default=None)
        if found is None:
            return False
        found.end("idle" if idle else "connections")
        found.transport.abort()
        self.remove(found)
        return True


class Connection(HttpToolsProtocol):
    """A connection, with the table of all of them.

    since: the loop's time at which its phase began. received: bytes since then. header_size: of the parts of
    the request's header by now. stalled: the loop's time since which its client reads no answers.
    """

    table: ConnectionTable

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.peer = ""
        self.phase = _HEADER
        self.since = 0.0
        self.received = 0
        self.header_size = 0
        self.hosts = 0
        self.is_chunked = False
        self.is_last = False
        self.stalled = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's narrows it
        """Let it in, or end it at once."""
        super().connection_made(transport)
        self.peer = peer_key(self.client[0] if self.client else "")
        self.since = self.loop.time()
        if not self.table.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, which makes room for another."""
        self.table.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. What is no HTTP is answered with 400, and what has too much of a header with 431."""
        if self.transport.is_closing() or self.is_last:
            return
        if self.phase == _HEADER:
            self.received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Asked for another protocol: answered as HTTP/1.1, and nothing after it is read.
            if self.cycle is not None:
                self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse()
            return
        if self.phase == _HEADER and self.received > self.table.limits.header_bytes:
            self.end("large_header")

    def on_message_begin(self) -> None:
        """Begin a request, and count its headers."""
        super().on_message_begin()
        self.header_size = self.hosts = 0
        self.is_chunked = False
        if self.phase != _HEADER:
            self.phase, self.since, self.received = _HEADER, self.loop.time(), 0

    def on_url(self, url: bytes) -> None:
        """A part of its line."""
        super().on_url(url)
        self._take_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes after the body is nobody's."""
        self._take_header(len(name) + len(value) + _AROUND_HEADER)
        if self.phase != _HEADER:
            return
        super().on_header(name, value)
        plain = name.lower()
        if plain == b"host":
            self.hosts += 1
        elif plain == b"transfer-encoding":
            self.is_chunked = True
            if value.strip().lower() != b"chunked":
                raise ValueError("another encoding of the transfer than chunked")

    def on_headers_complete(self) -> None:
        """Its body begins. What proxies and servers read in different ways is read in none."""
        is_plain = self.url[:1] == b"/" and b"#" not in self.url
        is_old = self.parser.get_http_version() == "1.0"
        if not is_plain or self.hosts > 1 or (not self.hosts and not is_old):
            raise ValueError("another form of request than a path, or without one host")
        if is_old and self.is_chunked:
            raise ValueError("chunks, which HTTP/1.0 does not have")
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise ValueError("too many requests that wait")
        self.phase, self.since, self.received = _BODY, self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body; what comes after an early answer is thrown away, as far as it goes."""
        self.received += len(body)
        super().on_body(body)
        if self.received > _MOST_DISCARDED:
            self.loop.call_soon(self.end, "oversize")

    def on_message_complete(self) -> None:
        """Note that the whole request is there."""
        self.phase, self.since = _DONE, self.loop.time()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that the request is answered."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # `ConnectionTable.sweep` ends what is idle
        if self.phase == _DONE or self.transport.is_closing():
            self.since = self.loop.time()

    def pause_writing(self) -> None:
        """Its client does not read what is answered."""
        super().pause_writing()
        self.stalled = self.loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on it."""
        return self.phase == _DONE and self.cycle.response_complete and not self.pipeline

    @property
    def is_waited_for(self) -> bool:
        """Whether its client has not yet said all, or does not read what is answered."""
        return self.flow.write_paused or (self.phase != _DONE and not self.flow.read_paused)

    def lag(self, now: float) -> ConnectionEnd | None:
        """The reason that it is to be ended now, if it is."""
        limits, age = self.table.limits, now - self.since
        if self.flow.write_paused and now - self.stalled > limits.body_seconds:
            return "slow_reader"
        if self.phase == _HEADER:
            return "slow_header" if age > limits.header_seconds else None
        if self.phase == _DONE:
            return "idle" if self.is_idle and age > limits.idle_seconds else None
        if self.flow.read_paused:  # we make it wait
            self.since += SWEEP_SECONDS
            return None
        is_slow = age > _GRACE_SECONDS and self.received < limits.body_rate * age
        return "slow_body" if is_slow or age > limits.body_seconds else None

    def end(self, kind: ConnectionEnd) -> None:
        """Answer what is to be answered, and close it."""
        if self.transport.is_closing():
            return
        self.table.ended[kind] += 1
        self.since = self.loop.time()
        status = _STATUSES.get(kind)
        is_answered = self.phase == _BODY and self.cycle is not None and self.cycle.response_started
        if status is not None and not is_answered:
            head = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head)
        self.transport.close()

    def _refuse(self) -> None:
        """Take no more. Requests before it are answered: an answer to this one would be taken for theirs."""
        is_large = self.header_size > self.table.limits.header_bytes
        kind: ConnectionEnd = "large_header" if is_large else "bad_request"
        if self.phase == _BODY or self.cycle is None or self.cycle.response_complete:
            self.end(kind)
            return
        self.table.ended["pipelined" if len(self.pipeline) >= _MOST_PIPELINED else kind] += 1
        self.is_last, self.phase, self.since = True, _DONE, self.loop.time()
        self.cycle.keep_alive = False

    def _take_header(self, size: int) -> None:
        self.header_size += size
        if self.header_size > self.table.limits.header_bytes:
            raise ValueError("the header is too large")


_STATUSES: dict[ConnectionEnd, int] = {
    "large_header": 431,
    "slow_header": 408,
    "slow_body": 408,
    "bad_request": 400,
}


def connection_kind(table: ConnectionTable) -> type[Connection]:
    """The class of the connections of a table."""
    return type("ServerConnection", (Connection,), {"table": table})


@lru_cache(10_000)
def peer_key(address: str) -> str:
    """The key of an address's sender: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> _V6_NETWORK_BITS << _V6_NETWORK_BITS))
