"""The cost of an outbox in PostgreSQL: put, claim, begin and settle of full chunks: `make bench-postgres`.

It starts a server of its own, with fsync as it is by default, and counts the processor time of all its
processes, vacuum and checkpoints included, and of this process. SQLite takes turns with it. The best of some
rounds by the processor, the median by the clock. `--compression none|pglz` measures the server without lz4.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from figures import note
from machine import ROOT, whole_machine

sys.path.insert(0, str(ROOT))

import runs

from mapper import compile_mapping, destination
from mapper.delivery.batch import Parcel, Receipt, parcel_of
from mapper.delivery.outbox.postgres import PostgresOutbox, open_postgres
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Settlement
from tests.support.postgres import Server, running

_CHUNK = 1000
_ALL = 10**9
_TICKS = os.sysconf("SC_CLK_TCK")
_STEPS = ("put", "claim", "begin", "settle")
Store = PostgresOutbox | SqliteOutbox


@dataclass
class Measured:
    """By step, µs of an event: of the server's processor, of this process's, and of the clock."""

    server: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in _STEPS})
    own: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in _STEPS})
    clock: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in _STEPS})
    whole: list[float] = field(default_factory=list)
    """The seconds of the server's processor, from the first put to the vacuum after the last settlement."""


def _parcels(count: int) -> list[Parcel]:
    """Payloads of the workload."""
    program, service = compile_mapping(runs.MAPPING), destination(runs.TARGET)
    outcomes = (one for line in runs.lines(count) for one in program.apply_json(line))
    payloads = [one.payload for one in outcomes if one.payload is not None]
    return [parcel_of(payload, "", place, service) for place, payload in enumerate(payloads, 1)]


def _server_seconds(server: Server) -> float:
    """Seconds of the processor that all processes of a server had, those that have ended included."""
    assert server.process is not None
    parent = server.process.pid
    ended = Path(f"/proc/{parent}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[13:15]
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    nanoseconds = 0
    for process in (parent, *children):
        with suppress(OSError):  # it has just ended
            nanoseconds += int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0])
    return nanoseconds / 1e9 + sum(map(int, ended)) / _TICKS


def _round(store: Store, parcels: list[Parcel], server: Server | None, found: Measured) -> None:
    account = Account(runs.TARGET)
    events = len(parcels)

    def step(name: str, work: Callable[[], None]) -> None:
        before = (_server_seconds(server) if server else 0.0, time.process_time(), time.perf_counter())
        work()
        after = (_server_seconds(server) if server else 0.0, time.process_time(), time.perf_counter())
        for kept, end, begin in zip((found.server, found.own, found.clock), after, before, strict=True):
            kept[name].append((end - begin) / events * 1e6)

    def put() -> None:
        for place in range(0, events, _CHUNK):
            store.put(Accepted(account, "1", tuple(parcels[place : place + _CHUNK])), 1.0)

    began = _server_seconds(server) if server else 0.0
    step("put", put)
    with store.own(account):
        claimed = []

        def claim() -> None:
            while chunks := store.claim(account, _CHUNK, _ALL, 2.0):
                claimed.append(chunks)

        step("claim", claim)
        step("begin", lambda: [store.begin(one) for one in claimed] and None)
        settlements = [
            [Settlement(chunk, tuple(Receipt(one, "delivered") for one in chunk.parcels)) for chunk in chunks]
            for chunks in claimed
        ]
        step("settle", lambda: [store.settle(one, 3.0) for one in settlements] and None)
    if server is not None:
        server.run("VACUUM mapper_outbox.chunk", "bench")
        found.whole.append((_server_seconds(server) - began) / events * 1e6)


def _show(name: str, found: Measured) -> None:
    print(f"\n{name}: µs an event, the best of {len(found.clock['put'])} rounds; by the clock the median")
    print(f"{'':12}{'server':>10}{'own':>10}{'clock':>10}")
    for step in _STEPS:
        server, own = min(found.server[step]), min(found.own[step])
        print(f"{step:12}{server:10.1f}{own:10.1f}{statistics.median(found.clock[step]):10.1f}")
    clock = sum(statistics.median(found.clock[step]) for step in _STEPS)
    own = sum(min(found.own[step]) for step in _STEPS)
    print(f"{'all':12}{sum(min(found.server[step]) for step in _STEPS):10.1f}{own:10.1f}{clock:10.1f}")
    if found.whole:
        print(f"{'with vacuum':12}{min(found.whole):10.1f}")
    print(f"{1e6 / clock:,.0f} events/s by one connection")


def main() -> None:
    """Measure, print and note."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--compression", choices=["lz4", "pglz", "none"], default="lz4")
    given = options.parse_args()
    parcels = _parcels(given.events)
    size = sum(len(one.body) for one in parcels) / len(parcels)
    print(whole_machine())
    print(f"{len(parcels):,} payloads of {size:,.0f} bytes, {_CHUNK:,} in a chunk")
    postgres, sqlite = Measured(), Measured()
    kept_on = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}
    with tempfile.TemporaryDirectory() as folder, running(**kept_on) as server:
        server.run("CREATE DATABASE bench")
        store = open_postgres(server.address("bench"))
        _compress(server, given.compression)
        file = open_outbox(Path(folder) / "bench.outbox")
        for _ in range(given.rounds):
            _round(store, parcels, server, postgres)
            _round(file, parcels, None, sqlite)
        version = server.run("SHOW server_version")[0][0]
        store.close()
        file.close()
    _show(f"PostgreSQL {version}, compression {given.compression}", postgres)
    _show("SQLite, in this process", sqlite)
    note("postgres", sum(min(postgres.server[step]) for step in _STEPS))


def _compress(server: Server, how: str) -> None:
    if how == "none":
        server.run("ALTER TABLE mapper_outbox.chunk ALTER COLUMN bodies SET STORAGE EXTERNAL", "bench")
    else:
        server.run(f"ALTER TABLE mapper_outbox.chunk ALTER COLUMN bodies SET COMPRESSION {how}", "bench")


if __name__ == "__main__":
    main()
