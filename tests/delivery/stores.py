"""The stores that an outbox can be, and what tests put into them, claim and settle."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.batch import Parcel, Receipt, ReceiptKind
from mapper.delivery.outbox.erasure import Fate
from mapper.delivery.outbox.postgres import PostgresOutbox, open_postgres
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Chunk, Feed, Settlement
from mapper.values.safe_text import SafeText
from tests.support.memory_outbox import StaysOpen

SHOP, OTHER = Account("shop/events-v1"), Account("shop/events-v1", "other")
FEED = Feed(SHOP, "orders", "/data/orders.ndjson", "orders.ndjson")
ALL = 10**9
Store = SqliteOutbox | PostgresOutbox
Open = Callable[[], Store]
STORES = ["memory", "sqlite", "postgres", "postgres through a pooler"]


def opener_of(kind: str, folder: Path, request: pytest.FixtureRequest) -> Open:
    """Opens a store that is empty at first; the one in memory is always the same one."""
    if kind == "memory":
        memory = StaysOpen()
        return lambda: memory
    if kind == "sqlite":
        return lambda: open_outbox(folder / "state" / "outbox.db")
    address = request.getfixturevalue("postgres_address" if kind == "postgres" else "pooled_address")
    return lambda: open_postgres(address)


def parcels(*names: str) -> tuple[Parcel, ...]:
    """Payloads with these bodies, from lines 1 up."""
    return tuple(Parcel(0, "", line, 1000 + line, name.encode(), 60) for line, name in enumerate(names, 1))


def accepted(*names: str, account: Account = SHOP, **more: Any) -> Accepted:
    return Accepted(account, "v1", parcels(*names), **more)


def bodies(chunks: tuple[Chunk, ...]) -> list[str]:
    return [parcel.body.decode() for chunk in chunks for parcel in chunk.parcels]


def settled(chunk: Chunk, *statuses: str, **more: Any) -> Settlement:
    """A settlement by a status for each parcel; `too_old` and other kinds are refused ones."""
    receipts = []
    for parcel, status in zip(chunk.parcels, statuses, strict=True):
        if status in ("delivered", "erased", "retry"):
            receipts.append(Receipt(parcel, status))  # type: ignore[arg-type]  # one of these
        else:
            kind: ReceiptKind = status  # type: ignore[assignment]  # all others are kinds
            receipts.append(
                Receipt(
                    parcel,
                    "expired" if kind == "too_old" else "refused",
                    kind,
                    SafeText("because of {}", SafeText.known(status)),
                )
            )
    return Settlement(chunk, tuple(receipts), **more)


def claim(store: Store, account: Account = SHOP, now: float = 0, events: int = ALL) -> tuple[Chunk, ...]:
    return store.claim(account, events, ALL, now)


@dataclass(frozen=True)
class Wanted:
    """A judge who erases the payloads with these bodies, and the encrypted events with these texts.

    closed: what it cannot look into. drops: it takes that away.
    """

    bodies: Collection[str] = ()
    sealed: Collection[bytes] = ()
    closed: Collection[bytes] = ()
    drops: bool = False

    def finds(self, content: bytes) -> bool:
        return any(one.encode() in content for one in self.bodies)

    def fate(self, body: bytes, sealed: bytes) -> Fate:
        if body.decode() in self.bodies or (sealed and sealed in self.sealed):
            return "erase"
        if sealed in self.closed:
            return "unseal" if self.drops else "unread"
        return "keep"


def counts(store: Store, account: Account = SHOP) -> dict[str, int]:
    """The counts of an account that are not 0."""
    found = next(one.counts for one in store.status() if one.account == account)
    names = ("accepted", "pending", "delivered", "dead", "expired", "purged", "skipped", "copies", "erased")
    return {name: getattr(found, name) for name in names if getattr(found, name)}
