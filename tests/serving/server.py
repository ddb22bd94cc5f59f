"""`mapper serve` in a process of its own, what it is asked, and the sandbox that it delivers to."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import AccountStatus, Counts, DeadLetter, DeadQuery
from tests.support.command import MAPPING, ROOT, environment, event

SECRET, OLD_SECRET, TOKEN = "canary-secret-81c2", "canary-secret-old", "canary-token-77d0"
SECRETS = {
    "SHOP_SECRET": SECRET,
    "SHOP_OLD_SECRET": OLD_SECRET,
    "SHOP_TOKEN": TOKEN,
    "PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c",
    "PINTEREST_AD_ACCOUNT_ID": "549755885175",
}
INTAKE = """\
version: 1
entries:
  /orders:
    mapping: small.yaml
    sign: {header: x-signature, algorithm: sha256, form: hex, secret: [$SHOP_SECRET, $SHOP_OLD_SECRET]}
    body: either
    delivery_id: {header: x-delivery}
  /token:
    mapping: small.yaml
    token: {header: x-token, value: $SHOP_TOKEN}
    body: either
    limits: {body: 16 MiB, events: 5000}
    gzip: true
  /collect:
    mapping: small.yaml
    cors: https://shop.example
    cookies: [_epik]
    rate: 50/s
  /firehose:
    sender: firehose
    mapping: small.yaml
    token: {value: $SHOP_TOKEN}
"""
_START_SECONDS, _END_SECONDS = 60.0, 60.0
_SOURCES = count()


def new_source() -> str:
    """An address of this machine that no request came from: what one client does counts for no other."""
    number = next(_SOURCES)
    return f"127.{1 + number // 60_000}.{number // 250 % 240}.{1 + number % 250}"


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class RunningServer:
    """A server. stderr: what it has said, whole once it has ended."""

    process: subprocess.Popen[bytes]
    port: int
    outbox: Path
    stderr: Path

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **more: str
    ) -> Said:
        """One request on a connection of its own, from a new address or from `source`."""
        source = (more.get("source") or new_source(), 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=source)
        try:
            connection.request(method, path, body, {**(headers or {})})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Said(answer.status, named, answer.read())
        finally:
            connection.close()

    def post(self, path: str, events: Any, **headers: str) -> Said:
        """Events as JSON, signed or with the token, as their path asks for."""
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        source = headers.pop("source", "")
        written = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, body, {**proof(path, body), **written}, source=source)

    def raw(self, data: bytes) -> bytes:
        """All that is answered to some bytes until the server closes."""
        with self.connected() as connection:
            with suppress(ConnectionError):
                connection.sendall(data)
            return rest(connection)

    @contextmanager
    def connected(self, source: str = "") -> Iterator[socket.socket]:
        """A connection from a new address of this machine, or from one."""
        with socket.socket() as connection:
            connection.bind((source or new_source(), 0))
            connection.settimeout(60)
            connection.connect(("127.0.0.1", self.port))
            yield connection

    def metric(self, name: str, **labels: str) -> float:
        """A metric, all its samples with these labels together."""
        text = self.ask("GET", "/metrics").body.decode()
        found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(value) for said, value in found if all(one in said for one in wanted))

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(_END_SECONDS)

    def said(self) -> str:
        return self.stderr.read_text(encoding="utf-8")


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other end closes."""
    said = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            said += piece
    return said


def proof(path: str, body: bytes) -> dict[str, str]:
    """The headers by which the sender of a body is known on a path."""
    if path == "/orders":
        return {"x-signature": hmac.digest(SECRET.encode(), body, "sha256").hex()}
    if path == "/token":
        return {"x-token": TOKEN}
    if path == "/collect":
        return {"origin": "https://shop.example", "content-type": "text/plain"}
    if path == "/firehose":
        return {"x-amz-firehose-access-key": TOKEN, "x-amz-firehose-request-id": "r-1"}
    return {}


def records(*events: Any) -> dict[str, Any]:
    """The body of a request with records in base64."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
    data = [{"data": base64.b64encode(one).decode()} for one in texts]
    return {"requestId": "r-1", "timestamp": 1578090901599, "records": data}


def write_intake(folder: Path, intake: str = INTAKE, mapping: str = MAPPING) -> Path:
    """The files of a server."""
    (folder / "small.yaml").write_text(mapping, encoding="utf-8")
    path = folder / "intake.yaml"
    path.write_text(intake, encoding="utf-8")
    return path


@contextmanager
def serving(folder: Path, *options: object, intake: str = INTAKE, **more: Any) -> Iterator[RunningServer]:
    """A server, which is killed at the end if it is still there. more: `env`, `mapping`, `outbox`, `port`."""
    path = write_intake(folder, intake, more.get("mapping", MAPPING))
    outbox = more.get("outbox", folder / "outbox")
    words = ["serve", path, "--outbox", outbox, "--port", more.get("port", 0), *options]
    stderr = folder / f"stderr-{time.monotonic_ns()}"
    with stderr.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "mapper", *map(str, words)],
            cwd=ROOT,
            env=environment(**{**SECRETS, **more.get("env", {})}),
            stdout=subprocess.PIPE,
            stderr=file,
        )
    try:
        yield RunningServer(process, _port(process, stderr), outbox, stderr)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(_END_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def _port(process: subprocess.Popen[bytes], stderr: Path) -> int:
    """The port of the address that is the first line on stdout."""
    assert process.stdout is not None
    ending = threading.Timer(_START_SECONDS, process.kill)
    ending.start()
    line = process.stdout.readline().decode()
    ending.cancel()
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)\n", line)
    assert found is not None, (line, stderr.read_text(encoding="utf-8"))
    return int(found[1])


def statuses(outbox: Path) -> tuple[AccountStatus, ...]:
    """The accounts of an outbox, which is sound."""
    store = open_outbox(outbox)
    try:
        assert store.audit() == []
        return store.status()
    finally:
        store.close()


def counts(outbox: Path) -> Counts:
    """What an outbox counts, of its only account."""
    found = statuses(outbox)
    return found[0].counts if found else Counts()


def letters(outbox: Path) -> list[DeadLetter]:
    store = open_outbox(outbox)
    try:
        return list(store.dead_letters(DeadQuery()))
    finally:
        store.close()


def payloads(outbox: Path) -> list[dict[str, Any]]:
    """What waits, in its order."""
    store = open_outbox(outbox)
    try:
        (account,) = [status.account for status in store.status()]
        chunks = store.claim(account, 10**9, 10**12, time.time())
        found = [json.loads(parcel.body) for chunk in chunks for parcel in chunk.parcels]
    finally:
        store.close()
    return found


def now(number: int, **fields: Any) -> dict[str, Any]:
    """An order of this moment."""
    return event(number, **{"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **fields})
