"""The ledger of an outbox in a file: bytes an event, how soon an id is found, and how long forgetting takes.

`python benchmarks/ledger.py --events 50000000 --folder DIRECTORY` takes minutes, and some 2 GB of the disk.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox.ledger import LedgerLine, key_digest, ledger_of
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.sqlite_ledger import write_ledger
from mapper.delivery.outbox.store import Accepted, Account, SentRequest, Settlement

_ACCOUNT = Account("pinterest/conversions-v5", recipient="account=1 at https://api.example")
_REQUEST, _TOGETHER = 1_000, 50
_BEGIN, _DAYS = 1_790_000_000.0, 30
_DAY = 86_400.0
_LOOKED_FOR = 1_000
_STEP = 20_000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "ledger.outbox"
        _print_cost(Path(folder))
        _fill(path, given.events)
        size = sum(one.stat().st_size for one in Path(folder).glob("ledger.outbox*"))
        print(f"{given.events:,} events over {_DAYS} days: {size / given.events:.1f} bytes an event")
        _print_finding(path, given.events)
        _print_forgetting(path)


def _fill(path: Path, events: int) -> None:
    """Write as deliveries of full requests do, but many in a transaction."""
    began = time.perf_counter()
    with closing(open_outbox(path)) as store:
        store.put(Accepted(_ACCOUNT, "1", skipped=1), _BEGIN)
        sql = store._connection
        sql.execute("PRAGMA synchronous = OFF")
        for first in range(0, events, _REQUEST * _TOGETHER):
            sql.execute("BEGIN IMMEDIATE")
            for start in range(first, min(first + _REQUEST * _TOGETHER, events), _REQUEST):
                now = _BEGIN + start / events * _DAYS * _DAY
                sent = SentRequest(start // _REQUEST + 1, now - 0.2, 200)
                lines: list[LedgerLine] = [
                    (key_digest(f"order-{number}"), number % 1_000_000, 0, 1, 12)
                    for number in range(start, min(start + _REQUEST, events))
                ]
                write_ledger(sql, {1: {("0123456789ab", sent): lines}}, now)
            sql.execute("COMMIT")
    print(f"written in {time.perf_counter() - began:,.0f} s")


def _print_finding(path: Path, events: int) -> None:
    chance = random.Random(1)
    known = [f"order-{chance.randrange(events)}" for _ in range(_LOOKED_FOR)]
    unknown = [f"none-{number}" for number in range(_LOOKED_FOR)]
    with closing(open_outbox(path)) as store:
        first = _seconds(lambda: store.ledger_entries(key_digest(known[0])))
        print(f"found: the first after opening in {first * 1e3:.1f} ms")
        for name, ids, count in (("found", known, 1), ("not known", unknown, 0)):
            digests = [key_digest(one) for one in ids]
            assert all(len(store.ledger_entries(one)) == count for one in digests[:20])
            taken = sorted(_seconds(lambda one=one: store.ledger_entries(one)) for one in digests)  # type: ignore[misc]  # a lambda has no type
            worst = taken[int(len(taken) * 0.99)]
            print(f"{name}: median {median(taken) * 1e3:.1f} ms, 99 % within {worst * 1e3:.1f} ms")


def _print_forgetting(path: Path) -> None:
    """Forget one day of thirty, step by step."""
    with closing(open_outbox(path)) as store:
        taken: list[float] = []
        rows = 0
        while True:
            began = time.perf_counter()
            found = store.prune_ledger(_BEGIN + _DAY, _STEP)
            taken.append(time.perf_counter() - began)
            rows += found
            if not found:
                break
    print(
        f"forgotten: {rows:,} rows in {len(taken):,} steps of at most {_STEP:,}: median"
        f" {median(taken) * 1e3:.0f} ms, longest {max(taken) * 1e3:.0f} ms"
    )


def _print_cost(folder: Path) -> None:
    """Settle full requests with a ledger and without one, in turns."""
    found: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(7):
        for keeps in (False, True) if turn % 2 else (True, False):
            found[keeps].append(_settle_some(folder / f"{turn}-{keeps}.outbox", keeps))
    off, on = median(found[False]), median(found[True])
    print(f"settling: {off:.2f} µs an event without a ledger, {on:.2f} µs with one")


def _settle_some(path: Path, keeps: bool, events: int = 50_000) -> float:
    """Processor and disk time of the settlements, in µs an event."""
    body = b'{"event_id":"order-%d","event_time":1790000000,"x":"' + b"x" * 400 + b'"}'
    numbers = iter(range(events))
    with closing(open_outbox(path)) as store:
        while part := list(islice(numbers, _REQUEST)):
            parcels = tuple(Parcel(0, "", one, 1, body % one) for one in part)
            store.put(Accepted(_ACCOUNT, "1", parcels), _BEGIN)
        taken = 0.0
        while chunks := store.claim(_ACCOUNT, _REQUEST, 10**9, _BEGIN):
            began = time.perf_counter()
            receipts = tuple(Receipt(one, "delivered") for one in chunks[0].parcels)
            sent = dict.fromkeys([one.number for one in chunks[0].parcels], SentRequest(1, _BEGIN, 200))
            lines = ledger_of(receipts, sent, "event_id") if keeps else ()
            store.settle((Settlement(chunks[0], receipts, ledger=lines),), _BEGIN)
            taken += time.perf_counter() - began
    return taken / events * 1e6


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
