"""A server on loopback, in threads of the test, whose handler answers with JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class JsonHandler(BaseHTTPRequestHandler):
    """Keeps connections open, logs nothing, and takes it that a client is gone."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, said: object) -> None:
        """Answer the request."""
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class JsonServer(ThreadingHTTPServer):
    """Has room for many connections that are to be accepted."""

    daemon_threads = True
    request_queue_size = 128

    @property
    def url(self) -> str:
        """The base URL of the API that it answers as."""
        return f"http://127.0.0.1:{self.server_port}/v5"


_S = TypeVar("_S", bound=JsonServer)


@contextmanager
def listening(server: _S) -> Iterator[_S]:
    """Within it the server answers."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
