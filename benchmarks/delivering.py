"""How fast events are delivered, from a file to receipts, and what that takes: `make bench-delivery`.

Whole processes on all cores there are, the guard on, an outbox on disk. Of each run: the time that it took,
and the processor time of all its processes, which hardly moves on a busy machine. `--only NAME` measures one
part, `--events N` and `--rounds N` change how much. `--short` measures `mapper send` alone, in under three
minutes: `make bench-delivery-short`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

import figures
from delivery_stages import measure_stages
from machine import ROOT, set_environment, whole_machine
from runs import (
    HEAD,
    MAPPER,
    MAPPING,
    SECRETS,
    TARGET,
    Ran,
    bare,
    lines,
    median,
    run,
    sandbox,
    served,
    watched,
)

from mapper import compile_mapping, destination
from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account

_HERE = Path(__file__).parent
# A service that hangs: the read deadline is 2 s here, and 30 s in `mapper send`.
_IMPATIENT = [
    sys.executable,
    "-c",
    "from mapper.delivery import transport as t; t.connect.__wrapped__.__kwdefaults__['patience'] ="
    " t.Patience(read=2, whole=2); from mapper.__main__ import main; main()",
]
_FAULTS = ["500:0.05", "hang:0.01", "429:0.01", "400:0.01"]
_WATCHED_SECONDS = 20
_SHORT_SECONDS = 120
"""After this the short form begins no other round."""
_FIGURES = {"bare service": "send, bare", "sandbox": "send, sandbox"}
_BACKLOG, _MILLION, _ACCOUNTS = 600_000, 1_000_000, 1_000


def _sent(folder: Path, file: Path, url: str, jobs: int, mapper: list[str]) -> list[str]:
    for old in folder.glob("sent.outbox*"):
        old.unlink()
    words = ["send", str(MAPPING), str(file), "--url", url, "--outbox", str(folder / "sent.outbox")]
    return [*mapper, *words, "--jobs", str(jobs)]


Way: TypeAlias = tuple[list[str], Callable[[str], list[str]]]


def measure_throughput(folder: Path, events: int, rounds: int) -> None:
    """From a file to receipts, beside a loop by hand; and under faults."""
    file = _written(folder, events)
    by_hand = [sys.executable, str(_HERE / "sending_by_hand.py"), str(file)]
    failing = partial(_sent, folder, file, jobs=2, mapper=_IMPATIENT)
    ways: dict[str, Way] = {
        "a loop by hand, no outbox, bare service": (bare(), lambda url: [*by_hand, url]),
        **_sends(folder, file),
        f"the same, {', '.join(_FAULTS)}": (sandbox(*_FAULTS), failing),
    }
    _measure_ways(ways, events, rounds, float("inf"))


def measure_sends(folder: Path, events: int, rounds: int) -> None:
    """From a file to receipts, without faults: at least one round, and as many as there is time for."""
    _measure_ways(_sends(folder, _written(folder, events)), events, rounds, _SHORT_SECONDS)


def _written(folder: Path, events: int) -> Path:
    file = folder / "events.ndjson"
    with file.open("wb") as written:
        written.writelines(lines(events))
    return file


def _sends(folder: Path, file: Path) -> dict[str, Way]:
    return {
        f"mapper send --jobs {jobs}, {name}": (
            service,
            partial(_sent, folder, file, jobs=jobs, mapper=MAPPER),
        )
        for name, service in (("bare service", bare()), ("sandbox", sandbox()))
        for jobs in (1, 2)
    }


def _measure_ways(ways: dict[str, Way], events: int, rounds: int, seconds: float) -> None:
    ran: dict[str, list[Ran]] = {name: [] for name in ways}
    began = time.monotonic()
    for done in range(rounds):
        spent = time.monotonic() - began
        if done and spent + spent / done > seconds:
            break
        for name, (service, command) in ways.items():
            with served(service) as (url, pid):
                ran[name].append(run(command(url), pid))
    made = len(next(iter(ran.values())))
    print(f"\n{events:,} events of a file, to receipts; medians of {made} rounds\n{HEAD}")
    for name, runs in ran.items():
        print(median(runs).row(name, events))
    for name, key in _FIGURES.items():
        found = [median(runs) for way, runs in ran.items() if way.startswith("mapper") and way.endswith(name)]
        best = min(found, key=lambda one: one.seconds)
        figures.note(key, events / best.seconds, best.if_free(events))


def _payloads(count: int) -> list[Parcel]:
    program, service = compile_mapping(MAPPING), destination(TARGET)
    made = (one.payload for line in lines(count) for one in program.apply_json(line.rstrip()))
    return [parcel_of(one, "events.ndjson", at, service) for at, one in enumerate(filter(None, made), 1)]


def _fill(path: Path, events: int, accounts: int = 1) -> int:
    """An outbox in which so many events wait, of each of so many accounts; the port they are to go to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    recipient = f"account={SECRETS['PINTEREST_AD_ACCOUNT_ID']} at http://127.0.0.1:{port}/v5"
    parcels = _payloads(min(events * 2, 5_000))
    store = open_outbox(path)
    for number in range(accounts):
        name = f"shop-{number}" if accounts > 1 else "default"
        account = Account(TARGET, name, recipient=recipient)
        left = cycle(parcels)
        for first in range(0, events, 1000):
            part = tuple(islice(left, min(1000, events - first)))
            store.put(Accepted(account, "1", part), time.time())
    store.close()
    return port


