"""What every outbox keeps: nothing that is accepted is lost, and each payload has one end."""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mapper.delivery.outbox import outbox_tables, postgres, sqlite
from mapper.delivery.outbox.erasure import ErasureOrder, erase_all
from mapper.delivery.outbox.monitor import state_of
from mapper.delivery.outbox.outbox_errors import (
    AccountTaken,
    AlreadyAccepted,
    Damaged,
    OutboxError,
    PositionMoved,
)
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    Chunk,
    DeadQuery,
    Feed,
    Health,
    Move,
    Position,
    Unmapped,
)
from mapper.delivery.outbox_metrics import Delivering, write_metrics
from mapper.values.safe_text import SafeText
from tests.delivery.stores import (
    ALL,
    FEED,
    OTHER,
    SHOP,
    STORES,
    Open,
    Store,
    Wanted,
    accepted,
    bodies,
    claim,
    counts,
    opener_of,
    parcels,
    settled,
)
from tests.support.depth import examples

pytestmark = pytest.mark.quick

_X = SafeText("x")


def test_what_is_accepted_waits_until_it_is_claimed_and_comes_out_as_it_went_in(store: Store) -> None:
    given = parcels("a", "b\xe9")
    store.put(Accepted(SHOP, "v7", given, move=Move(FEED, None, Position(2, 9))), now=5)
    (chunk,) = claim(store)
    assert (chunk.account, chunk.version, chunk.feed, chunk.accepted_at) == (SHOP, "v7", "orders.ndjson", 5)
    assert [(one.place, one.time, one.body, one.past_seconds) for one in chunk.parcels] == [
        ("orders.ndjson:1", 1001, b"a", 60),
        ("orders.ndjson:2", 1002, "b\xe9".encode(), 60),
    ]
    assert claim(store) == ()


def test_parcels_that_are_claimed_together_have_different_numbers(store: Store) -> None:
    store.put(accepted("a", "b"), 0)
    store.put(accepted("c"), 0)
    assert [one.number for chunk in claim(store) for one in chunk.parcels] == [0, 1, 2]


def test_the_oldest_are_claimed_first_and_no_more_than_is_asked_for(store: Store) -> None:
    for name in "abc":
        store.put(accepted(name, name), 0)
    assert bodies(claim(store, events=3)) == ["a", "a"]
    assert bodies(claim(store, events=4)) == ["b", "b", "c", "c"]


def test_a_chunk_that_failed_is_claimed_alone(store: Store) -> None:
    for name in "abc":
        store.put(accepted(name), 0)
    first, second, third = claim(store)
    store.settle([settled(first, "retry"), settled(second, "retry", failures=1), settled(third, "retry")], 0)
    assert [bodies(claim(store)) for _ in range(4)] == [["a"], ["b"], ["c"], []]


def test_a_chunk_that_is_too_large_is_claimed_alone(store: Store) -> None:
    store.put(accepted("aaaa"), 0)
    store.put(accepted("b"), 0)
    assert bodies(store.claim(SHOP, 10, 2, 0)) == ["aaaa"]


def test_an_account_sees_only_its_own(store: Store) -> None:
    store.put(accepted("a"), 0)
    store.put(accepted("b", account=OTHER), 0)
    assert bodies(claim(store, OTHER)) == ["b"]
    assert counts(store) == {"accepted": 1, "pending": 1}
    test_mode = Account(SHOP.destination, SHOP.name, test=True)
    assert claim(store, test_mode) == ()


def test_what_was_claimed_and_never_settled_waits_again_when_the_store_is_opened_anew(opened: Open) -> None:
    first = opened()
    first.put(accepted("a"), 0)
    claim(first)
    first.close()
    assert bodies(claim(opened())) == ["a"]


def test_each_end_is_counted_and_only_what_is_to_be_tried_again_waits(store: Store) -> None:
    store.put(accepted("a", "b", "c", "d"), 0)
    (chunk,) = claim(store)
    store.settle(
        [settled(chunk, "delivered", "rejected", "too_old", "retry", failures=2, due=9, copies=1)], 3
    )
    ends = {"pending": 1, "delivered": 1, "dead": 1, "expired": 1, "copies": 1}
    assert counts(store) == {"accepted": 4} | ends
    assert claim(store, now=8) == ()
    (left,) = claim(store, now=9)
    assert (bodies((left,)), left.failures, left.due) == (["d"], 2, 9)


