"""What the tests of delivery stand on: the destination, payloads, a clock, a server told what to say."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import mapper
from mapper.delivery.batch import Parcel, Receipt, wrap
from mapper.delivery.clock import Clock
from mapper.delivery.courier import Terms, deliver
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.destination import Destination
from mapper.delivery.outbox import MemoryOutbox
from mapper.delivery.summary import Delivery
from mapper.delivery.transport import Patience, connect
from mapper.types import Json

_TARGET = "pinterest/conversions-v5"
DESTINATION = mapper.destination(_TARGET)
validate = mapper.validator(_TARGET)
NOW = 1_790_000_000
CANARY = "pina_canary-0123456789"
CREDENTIALS = Credentials(Secret(CANARY), "549755885175")
RAMPED_DOWN: Json = {"code": 4197, "message": "The endpoint has been ramped down."}
TOO_MANY: Json = {"code": 8, "message": "This request exceeded a rate limit."}
_USUAL = Terms()
_QUICK = Patience(connect=2, write=2, read=2, whole=2)


def payload(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A valid payload, an hour old; `fields` replace its own."""
    user = {"client_ip_address": "216.3.128.12", "client_user_agent": "Mozilla/5.0"}
    made = {
        "event_name": "page_visit",
        "action_source": "web",
        "event_time": NOW - 3600,
        "event_id": f"e-{number}",
        "user_data": user,
    }
    return {**made, **fields}


def parcels(count: int, destination: Destination = DESTINATION, **fields: Any) -> Iterator[Parcel]:
    """Valid parcels, numbered from 0, from lines 1 up of a file."""
    for number in range(count):
        yield wrap(payload(number, **fields), number, f"shop.ndjson:{number + 1}", destination)


def endpoint(url: str, *, test: bool = False, destination: Destination = DESTINATION) -> Endpoint:
    """The endpoint of a server on this machine."""
    found = address(destination, CREDENTIALS, base_url=url, test=test)
    assert isinstance(found, Endpoint)
    return found


def limited(**limits: Any) -> Destination:
    """The destination with other limits."""
    return replace(DESTINATION, limits=replace(DESTINATION.limits, **limits))


@dataclass
class Time:
    """A clock that sleeping moves on at once; `slept` is the whole of it."""

    now: float = NOW
    slept: float = 0.0
    chance: float = 0.5

    @property
    def clock(self) -> Clock:
        """The clock to hand in."""
        return Clock(lambda: self.now, lambda: self.slept, self._sleep, lambda: self.chance)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        await asyncio.sleep(0)


@dataclass
class Heard:
    """A request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events."""
        found: list[dict[str, Any]] = json.loads(self.body)["data"]
        return found


Say = Callable[[Heard], bytes | Callable[[socket.socket], None]]


@dataclass
class Server:
    """A server's address and the requests that it heard."""

    url: str
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def answering(say: Say) -> Iterator[Server]:
    """A server on loopback that answers each request with the bytes `say` gives, or lets it act itself."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}/v5")
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=_serve, args=(connection, server, say), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(5)


def _serve(connection: socket.socket, server: Server, say: Say) -> None:
    with connection, suppress(OSError):
        connection.settimeout(5)
        heard = _hear(connection)
        if heard is None:
            return
        server.heard.append(heard)
        said = say(heard)
        if callable(said):
            said(connection)
        else:
            connection.sendall(said)


def _hear(connection: socket.socket) -> Heard | None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return Heard(head, body)


def said(status: int, body: Any = None, **headers: str) -> bytes:
    """A whole answer: a status, a JSON body or raw bytes, headers with `_` for `-`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", "connection: close", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def processed(heard: Heard, *failed: str) -> dict[str, Any]:
    """The body that says that all events were processed but those whose ids are named."""
    entries = [
        {
            "status": "failed" if event["event_id"] in failed else "processed",
            "error_message": "bad" if event["event_id"] in failed else "",
            "warning_message": "",
        }
        for event in heard.events
    ]
    good = len(entries) - sum(entry["status"] == "failed" for entry in entries)
    return {"num_events_received": len(entries), "num_events_processed": good, "events": entries}


@dataclass
class Recorded:
    """An outbox that keeps what is settled."""

    outbox: MemoryOutbox
    settled: list[Receipt] = field(default_factory=list)

    def claim(self, count: int) -> tuple[Parcel, ...] | None:
        """As the outbox does."""
        return self.outbox.claim(count)

    def rest(self) -> tuple[Parcel, ...]:
        """As the outbox does."""
        return self.outbox.rest()

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """As the outbox does, and kept."""
        self.settled += receipts
        self.outbox.settle(receipts)


def waiting(outbox: MemoryOutbox) -> list[int]:
    """The numbers of all parcels that still wait."""
    found: list[int] = []
    while (claimed := outbox.claim(10_000)) is not None:
        found += [parcel.number for parcel in claimed]
    return sorted(found)


def deliver_to(
    url: str,
    given: Iterable[Parcel] | MemoryOutbox | Recorded,
    *,
    time: Time | None = None,
    destination: Destination = DESTINATION,
    terms: Terms = _USUAL,
    **options: Any,
) -> Delivery:
    """Delivers to a server on this machine, with a clock that need not wait."""
    outbox = given if isinstance(given, MemoryOutbox | Recorded) else MemoryOutbox(given)
    transport = connect(endpoint(url, test=terms.test), patience=_QUICK)
    clock = (time or Time()).clock
    return deliver(outbox, destination, transport, terms=terms, clock=clock, **options)


def in_turn(*answers: bytes) -> Say:
    """The given answers, then success."""
    left = list(answers)
    return lambda heard: left.pop(0) if left else said(200, processed(heard))


def ids(server: Server) -> list[list[str]]:
    """The ids of the events of each request that a server heard."""
    return [[event["event_id"] for event in heard.events] for heard in server.heard]
