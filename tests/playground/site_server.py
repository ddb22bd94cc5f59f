"""A server of files on loopback, as a host of the static site has one; and a browser that visits it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.playground.chromium import ARGUMENTS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

_WAIT = 120_000
_KINDS = {".mjs": "text/javascript", ".wasm": "application/wasm", ".js": "text/javascript"}


class _Files(SimpleHTTPRequestHandler):
    """Files of a folder, with the headers that its file `_headers` names for their paths."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | _KINDS
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing is logged."""

    def end_headers(self) -> None:
        headers = Path(self.directory) / "_headers"
        pattern = ""
        for line in headers.read_text("utf-8").splitlines() if headers.is_file() else ():
            name, _, value = line.strip().partition(": ")
            pattern = pattern if value else name
            if value and fnmatchcase(self.path, pattern):
                self.send_header(name, value)
        super().end_headers()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, ThreadingHTTPServer]]:
    """The address of a folder that is served, and the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def visitor(browser: Browser, profile: Path) -> Iterator[BrowserContext]:
    """A browser like a given one, with a profile that keeps what a page keeps. Closed at the end."""
    context = browser.browser_type.launch_persistent_context(
        str(profile), executable_path=chromium(), args=list(ARGUMENTS)
    )
    context.set_default_timeout(_WAIT)
    yield context
    context.close()