def test_a_chunk_remembers_that_a_request_may_have_delivered_it(store: Store) -> None:
    store.put(accepted("a"), 0)
    (chunk,) = claim(store)
    store.settle([settled(chunk, "retry", failures=1, failing_since=7, unanswered=2)], 8)
    (again,) = claim(store)
    assert (again.failures, again.failing_since, again.unanswered) == (1, 7, 2)


def test_a_chunk_that_was_begun_and_never_settled_may_have_been_delivered(opened: Open) -> None:
    store = opened()
    store.put(accepted("a"), 0)
    store.put(accepted("b"), 0)
    for killed in range(3):
        first, second = claim(store)
        assert (first.unanswered, second.unanswered) == (killed, 0)
        store.begin([first])
        store.close()
        store = opened()
    first, second = claim(store)
    store.settle([settled(first, "retry", unanswered=first.unanswered), settled(second, "retry")], 0)
    store.close()
    store = opened()
    assert [one.unanswered for one in claim(store)] == [3, 0]


def test_several_claims_are_settled_together_or_not_at_all(store: Store) -> None:
    store.put(accepted("a"), 0)
    store.put(accepted("b"), 0)
    one, other = claim(store)
    store.settle([settled(one, "delivered")], 0)
    with pytest.raises(Damaged):
        store.settle([settled(other, "delivered"), settled(one, "delivered")], 0)
    assert counts(store) == {"accepted": 2, "pending": 1, "delivered": 1}


def test_how_an_account_goes_is_kept_beside_the_chunks_that_fail_alone(opened: Open) -> None:
    def failing(store: Store) -> tuple[int, float, str, float]:
        (one,) = store.status()
        return one.failing, one.failing_since, one.failing_reason, one.skew_seconds

    store = opened()
    for name in "abc":
        store.put(accepted(name, name), 0)
    first, second, third = claim(store)
    store.settle([settled(first, "delivered", "retry", failures=2, failing_since=7)], 8)
    assert failing(store) == (1, 7, "", 0)
    store.settle([settled(second, "retry", "retry")], 9, Health(SHOP, 8.5, _X, -400.0))
    assert failing(store) == (5, 7, "x", -400)
    store.settle([settled(third, "retry", "retry")], 10)
    store.close()
    store = opened()
    assert failing(store) == (5, 7, "x", -400)
    store.settle(
        [settled(one, *["delivered"] * len(one.parcels)) for one in claim(store)[:1]], 11, Health(SHOP)
    )
    assert failing(store) == (0, 0, "", 0)
    left = [one for _ in range(2) for one in claim(store)]
    store.settle([settled(one, "delivered", "delivered") for one in left], 12, Health(SHOP, 11, _X))
    assert failing(store) == (0, 0, "", 0)


def test_all_that_waits_for_its_time_is_released_at_once(store: Store) -> None:
    for name in "abc":
        store.put(accepted(name), 5)
    with store.own(SHOP):
        failed, held, _ = claim(store)
        store.settle([settled(failed, "retry", failures=1, failing_since=5.0, due=900.0)], 6)
        store.settle([settled(held, "retry", due=800.0)], 6)
        assert claim(store, now=7) == ()
        assert (store.release(SHOP), store.release(SHOP), store.release(OTHER)) == (2, 0, 0)
        assert [bodies(claim(store, now=7)) for _ in range(3)] == [["a"], ["b"], []]


def test_what_waits_for_its_own_time_is_not_the_oldest(store: Store) -> None:
    store.put(accepted("a"), 5)
    store.put(accepted("b"), 6)
    with store.own(SHOP):
        (scheduled, other) = claim(store)
        store.settle([settled(scheduled, "retry", due=900.0), settled(other, "retry")], 7)
        assert [one.oldest for one in store.status()] == [6]
        (other,) = claim(store, now=7)
        store.settle([settled(other, "delivered")], 8)
        assert [(one.oldest, one.counts.pending) for one in store.status()] == [(0, 1)]


def test_deliveries_that_are_remembered_take_none_of_the_room(store: Store) -> None:
    digests = [number.to_bytes(16, "big") for number in range(20_000)]
    store.put(accepted("a", deliveries=tuple(digests)), 5)
    (chunk,) = claim(store)
    store.settle([settled(chunk, "delivered")], 6)
    assert store.used_bytes() < 200_000
    assert store.known_deliveries(SHOP, digests[-2:], 7) == set(digests[-2:])


def test_what_waits_in_a_restored_outbox_may_have_been_delivered(store: Store) -> None:
    for name in "ab":
        store.put(accepted(name), 5)
    store.put(accepted("c", account=OTHER), 5)
    assert store.mark_restored() == 3
    assert [one.unanswered for one in (*claim(store), *claim(store, OTHER))] == [1, 1, 1]


