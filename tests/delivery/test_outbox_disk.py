"""The outbox's file after a power cut, on a disk that fails or is full, and with a bit that has turned."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import apsw
import pytest

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox import database
from mapper.delivery.outbox.ballast import Ballast
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    Chunk,
    DeadQuery,
    Feed,
    LedgerRequest,
    Move,
    Position,
    SentRequest,
    Settlement,
    Unmapped,
)
from mapper.values.safe_text import SafeText
from tests.support.depth import examples, seeds, some
from tests.support.disk import Disk, after_power_cut, remembered

IMAGES = int(os.environ.get("POWER_CUT_IMAGES", examples(1200, 500)))
FLIPS = int(os.environ.get("BIT_FLIPS", examples(300)))
_SHOP = Account("shop/events-v1")
_FEED = Feed(_SHOP, "orders", "/data/orders.ndjson", "orders.ndjson")
_ALL = 10**9
# All that can be told of a store from outside.
Seen = tuple[Any, ...]


def _seen(store: SqliteOutbox) -> Seen:
    """What is in a store; it is sound."""
    assert store.audit() == []
    position = store.position(_FEED)
    pending = sorted(
        (parcel.record, parcel.body, chunk.unanswered)
        for chunk in _claimed(store)
        for parcel in chunk.parcels
    )
    letters = [(one.number, one.stage, one.record, one.body) for one in store.dead_letters(DeadQuery())]
    counts = [one.counts for one in store.status()]
    return counts, position, pending, letters, _ledger(store)


def _ledger(store: SqliteOutbox) -> list[tuple[int, str]]:
    """How each event ended, by its record."""
    last = store.position(_FEED)
    records = range(1, 0 if last is None else last.record + 1)
    return [(record, one.ending) for record in records for one in store.ledger_entries(record)]


def _claimed(store: SqliteOutbox) -> Iterator[Chunk]:
    while chunks := store.claim(_SHOP, _ALL, _ALL, float("inf")):
        yield from chunks


class _Life:
    """What happens to an outbox: so many steps, each of which is one transaction."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._record = 0

    def step(self, store: SqliteOutbox) -> None:
        """The next step, by chance."""
        kind = self._chance.choice(("put", "put", "begin", "settle", "settle", "retry", "purge"))
        claims = kind in ("begin", "settle")
        chunks = store.claim(_SHOP, self._chance.choice((1, 40)), _ALL, 0) if claims else ()
        if kind == "put" or (claims and not chunks):
            self._put(store)
        elif kind == "begin":
            store.begin(chunks)
        elif kind == "settle":
            store.settle([self._settlement(chunk) for chunk in chunks], 0)
        elif kind == "retry":
            store.retry(DeadQuery(), 0)
        else:
            store.purge(DeadQuery(stage="mapping"))

    def _put(self, store: SqliteOutbox) -> None:
        start, count = self._record, self._chance.choice((1, 3, 30))
        size = self._chance.choice((20, 300))
        parcels = tuple(
            Parcel(0, "", line, 1000, b"%d:" % line * size, counted_twice=True)
            for line in range(start + 1, start + count + 1)
        )
        rejected = (Unmapped(start + count + 1, "invalid", SafeText("no")),)
        end = Position(start + count + 1, -1, 7, 100, b"x" * 32)
        move = Move(_FEED, Position(start, -1) if start else None, end)
        store.put(Accepted(_SHOP, "v1", parcels, rejected, move=move), 0)
        self._record = end.record

    def _settlement(self, chunk: Chunk) -> Settlement:
        ends = [self._chance.choice(("delivered", "delivered", "refused", "retry")) for _ in chunk.parcels]
        receipts = tuple(
            Receipt(parcel, end, "rejected" if end == "refused" else "")  # type: ignore[arg-type]  # `end` is a status
            for parcel, end in zip(chunk.parcels, ends, strict=True)
        )
        ended = [(one.parcel.record, one.kind) for one in receipts if one.status != "retry"]
        # The record is used as the digest of an id.
        told = tuple((record, record, 2 if kind else 0) for record, kind in ended)
        lines = (LedgerRequest(SentRequest(1, 1.0, 200), told),) if told else ()
        return Settlement(chunk, receipts, unanswered=chunk.unanswered, ledger=lines)


