"""What the matrix of faults stands on: a sandbox that fails by a plan, behind TLS, and deliveries to it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from anyio.from_thread import start_blocking_portal

from mapper.delivery.batch import Parcel
from mapper.delivery.delivery import Way, deliver
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, DeadQuery
from mapper.delivery.outbox.store_thread import in_a_thread
from mapper.delivery.sandbox_faults import Fault
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.delivery.summary import Delivery
from mapper.delivery.terms import Terms
from mapper.delivery.transport import Patience, connect
from tests.delivery.deliveries import DESTINATION, NOW, SHOP, Time, endpoint, validate

# Long enough for a busy machine; and short, for services that hang.
PATIENCE = Patience(read=20, whole=30)
SHORT = Patience(read=2, whole=3)
_USUAL = Terms()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on what comes, and then how it ended."""
    try:
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
    except OSError:
        with suppress(OSError):
            sink.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        sink.transport.abort()


@contextmanager
def before(port: int, authority: trustme.CA, name: str = "127.0.0.1") -> Iterator[int]:
    """A port on which TLS is spoken, before a plain one: what happens to a connection there happens here.

    One thread does it all: a TLS connection that two threads read, write and close may write to the next one.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)

    async def greet(outside: asyncio.StreamReader, to_outside: asyncio.StreamWriter) -> None:
        try:
            inside, to_inside = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            to_outside.transport.abort()
            return
        ways = {
            asyncio.create_task(_pass_on(outside, to_inside)),
            asyncio.create_task(_pass_on(inside, to_outside)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        to_inside.close()
        to_outside.close()
        await asyncio.wait(ways)

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=1)

    with start_blocking_portal() as portal:
        server = portal.call(listen)
        yield server.sockets[0].getsockname()[1]
        portal.call(server.close)


def _in_turn(plan: Sequence[str]) -> tuple[list[Fault], Callable[[], float]]:
    """The faults of a sandbox whose requests fail by a plan, one after the other, and then no more."""
    names = [*dict.fromkeys(plan)]
    share = 1 / (len(names) + 1)
    left = [(names.index(one) + 0.5) * share for one in plan]
    return [Fault(name, share) for name in names], lambda: left.pop(0) if left else 1.0


@dataclass
class Seen:
    """What became of all payloads: in the outbox, in the delivery, and at the service. why: what was told."""

    delivered: int
    dead: dict[str, int]
    expired: int
    pending: int
    copies: int
    status: int
    requests: int = 0
    why: str = field(default="", compare=False)


@dataclass
class Ground:
    """An outbox on the disk, and a service behind TLS, whose clock is that of who sends."""

    folder: Path
    authority: trustme.CA
    time: Time = field(default_factory=Time)
    ledger: Ledger = field(default_factory=Ledger)
    skew: float = 0.0

    @contextmanager
    def sandbox(self, plan: Sequence[str] = (), destination: Destination = DESTINATION) -> Iterator[str]:
        """A sandbox that fails by a plan; its address."""
        faults, chance = _in_turn(plan)
        app = sandbox_app(
            destination,
            validate,
            now=lambda: self.time.now + self.skew,
            faults=faults,
            chance=chance,
            ledger=self.ledger,
        )
        with serve(app) as url, self.secured(url) as address:
            yield address

    @contextmanager
    def secured(self, url: str, name: str = "127.0.0.1") -> Iterator[str]:
        """The address by TLS of a plain one."""
        port = int(url.split(":")[2].split("/")[0])
        with before(port, self.authority, name) as secure:
            yield f"https://127.0.0.1:{secure}/v5"

    def accept(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels into the outbox."""
        store = open_outbox(self.folder / "outbox")
        store.put(Accepted(SHOP, "v1", tuple(parcels)), NOW)
        store.close()

    def deliver(self, url: str, terms: Terms = _USUAL, patience: Patience = PATIENCE) -> Seen:
        """Deliver what waits, and see what became of all."""
        store = in_a_thread(open_outbox(self.folder / "outbox"))
        way = Way(SHOP, DESTINATION, connect(endpoint(url), patience=patience), terms, self.time.clock)
        try:
            return self._seen(deliver(store, way))
        finally:
            store.close()

    def _seen(self, delivery: Delivery) -> Seen:
        store = open_outbox(self.folder / "outbox")
        assert store.audit() == []
        [status] = store.status()
        letters = Counter(one.kind for one in store.dead_letters(DeadQuery()) if one.stage != "expired")
        counts: Any = status.counts
        store.close()
        return Seen(
            counts.delivered,
            dict(letters),
            counts.expired,
            counts.pending,
            delivery.possible_duplicates,
            int(delivery.exit_status),
            delivery.attempts,
            f"{delivery.failure or delivery.stopped}",
        )