def test_times_in_the_future_are_a_fault_of_a_clock(store: Store) -> None:
    store.put(accepted("a"), 5000)
    (status,) = store.status()
    assert [status.clock_fault_seconds(now) for now in (1400, 4939, 4941, 6000)] == [3600, 61, 0, 0]


def test_a_backlog_says_what_is_due_since_when_and_when_more_will_be(store: Store) -> None:
    for now, name in enumerate("abc", 10):
        store.put(accepted(name), now)
    first, second, _ = claim(store)
    store.settle([settled(first, "retry", due=50), settled(second, "retry", due=40)], 0)
    assert store.backlog(SHOP, ALL, ALL, 20).next_due == 40
    assert store.backlog(SHOP, ALL, ALL, 20).events == 0
    due = store.backlog(SHOP, ALL, ALL, 60)
    assert (due.events, due.bytes, due.oldest, due.next_due) == (2, 2, 10, None)


def test_a_feed_moves_on_only_from_where_it_is(store: Store) -> None:
    start, end = Position(1, 10, 7, 4, b"x"), Position(2, 20, 7, 4, b"x", True, "2026-05-01T10:00:00Z")
    store.put(accepted("a", move=Move(FEED, None, start)), 0)
    for wrong in (None, Position(1, 11), Position(2, 10), end):
        with pytest.raises(PositionMoved):
            store.put(accepted("lost", move=Move(FEED, wrong, end)), 0)
    assert store.position(FEED) == start
    store.put(accepted("b", move=Move(FEED, start, end)), 0)
    assert store.position(FEED) == end
    assert bodies(claim(store)) == ["a", "b"]
    assert store.position(Feed(OTHER, FEED.mapping, FEED.name)) is None
    assert store.position(Feed(SHOP, "another", FEED.name)) is None


def test_a_delivery_is_accepted_once_a_day_for_an_account(opened: Open) -> None:
    store, day = opened(), 86_400
    store.put(accepted("a", "b", deliveries=(b"1", b"2")), 10)
    store.close()
    store = opened()
    for again in ((b"2",), (b"3", b"1"), (b"4", b"4")):
        with pytest.raises(AlreadyAccepted):
            store.put(accepted("lost", deliveries=again), 10 + day - 1)
    assert store.known_deliveries(SHOP, (b"1", b"3", b"2", b"4"), 10 + day - 1) == {b"1", b"2"}
    assert counts(store) == {"accepted": 2, "pending": 2}
    assert store.known_deliveries(OTHER, (b"1",), 10) == frozenset()
    store.put(accepted("c", account=OTHER, deliveries=(b"1",)), 11)
    assert store.known_deliveries(SHOP, (b"1", b"2"), 10 + day) == frozenset()
    store.put(accepted("d", deliveries=(b"1",)), 10 + day)
    assert store.known_deliveries(SHOP, (b"1", b"2"), 11 + day) == {b"1"}
    assert bodies(claim(store)) == ["a", "b", "d"]


def test_a_delivery_that_another_process_accepted_is_known(opened: Open) -> None:
    store, other = opened(), opened()
    assert store.known_deliveries(SHOP, (b"1",), 0) == other.known_deliveries(SHOP, (b"1",), 0) == frozenset()
    other.put(accepted("a", deliveries=(b"1",)), 0)
    with pytest.raises(AlreadyAccepted):
        store.put(accepted("a", deliveries=(b"1",)), 0)
    assert store.known_deliveries(SHOP, (b"1",), 0) == {b"1"}


def test_what_is_put_together_is_kept_together_or_not_at_all(store: Store) -> None:
    store.put_all(
        [
            accepted("a", deliveries=(b"1",), move=Move(FEED, None, Position(1, 10))),
            Accepted(OTHER, "v2", parcels("b"), (Unmapped(7, "invalid", _X),), skipped=3),
            accepted("c", move=Move(FEED, Position(1, 10), Position(2, 20))),
        ],
        5,
    )
    assert counts(store) == {"accepted": 2, "pending": 2}
    assert counts(store, OTHER) == {"accepted": 2, "pending": 1, "dead": 1, "skipped": 3}
    good = accepted("x", rejected=(Unmapped(1, "invalid", _X),))
    for wrong in (accepted("y", deliveries=(b"1",)), accepted("y", move=Move(FEED, None, Position(9, 9)))):
        with pytest.raises((AlreadyAccepted, PositionMoved)):
            store.put_all([replace(good, deliveries=(b"2",)), wrong], 6)
    assert store.position(FEED) == Position(2, 20)
    assert counts(store) == {"accepted": 2, "pending": 2}
    assert store.known_deliveries(SHOP, (b"1", b"2"), 6) == {b"1"}
    assert (bodies(claim(store)), bodies(claim(store, OTHER))) == (["a", "c"], ["b"])


