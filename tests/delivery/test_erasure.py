"""Erasing what an outbox keeps of a person: beside couriers, in every store, and no byte of it stays."""

from __future__ import annotations

import os
import random
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mapper.delivery.batch import Receipt, sealed_event, with_sealed
from mapper.delivery.outbox import postgres_chunks, sqlite, sqlite_chunks
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, erase_all, receipts_left
from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, DeadQuery, Unmapped
from mapper.values.safe_text import SafeText
from tests.delivery.stores import (
    OTHER,
    SHOP,
    Store,
    Wanted,
    accepted,
    bodies,
    claim,
    counts,
    parcels,
    settled,
)

pytestmark = pytest.mark.quick

_ADA, _BOB = "0ada" * 16, "0b0b" * 16
_X = SafeText("x")
_PAGE = 8192


def _erase(store: Store, *names: str, **more: Any) -> Erased:
    return erase_all(store.erase, ErasureOrder(Wanted(names, **more)))


def _waiting(store: Store) -> list[str]:
    return sorted(parcel.body.decode() for chunk in store.waiting() for parcel in chunk.parcels)


# What a courier says of a claimed chunk of `a`, `b`, `c`, of which `b` was erased meanwhile, and the counts.
_ENDS: list[tuple[tuple[str, str, str], dict[str, int]]] = [
    (("retry", "retry", "retry"), {"pending": 2}),
    (("delivered", "retry", "retry"), {"delivered": 1, "pending": 1}),
    (("retry", "delivered", "rejected"), {"pending": 1, "dead": 1}),
    (("delivered", "delivered", "delivered"), {"delivered": 2}),
    (("delivered", "rejected", "too_old"), {"delivered": 1, "expired": 1}),
    (("delivered", "erased", "erased"), {"delivered": 1, "erased": 2}),
]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(("ends", "expected"), _ENDS)
def test_a_courier_does_not_bring_back_what_was_erased(
    store: Store, ends: tuple[str, str, str], expected: dict[str, int], begun: bool
) -> None:
    store.put(accepted("a", "b", "c"), 0)
    chunks = claim(store)
    if begun:
        store.begin(chunks)
    assert _erase(store, "b") == Erased(waiting=1, unanswered=int(begun))
    assert store.audit() == []
    store.settle([settled(chunks[0], *ends, copies=3 if begun else 0)], 1)
    assert store.audit() == []
    found = counts(store)
    copies = found.pop("copies", 0)
    assert copies <= found.get("delivered", 0)
    assert found == {"accepted": 3, "erased": 1} | expected
    assert "b" not in _waiting(store)
    assert b"b" not in [letter.body for letter in store.dead_letters(DeadQuery())]


@pytest.mark.parametrize("ends", ["retry", "delivered", "rejected", "too_old", "erased"])
def test_a_claimed_chunk_that_is_erased_whole_is_settled_like_others(store: Store, ends: str) -> None:
    store.put(accepted("a", "b"), 0)
    store.put(accepted("c"), 0)
    first, second = claim(store)
    assert _erase(store, "a", "b") == Erased(waiting=2)
    assert (_waiting(store), store.status()[0].oldest) == (["c"], 0)
    store.settle([settled(first, ends, ends), settled(second, "retry")], 1)
    assert counts(store) == {"accepted": 3, "pending": 1, "erased": 2}
    assert (store.audit(), bodies(claim(store))) == ([], ["c"])


def test_an_empty_chunk_goes_with_the_next_claim(store: Store) -> None:
    store.put(accepted("a"), 1)
    store.put(accepted("b"), 2)
    _erase(store, "a")
    assert [one.count for one in store.waiting_versions()] == [1]
    backlog = store.backlog(SHOP, 10, 10, 5)
    assert (backlog.events, backlog.oldest) == (1, 2)
    assert bodies(claim(store)) == ["b"]
    store.begin(())
    assert _rows(store) == 1
    store.close()


def _rows(store: Store) -> int:
    if isinstance(store, sqlite.SqliteOutbox):
        return int(store._connection.execute("SELECT count(*) FROM chunk").fetchone()[0])
    return int(store._link.rows("SELECT count(*) FROM mapper_outbox.chunk")[0][0])


