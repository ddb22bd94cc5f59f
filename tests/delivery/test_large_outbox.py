"""An outbox in which much waits and much is dead: its memory does not grow, nor the work for a claim."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mapper.delivery.outbox import sqlite
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import (
    Accepted,
    DeadQuery,
    Feed,
    LetterTotals,
    Move,
    Position,
    Unmapped,
)
from mapper.values.safe_text import SafeText
from tests.delivery.stores import ALL, FEED, OTHER, SHOP, Store, accepted, claim, parcels, settled
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick

_FEW, _MANY = 300, 3_000
_READS: dict[str, Callable[[SqliteOutbox], Any]] = {
    "claim": lambda store: store.claim(SHOP, 10, ALL, 0),
    "backlog": lambda store: store.backlog(SHOP, 10, ALL, 0),
    "status": lambda store: store.status(),
    "versions": lambda store: store.waiting_versions(),
    "counts of letters": lambda store: store.letter_counts(),
    "totals of letters": lambda store: store.letter_totals(DeadQuery()),
    "letters": lambda store: deque(store.dead_letters(DeadQuery()), 0),
}
_WRITES: dict[str, Callable[[SqliteOutbox], Any]] = {
    "retry": lambda store: store.retry(DeadQuery(kind="rejected"), 1),
    "purge": lambda store: store.purge(DeadQuery()),
    "restored": lambda store: store.mark_restored(),
}


def _filled(count: int) -> SqliteOutbox:
    """An outbox with as many chunks that wait as dead letters."""
    store = MemoryOutbox()
    store.put(accepted(*map(str, range(count))), 0)
    for chunk in store.claim(SHOP, ALL, ALL, 0):
        store.settle([settled(chunk, *(["rejected", "doubtful"] * count)[: len(chunk.parcels)])], 0)
    for number in range(count):
        store.put(Accepted(SHOP, "v1", parcels(str(number))), 0)
    return store


@cache
def _kept(count: int) -> SqliteOutbox:
    return _filled(count)


def _memory(work: Callable[[SqliteOutbox], Any], store: SqliteOutbox) -> int:
    """The most bytes that some work holds of Python's."""
    gc.collect()
    gc.freeze()  # what is there need not be looked through each time; conftest.py does so too, for good
    before = gc.get_threshold()
    gc.set_threshold(50, 1, 1)  # what is garbage by now is not counted
    tracemalloc.start()
    try:
        work(store)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*before)


@pytest.mark.parametrize("name", [*_READS, *_WRITES])
def test_no_command_holds_more_in_memory_for_more_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LETTERS_AT_ONCE", 50)
    work, make = (_READS[name], _kept) if name in _READS else (_WRITES[name], _filled)
    work(make(_FEW))  # so that nothing is measured that is made once
    few, many = (_memory(work, make(count)) for count in (_FEW, _MANY))
    # All numbers of the rows, or the rows, take a hundred thousand bytes and more.
    assert many <= 1.2 * few + 16_384, (few, many)


@pytest.mark.parametrize("name", ["claim", "backlog"])
def test_what_a_courier_asks_for_each_request_takes_no_more_work_for_more_rows(name: str) -> None:
    few, many = (_steps(_READS[name], _kept(count)) for count in (_FEW, _MANY))
    assert many <= 1.1 * few, (few, many)


def _steps(work: Callable[[SqliteOutbox], Any], store: SqliteOutbox) -> int:
    """How many steps of SQLite's machine some work takes, in tens."""
    count = 0

    def seen() -> None:
        nonlocal count
        count += 1

    work(store)  # what is looked up once
    store._connection.set_progress_handler(seen, 10)
    try:
        work(store)
    finally:
        store._connection.set_progress_handler(None, 0)
    return count


_HTTP = Feed(SHOP, "orders", "serve:/orders", "serve:/orders")


def _rejected(feed: Feed, record: int, sealed: bytes = b"") -> Accepted:
    rejected = (Unmapped(record, "invalid", SafeText("user_data: is required"), sealed),)
    return Accepted(SHOP, "v1", (), rejected, move=Move(feed, None, Position(record, record)))


def test_letters_are_counted_by_what_can_be_done_with_them(store: Store) -> None:
    store.put(accepted("a", "b", move=Move(FEED, None, Position(2, 2))), 0)
    store.put(accepted("c", account=OTHER), 0)
    store.settle([settled(claim(store)[0], "rejected", "too_old")], 10)
    store.settle([settled(claim(store, OTHER)[0], "invalid")], 20)
    assert store.letter_totals(DeadQuery()) == LetterTotals(3, 0, 0, 0)
    other = Feed(SHOP, "orders", "/data/more.ndjson", "more.ndjson")
    for given in (_rejected(other, 3), _rejected(_HTTP, 4, b"sealed")):
        store.put(given, 30)
    third = Feed(SHOP, "orders", "serve:/more", "serve:/more")
    store.put(_rejected(third, 5), 30)
    assert store.letter_totals(DeadQuery()) == LetterTotals(6, 1, 1, 1)
    assert store.letter_totals(DeadQuery(stage="mapping")) == LetterTotals(3, 1, 1, 1)
    assert store.letter_totals(DeadQuery(account=OTHER)) == LetterTotals(1, 0, 0, 0)
    assert store.letter_totals(DeadQuery(until=15)) == LetterTotals(2, 0, 0, 0)