def test_of_a_source_event_that_is_rejected_what_was_sealed_is_kept(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", (), (Unmapped(1, "invalid", _X, b"\x00sealed"),)), 5)
    (letter,) = store.dead_letters(DeadQuery())
    assert (letter.stage, letter.body) == ("mapping", b"\x00sealed")
    assert store.retry(DeadQuery(), 6) == 0


def test_a_feed_that_is_forgotten_is_read_from_its_start(store: Store) -> None:
    store.put(accepted("a", move=Move(FEED, None, Position(1, 2))), 0)
    store.forget(FEED)
    assert store.position(FEED) is None
    store.put(accepted("a", move=Move(FEED, None, Position(1, 2))), 0)
    assert bodies(claim(store)) == ["a", "a"]


def test_a_source_event_that_is_rejected_is_a_dead_letter_with_its_place_and_no_payload(store: Store) -> None:
    rejected = (Unmapped(3, "invalid", SafeText("user_data: is required")),)
    store.put(Accepted(SHOP, "v1", (), rejected, skipped=2, move=Move(FEED, None, Position(3, 30))), 5)
    (letter,) = store.dead_letters(DeadQuery())
    assert (letter.stage, letter.feed, letter.record, letter.body) == ("mapping", "orders.ndjson", 3, b"")
    assert (letter.kind, letter.reason, letter.died_at) == ("invalid", "user_data: is required", 5)
    assert counts(store) == {"accepted": 1, "dead": 1, "skipped": 2}
    assert store.retry(DeadQuery(), 6) == 0


def test_dead_letters_are_found_by_account_stage_kind_reason_time_and_number(store: Store) -> None:
    store.put(accepted("a", "b", "c", move=Move(FEED, None, Position(3, 3))), 0)
    store.put(accepted("d", account=OTHER), 0)
    store.settle([settled(claim(store)[0], "rejected", "invalid", "too_old")], 10)
    store.settle([settled(claim(store, OTHER)[0], "invalid")], 20)
    found = {letter.body: letter for letter in store.dead_letters(DeadQuery())}

    def bodies_of(**query: Any) -> bytes:
        return b"".join(letter.body for letter in store.dead_letters(DeadQuery(**query)))

    assert bodies_of() == b"abcd"
    assert bodies_of(account=OTHER) == b"d"
    assert bodies_of(stage="expired") == b"c"
    assert bodies_of(kind="invalid") == b"bd"
    assert bodies_of(reason="OF REJ") == b"a"
    assert bodies_of(since=15) == b"d"
    assert bodies_of(until=15) == b"abc"
    assert bodies_of(numbers=(found[b"b"].number, found[b"d"].number)) == b"bd"
    assert bodies_of(account=OTHER, stage="expired") == b""
    assert (found[b"a"].feed, found[b"a"].record, found[b"a"].time) == ("orders.ndjson", 1, 1001)


def test_letters_are_put_back_and_purged_a_few_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "LETTERS_AT_ONCE", 3)
    names = [f"{number}" for number in range(7)]
    for version in ("v1", "v2"):
        store.put(replace(accepted(*names), version=version), 0)
        for chunk in claim(store):
            store.settle([settled(chunk, *["rejected"] * len(chunk.parcels))], 1)
    assert store.retry(DeadQuery(), 2) == 14
    chunks = claim(store)
    assert sorted(bodies(chunks)) == sorted(names * 2)
    assert {chunk.version for chunk in chunks} == {"v1", "v2"}
    for chunk in chunks:
        store.settle([settled(chunk, *["rejected"] * len(chunk.parcels))], 3)
    assert store.purge(DeadQuery()) == 14
    assert counts(store)["purged"] == 14
    assert list(store.dead_letters(DeadQuery())) == []


def test_a_dead_letter_is_sent_again_and_an_expired_one_is_not(store: Store) -> None:
    store.put(accepted("a", "b", move=Move(FEED, None, Position(2, 2))), 0)
    store.settle([settled(claim(store)[0], "rejected", "too_old")], 0)
    assert store.retry(DeadQuery(), 30) == 1
    assert counts(store) == {"accepted": 2, "pending": 1, "expired": 1}
    (chunk,) = claim(store, now=30)
    assert [(one.place, one.time, one.past_seconds) for one in chunk.parcels] == [
        ("orders.ndjson:1", 1001, 60)
    ]
    assert chunk.version == "v1"


