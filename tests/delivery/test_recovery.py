"""`mapper outbox recover`: what can be read of a damaged outbox is saved with what is known of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    DeadQuery,
    Feed,
    Move,
    Position,
    Settlement,
    Unmapped,
)
from mapper.values.safe_text import SafeText
from tests.support.command import call
from tests.support.depth import seeds

_NORTH, _SOUTH = Account("shop/events-v1", "north", recipient="n"), Account("shop/events-v1", "south")
_FEED = Feed(_NORTH, "orders", "/orders.ndjson", "orders.ndjson")
_AT = Position(90, 900, 7, 4, b"digest")
_BIG = 10**9


def _parcels(name: str, first: int, count: int) -> tuple[Parcel, ...]:
    return tuple(
        Parcel(0, "", line, 1000, f"{name}-{line}-{'x' * 500}".encode(), 60, line % 2 == 0)
        for line in range(first, first + count)
    )


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Two chunks of a file, with a request for the first, and a third; a dead letter of each stage."""
    path = tmp_path / "outbox"
    store = open_outbox(path)
    move = Move(_FEED, None, _AT)
    rejected = (Unmapped(88, "missing", SafeText("no id")),)
    store.put(Accepted(_NORTH, "v1", _parcels("a", 1, 30), rejected, move=move), 1)
    feed = store.feeds()[0].number
    store.put(Accepted(_NORTH, "v1", _parcels("b", 31, 30), feed=feed), 2)
    store.put(Accepted(_NORTH, "v1", _parcels("c", 61, 3), feed=feed), 3)
    store.put(Accepted(_SOUTH, "v2", _parcels("d", 1, 30)), 4)
    *_, third = store.claim(_NORTH, _BIG, _BIG, 5)
    ends = ("refused", "expired", "delivered")
    receipts = tuple(
        Receipt(parcel, status, "too_old" if status == "expired" else "")  # type: ignore[arg-type]  # from `ends`
        for parcel, status in zip(third.parcels, ends, strict=True)
    )
    store.settle([Settlement(third, receipts)], 6)
    store.close()
    store = open_outbox(path)
    store.begin(store.claim(_NORTH, 1, _BIG, 7))
    store.close()
    return path


def _seen(store: SqliteOutbox) -> list[tuple[str, str, int, int, int]]:
    chunks = [one for account in (_NORTH, _SOUTH) for one in store.claim(account, _BIG, _BIG, 9)]
    return [
        (one.account.name, one.feed, one.parcels[0].record, len(one.parcels), one.unanswered)
        for one in chunks
    ]


def _break(path: Path, text: bytes) -> None:
    content = path.read_bytes()
    assert content.count(text) == 1
    path.write_bytes(content.replace(text, text[::-1]))


def test_all_that_is_whole_is_saved_with_what_is_known_of_it(outbox: Path, tmp_path: Path) -> None:
    _break(outbox, b"b-40-")
    new = tmp_path / "saved"
    ran = call("outbox", "recover", "--outbox", outbox, "-o", new)
    assert ran.exit_code == 0
    assert (
        ran.stderr
        == "60 events and 3 dead letters saved; lost: 1 chunk of up to 1,000 events, 0 dead letters\n"
    )
    store = open_outbox(new)
    assert store.audit() == []
    assert _seen(store) == [("north", "orders.ndjson", 1, 30, 1), ("south", "", 1, 30, 0)]
    letters = [(one.stage, one.feed, one.record) for one in store.dead_letters(DeadQuery())]
    assert letters == [
        ("mapping", "orders.ndjson", 88),
        ("delivery", "orders.ndjson", 61),
        ("expired", "orders.ndjson", 62),
    ]
    # Its file is known by its first bytes, to map events anew; but it is not read on from where it was.
    assert (store.position(_FEED), [one.position for one in store.feeds()]) == (None, [_AT])
    store.close()


@pytest.mark.parametrize("seed", seeds(150, 40))
def test_whatever_is_damaged_what_is_saved_is_what_was_there(outbox: Path, tmp_path: Path, seed: int) -> None:
    store = open_outbox(outbox)
    whole = set(_seen(store))
    bodies = {one.body for account in (_NORTH, _SOUTH) for one in store.dead_letters(DeadQuery(account))}
    store.close()
    chance, content = random.Random(seed), bytearray(outbox.read_bytes())
    for _ in range(chance.choice((1, 10, 200))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    outbox.write_bytes(content[: len(content) if seed % 3 else chance.randrange(len(content))])
    new = tmp_path / "saved"
    ran = call("outbox", "recover", "--outbox", outbox, "-o", new)
    assert not [one for one in tmp_path.iterdir() if "damaged" in one.name]
    if ran.exit_code:
        assert (ran.exit_code, new.exists()) == (78, False)
        assert ran.stderr.startswith("mapper: ")
        return
    store = open_outbox(new)
    assert store.audit() == []
    known = {(one[2], one[3]) for one in whole}
    assert {(one[2], one[3]) for one in _seen(store)} <= known
    assert {one.body for one in store.dead_letters(DeadQuery())} <= bodies
    store.close()


def test_what_is_no_outbox_is_said_and_leaves_no_file(tmp_path: Path) -> None:
    text, new = tmp_path / "text", tmp_path / "saved"
    text.write_text("an order, say\n" * 1000)
    ran = call("outbox", "recover", "--outbox", text, "-o", new)
    assert (ran.exit_code, new.exists()) == (78, False)
    assert ran.stderr == f"mapper: nothing can be read of {text}\n"
