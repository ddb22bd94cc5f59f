"""Connections: however requests are cut into parts, each is answered once and in its order."""

from __future__ import annotations

import asyncio
import random
import socket
from dataclasses import dataclass, field

import pytest

from mapper.intake.request import HttpAnswer
from mapper.serving.client_limits import ServerLimits
from mapper.serving.connections import ConnectionTable
from mapper.serving.http1 import BeginExchange, Connection, Exchange
from tests.support.depth import by_seed, seeds

_ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n"


def _answer_at_once(exchange: Exchange) -> None:
    """More than the system holds for a client that does not read."""
    exchange.answer(HttpAnswer(200, (), bytes(2**24)))


def _answer_soon(exchange: Exchange) -> None:
    """The same after the connection has taken all that there is to read."""
    asyncio.get_running_loop().call_soon(_answer_at_once, exchange)


@pytest.mark.parametrize("answer", [_answer_soon, _answer_at_once])
@pytest.mark.parametrize("more", [b"\r\n", b"Connection: close\r\n\r\n"], ids=["stays", "closes"])
@pytest.mark.parametrize("reads", [False, True])
def test_who_does_not_read_an_answer_is_not_waited_for_without_end(
    answer: BeginExchange, more: bytes, reads: bool
) -> None:
    asyncio.run(_ask(answer, more, reads))


async def _ask(answer: BeginExchange, more: bytes, reads: bool) -> None:
    loop = asyncio.get_running_loop()
    table = ConnectionTable(ServerLimits(body_seconds=1.0, idle_seconds=1.0))
    server = await loop.create_server(lambda: Connection(table, answer, loop), "127.0.0.1", 0)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.setblocking(False)
        await loop.sock_connect(client, server.sockets[0].getsockname())
        await loop.sock_sendall(client, _ASKED + more)
        if reads:
            size = 0
            while size < 2**24:
                size += len(await loop.sock_recv(client, 2**20))
        else:
            await asyncio.sleep(0.3)
            assert table.opened
        # No time passes for the server but what it is told.
        for seconds in range(0, 60, 2):
            table.sweep(loop.time() + seconds)
            await asyncio.sleep(0.01)
        assert not table.opened
        assert set(table.ended) <= ({"idle"} if reads else {"slow_reader", "idle"})
    server.close()


@dataclass(slots=True)
class _Transport:
    """A transport that takes what is written. written: all of it, one after the other."""

    written: bytearray = field(default_factory=bytearray)
    is_closed: bool = False
    is_paused: bool = False

    def write(self, content: bytes) -> None:
        assert not self.is_closed
        self.written += content

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return "203.0.113.9", 1

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False


def _request(number: int, chance: random.Random, *, is_last: bool) -> tuple[bytes, bytes]:
    """A request, and the answer to it, which holds what came."""
    body = chance.randbytes(chance.choice((0, 1, 300, 70_000)))
    close, line = (
        b"Connection: close\r\n" if is_last else b"",
        b"POST /%d?a=%d HTTP/1.1\r\n" % (number, number),
    )
    if chance.random() < 0.3:
        chunks = [body[at : at + 997] for at in range(0, len(body), 997)]
        parts = b"".join([b"%x\r\n%b\r\n" % (len(one), one) for one in chunks]) + b"0\r\n\r\n"
        sent = line + b"Host: x\r\n" + close + b"Transfer-Encoding: chunked\r\n\r\n" + parts
    else:
        sent = line + b"Host: x\r\n" + close + b"Content-Length: %d\r\n\r\n" % len(body) + body
    told = b"/%d a=%d %d " % (number, number, len(body)) + body[:9]
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n" % (len(told), close.lower())
    return sent, head + told


def _begin_somehow(chance: random.Random) -> BeginExchange:
    """A server that answers at once, after a turn of the loop, or as the body comes."""

    def tell(exchange: Exchange, body: bytes) -> None:
        told = b"%b %b %d " % (exchange.path, exchange.query, len(body)) + body[:9]
        exchange.answer(HttpAnswer(200, (), told))

    async def read(exchange: Exchange) -> None:
        body, is_more = b"", True
        while is_more:
            part, is_more = await exchange.read()
            body += part
        tell(exchange, body)

    def begin(exchange: Exchange) -> None:
        if exchange.is_complete and chance.random() < 0.5:
            tell(exchange, exchange.whole_body())
        else:
            tasks.append(asyncio.get_running_loop().create_task(read(exchange)))

    tasks: list[asyncio.Task[None]] = []
    return begin


