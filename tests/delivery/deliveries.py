"""What the tests of delivery stand on: the destination, payloads, a clock, a server told what to say."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import mapper
from mapper.delivery.batch import Parcel, Receipt, parcel_of
from mapper.delivery.clock import Clock
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.delivery import Feeding, Hearing, Way, deliver
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account, Feed, Move, Outbox, Position
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.summary import Delivery
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from mapper.values.safe_text import SafeText
from mapper.values.types import Json
from tests.support.memory_outbox import MemoryOutbox

_TARGET = "pinterest/conversions-v5"
DESTINATION = mapper.destination(_TARGET)
validate = mapper.validator(_TARGET)
NOW = 1_790_000_000
CANARY = "pina_canary-0123456789"
CREDENTIALS = Credentials({"token": Secret(CANARY), "account": Secret("549755885175")})
RAMPED_DOWN: Json = {"code": 4197, "message": "The endpoint has been ramped down."}
TOO_MANY: Json = {"code": 8, "message": "This request exceeded a rate limit."}
_USUAL = Terms()


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
        made = parcel_of(payload(number, **fields), "shop.ndjson", number + 1, destination)
        yield replace(made, number=number)


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


def free_port() -> int:
    """A port of this machine that nobody listens on: one server after another may, at the same address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def answering(say: Say, port: int = 0) -> Iterator[Server]:
    """A server on loopback that answers each request with the bytes `say` gives, or lets it act itself."""
    listener = socket.create_server(("127.0.0.1", port))
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


SHOP = Account("shop/events-v1")
_ALL = 10**9


def kept(given: Iterable[Parcel], most: int = 1000) -> SqliteOutbox:
    """An outbox in which parcels wait, in chunks of so many."""
    outbox, left, position = MemoryOutbox(), iter(given), None
    while part := tuple(islice(left, most)):
        end = Position(part[-1].record)
        move = Move(Feed(SHOP, "orders", "/shop.ndjson", part[0].feed), position, end)
        outbox.put(Accepted(SHOP, "v1", part, move=move), NOW)
        position = end
    return outbox


def waiting(outbox: Outbox) -> list[str]:
    """The ids of all that still waits and is not claimed, in order."""
    found: list[Parcel] = []
    while chunks := outbox.claim(SHOP, _ALL, _ALL, float("inf")):
        found += [parcel for chunk in chunks for parcel in chunk.parcels]
    return [id_of(parcel) for parcel in sorted(found, key=lambda parcel: parcel.record)]


def id_of(parcel: Parcel) -> str:
    """The id of a parcel's event."""
    found: str = json.loads(parcel.body)["event_id"]
    return found


def deliver_to(
    url: str,
    given: Iterable[Parcel] | SqliteOutbox,
    *,
    time: Time | None = None,
    destination: Destination = DESTINATION,
    terms: Terms = _USUAL,
    told: Callable[[tuple[Receipt, ...]], None] = lambda receipts: None,
    say: Callable[[SafeText], None] = lambda line: None,
    stop: threading.Event | None = None,
    feeding: Feeding | None = None,
) -> Delivery:
    """Delivers to a server on this machine, with a clock that need not wait; a chunk is a request."""
    most = terms.limits(destination).events
    outbox = given if isinstance(given, SqliteOutbox) else kept(given, most)
    transport = connect(endpoint(url, test=terms.test))
    way = Way(SHOP, destination, transport, terms, (time or Time()).clock)
    more = {} if feeding is None else {"feeding": feeding}
    return deliver(StoreThread(outbox, None), way, stop=stop, hearing=Hearing(told, say), **more)


def in_turn(*answers: bytes) -> Say:
    """The given answers, then success."""
    left = list(answers)
    return lambda heard: left.pop(0) if left else said(200, processed(heard))


def ids(server: Server) -> list[list[str]]:
    """The ids of the events of each request that a server heard."""
    return [[event["event_id"] for event in heard.events] for heard in server.heard]
