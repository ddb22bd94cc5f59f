"""How fast events are delivered, from a file to receipts, and what that takes: `make bench-delivery`.

Whole processes on all cores there are, the guard on, an outbox on disk. Of each run: the time that it took,
and the processor time of all its processes, which hardly moves on a busy machine. `--only NAME` measures one
part, `--events N` and `--rounds N` change how much. `--short` measures `mapper send` alone, in under three
minutes: `make bench-delivery-short`.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

import workload
from delivery_stages import measure_stages
from machine import ROOT, machine, set_environment

from mapper import compile_mapping, destination
from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account

_HERE = Path(__file__).parent
_MAPPING = _HERE / "mapping.yaml"
_TARGET = "pinterest/conversions-v5"
_SECRETS = {"PINTEREST_ACCESS_TOKEN": "pina_benchmark-0123456789", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
_MAPPER = [sys.executable, "-m", "mapper"]
# A service that hangs: the read deadline is 2 s here, and 30 s in `mapper send`.
_IMPATIENT = [
    sys.executable,
    "-c",
    "from mapper.delivery import transport as t; t.connect.__wrapped__.__kwdefaults__['patience'] ="
    " t.Patience(read=2, whole=2); from mapper.__main__ import main; main()",
]
_FAULTS = ["500:0.05", "hang:0.01", "429:0.01", "400:0.01"]
_BASE_EVENTS = 20_000  # of less than a day, so that none is too old
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 2**20
_WATCHED_SECONDS = 20
_SHORT_SECONDS = 120
"""After this the short form begins no other round."""
_BACKLOG, _MILLION, _ACCOUNTS = 600_000, 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run took: seconds, and those of the processor, its own and the service's; the most memory."""

    seconds: float
    own: float
    service: float
    most_mib: float

    def row(self, name: str, events: int) -> str:
        """A row of the table."""
        both = self.own + self.service
        cores = os.cpu_count() or 1
        return (
            f"{name:44}{events / self.seconds:10,.0f}{cores * events / both:14,.0f}"
            f"{self.own / events * 1e6:10.1f}{self.service / events * 1e6:10.1f}{self.most_mib:8.0f}"
        )


_HEAD = (
    f"{'':44}{'events/s':>10}{'if all cores':>14}{'own µs':>10}{'service':>10}{'MiB':>8}\n"
    f"{'':44}{'measured':>10}{'were free':>14}{'an event':>10}{'µs':>10}{'most':>8}"
)