def test_what_is_mapped_anew_takes_the_place_of_its_dead_letter(store: Store) -> None:
    store.put(Accepted(SHOP, "v1", (), (Unmapped(1, "invalid", _X), Unmapped(2, "invalid", _X))), 0)
    first, second = (letter.number for letter in store.dead_letters(DeadQuery()))
    store.put(accepted("a", "b", replaces=(first,)), 1)
    assert counts(store) == {"accepted": 3, "pending": 2, "dead": 1}
    with pytest.raises(PositionMoved):
        store.put(accepted("c", replaces=(first, second)), 1)
    assert counts(store) == {"accepted": 3, "pending": 2, "dead": 1}


def test_what_waits_is_mapped_anew_and_what_may_have_arrived_is_not_forgotten(opened: Open) -> None:
    store = opened()
    store.put(accepted("a", "b", "c", move=Move(FEED, None, Position(3, 3))), 5)
    (chunk,) = claim(store)
    store.begin([chunk])
    store.close()
    store = opened()
    (found,) = store.waiting_records([one.number for one in store.feeds()])
    assert (found.account, found.records) == (SHOP, (1, 2, 3))
    taken = replace(found, records=(1, 3))
    rejected = (Unmapped(3, "invalid", _X),)
    again = accepted("A", "A2", rejected=rejected, replaces_waiting=(taken,), feed=found.feed)
    assert store.put(again, 9) == 2
    assert counts(store) == {"accepted": 4, "pending": 3, "dead": 1}
    assert [letter.feed for letter in store.dead_letters(DeadQuery(feeds=(found.feed,)))] == ["orders.ndjson"]
    chunks = claim(store)
    assert [(bodies((one,)), one.feed, one.accepted_at, one.unanswered) for one in chunks] == [
        (["b"], "orders.ndjson", 5, 1),
        (["A", "A2"], "orders.ndjson", 5, 1),
    ]
    store.settle([settled(one, *["delivered"] * len(one.parcels)) for one in chunks], 10)
    with pytest.raises(PositionMoved):
        store.put(again, 11)
    assert counts(store) == {"accepted": 4, "delivered": 3, "dead": 1}


def test_a_name_that_stands_for_another_file_is_another_feed(store: Store) -> None:
    old, new, third = Position(3, 30, 7, 4, b"x"), Position(1, 10, 8, 4, b"y"), Position(1, 10, 9, 4, b"z")
    store.put(accepted("a", move=Move(FEED, None, old)), 0)
    with pytest.raises(PositionMoved):
        store.put(accepted("lost", move=Move(FEED, Position(2, 20), new, is_other=True)), 0)
    store.put(accepted("b", move=Move(FEED, old, new, is_other=True)), 0)
    assert store.position(FEED) == new
    store.forget(FEED)
    assert store.position(FEED) is None
    store.put(accepted("c", move=Move(FEED, None, third)), 0)
    feeds = store.feeds()
    assert [(one.account, one.mapping, one.shown, one.position) for one in feeds] == [
        (SHOP, "orders", "orders.ndjson", position) for position in (old, new, third)
    ]
    for feed, body in zip(feeds, "abc", strict=True):
        (found,) = store.waiting_records([feed.number])
        chunk = next(one for one in claim(store, events=1))
        assert (found.chunk, found.feed, bodies((chunk,))) == (chunk.number, feed.number, [body])
        store.settle([settled(chunk, "rejected")], 0)
        (letter,) = store.dead_letters(DeadQuery(feeds=(feed.number,)))
        assert (letter.body, letter.feed_number) == (body.encode(), feed.number)


def test_what_is_purged_is_gone_and_counts_all_the_same(store: Store) -> None:
    store.put(accepted("a", "b"), 0)
    store.settle([settled(claim(store)[0], "rejected", "too_old")], 0)
    assert store.purge(DeadQuery(stage="delivery")) == 1
    assert [letter.body for letter in store.dead_letters(DeadQuery())] == [b"b"]
    assert counts(store) == {"accepted": 2, "dead": 1, "expired": 1, "purged": 1}


def test_an_account_has_one_courier(opened: Open) -> None:
    store, other = opened(), opened()
    with store.own(SHOP):
        with pytest.raises(AccountTaken), other.own(SHOP):
            pass
        with other.own(OTHER):
            pass
    with other.own(SHOP):
        pass


# What only a file can do