def test_a_chunk_that_is_gone_without_an_erasure_is_still_damage(store: Store) -> None:
    store.put(accepted("a", "b"), 0)
    (chunk,) = claim(store)
    store.settle([settled(chunk, "delivered", "delivered")], 0)
    with pytest.raises(Exception, match="is gone"):
        store.settle([settled(chunk, "delivered", "delivered")], 0)


def test_more_than_a_transaction_looks_at_is_erased_in_every_account(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite_chunks, postgres_chunks):
        monkeypatch.setattr(module, "CHUNKS_LOOKED_AT", 2)
        monkeypatch.setattr(module, "LETTERS_LOOKED_AT", 2)
    for number in range(7):
        account = (SHOP, OTHER)[number % 2]
        store.put(accepted(f"{number}", "x", account=account), number)
    for account in (SHOP, OTHER):
        for chunk in claim(store, account, events=2):
            store.settle([settled(chunk, "rejected", "rejected")], 1)
    found = _erase(store, "x", "3")
    assert (found.waiting, found.letters) == (6, 2)
    assert _waiting(store) == ["2", "4", "5", "6"]
    assert [one.body for one in store.dead_letters(DeadQuery())] == [b"0", b"1"]
    assert counts(store) | {"account": 1} == {
        **{"accepted": 8, "pending": 3, "dead": 2, "purged": 1, "erased": 3},
        "account": 1,
    }
    assert store.audit() == []


def test_what_is_retried_while_it_is_looked_for_is_found(store: Store) -> None:
    store.put(accepted("a", "b"), 0)
    store.settle([settled(claim(store)[0], "rejected", "retry")], 0)
    retried: list[int] = []

    def seen(erased: Erased) -> None:
        if not retried:
            retried.append(store.retry(DeadQuery(), 1))

    found = erase_all(store.erase, ErasureOrder(Wanted(["a"])), seen)
    assert (retried, found, _waiting(store)) == ([1], Erased(waiting=1), ["b"])


def _sealed(store: Store) -> None:
    """Payloads with an encrypted event: one `A` has two, `B` one; rejections of `C` and of a file."""
    origins = (with_sealed("17-1 shop", b"A"), with_sealed("17-1 shop", b"A"), with_sealed("17-2", b"B"), "")
    given = [replace(one, origin=origin) for one, origin in zip(parcels(*"abcd"), origins, strict=True)]
    rejected = (Unmapped(9, "missing", _X, b"C", "18-1"), Unmapped(10, "missing", _X))
    store.put(Accepted(SHOP, "v1", tuple(given), rejected), 0)


def _kept(store: Store) -> dict[str, bytes]:
    """The encrypted event beside each payload and letter."""
    found = {one.body.decode(): one.origin for chunk in store.waiting() for one in chunk.parcels}
    letters = list(store.dead_letters(DeadQuery()))
    found |= {one.body.decode(): one.origin for one in letters if one.stage == "delivery"}
    rejected = {str(one.record): one.body for one in letters if one.stage == "mapping"}
    return {name: sealed_event(origin) for name, origin in found.items()} | rejected


def test_a_payload_goes_by_the_encrypted_event_that_it_is_made_of(store: Store) -> None:
    _sealed(store)
    assert _erase(store, sealed=[b"A", b"C"]) == Erased(waiting=2, raw=1)
    assert _kept(store) == {"c": b"B", "d": b"", "10": b""}
    assert counts(store) == {"accepted": 6, "pending": 2, "dead": 2, "purged": 1, "erased": 2}
    assert store.audit() == []


@pytest.mark.parametrize(
    "ends", [("retry", "delivered", "retry", "retry"), ("rejected",) * 4, ("retry",) * 4]
)
def test_what_cannot_be_decrypted_is_told_or_taken_away_also_from_a_claim(
    store: Store, ends: tuple[str, ...]
) -> None:
    _sealed(store)
    (chunk,) = claim(store)
    assert _erase(store, closed=[b"A", b"C"]) == Erased(unread=2)
    assert _erase(store, closed=[b"A", b"C"], drops=True) == Erased(raw=2)
    store.settle([settled(chunk, *ends)], 1)
    kept = _kept(store)
    assert {kept[name] for name in "ab9" if name in kept} == {b""}
    assert kept.get("c", b"B") == b"B"
    (letter,) = (one for one in store.dead_letters(DeadQuery(stage="mapping")) if one.record == 9)
    assert (letter.origin, letter.reason, letter.body) == ("18-1", "x", b"")
    assert store.audit() == []
    assert _erase(store, closed=[b"A", b"C"]) == Erased()


