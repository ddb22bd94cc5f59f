"""Prism, serving the official OpenAPI file on this machine, and what it answers to each payload."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HOST = "127.0.0.1"
_START_SECONDS = 60
_PATH = "/ad_accounts/549700000001/events"
# Prism asks that there is a token, and looks at nothing of it.
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer pina_none"}


@contextlib.contextmanager
def serving(prism: Path, document: Path, log: Path) -> Iterator[int]:
    """The port on which it serves a document; it ends with the block, whatever happens in there."""
    port = _free_port()
    command = [str(prism), "mock", "--host", _HOST, "--port", str(port), "--errors", str(document)]
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True
        )
    try:
        _wait_for(process, port, log)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((_HOST, port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"prism does not serve: {log.read_text(errors='replace')[-2000:]}")


def verdicts(port: int, payloads: list[dict[str, Any]]) -> list[str]:
    """Why it refuses each payload, or ""."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=30)
    try:
        return [_verdict(connection, payload) for payload in payloads]
    finally:
        connection.close()


def _verdict(connection: http.client.HTTPConnection, payload: dict[str, Any]) -> str:
    connection.request("POST", _PATH, json.dumps({"data": [payload]}), _HEADERS)
    answer = connection.getresponse()
    body = answer.read().decode()
    if answer.status == http.HTTPStatus.OK:
        return ""
    # It answers with an example of the document's; what it has to say stands beside it.
    violations = json.loads(answer.headers.get("sl-violations", "[]"))
    if not violations:
        raise RuntimeError(f"prism answers {answer.status}: {body[:500]}")
    return "; ".join(f"{'.'.join(one['location'])}: {one['message']}" for one in violations)
