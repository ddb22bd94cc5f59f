"""A server as an expert writes it for one sender: what `mapper serve` is compared with.

`serving_by_hand.py OUTBOX` prints its address. Its own protocol over llhttp and uvloop: each request is
checked by its HMAC, mapped by the hand-written code without a guard, and answered 202 once its payload is
flushed to a table of SQLite, those that come meanwhile together. It has no limits of clients, no metrics, no
rejects.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import queue
import sqlite3
import sys
import threading
from typing import Any

import httptools
import uvloop
from handwritten import bytes_to_bytes

_ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
_REFUSED = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_SECRET = os.environ["BENCHMARK_SECRET"].encode()


class _Store:
    """The thread that writes: all that waits is one transaction."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self._path, self._loop = path, loop
        self._waiting: queue.SimpleQueue[tuple[_Connection, bytes | None]] = queue.SimpleQueue()
        self.put = self._waiting.put
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        database = sqlite3.connect(self._path, isolation_level=None)
        database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kept (body BLOB)"
        )
        while True:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            rows = [(body,) for _, body in group if body is not None]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO kept VALUES (?)", rows)
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_answer, [connection for connection, _ in group])


class _Connection(asyncio.Protocol):
    def __init__(self, store: _Store) -> None:
        self._store = store
        self._parser = httptools.HttpRequestParser(self)
        self._signature, self._parts = b"", list[bytes]()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._signature, self._parts = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-signature":
            self._signature = value

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        body = b"".join(self._parts)
        if not hmac.compare_digest(hmac.digest(_SECRET, body, "sha256").hex().encode(), self._signature):
            self.transport.write(_REFUSED)
            return
        self._store.put((self, bytes_to_bytes(body)))


def _answer(group: list[_Connection]) -> None:
    for connection in group:
        connection.transport.write(_ACCEPTED)


async def _serve(path: str) -> None:
    loop = asyncio.get_running_loop()
    store = _Store(path, loop)
    server = await loop.create_server(lambda: _Connection(store), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