async def _fed(content: bytes, chance: random.Random) -> _Transport:
    """The transport after a client has sent some bytes, cut anywhere; it waits while reading is paused."""
    transport = _Transport()
    table = ConnectionTable(ServerLimits())
    connection = Connection(table, _begin_somehow(chance), asyncio.get_running_loop())
    connection.connection_made(transport)  # type: ignore[arg-type]  # it has what a connection asks for
    most, at = chance.choice((1, 50, 5_000, 100_000)), 0
    most = max(most, len(content) // 2_000)
    while at < len(content):
        size = chance.randint(1, most)
        connection.data_received(content[at : at + size])
        at += size
        while (transport.is_paused and not transport.is_closed) or chance.random() < 0.1:
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    return transport


@pytest.mark.parametrize("number", seeds(200, 20))
def test_requests_cut_anywhere_are_answered_once_and_in_their_order(number: int) -> None:
    chance = by_seed(f"connections {number}")
    count = chance.randint(1, 12)
    pairs = [_request(place, chance, is_last=place == count - 1) for place in range(count)]
    transport = asyncio.run(_fed(b"".join(sent for sent, _ in pairs), chance))
    assert bytes(transport.written) == b"".join(answer for _, answer in pairs)
    assert transport.is_closed


def test_a_client_that_asks_before_it_sends_a_body_is_told_to_go_on_once() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"

    async def ask() -> bytes:
        transport = _Transport()
        begin = _begin_somehow(random.Random(1))
        connection = Connection(ConnectionTable(ServerLimits()), begin, asyncio.get_running_loop())
        connection.connection_made(transport)  # type: ignore[arg-type]  # it has what a connection asks for
        connection.data_received(head)
        await asyncio.sleep(0)
        assert bytes(transport.written) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for part in (b"{", b"}"):
            connection.data_received(part)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return bytes(transport.written)

    assert asyncio.run(ask()).count(b"HTTP/1.1 ") == 2


@dataclass(slots=True)
class _Kept:
    """A connection whose requests are answered when a test says so. begun: those that are to be answered."""

    begun: list[Exchange] = field(default_factory=list)
    transport: _Transport = field(default_factory=_Transport)
    table: ConnectionTable = field(default_factory=lambda: ConnectionTable(ServerLimits()))

    def opened(self) -> Connection:
        """The connection; to be called in an event loop."""
        made = Connection(self.table, self.begun.append, asyncio.get_running_loop())
        made.connection_made(self.transport)  # type: ignore[arg-type]  # it has what a connection asks for
        return made

    def statuses(self) -> list[bytes]:
        """The statuses that were written, after what has begun was answered."""
        while self.begun:
            self.begun.pop(0).answer(HttpAnswer(202))
        return [part[:3] for part in bytes(self.transport.written).split(b"HTTP/1.1 ")[1:]]


_WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"
_IN_BODY = _WHOLE[:-1]
_IN_HEADER = b"POST / HTTP/1.1\r\nHost: "


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("after", [b"", b"PO", _IN_HEADER, _IN_BODY], ids=["none", "line", "header", "body"])
def test_who_stops_sending_is_answered_all_that_was_asked_as_a_whole(count: int, after: bytes) -> None:
    async def ask() -> None:
        kept = _Kept()
        connection = kept.opened()
        connection.data_received(_WHOLE * count + after)
        while kept.transport.is_paused:  # the end is heard once all before it is read
            kept.begun.pop(0).answer(HttpAnswer(202))
        is_open = connection.eof_received()
        assert is_open == any(one.is_complete for one in kept.begun)
        if not is_open:
            kept.begun.clear()
            kept.transport.close()
        assert kept.statuses() == [b"202"] * count
        assert kept.transport.is_closed

    asyncio.run(ask())


@pytest.mark.parametrize("after", [_IN_HEADER, _IN_BODY], ids=["header", "body"])
@pytest.mark.parametrize("kind", ["slow", "large"])
def test_no_answer_is_given_before_those_of_the_requests_before_it(kind: str, after: bytes) -> None:
    async def ask() -> None:
        kept = _Kept()
        connection = kept.opened()
        connection.data_received(_WHOLE)
        connection.data_received(after)
        if kind == "large" and not kept.transport.is_paused:
            for _ in range(40):
                connection.data_received(b"x" * 1000)
        for seconds in range(0, 60, 2):
            kept.table.sweep(connection.loop.time() + seconds)
        assert not kept.transport.written
        assert kept.statuses()[0] == b"202"

    asyncio.run(ask())


@pytest.mark.parametrize("around", [b"1;%b\r\n1\r\n", b"0\r\nx-after: %b"], ids=["extension", "trailer"])
def test_what_is_around_a_body_is_limited_as_headers_are(around: bytes) -> None:
    async def ask() -> None:
        kept = _Kept()
        connection = kept.opened()
        connection.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        before, _, after = around.partition(b"%b")
        connection.data_received(before)
        for _ in range(40):
            connection.data_received(b"x" * 1000)
        connection.data_received(after)
        assert kept.transport.is_closed
        assert bytes(kept.transport.written).startswith(b"HTTP/1.1 431 ")

    asyncio.run(ask())


def test_a_body_in_the_smallest_chunks_is_taken() -> None:
    async def ask() -> None:
        kept = _Kept()
        connection = kept.opened()
        connection.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10_000):
            connection.data_received(b"1\r\n1\r\n")
        connection.data_received(b"0\r\n\r\n")
        assert kept.begun[0].is_complete
        assert len(kept.begun[0].whole_body()) == 10_000

    asyncio.run(ask())


def test_who_does_not_read_answers_cannot_ask_more() -> None:
    async def ask() -> None:
        kept = _Kept()
        connection = kept.opened()
        connection.data_received(_WHOLE)
        kept.begun.pop(0).answer(HttpAnswer(202))
        states = []
        for step in (connection.pause_writing, connection.resume_writing):
            step()
            states.append(kept.transport.is_paused)
        assert states == [True, False]
        connection.data_received(_WHOLE)
        assert kept.statuses() == [b"202", b"202"]

    asyncio.run(ask())


@pytest.mark.parametrize("version", [b"0.9", b"2.0"])
def test_another_version_of_http_is_refused(version: bytes) -> None:
    async def ask() -> None:
        kept = _Kept()
        kept.opened().data_received(b"POST / HTTP/%b\r\nHost: x\r\n\r\n" % version)
        assert kept.statuses() == [b"400"]

    asyncio.run(ask())