def lines(count: int) -> Iterator[bytes]:
    """So many events of yesterday, no two with the same id."""
    day = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT").encode()
    base = [line.replace(b"2026-05-01T", day) for line in workload.write_events(min(count, _BASE_EVENTS))]
    for number, line in enumerate(islice(cycle(base), count)):
        yield line.replace(b"ajs-next-", b"ajs-%d-" % (number // _BASE_EVENTS), 1)


@contextmanager
def _served(command: list[str]) -> Iterator[tuple[str, int]]:
    """A service: its address and its process."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        assert service.stdout is not None
        try:
            yield service.stdout.readline().strip(), service.pid
        finally:
            service.kill()


def bare(port: int = 0) -> list[str]:
    """The command of a service that looks at nothing."""
    return [sys.executable, str(_HERE / "bare_service.py"), str(port)]


def sandbox(*faults: str) -> list[str]:
    """That of the sandbox."""
    asked = [word for fault in faults for word in ("--fault", fault)]
    return [*_MAPPER, "sandbox", _TARGET, "--port", "0", *asked]


def _processor(pid: int) -> float:
    """Seconds of the processor that a process had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _run(command: list[str], service: int, stdin: int | None = None) -> Ran:
    """Run a command against a service to its end."""
    before, own = _processor(service), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as told:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=told, env={**os.environ, **_SECRETS}
        )
        *_, most = _watched(process)
        seconds = time.perf_counter() - started
        told.seek(0)
        said = told.read().decode()
        # Some events are too old, as those of the workload have it; but each has its end.
        if process.returncode not in (0, 1) or "not delivered" in said:
            sys.exit(f"{' '.join(command[:6])} ended with {process.returncode}: {said}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = used.ru_utime + used.ru_stime - own.ru_utime - own.ru_stime
    return Ran(seconds, taken, _processor(service) - before, most)


def _median(runs: list[Ran]) -> Ran:
    """The run of the median time, with the medians of all else."""
    return Ran(*(statistics.median(getattr(one, name) for one in runs) for name in Ran.__slots__))


def _sent(folder: Path, file: Path, url: str, jobs: int, mapper: list[str]) -> list[str]:
    for old in folder.glob("sent.outbox*"):
        old.unlink()
    words = ["send", str(_MAPPING), str(file), "--url", url, "--outbox", str(folder / "sent.outbox")]
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
            partial(_sent, folder, file, jobs=jobs, mapper=_MAPPER),
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
            with _served(service) as (url, pid):
                ran[name].append(_run(command(url), pid))
    made = len(next(iter(ran.values())))
    print(f"\n{events:,} events of a file, to receipts; medians of {made} rounds\n{_HEAD}")
    for name, runs in ran.items():
        print(_median(runs).row(name, events))


def _payloads(count: int) -> list[Parcel]:
    program, service = compile_mapping(_MAPPING), destination(_TARGET)
    made = (one.payload for line in lines(count) for one in program.apply_json(line.rstrip()))
    return [parcel_of(one, "events.ndjson", at, service) for at, one in enumerate(filter(None, made), 1)]


def _fill(path: Path, events: int, accounts: int = 1) -> int:
    """An outbox in which so many events wait, of each of so many accounts; the port they are to go to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    recipient = f"account={_SECRETS['PINTEREST_AD_ACCOUNT_ID']} at http://127.0.0.1:{port}/v5"
    parcels = _payloads(min(events * 2, 5_000))
    store = open_outbox(path)
    for number in range(accounts):
        name = f"shop-{number}" if accounts > 1 else "default"
        account = Account(_TARGET, name, recipient=recipient)
        left = cycle(parcels)
        for first in range(0, events, 1000):
            part = tuple(islice(left, min(1000, events - first)))
            store.put(Accepted(account, "1", part), time.time())
    store.close()
    return port


def measure_backlog(folder: Path) -> None:
    """What waits after an outage."""
    port = _fill(folder / "backlog.outbox", _BACKLOG)
    with _served(bare(port)) as (url, pid):
        command = [*_MAPPER, "deliver", "--once", "--outbox", str(folder / "backlog.outbox"), "--url", url]
        ran = _run(command, pid)
    print(f"\n{_BACKLOG:,} events that wait, delivered in {ran.seconds:.0f} s\n{_HEAD}")
    print(ran.row("mapper deliver --once", _BACKLOG))


def measure_memory(folder: Path) -> None:
    """The most memory, of short and of long feeds, and of a million events that wait."""
    print("\nmost memory, in MiB")
    for events in (10_000, 100_000, _MILLION):
        with _served(bare()) as (url, pid):
            command = _sent(folder, Path("-"), url, jobs=1, mapper=_MAPPER)
            reading, writing = os.pipe()
            feeding = subprocess.Popen(
                [sys.executable, __file__, "--lines", str(events)], stdout=writing, cwd=ROOT
            )
            os.close(writing)
            ran = _run(command, pid, reading)
            os.close(reading)
            feeding.wait()
        print(f"  {events:>10,} events through a pipe{ran.most_mib:20.0f}")
    port = _fill(folder / "million.outbox", _MILLION)
    started = time.perf_counter()
    open_outbox(folder / "million.outbox").close()
    opened = time.perf_counter() - started
    with _served(bare(port)) as (url, _):
        words = ["deliver", "--outbox", str(folder / "million.outbox"), "--url", url]
        process = subprocess.Popen(
            [*_MAPPER, *words], stderr=subprocess.DEVNULL, env={**os.environ, **_SECRETS}
        )
        threading.Timer(_WATCHED_SECONDS, process.send_signal, [signal.SIGTERM]).start()
        *_, most = _watched(process)
    print(f"  {_MILLION:>10,} that wait, while they are delivered{most:12.0f}")
    print(f"an outbox in which {_MILLION:,} wait is opened in {opened:.1f} s")


def measure_accounts(folder: Path) -> None:
    """A thousand accounts in one process."""
    port = _fill(folder / "accounts.outbox", 20, _ACCOUNTS)
    accounts = folder / "accounts.yaml"
    names = "{account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}\n"
    accounts.write_text("".join(f"shop-{number}: {names}" for number in range(_ACCOUNTS)), encoding="utf-8")
    accounts.chmod(0o600)
    with _served(bare(port)) as (url, _):
        words = ["deliver", "--once", "--outbox", str(folder / "accounts.outbox"), "--url", url]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*_MAPPER, *words, "--accounts", str(accounts)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_SECRETS},
        )
        threads, files, most = _watched(process)
        seconds = time.perf_counter() - started
    said = f"{threads} threads, {files} open files, {most:.0f} MiB, {seconds:.1f} s"
    print(f"\n{_ACCOUNTS:,} accounts with 20 events each in one process: {said}")


def _watched(process: subprocess.Popen[bytes]) -> tuple[int, int, float]:
    """The most threads, open files and MiB of a process that is watched until it ends."""
    threads = files = 0
    most = 0.0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            files = max(files, len(os.listdir(f"/proc/{process.pid}/fd")))
        except OSError:  # it has just ended
            continue
        said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        threads = max(threads, int(said.get("Threads", 0)))
        most = max(most, int(said.get("VmHWM", "0 kB").split()[0]) / 1024)
        time.sleep(0.02)
    return threads, files, most


def main() -> None:
    """Measure."""
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
        load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
        where = machine("httpx", "msgspec", "orjson").replace(
            "one core", f"{os.cpu_count()} cores, load {load}"
        )
        print(where)
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