def measure_backlog(folder: Path) -> None:
    """Measure the delivery of the events that wait after an outage."""
    port = _fill(folder / "backlog.outbox", _BACKLOG)
    with served(bare(port)) as (url, pid):
        command = [*MAPPER, "deliver", "--once", "--outbox", str(folder / "backlog.outbox"), "--url", url]
        ran = run(command, pid)
    print(f"\n{_BACKLOG:,} events that wait, delivered in {ran.seconds:.0f} s\n{HEAD}")
    print(ran.row("mapper deliver --once", _BACKLOG))


def measure_memory(folder: Path) -> None:
    """The most memory, of short and of long feeds, and of a million events that wait."""
    print("\nmost memory, in MiB")
    for events in (10_000, 100_000, _MILLION):
        with served(bare()) as (url, pid):
            command = _sent(folder, Path("-"), url, jobs=1, mapper=MAPPER)
            reading, writing = os.pipe()
            feeding = subprocess.Popen(
                [sys.executable, __file__, "--lines", str(events)], stdout=writing, cwd=ROOT
            )
            os.close(writing)
            ran = run(command, pid, stdin=reading)
            os.close(reading)
            feeding.wait()
        print(f"  {events:>10,} events through a pipe{ran.most_mib:20.0f}")
    port = _fill(folder / "million.outbox", _MILLION)
    started = time.perf_counter()
    open_outbox(folder / "million.outbox").close()
    opened = time.perf_counter() - started
    with served(bare(port)) as (url, _):
        words = ["deliver", "--outbox", str(folder / "million.outbox"), "--url", url]
        process = subprocess.Popen(
            [*MAPPER, *words], stderr=subprocess.DEVNULL, env={**os.environ, **SECRETS}
        )
        threading.Timer(_WATCHED_SECONDS, process.send_signal, [signal.SIGTERM]).start()
        *_, most = watched(process)
    print(f"  {_MILLION:>10,} that wait, while they are delivered{most:12.0f}")
    print(f"an outbox in which {_MILLION:,} wait is opened in {opened:.1f} s")


def measure_accounts(folder: Path) -> None:
    """A thousand accounts in one process."""
    port = _fill(folder / "accounts.outbox", 20, _ACCOUNTS)
    accounts = folder / "accounts.yaml"
    names = "{account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}\n"
    accounts.write_text("".join(f"shop-{number}: {names}" for number in range(_ACCOUNTS)), encoding="utf-8")
    accounts.chmod(0o600)
    with served(bare(port)) as (url, _):
        words = ["deliver", "--once", "--outbox", str(folder / "accounts.outbox"), "--url", url]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*MAPPER, *words, "--accounts", str(accounts)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, **SECRETS},
        )
        threads, files, most = watched(process)
        seconds = time.perf_counter() - started
    said = f"{threads} threads, {files} open files, {most:.0f} MiB, {seconds:.1f} s"
    figures.note("accounts", threads)
    figures.note("accounts, MiB", most)
    print(f"\n{_ACCOUNTS:,} accounts with 20 events each in one process: {said}")


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", choices=["throughput", "stages", "backlog", "accounts", "memory"], action="append"
    )
    parser.add_argument("--short", action="store_true", help="`mapper send` alone, under three minutes")
    parser.add_argument("--lines", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.lines is not None:
        sys.stdout.buffer.writelines(lines(given.lines))
        return
    with tempfile.TemporaryDirectory(prefix="delivering-") as made:
        folder = Path(made)
        set_environment(folder / "bytecode")
        print(whole_machine("httpx", "msgspec", "orjson"))
        if given.short:
            measure_sends(folder, given.events, given.rounds)
            return
        parts: dict[str, Callable[[], None]] = {
            "throughput": lambda: measure_throughput(folder, given.events, given.rounds),
            "stages": lambda: measure_stages(folder, list(lines(10_000))),
            "backlog": lambda: measure_backlog(folder),
            "accounts": lambda: measure_accounts(folder),
            "memory": lambda: measure_memory(folder),
        }
        for name in given.only or parts:
            parts[name]()


if __name__ == "__main__":
    main()
