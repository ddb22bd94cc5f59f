"""`--listen`: metrics and health of a process over HTTP, for a collector and a supervisor."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

import click

from mapper.cli.option_types import ListenAddress
from mapper.delivery.open_metrics import END, OPEN_METRICS_TYPE

_TEXT_TYPE = "text/plain; charset=utf-8"
_READ_SECONDS = 5.0
"""A client that sends nothing for so long is left."""
_MOST_CLIENTS = 16
_POLL_SECONDS = 0.1

listen_option = click.option(
    "--listen",
    type=ListenAddress(),
    metavar="HOST:PORT",
    help="Answer /metrics, /healthz and /readyz there; a port alone is open to this machine only.",
)


@dataclass(slots=True)
class MetricsPage:
    """The page that is answered. It begins before there is an outbox: until then the process is not ready."""

    scrape: Callable[[], str] = lambda: END
    is_ready: Callable[[], bool] = lambda: False

    def answer(self, path: str) -> tuple[int, str, str]:
        """The status, type and text for a path."""
        if path == "/metrics":
            return 200, OPEN_METRICS_TYPE, self.scrape()
        if path == "/healthz":
            return 200, _TEXT_TYPE, "ok\n"
        if path == "/readyz":
            return (200, _TEXT_TYPE, "ready\n") if self.is_ready() else (503, _TEXT_TYPE, "not ready\n")
        return 404, _TEXT_TYPE, "not found\n"


@contextmanager
def listening(address: tuple[str, int], page: MetricsPage) -> Iterator[str]:
    """Within it the page is answered at an address; gives its URL. Raises OSError."""
    server = _server(address, page)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="page", daemon=True)
    thread.start()
    host, port = address[0], server.server_address[1]
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _server(address: tuple[str, int], page: MetricsPage) -> _Server:
    host, port = address
    where = f"{host}:{port}"
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return _Server(address, partial(_Handler, page), family)
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

    def __init__(self, page: MetricsPage, *args: Any) -> None:
        self._page = page
        super().__init__(*args)

    def do_GET(self) -> None:
        status, kind, text = self._page.answer(self.path.partition("?")[0])
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """No line for a request."""
