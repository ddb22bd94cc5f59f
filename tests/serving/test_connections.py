"""Clients that do not read what they are answered lose their connection."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from mapper.serving.connections import ConnectionTable, connection_kind
from mapper.serving.limits import ServerLimits

_ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """More than the system holds for a client that does not read."""
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % 2**24)]}
    await send(head)
    for number in range(256):
        await send({"type": "http.response.body", "body": bytes(2**16), "more_body": number < 255})


async def _answer_at_once(scope: Any, receive: Any, send: Any) -> None:
    """The same as one part, so that the answer is complete for the application."""
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % 2**24)]}
    await send(head)
    await send({"type": "http.response.body", "body": bytes(2**24)})


@pytest.mark.parametrize("answer", [_answer, _answer_at_once])
@pytest.mark.parametrize("more", [b"\r\n", b"Connection: close\r\n\r\n"], ids=["stays", "closes"])
@pytest.mark.parametrize("reads", [False, True])
def test_who_does_not_read_an_answer_is_not_waited_for_without_end(
    answer: Any, more: bytes, reads: bool
) -> None:
    asyncio.run(_ask(answer, more, reads))


async def _ask(answer: Any, more: bytes, reads: bool) -> None:
    loop = asyncio.get_running_loop()
    table = ConnectionTable(ServerLimits(body_seconds=1.0, idle_seconds=1.0))
    kind = connection_kind(table)
    config = uvicorn.Config(answer, log_config=None, log_level="critical", lifespan="off", ws="none")
    config.load()
    server = await loop.create_server(
        lambda: kind(config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
    )
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
