"""An outbox deletes, in batches, only what it has kept for too long."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from mapper.delivery.batch import sealed_event, with_sealed
from mapper.delivery.outbox import retention
from mapper.delivery.outbox.retention import Retention, RetentionKeeper, retained
from mapper.delivery.outbox.store import Accepted, DeadQuery, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText
from tests.delivery.stores import OTHER, SHOP, Open, Store, accepted, claim, counts, parcels, settled

pytestmark = pytest.mark.quick

_X = SafeText("x")


def _fill(store: Store) -> None:
    """At 1 and 10: a payload that waits with an encrypted event, one that is dead with one, a rejection."""
    for now in (1, 10):
        given = [replace(one, origin=with_sealed("17-1", b"raw")) for one in parcels("a", "b")]
        rejected = (Unmapped(9, "missing", _X, b"raw", "17-2"),)
        store.put(Accepted(SHOP, "v1", tuple(given), rejected), now)
        (chunk,) = claim(store, now=now)
        store.settle([settled(chunk, "retry", "rejected", due=99.0)], now)


def _raw(store: Store) -> list[bytes]:
    letters = list(store.dead_letters(DeadQuery()))
    kept = [one.body if one.stage == "mapping" else sealed_event(one.origin) for one in letters]
    return kept + [sealed_event(one.origin) for chunk in store.waiting() for one in chunk.parcels]


def _sweep(store: Store, terms: Retention, now: float) -> tuple[tuple[int, int], list[str]]:
    said: list[LogLine] = []
    keeper = RetentionKeeper(StoreThread(store, None), terms, said.append, lambda: now)
    return keeper.sweep(), [one.event for one in said]


def test_dead_letters_go_after_their_term(store: Store) -> None:
    _fill(store)
    assert _sweep(store, Retention(dead_seconds=6), 5) == ((0, 0), [])
    assert _sweep(store, Retention(dead_seconds=6), 12) == ((2, 0), ["retention"])
    assert counts(store) == {"accepted": 6, "pending": 2, "dead": 4, "purged": 2}
    assert {one.died_at for one in store.dead_letters(DeadQuery())} == {10}


def test_of_raw_requests_the_encrypted_event_goes_and_the_reason_stays(store: Store) -> None:
    _fill(store)
    assert _sweep(store, Retention(raw_seconds=6), 12) == ((0, 3), ["retention"])
    assert sorted(_raw(store)) == [b"", b"", b"", b"raw", b"raw", b"raw"]
    assert counts(store) == {"accepted": 6, "pending": 2, "dead": 4}
    letters = {
        (one.kind, one.reason, one.origin.partition("\t")[0]) for one in store.dead_letters(DeadQuery())
    }
    assert ("missing", "x", "17-2") in letters
    (age,) = store.letter_ages()
    assert (age.oldest, age.oldest_raw) == (1, 10)
    assert _sweep(store, Retention(raw_seconds=6), 12) == ((0, 0), [])


def test_ages_are_those_of_each_account(store: Store) -> None:
    store.put(accepted("a", account=OTHER), 3)
    assert store.letter_ages() == ()
    store.settle([settled(claim(store, OTHER, now=4)[0], "rejected")], 4)
    (age,) = store.letter_ages()
    assert (age.account, age.oldest, age.oldest_raw) == (OTHER, 4, 0)


def test_a_batch_is_deleted_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sqlite", "postgres"):
        monkeypatch.setattr(f"mapper.delivery.outbox.{module}.LETTERS_AT_ONCE", 2)
    store.put(accepted(*"abcde"), 0)
    store.settle([settled(claim(store)[0], *["rejected"] * 5)], 0)
    assert store.purge(DeadQuery(), 1) == 2
    assert store.purge(DeadQuery(), 3) in (3, 4)
    assert store.purge(DeadQuery(), 3) == (5 - counts(store)["purged"])


def test_a_thread_keeps_the_terms_until_the_end(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AGAIN_SECONDS", 0.05)
    store, heard, said = in_a_thread(opened()), threading.Event(), list[LogLine]()

    def say(line: LogLine) -> None:
        said.append(line)
        heard.set()

    now = time.time()
    with retained(store, Retention(dead_seconds=100), say):
        for died in (now - 50, now - 200, now - 201):
            heard.clear()
            store.wait(store.outbox.put, Accepted(SHOP, "v1", (), (Unmapped(1, "missing", _X),)), died)
            assert died == now - 50 or heard.wait(10)
    assert not [one for one in threading.enumerate() if one.name == "retention"]
    letters = store.wait(lambda: list(store.outbox.dead_letters(DeadQuery())))
    assert [round(one.died_at - now) for one in letters] == [-50]
    assert {one.event for one in said} == {"retention"}


def test_without_terms_there_is_no_thread(store: Store) -> None:
    with retained(StoreThread(store, None), Retention(), lambda line: None):
        assert not [one for one in threading.enumerate() if one.name == "retention"]