def test_only_what_is_older_than_a_time_is_looked_at(store: Store) -> None:
    store.put(accepted("a"), 1)
    store.put(accepted("a"), 9)
    for chunk, now in zip(claim(store), (2, 8), strict=False):
        store.settle([settled(chunk, "rejected")], now)
    store.put(accepted("a"), 9)
    order = ErasureOrder(Wanted(["a"]), until=5)
    assert erase_all(store.erase, order) == Erased(letters=1)
    assert counts(store) == {"accepted": 3, "pending": 1, "dead": 2, "purged": 1}


def test_receipts_are_matched_by_record_and_body_each_once() -> None:
    given = parcels("a", "a", "b")
    same = (given[0], replace(given[1], record=1), given[2])
    receipts = tuple(Receipt(one, "retry") for one in same)
    assert receipts_left(receipts, (replace(given[0], origin="o"),)) == (
        replace(receipts[0], parcel=replace(given[0], origin="o")),
    )
    assert len(receipts_left(receipts, same)) == 3


# No byte stays


def _put_persons(store: Store, pages: int = 30) -> None:
    for number in range(pages):
        store.put(accepted(_ADA + "x" * 900, _BOB + f"{number}" * 900), 0)
    store.put(accepted(*[_ADA + "y" * 3] * 10), 0)
    first, *_ = claim(store)
    store.settle([settled(first, "rejected", "retry")], 1)


class _Holds(Wanted):
    def fate(self, body: bytes, sealed: bytes) -> Any:
        return "erase" if any(one.encode() in body for one in self.bodies) else "keep"


_FILES = ("", "-wal", "-shm")


def _holds(path: Path, text: str) -> dict[str, bool]:
    found = ((suffix, Path(f"{path}{suffix}")) for suffix in _FILES)
    return {suffix: text.encode() in one.read_bytes() for suffix, one in found if one.exists()}


