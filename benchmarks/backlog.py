"""The cost of an outbox in which millions of events wait: `make bench-backlog`.

Two outboxes are filled, one ten times the other, with dead letters for a tenth of what waits. Each command of
`mapper outbox`, and a claim, runs over both: seconds by the clock, and the most memory. Where a command has
to read all rows, its time grows with them; its memory must not. It needs 4 GB of the disk, in a temporary
directory in `--folder` that is removed at the end, and some minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import figures
from machine import set_environment, whole_machine
from runs import MAPPER, MAPPING, SECRETS, TARGET, Ran, lines, run

from mapper import compile_mapping, destination
from mapper.delivery.batch import Parcel, Receipt, parcel_of
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Settlement

_EVENTS, _TIMES = 200_000, 10
_DEAD = 10
"""A dead letter for so many events that wait."""
_CHUNK = 1_000
_ROUNDS = 3
_RECIPIENT = f"account={SECRETS['PINTEREST_AD_ACCOUNT_ID']} at http://127.0.0.1:9/v5"
_ACCOUNT = Account(TARGET, "default", recipient=_RECIPIENT)
_CLAIMS = 50
# The processor's seconds for the claims, and not for opening the outbox, are what it ends with.
_CLAIM = f"""
import sys, time
from pathlib import Path
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account
store = open_outbox(Path(sys.argv[1]))
account = Account({TARGET!r}, "default", recipient={_RECIPIENT!r})
began = time.process_time()
for _ in range({_CLAIMS}):
    assert store.claim(account, 1_000, 10**9, time.time())
print(time.process_time() - began)
"""
_STATUS = "outbox status"
_READS = (
    _STATUS,
    "outbox waiting",
    "outbox waiting --group-by reason",
    "outbox dead",
    "outbox dead --group-by reason",
    "outbox find no-such-event",
    "outbox export",
)
# Each takes half of the dead letters away.
_WRITES = ("outbox retry --kind doubtful", "outbox purge --yes", "outbox restored")


@dataclass(frozen=True, slots=True)
class Filled:
    """An outbox, and how many events wait in it."""

    path: Path
    events: int


def main() -> None:
    """Print what each command costs, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=_EVENTS, help="that wait in the smaller outbox")
    parser.add_argument("--chunk", type=int, default=_CHUNK, help="so many are accepted together")
    parser.add_argument("--folder", type=Path, help="of the outboxes, on a disk with room for them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backlog-", dir=given.folder) as made:
        folder = Path(made)
        set_environment(folder / "bytecode")
        print(whole_machine())
        small, large = (
            _filled(folder / f"{events}.outbox", events, given.chunk)
            for events in (given.events, given.events * _TIMES)
        )
        print(
            f"\n{'':36}{small.events:>12,} wait{large.events:>12,} wait{'x':>8}{'MiB':>8}{'MiB':>8}{'x':>8}"
        )
        claims = _claim(small), _claim(large)
        print(f"{'a claim of 1,000 events':36}{claims[0]:>14.4f} s {claims[1]:>14.4f} s{_times(claims)}")
        costs = {name: _compared(name, small, large) for name in (*_READS, *_WRITES)}
    figures.note("backlog, claim", claims[1] / claims[0])
    figures.note("backlog, status", costs[_STATUS][1].seconds)
    figures.note("backlog, MiB", max(more.most_mib / few.most_mib for few, more in costs.values()))


def _compared(name: str, small: Filled, large: Filled) -> tuple[Ran, Ran]:
    few, many = _best(name, small), _best(name, large)
    seconds, memory = (few.seconds, many.seconds), (few.most_mib, many.most_mib)
    told = f"{seconds[0]:>14.2f} s {seconds[1]:>14.2f} s{_times(seconds)}"
    print(f"{name:36}{told}{memory[0]:>8.0f}{memory[1]:>8.0f}{_times(memory)}", flush=True)
    return few, many


def _times(two: tuple[float, float]) -> str:
    return f"{two[1] / two[0]:>8.2f}"


def _filled(path: Path, events: int, chunk: int) -> Filled:
    program, service = compile_mapping(MAPPING), destination(TARGET)
    made = (one.payload for line in lines(5_000) for one in program.apply_json(line.rstrip()))
    parcels = [parcel_of(one, "events.ndjson", at, service) for at, one in enumerate(filter(None, made), 1)]
    began = time.perf_counter()
    with closing(open_outbox(path)) as store:
        store._connection.execute("PRAGMA synchronous = OFF")
        _bury(store, parcels, events // _DEAD)
        left = cycle(parcels)
        for first in range(0, events, chunk):
            part = tuple(islice(left, min(chunk, events - first)))
            store.put(Accepted(_ACCOUNT, "1", part), time.time())
    size = sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*")) / 1e9
    print(f"{events:,} events put in {time.perf_counter() - began:.0f} s, {size:.1f} GB", flush=True)
    return Filled(path, events)


def _bury(store: SqliteOutbox, parcels: list[Parcel], letters: int) -> None:
    """Let some payloads be refused."""
    for first in range(0, letters, _CHUNK):
        part = tuple(parcels[: min(_CHUNK, letters - first)])
        store.put(Accepted(_ACCOUNT, "1", part), time.time())
        (chunk,) = store.claim(_ACCOUNT, _CHUNK, 10**9, time.time())
        kinds = cycle(("rejected", "doubtful"))
        receipts = tuple(Receipt(one, "refused", next(kinds)) for one in chunk.parcels)
        store.settle((Settlement(chunk, receipts),), time.time())


def _claim(outbox: Filled) -> float:
    """The seconds of a claim: the least of a few processes."""
    command = [sys.executable, "-c", _CLAIM, str(outbox.path)]
    ran = [subprocess.run(command, capture_output=True, check=True) for _ in range(_ROUNDS)]
    return min(float(one.stdout) for one in ran) / _CLAIMS


def _best(name: str, outbox: Filled) -> Ran:
    """The least that a command takes; one that changes the outbox runs once."""
    command = [*MAPPER, *name.split(), "--outbox", str(outbox.path)]
    ran = [run(command) for _ in range(1 if name in _WRITES else _ROUNDS)]
    return min(ran, key=lambda one: one.seconds)


if __name__ == "__main__":
    main()
