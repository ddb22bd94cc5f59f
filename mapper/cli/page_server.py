"""The server of a page of metrics: that of the standard library, for a few clients at a time."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

PageAnswer = Callable[[str], tuple[int, str, str]]
"""Gives the status, type and text for a path."""
_READ_SECONDS = 5.0
"""A client that sends nothing for so long is left."""
_MOST_CLIENTS = 16
_POLL_SECONDS = 0.1


@contextmanager
def listening(address: tuple[str, int], answer: PageAnswer) -> Iterator[str]:
    """Within it the page is answered at an address; gives its URL. Raises OSError."""
    server = _server(address, answer)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="page", daemon=True)
    thread.start()
    host, port = address[0], server.server_address[1]
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _server(address: tuple[str, int], answer: PageAnswer) -> _Server:
    host, port = address
    where = f"{host}:{port}"
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return _Server(address, partial(_Handler, answer), family)
    except (socket.gaierror, UnicodeError):
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL), where) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, where) from None


class _Server(ThreadingHTTPServer):
    """The one of the standard library, for a few clients at a time."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: Callable[..., Any], family: socket.AddressFamily
    ) -> None:
        self.address_family = family
        self._free = threading.BoundedSemaphore(_MOST_CLIENTS)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # that of HTTPServer asks for the host's name, which can take seconds

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone concerns nobody, and a traceback could show a value."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _READ_SECONDS
    server_version, sys_version = "mapper", ""

    def __init__(self, answer: PageAnswer, *args: Any) -> None:
        self._answer = answer
        super().__init__(*args)

    def do_GET(self) -> None:
        status, kind, text = self._answer(self.path.partition("?")[0])
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """No line for a request."""
