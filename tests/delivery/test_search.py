"""An event is found by its id wherever an outbox has it, in every store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.search import DeadEvent, Search, WaitingEvent
from mapper.delivery.outbox.store import Accepted, DeadQuery, Move, Position, Unmapped
from mapper.runtime.decode import encode
from mapper.values.safe_text import SafeText
from tests.delivery.stores import FEED, OTHER, SHOP, Store, claim, settled
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick


def key_of(destination: str) -> str | None:
    return "event_id" if destination == SHOP.destination else None


def payloads_with(*ids: Any) -> tuple[Parcel, ...]:
    bodies = [encode({"name": "x", **({} if one is None else {"event_id": one})}) for one in ids]
    return tuple(Parcel(0, "", line, 1000, body, 60) for line, body in enumerate(bodies, 1))


def _find(outbox: Store, *ids: str, key: Callable[[str], str | None] = key_of) -> tuple[Search, list[Any]]:
    search = Search(outbox, ids, key)
    return search, list(search.run())


def test_what_waits_is_listed_with_what_became_of_its_last_request(store: Store) -> None:
    store.put(Accepted(SHOP, "v7", payloads_with("a", "b"), move=Move(FEED, None, Position(2, 9))), now=5)
    store.put(Accepted(OTHER, "v8", payloads_with("c")), now=6)
    (chunk,) = claim(store)
    later = settled(
        chunk, "delivered", "retry", failures=2, failing_since=7, due=70, unanswered=1, tried_at=9
    )
    receipts = (later.receipts[0], replace(later.receipts[1], reason=SafeText("no answer")))
    store.settle((replace(later, receipts=receipts),), 10)
    first, second = store.waiting()
    assert (first.account, first.version, first.feed, first.accepted_at) == (SHOP, "v7", "orders.ndjson", 5)
    assert [one.record for one in first.parcels] == [2]
    assert (first.failures, first.failing_since, first.due, first.unanswered) == (2, 7, 70, 1)
    assert (first.tried_at, first.reason) == (9, "no answer")
    assert (second.account, second.tried_at, second.reason) == (OTHER, 0, "")


def test_what_is_claimed_waits_still(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", payloads_with("a")), now=5)
    chunks = claim(store)
    store.begin(chunks)
    assert [(one.number, one.unanswered) for one in store.waiting()] == [(chunks[0].number, 1)]


def test_many_chunks_are_listed_each_once_and_oldest_first(store: Store) -> None:
    for number in range(25):
        store.put(Accepted(SHOP, "v1", payloads_with(f"e-{number}")), now=number)
    assert [one.accepted_at for one in store.waiting()] == list(range(25))


def test_an_event_is_found_where_it_waits_and_where_it_died(store: Store) -> None:
    rejected = (Unmapped(9, "missing", SafeText("no id")),)
    store.put(Accepted(SHOP, "v1", payloads_with("a", "b", "c"), rejected), 5)
    (chunk,) = claim(store)
    store.settle((settled(chunk, "rejected", "delivered", "retry"),), 8)
    search, found = _find(store, "a", "b", "c", "d")
    waiting, dead = found
    assert isinstance(waiting, WaitingEvent)
    assert isinstance(dead, DeadEvent)
    assert (waiting.event_id, waiting.parcel.record) == ("c", 3)
    assert (dead.event_id, dead.letter.record, dead.letter.died_at) == ("a", 1, 8)
    assert search.found == {"a", "c"}
    assert (search.waiting, search.dead, search.nameless, search.unread) == (1, 2, 1, set())


@pytest.mark.parametrize(
    ("event_id", "asked", "is_found"),
    [
        ("mc-7", "mc-7", True),
        ("mc-70", "mc-7", False),
        ("x", "mc-7", False),
        (7, "7", True),
        (17, "7", False),
        ('Bestellung Ä\n"7"', 'Bestellung Ä\n"7"', True),
        (None, "x", False),
    ],
)
def test_only_the_whole_id_is_found(event_id: Any, asked: str, is_found: bool) -> None:

    outbox = MemoryOutbox()
    outbox.put(Accepted(SHOP, "v1", payloads_with(event_id)), 5)
    assert [one.event_id for one in _find(outbox, asked)[1]] == [asked] * is_found


def test_events_whose_field_of_ids_is_unknown_are_named_by_their_destination(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", payloads_with("a")), 5)
    search, found = _find(store, "a", key=lambda destination: None)
    assert (found, search.unread) == ([], {SHOP.destination})


def test_what_a_retry_lets_wait_again_during_a_search_is_found(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", payloads_with("a")), 5)
    (chunk,) = claim(store)
    store.settle((settled(chunk, "rejected"),), 8)
    search = Search(store, ("a",), key_of)
    search.outbox = _Retrying(store)  # type: ignore[assignment]  # as much of an outbox as is asked for
    assert [type(one) for one in search.run()] == [WaitingEvent]


class _Retrying:
    """An outbox in which letters are sent again after what waits was looked at."""

    def __init__(self, outbox: Store) -> None:
        self._outbox, self.waiting = outbox, outbox.waiting
        self.ledger_since, self.ledger_entries = outbox.ledger_since, outbox.ledger_entries

    def dead_letters(self, query: DeadQuery) -> Any:
        self._outbox.retry(query, 9)
        return self._outbox.dead_letters(query)


def test_the_versions_are_told_of_the_mappings_that_made_what_waits(store: Store) -> None:
    for account, version, count in ((SHOP, "v2", 2), (OTHER, "v1", 1), (SHOP, "v1", 3), (SHOP, "v2", 1)):
        store.put(Accepted(account, version, payloads_with(*"abc"[:count])), 5)
    found = [(one.account, one.version, one.count) for one in store.waiting_versions()]
    assert found == [(SHOP, "v1", 3), (SHOP, "v2", 3), (OTHER, "v1", 1)]