def test_only_the_user_can_read_what_is_kept(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_outbox(tmp_path / "state" / "outbox.db")
        store.put(accepted("a"), 0)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    store.close()


def test_what_is_delivered_is_overwritten_on_the_disk(tmp_path: Path) -> None:
    store = open_outbox(tmp_path / "outbox.db")
    canary = "canary" * 1000
    store.put(accepted(canary), 0)
    store.settle([settled(claim(store)[0], "delivered")], 0)
    store.close()
    assert b"canary" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "text", tmp_path / "database"
    text.write_text("a mapping, say\n" * 1000, encoding="utf-8")
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE orders (id)")
    connection.close()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(Damaged):
            open_outbox(path)
        assert path.read_bytes() == before


def test_a_byte_that_changed_on_the_disk_is_found_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    store = open_outbox(path)
    store.put(accepted("precious" * 2000), 0)
    store.close()
    content = path.read_bytes()
    place = content.index(b"preciousprecious") + 500
    path.write_bytes(content[:place] + b"X" + content[place + 1 :])
    store = open_outbox(path)
    with pytest.raises(Damaged):
        claim(store)
    store.close()


def test_an_outbox_of_a_newer_version_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "outbox.db"
    newer = (*outbox_tables.MIGRATIONS, "ALTER TABLE account ADD COLUMN more INTEGER NOT NULL DEFAULT 7")
    open_outbox(path).close()
    store = open_outbox(path)
    store.put(accepted("a"), 0)
    store.close()
    monkeypatch.setattr("mapper.delivery.outbox.database.MIGRATIONS", newer)
    store = open_outbox(path)
    assert counts(store) == {"accepted": 1, "pending": 1}
    store.close()
    monkeypatch.undo()
    with pytest.raises(OutboxError, match="newer version"):
        open_outbox(path)


def test_old_deliveries_are_deleted_as_new_ones_come(tmp_path: Path) -> None:
    store = open_outbox(tmp_path / "outbox.db")
    for second in range(200):
        store.put(accepted("a", deliveries=(str(second).encode(),)), second * 8640)
    (kept,) = store._connection.execute("SELECT count(*) FROM delivery").fetchone()
    store.close()
    assert kept == 10


# Any course of events


@dataclass
class _Model:
    """What must be in a store, by body: pending, and the letters by stage."""

    pending: dict[str, float] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    delivered: int = 0
    accepted: int = 0
    purged: int = 0
    erased: int = 0
    record: int = 0
    begun: Counter[int] = field(default_factory=Counter)
    remapped: int = 0
    deliveries: set[int] = field(default_factory=set)


def _peek(store: Store, number: int) -> Chunk:
    """A chunk that waits, unclaimed."""
    return store._chunk(number, SHOP)


class _Course(RuleBasedStateMachine):
    """Puts, claims, ends, retries, purges and crashes in any order, beside a model of dictionaries."""

    open_store: Open

    def __init__(self) -> None:
        super().__init__()
        self.store = self.open_store()
        self.model = _Model()
        self.claimed: list[Chunk] = []
        self.now = 0.0
        self.counters: dict[str, float] = {}

    @rule(sizes=st.lists(st.integers(1, 3), max_size=2), rejected=st.integers(0, 2))
    def put(self, sizes: list[int], rejected: int) -> None:
        names = [f"{self.model.record}-{place}" for place in range(sum(sizes))]
        start = Position(self.model.record, self.model.record) if self.model.record else None
        end = Position(self.model.record + 1, self.model.record + 1)
        unmapped = tuple(Unmapped(place, "invalid", _X) for place in range(rejected))
        given = Accepted(SHOP, "v1", parcels(*names), unmapped, move=Move(FEED, start, end))
        self.store.put(given, self.now)
        self.model.record += 1
        self.model.pending |= dict.fromkeys(names, 0.0)
        self.model.letters |= {f"m{self.model.record}-{place}": "mapping" for place in range(rejected)}
        self.model.accepted += len(names) + rejected

    @rule(groups=st.lists(st.lists(st.integers(0, 9), max_size=2), max_size=3))
    def put_together(self, groups: list[list[int]]) -> None:
        """A request each, with names of deliveries, of which some are known."""
        model, names = self.model, [f"g{self.model.accepted}-{place}" for place in range(len(groups))]
        given = [
            accepted(name, deliveries=tuple(bytes([one]) for one in group))
            for name, group in zip(names, groups, strict=True)
        ]
        found = [one for group in groups for one in group]
        if len(set(found)) < len(found) or model.deliveries & set(found):
            with pytest.raises(AlreadyAccepted):
                self.store.put_all(given, self.now)
            return
        self.store.put_all(given, self.now)
        model.deliveries |= set(found)
        model.pending |= dict.fromkeys(names, 0.0)
        model.accepted += len(names)

    @rule(events=st.integers(1, 5))
    def claim(self, events: int) -> None:
        chunks = self.store.claim(SHOP, events, ALL, self.now)
        taken = {name for chunk in self.claimed for name in bodies((chunk,))}
        due = [name for name, due in self.model.pending.items() if due <= self.now and name not in taken]
        assert set(bodies(chunks)) <= set(due)
        assert bool(chunks) == bool(due)
        assert [one.unanswered for one in chunks] == [self.model.begun[one.number] for one in chunks]
        self.claimed += chunks

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        begun = data.draw(st.lists(st.sampled_from(self.claimed), unique=True))
        self.store.begin(begun)
        self.model.begun.update(chunk.number for chunk in begun)

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        chunk = self.claimed.pop(data.draw(st.integers(0, len(self.claimed) - 1)))
        ends = st.sampled_from(["delivered", "rejected", "invalid", "too_old", "erased", "retry"])
        statuses = [data.draw(ends) for _ in chunk.parcels]
        due = self.now + data.draw(st.integers(0, 2))
        self.store.settle([settled(chunk, *statuses, due=due, unanswered=chunk.unanswered)], self.now)
        self.model.begun[chunk.number] = chunk.unanswered
        for name, status in zip(bodies((chunk,)), statuses, strict=True):
            if name not in self.model.pending:
                continue  # it was erased meanwhile
            if status == "retry":
                self.model.pending[name] = due
                continue
            del self.model.pending[name]
            if status == "delivered":
                self.model.delivered += 1
            elif status == "erased":
                self.model.erased += 1
            else:
                self.model.letters[name] = "expired" if status == "too_old" else "delivery"

    @rule(data=st.data(), count=st.integers(0, 2), rejected=st.integers(0, 1))
    def map_anew(self, data: st.DataObject, count: int, rejected: int) -> None:
        claimed = {chunk.number for chunk in self.claimed}
        feeds = [one.number for one in self.store.feeds()]
        found = [one for one in self.store.waiting_records(feeds) if one.chunk not in claimed]
        if not found:
            return
        one = data.draw(st.sampled_from(found))
        taken = replace(one, records=(data.draw(st.sampled_from(one.records)),))
        was = _peek(self.store, one.chunk)
        gone = [parcel.body.decode() for parcel in was.parcels if parcel.record in taken.records]
        self.model.remapped += 1
        names = [f"n{self.model.remapped}-{place}" for place in range(count)]
        unmapped = tuple(Unmapped(place, "invalid", _X) for place in range(rejected))
        given = Accepted(SHOP, "v2", parcels(*names), unmapped, replaces_waiting=(taken,), feed=one.feed)
        assert self.store.put(given, self.now) == len(gone)
        if names:
            newest = max(found.chunk for found in self.store.waiting_records(feeds))
            self.model.begun[newest] = self.model.begun[one.chunk]
        for name in gone:
            del self.model.pending[name]
        self.model.pending |= dict.fromkeys(names, 0.0)
        letters = [f"d{self.model.remapped}-{place}" for place in range(rejected)]
        self.model.letters |= dict.fromkeys(letters, "mapping")
        self.model.accepted += count + rejected - len(gone)

    @rule()
    def retry(self) -> None:
        dead = [name for name, stage in self.model.letters.items() if stage == "delivery"]
        assert self.store.retry(DeadQuery(), self.now) == len(dead)
        for name in dead:
            del self.model.letters[name]
            self.model.pending[name] = 0.0

    @rule(count=st.integers(0, 2))
    def map_letters_anew(self, count: int) -> None:
        """All letters of one stage at most, whose source events give so many payloads now."""
        letters = [one for one in self.store.dead_letters(DeadQuery()) if one.stage == "delivery"]
        self.model.remapped += 1
        names = [f"l{self.model.remapped}-{place}" for place in range(count)]
        given = Accepted(SHOP, "v2", parcels(*names), replaces=tuple(one.number for one in letters))
        self.store.put(given, self.now)
        for name in [name for name, stage in self.model.letters.items() if stage == "delivery"]:
            del self.model.letters[name]
        self.model.pending |= dict.fromkeys(names, 0.0)
        self.model.accepted += count - len(letters)

    @rule(stage=st.sampled_from(["mapping", "delivery", "expired"]))
    def purge(self, stage: Any) -> None:
        gone = [name for name, found in self.model.letters.items() if found == stage]
        assert self.store.purge(DeadQuery(stage=stage)) == len(gone)
        for name in gone:
            del self.model.letters[name]
        self.model.purged += len(gone)

    @rule(data=st.data(), is_dry=st.booleans())
    def erase(self, data: st.DataObject, is_dry: bool) -> None:
        """Beside claims: what a courier holds of it must not come back."""
        dead = [name for name, stage in self.model.letters.items() if stage != "mapping"]
        there = [*self.model.pending, *dead]
        wanted = set(data.draw(st.lists(st.sampled_from(there), unique=True)) if there else [])
        found = erase_all(self.store.erase, ErasureOrder(Wanted(wanted), is_dry))
        waiting = [name for name in self.model.pending if name in wanted]
        letters = [name for name in dead if name in wanted]
        assert (found.waiting, found.letters) == (len(waiting), len(letters))
        if not is_dry:
            for name in waiting:
                del self.model.pending[name]
            for name in letters:
                del self.model.letters[name]
            self.model.erased += len(waiting)
            self.model.purged += len(letters)

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        self.store.close()
        self.store = self.open_store()
        self.claimed = []

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.store.audit() == []
        found = self.store.status()
        if not found:
            assert self.model.accepted == 0
            return
        model, (one,) = self.model, found
        assert (one.counts.accepted, one.counts.pending) == (model.accepted, len(model.pending))
        ends = (one.counts.delivered, one.counts.purged, one.counts.erased)
        assert ends == (model.delivered, model.purged, model.erased)
        assert one.counts.balanced
        assert bool(one.oldest) <= bool(model.pending)
        letters = list(self.store.dead_letters(DeadQuery()))
        assert sorted(letter.stage for letter in letters) == sorted(model.letters.values())
        position = self.store.position(FEED)
        assert (position.record if position else 0) == model.record
        known = self.store.known_deliveries(SHOP, [bytes([one]) for one in range(10)], self.now)
        assert known == {bytes([one]) for one in model.deliveries}

    @invariant()
    def no_counter_falls(self) -> None:
        text = write_metrics(state_of(self.store), Delivering(), self.now)
        lines = [line.rpartition(" ") for line in text.splitlines() if "_total{" in line]
        found = {name: float(value) for name, _, value in lines}
        assert all(found[name] >= value for name, value in self.counters.items()), (self.counters, found)
        self.counters = found

    @invariant()
    def each_letter_is_counted_by_its_stage_and_kind(self) -> None:
        letters = Counter((one.stage, one.kind) for one in self.store.dead_letters(DeadQuery()))
        found = self.store.letter_counts()
        assert {one.account for one in found} <= {SHOP}
        assert {(one.stage, one.kind): one.count for one in found} == letters

    def teardown(self) -> None:
        self.store.close()


@pytest.mark.parametrize("kind", STORES)
def test_any_course_of_events_keeps_what_the_model_keeps(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folders = (tmp_path / str(number) for number in itertools.count())

    class Course(_Course):
        def __init__(self) -> None:
            if kind.startswith("postgres"):
                request.getfixturevalue("empty_postgres")()
            self.open_store = opener_of(kind, next(folders), request)
            super().__init__()

    test = Course.TestCase
    test.settings = settings(
        max_examples=examples(60 if kind == "memory" else 15),
        stateful_step_count=30,
        suppress_health_check=list(HealthCheck),
    )
    test().runTest()


def test_where_an_event_came_from_is_kept_until_its_end_and_after_it(store: Store) -> None:
    origins = ("17-1 shop-71", "17-1 shop-71", "", "18-2", "19-3 b \u00e9")
    given = [replace(one, origin=origin) for one, origin in zip(parcels(*"abcde"), origins, strict=True)]
    rejected = (Unmapped(6, "missing", _X, origin="20-4"),)
    store.put(Accepted(SHOP, "v1", tuple(given), rejected), now=5)
    (chunk,) = claim(store)
    assert [one.origin for one in chunk.parcels] == list(origins)
    store.settle((settled(chunk, "retry", "rejected", "delivered", "retry", "rejected"),), 9)
    assert [one.origin for one in next(store.waiting()).parcels] == [origins[0], origins[3]]
    letters = {one.record: one.origin for one in store.dead_letters(DeadQuery())}
    assert letters == {6: "20-4", 2: origins[1], 5: origins[4]}
    store.retry(DeadQuery(), 10)
    waiting = {one.record: one.origin for chunk in store.waiting() for one in chunk.parcels}
    assert waiting == {1: origins[0], 2: origins[1], 4: origins[3], 5: origins[4]}
    assert store.status()[0].bytes == 4