def test_no_byte_of_a_person_is_left_in_the_file_or_its_log(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(open_outbox(path)) as store, closing(open_outbox(path)) as other:
        _put_persons(store)
        assert any(_holds(path, _ADA).values())
        found = erase_all(other.erase, ErasureOrder(_Holds([_ADA])))
        assert (found.waiting, found.letters) == (39, 1)
        assert any(_holds(path, _ADA).values())  # what is committed alone is in the log still
        assert other.scrub()
        assert not any(_holds(path, _ADA).values())
        assert any(_holds(path, _BOB).values())
        assert store.audit() == []


def test_a_log_that_is_read_is_not_empty_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_SCRUB_SECONDS", 0.2)
    monkeypatch.setattr("mapper.delivery.outbox.database.BUSY_SECONDS", 0.1)
    path = tmp_path / "outbox.db"
    with closing(open_outbox(path)) as store:
        _put_persons(store)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM chunk").fetchone()
            erase_all(store.erase, ErasureOrder(_Holds([_ADA])))
            assert not store.scrub()
            reader.execute("COMMIT")
        assert store.scrub()
        assert not any(_holds(path, _ADA).values())


def _pages(address: str) -> list[bytes]:
    """The pages of all tables of an outbox, as the server keeps them."""
    with psycopg.connect(address, autocommit=True) as sql:
        sql.execute("CHECKPOINT")
        found = sql.execute(
            "SELECT pg_read_binary_file(pg_relation_filepath(pg_class.oid)) FROM pg_class JOIN pg_namespace"
            " ON pg_namespace.oid = relnamespace WHERE nspname IN ('mapper_outbox', 'pg_toast')"
            " AND relkind IN ('r', 't')"
        ).fetchall()
    files = [content for (content,) in found]
    return [one[at : at + _PAGE] for one in files for at in range(0, len(one), _PAGE)]


def _versions(page: bytes) -> Iterator[bytes]:
    """The versions of rows of a page, living and dead; what was in its free space is none."""
    (lower,) = struct.unpack_from("<H", page, 12)
    for (pointer,) in struct.iter_unpack("<I", page[24:lower]):
        begin, is_used, length = pointer & 0x7FFF, (pointer >> 15) & 3 == 1, pointer >> 17
        if is_used:
            yield page[begin : begin + length]


@pytest.mark.parametrize("pages", [3, 40])
def test_after_vacuum_no_version_of_a_row_in_any_page_has_a_byte_of_a_person(
    pages: int, postgres_address: str
) -> None:
    with closing(open_postgres(postgres_address)) as store:
        _put_persons(store, pages)
        for number in range(pages):
            store.put(accepted(_ADA if number % 3 else _BOB, "z"), 1)
        for chunk in claim(store)[-pages // 2 :]:
            store.settle([settled(chunk, *["rejected"] * len(chunk.parcels))], 2)
        assert any(_ADA.encode() in one for page in _pages(postgres_address) for one in _versions(page))
        assert erase_all(store.erase, ErasureOrder(_Holds([_ADA]))).letters > 1
        assert store.scrub()
        assert store.audit() == []
    left = [one for page in _pages(postgres_address) for one in _versions(page)]
    assert any(_BOB.encode() in one for one in left)
    assert not any(_ADA.encode() in one for one in left)
    # As the docs say: what was in the free space of a page goes where the tables are written anew.
    with psycopg.connect(postgres_address, autocommit=True) as sql:
        sql.execute("VACUUM FULL mapper_outbox.chunk, mapper_outbox.dead")
    assert not any(_ADA.encode() in page for page in _pages(postgres_address))


# Kills

_KILLS = int(os.environ.get("ERASE_KILLS", "4"))
_ERASER = """
import sys
from pathlib import Path
from mapper.delivery.outbox.erasure import ErasureOrder, erase_all
from mapper.delivery.outbox.sqlite import open_outbox
from tests.delivery.test_erasure import _ADA, _Holds
for line in sys.stdin:
    store = open_outbox(Path(line.strip()))
    print("begun", flush=True)
    erase_all(store.erase, ErasureOrder(_Holds([_ADA])))
    store.scrub()
    store.close()
"""


def _deliver_some(store: Store, chance: random.Random) -> None:
    """Claim and settle a little, as a courier does."""
    chunks = claim(store, now=chance.random(), events=20)
    store.begin(chunks)
    time.sleep(chance.uniform(0, 0.005))
    ends = ["delivered", "retry", "rejected"]
    ways = [[chance.choice(ends) for _ in chunk.parcels] for chunk in chunks]
    store.settle([settled(one, *way, due=0.0) for one, way in zip(chunks, ways, strict=True)], 1)


@pytest.mark.parametrize("seed", range(_KILLS))
def test_an_erasure_that_is_killed_beside_a_courier_is_ended_by_another_one(
    seed: int, tmp_path: Path
) -> None:
    chance, path = random.Random(seed), tmp_path / "outbox.db"
    with closing(open_outbox(path)) as store:
        for number in range(150):
            store.put(accepted(_ADA + "x" * 200, f"{_BOB}{number}", _ADA), 0)
        for chunk in claim(store, events=90):
            store.settle([settled(chunk, "rejected", "retry", "rejected")], 0)
        begun = [sys.executable, "-c", _ERASER]
        with subprocess.Popen(begun, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as eraser:
            assert eraser.stdin is not None
            assert eraser.stdout is not None
            print(path, file=eraser.stdin, flush=True)
            assert eraser.stdout.readline() == "begun\n"
            until = time.monotonic() + chance.uniform(0, 0.15)
            while time.monotonic() < until:
                _deliver_some(store, chance)
            eraser.kill()
        assert store.audit() == []
        claimed = claim(store)
        with closing(open_outbox(path)) as other:
            erase_all(other.erase, ErasureOrder(_Holds([_ADA])))
            ends = [["retry"] * len(one.parcels) for one in claimed]
            store.settle([settled(one, *way) for one, way in zip(claimed, ends, strict=True)], 2)
            assert other.scrub()
        (status,) = store.status()
        assert (store.audit(), status.counts.balanced) == ([], True)
        assert not any(_holds(path, _ADA).values())