def _lived(path: Path, disk: Disk, seed: int, steps: int) -> tuple[list[tuple[int, Seen]], SqliteOutbox]:
    """After each step, how many operations it had come to, and what was in the store then."""
    store, life = open_outbox(path), _Life(seed)
    moments: list[tuple[int, Seen]] = [(len(disk.did), _seen(store))]
    for _ in range(steps):
        life.step(store)
        store._claimed.clear()
        done = len(disk.did)
        moments.append((done, _seen(store)))
        store._claimed.clear()
    return moments, store


def _play(
    folder: Path, moments: list[tuple[int, Seen]], did: list[Any], images: int, chance: random.Random
) -> int:
    """How many images are not what they may be: what was kept by then, or by the step that was under way."""
    wrong = 0
    for _ in range(images):
        at = chance.randrange(moments[0][0], len(did) + 1)
        done = max(place for place, (end, _) in enumerate(moments) if end <= at)
        may_be = [seen for _, seen in moments[done : done + 2]]
        for path in folder.iterdir():
            path.unlink()
        for name, content in after_power_cut(did[:at], chance).items():
            if not name.endswith("-shm"):
                (folder / name).write_bytes(content)
        store = open_outbox(folder / "outbox")
        try:
            wrong += _seen(store) not in may_be
        finally:
            store.close()
    return wrong


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, on a disk that needs no time if there is one."""
    shared = Path("/dev/shm")
    folder = (
        shared / f"outbox-{os.getpid()}-{time.monotonic_ns()}" if os.access(shared, os.W_OK) else tmp_path
    )
    folder.mkdir(exist_ok=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("seed", seeds(5, 2))
def test_what_was_kept_is_there_after_a_power_cut(memory: Path, tmp_path: Path, seed: int) -> None:
    disk = Disk()
    with remembered(disk):
        moments, store = _lived(tmp_path / "outbox", disk, seed, 60)
        store.close()
    assert _play(memory, moments, disk.did, IMAGES // 5, random.Random(seed)) == 0


def test_without_a_sync_at_each_commit_a_power_cut_would_lose_something(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = tuple(one.replace("synchronous = FULL", "synchronous = NORMAL") for one in database._PRAGMAS)
    assert weak != database._PRAGMAS
    disk = Disk()
    with monkeypatch.context() as patched, remembered(disk):
        patched.setattr(database, "_PRAGMAS", weak)
        moments, store = _lived(tmp_path / "outbox", disk, 1, 60)
        store.close()
    assert _play(memory, moments, disk.did, 200, random.Random(1)) > 10


_FAILURES = [*product((apsw.FullError, apsw.IOError), (True, False))]


@pytest.mark.parametrize(("failure", "once"), some(_FAILURES, 2))
def test_a_disk_that_fails_at_any_operation_loses_nothing(
    memory: Path, failure: type[Exception], once: bool
) -> None:
    disk, life, ends = Disk(), _Life(3), []
    with remembered(disk):
        store = open_outbox(memory / "whole")
        for _ in range(12):
            life.step(store)
            store._claimed.clear()
            ends.append(disk.operations)
        store.close()
    for at in range(1, disk.operations + 1):
        failing = Disk(fails_at=at, fails_once=once, failure=failure)
        path = memory / f"outbox-{at}"
        kept = _fail(path, failing, ends)
        store = open_outbox(path)
        assert _seen(store) in kept
        store.close()
        for name in memory.glob(f"outbox-{at}*"):
            name.unlink()


def _fail(path: Path, disk: Disk, ends: list[int]) -> list[Seen]:
    """An outbox as it may be after its disk failed amid one step; afterwards it takes all other steps.

    ends: to how many operations each step comes. What is kept before a step is looked at where it may fail.
    """
    with remembered(disk):
        kept: list[Seen] = []
        try:
            store = open_outbox(path)
        except OSError:
            disk.fails_at = None
            store = open_outbox(path)
        life, failed = _Life(3), False
        for end in ends:
            if disk.fails_at is not None and disk.fails_at <= end:
                kept = [_quietly(store, disk)]
            try:
                life.step(store)
            except OSError:
                failed = True
                break
            finally:
                store._claimed.clear()
        if failed:
            # The step that failed is kept as a whole, or not at all; and the disk is well again.
            disk.fails_at = None
            seen = _quietly(store, disk)
            assert seen == kept[0], "a step that failed has left something"
            store.put(Accepted(_SHOP, "v2", (Parcel(0, "", 1, 1, b"more"),)), 0)
        kept = [_quietly(store, disk)]
        with suppress(OutboxError, OSError):
            store.close()
        return kept


def _quietly(store: SqliteOutbox, disk: Disk) -> Seen:
    """What is in a store, while its disk does not fail."""
    at, disk.fails_at = disk.fails_at, None
    operations = disk.operations
    try:
        return _seen(store)
    finally:
        store._claimed.clear()
        disk.fails_at, disk.operations = at, operations


@pytest.mark.parametrize("kept", [True, False], ids=["ballast", "none"])
def test_on_a_full_disk_all_that_is_delivered_is_settled_with_the_space_that_is_kept_for_it(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    if not kept:
        monkeypatch.setattr(Ballast, "lay", lambda self: None)
    store, accepted, settled = open_outbox(small_disk / "outbox"), 0, 0
    with store.own(_SHOP):
        with suppress(OSError):
            while True:
                store.put(Accepted(_SHOP, "v1", (Parcel(0, "", 1, 1, b"x" * 1000),) * 100), 0)
                accepted += 100
        with suppress(OSError):
            while chunks := store.claim(_SHOP, 500, _ALL, 0):
                ends = [
                    Settlement(one, tuple(Receipt(p, "delivered") for p in one.parcels)) for one in chunks
                ]
                store.settle(ends, 0)
                settled += sum(len(one.parcels) for one in chunks)
    assert (settled == accepted) is kept
    assert store.audit() == []
    assert store.status()[0].counts.delivered == settled
    store.close()


@pytest.mark.parametrize("seed", seeds(4, 2))
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "with its log"])
@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
def test_a_bit_that_turned_is_found_or_does_no_harm(
    memory: Path, monkeypatch: pytest.MonkeyPatch, large: bool, closed: bool, seed: int
) -> None:
    if large:
        monkeypatch.setattr(database, "_WHOLE_CHECK_BYTES", 0)
    store, life = open_outbox(memory / "outbox"), _Life(seed)
    for _ in range(12):
        life.step(store)
        store._claimed.clear()
    before = _seen(store)
    store._claimed.clear()
    if closed:
        store.close()
    files = {path.name: path.read_bytes() for path in memory.iterdir() if not path.name.endswith("-shm")}
    if not closed:
        store.close()
    chance, harmless = random.Random(seed), 0
    for _ in range(FLIPS // 16):
        for path in memory.iterdir():
            path.unlink()
        name = chance.choice([name for name, content in files.items() if content])
        content = bytearray(files[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        for other, whole in files.items():
            (memory / other).write_bytes(bytes(content) if other == name else whole)
        harmless += _is_harmless(memory / "outbox", before, in_log=name.endswith("-wal"))
    assert harmless


def _is_harmless(path: Path, before: Seen, *, in_log: bool) -> bool:
    """Whether a store comes out as it was; else it is said to be damaged, with a hint."""
    try:
        store = open_outbox(path)
        try:
            seen = _seen(store)
        finally:
            store.close()
    except OutboxError as error:
        assert error.hint, error  # noqa: PT017  # any of them, or none
        return False
    if in_log:
        # A log ends where its sums do not fit: SQLite takes it for the end of what was written.
        assert seen[1] is None or seen[1].record <= before[1].record
        return True
    # The lines of the ledger have no checksum of their own.
    assert seen[:-1] == before[:-1], "a store that is not what it was"
    return True


def test_several_that_open_a_new_outbox_at_once_all_have_it(tmp_path: Path) -> None:
    """Each looks at the file while another one may be making its tables."""
    refused: list[Exception] = []
    for round in range(12):
        together = threading.Barrier(6)

        def work(path: Path = tmp_path / str(round), barrier: threading.Barrier = together) -> None:
            barrier.wait()
            try:
                open_outbox(path).close()
            except Exception as error:
                refused.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert refused == []
