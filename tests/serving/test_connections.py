"""Clients that do not read what they are answered lose their connection."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mapper.intake.request import HttpAnswer
from mapper.serving.connections import ConnectionTable
from mapper.serving.http1 import Begin, Connection, Exchange
from mapper.serving.limits import ServerLimits

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
    answer: Begin, more: bytes, reads: bool
) -> None:
    asyncio.run(_ask(answer, more, reads))


async def _ask(answer: Begin, more: bytes, reads: bool) -> None:
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
