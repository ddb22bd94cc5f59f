"""ASGI apps on this machine's own addresses, each served in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mapper.values.safe_text import SafeError, SafeText

LOOPBACK = "127.0.0.1"
_LOOPBACK_V6 = "::1"
_START_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 30


@contextmanager
def served(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    name: SafeText,
    drain_seconds: int,
    protocol: type[H11Protocol] = H11Protocol,
) -> Iterator[None]:
    """Serve an app on sockets that listen. name: how messages call it, as `the sandbox`.

    drain_seconds: how long requests under way may take to be answered once it is to end.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        http=protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [*listeners]}, daemon=True)
    thread.start()
    try:
        _await_start(server, thread, name)
        yield
    finally:
        server.should_exit = True
        thread.join(drain_seconds + 1)


def _await_start(server: uvicorn.Server, thread: threading.Thread, name: SafeText) -> None:
    until = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise SafeError(SafeText("{} did not start", name))
        time.sleep(0.005)


def listener(port: int, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """A socket that listens on this machine's own address of a family. Port 0: any free one. Raises OSError.

    It says that it is TCP: only then are small answers sent without delay.
    """
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((_LOOPBACK_V6 if family == socket.AF_INET6 else LOOPBACK, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made
