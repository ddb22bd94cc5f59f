"""The ledger of every store has each end of an event, from one transaction, and forgets it in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox import ledger
from mapper.delivery.outbox.ledger import key_digest, ledger_of
from mapper.delivery.outbox.search import DeadEvent, EndedEvent, Search, WaitingEvent
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    DeadQuery,
    LedgerEntry,
    Move,
    Position,
    SentRequest,
    Settlement,
)
from mapper.delivery.terms import Terms
from tests.delivery.deliveries import DESTINATION, answering, deliver_to, kept, processed, said
from tests.delivery.deliveries import parcels as payloads
from tests.delivery.stores import FEED, OTHER, SHOP, Open, Store, claim, settled
from tests.delivery.test_search import key_of, payloads_with

pytestmark = pytest.mark.quick

_DAY = 86_400.0
_SENT = SentRequest(3, 1_009.0, 200)


def _with_ledger(one: Settlement, sent: SentRequest = _SENT) -> Settlement:
    """A settlement with its lines, of which all payloads went in one request."""
    requests = dict.fromkeys([receipt.parcel.number for receipt in one.receipts], sent)
    return replace(one, ledger=ledger_of(one.receipts, requests, "event_id"))


def _entries(outbox: Store, *ids: str) -> list[LedgerEntry]:
    return [entry for one in ids for entry in outbox.ledger_entries(key_digest(one))]


def _deliver(outbox: Store, now: float, *ids: str, account: Account = SHOP) -> None:
    """Events are accepted, and delivered in a request ten seconds later."""
    outbox.put(Accepted(account, "v1", payloads_with(*ids)), now)
    for chunk in claim(outbox, account, now):
        one = settled(chunk, *["delivered"] * len(chunk.parcels))
        outbox.settle((_with_ledger(one, SentRequest(1, now + 9, 200)),), now + 10)


def test_each_end_is_kept_with_its_place_its_times_and_its_answer(store: Store) -> None:
    move = Move(FEED, None, Position(4, 9))
    store.put(Accepted(SHOP, "v7", payloads_with("a", "b", "c", "d"), move=move), 1_000)
    assert store.ledger_since() is None
    (chunk,) = claim(store)
    one = _with_ledger(settled(chunk, "delivered", "rejected", "too_old", "retry"))
    store.settle((one,), 1_010)
    (first,) = _entries(store, "a")
    assert first == LedgerEntry(
        SHOP, "v7", "orders.ndjson", 1, "delivered", 1_000, 1_009, 1_010, 200, first.request
    )
    second, third = _entries(store, "b", "c")
    assert [(entry.ending, entry.record, entry.request) for entry in (second, third)] == [
        ("rejected", 2, first.request),
        ("too_old", 3, first.request),
    ]
    assert _entries(store, "d", "e") == []
    assert store.ledger_since() == 1_010


def test_an_id_has_all_of_its_ends_in_their_order(opened: Open) -> None:
    first = opened()
    _deliver(first, 1_000, "a", "a")
    _deliver(first, 2_000, "a", account=OTHER)
    _deliver(first, 3_000, "a")
    found = _entries(opened(), "a")
    assert [(one.account, one.ended_at, one.record) for one in found] == [
        (SHOP, 1_010, 1),
        (SHOP, 1_010, 2),
        (OTHER, 2_010, 1),
        (SHOP, 3_010, 1),
    ]
    assert len({one.request for one in found}) == 3


def test_what_could_not_be_settled_is_not_in_the_ledger(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", payloads_with("a")), 1_000)
    (chunk,) = claim(store)
    good = _with_ledger(settled(chunk, "delivered"))
    gone = replace(good, chunk=replace(chunk, number=chunk.number + 1))
    with pytest.raises(Exception, match="is gone"):
        store.settle((good, gone), 1_010)
    assert (_entries(store, "a"), store.ledger_since()) == ([], None)
    assert store.status()[0].counts.pending == 1


def test_an_event_is_found_in_the_ledger_and_a_letter_has_its_answer(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", payloads_with("a", "b", "c")), 1_000)
    (chunk,) = claim(store)
    store.settle((_with_ledger(settled(chunk, "delivered", "rejected", "retry")),), 1_010)
    waiting, dead, ended = _look(store, "a", "b", "c")
    assert isinstance(waiting, WaitingEvent)
    assert isinstance(dead, DeadEvent)
    assert isinstance(ended, EndedEvent)
    assert (waiting.event_id, dead.event_id, ended.event_id) == ("c", "b", "a")
    assert dead.entry is not None
    assert (dead.entry.status, dead.entry.ending) == (200, "rejected")
    store.purge(DeadQuery())
    assert [type(one) for one in _look(store, "b")] == [EndedEvent]


def _look(outbox: Store, *ids: str) -> list[object]:
    return list(Search(outbox, ids, key_of).run())


def test_what_is_old_is_forgotten_in_small_steps_and_no_more(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger, "PART_ENDS", 4)
    for day in range(6):
        _deliver(store, day * _DAY + 1_000, *(f"{day}-{number}" for number in range(5)))
    steps = list(_steps(store, 3 * _DAY + 1_000, 2))
    assert all(step <= 2 for step in steps)
    assert _entries(store, *(f"{day}-{number}" for day in range(3) for number in range(5))) == []
    kept_ones = [f"{day}-{number}" for day in range(3, 6) for number in range(5)]
    assert len(_entries(store, *kept_ones)) == len(kept_ones)
    assert store.ledger_since() == 3 * _DAY + 1_010


def _steps(outbox: Store, until: float, most: int) -> Iterator[int]:
    while step := outbox.prune_ledger(until, most):
        yield step


def test_the_ledger_does_not_count_as_space_that_is_used(tmp_path_factory: pytest.TempPathFactory) -> None:
    from mapper.delivery.outbox.sqlite import open_outbox

    path = tmp_path_factory.mktemp("ledger") / "x.outbox"
    outbox: SqliteOutbox = open_outbox(path)
    empty = outbox.used_bytes()
    for turn in range(20):
        _deliver(outbox, 1_000 + turn, *(f"{turn}-{number}" for number in range(1_000)))
    outbox.close()
    outbox = open_outbox(path)
    assert path.stat().st_size > 20_000 * 20
    assert outbox.used_bytes() - empty < 200_000
    outbox.close()


@pytest.mark.parametrize("days", [0, 30])
def test_a_delivery_keeps_a_ledger_only_if_it_is_asked_for(days: int) -> None:
    outbox = kept(payloads(3))
    with answering(lambda heard: said(200, processed(heard))) as server:
        deliver_to(server.url, outbox, terms=Terms(ledger_days=days))
    found = outbox.ledger_entries(key_digest("e-1"))
    assert [(one.ending, one.status, one.record) for one in found] == [("delivered", 200, 2)] * bool(days)


def test_a_delivery_forgets_what_was_kept_for_so_many_days() -> None:
    outbox = kept(payloads(3))
    _deliver(outbox, 1_000, "old", account=OTHER)
    with answering(lambda heard: said(200, processed(heard))) as server:
        deliver_to(server.url, outbox, terms=Terms(ledger_days=30))
    assert outbox.ledger_entries(key_digest("old")) == ()
    assert len(outbox.ledger_entries(key_digest("e-0"))) == 1


def test_the_ledger_knows_an_id_by_the_field_that_the_destination_names() -> None:
    (parcel,) = payloads(1)
    (request,) = ledger_of([Receipt(parcel, "delivered")], {}, DESTINATION.key)
    assert [digest for digest, _, _ in request.ends] == [key_digest("e-0")]
    assert ledger_of([Receipt(parcel, "delivered")], {}, "order_id") == ()
