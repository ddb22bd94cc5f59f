"""The cost of a command of this checkout over the workload: seconds, memory, processor time of its processes.

Benchmarks of whole processes import this. A machine is seldom quiet, so each shows the processor time of an
event beside what the clock said, and takes the median of rounds in which all ways take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import workload

_HERE = Path(__file__).parent
MAPPING = _HERE / "mapping.yaml"
TARGET = "pinterest/conversions-v5"
SECRETS = {"PINTEREST_ACCESS_TOKEN": "pina_benchmark-0123456789", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
MAPPER = [sys.executable, "-m", "mapper"]
_BASE_EVENTS = 20_000  # of less than a day, so that none is too old
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOKS_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Ran:
    """The cost of a run: seconds, those of the processor, its own and those of others; the most memory."""

    seconds: float
    own: float
    others: float
    most_mib: float

    def if_free(self, events: int) -> float:
        """The events a second that the processor time allows, were all cores of this machine free."""
        return (os.cpu_count() or 1) * events / (self.own + self.others)

    def row(self, name: str, events: int) -> str:
        """A row of the table."""
        return (
            f"{name:44}{events / self.seconds:10,.0f}{self.if_free(events):14,.0f}"
            f"{self.own / events * 1e6:10.1f}{self.others / events * 1e6:10.1f}{self.most_mib:8.0f}"
        )


HEAD = (
    f"{'':44}{'events/s':>10}{'if all cores':>14}{'own µs':>10}{'others':>10}{'MiB':>8}\n"
    f"{'':44}{'measured':>10}{'were free':>14}{'an event':>10}{'µs':>10}{'most':>8}"
)


def lines(count: int) -> Iterator[bytes]:
    """Events of yesterday, so many, no two with the same id."""
    day = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT").encode()
    base = [line.replace(b"2026-05-01T", day) for line in workload.write_events(min(count, _BASE_EVENTS))]
    for number, line in enumerate(islice(cycle(base), count)):
        yield line.replace(b"ajs-next-", b"ajs-%d-" % (number // _BASE_EVENTS), 1)


@contextmanager
def served(command: list[str]) -> Iterator[tuple[str, int]]:
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
    return [*MAPPER, "sandbox", TARGET, "--port", "0", *asked]


def processor_seconds(*pids: int) -> float:
    """Seconds of the processor that some processes had, with all that they started: those that ended too.

    A process that ended counts once its parent has waited for it.
    """
    stats = {int(path.name): found for path in Path("/proc").glob("[0-9]*") if (found := _stat(path))}
    waiting, seen = list(pids), set[int]()
    while waiting:
        parent = waiting.pop()
        if parent in stats and parent not in seen:
            seen.add(parent)
            waiting += [pid for pid, fields in stats.items() if int(fields[1]) == parent]
    return sum(sum(map(int, stats[pid][11:15])) for pid in seen) / _TICKS


def _stat(process: Path) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent and so on; none where it has just ended."""
    try:
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def run(command: list[str], *others: int, stdin: int | None = None, ends: Iterable[int] = (0, 1)) -> Ran:
    """Run a command to its end, beside others that work for it, such as a service.

    It may end with 1: some events of the workload are too old, as it has it; but each has its end.
    """
    with tempfile.TemporaryFile() as told:
        before, own = processor_seconds(*others), os.times()
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=told, env={**os.environ, **SECRETS}
        )
        *_, most = watched(process)
        seconds = time.perf_counter() - started
        told.seek(0)
        said = told.read().decode()
    if process.returncode not in ends or "not delivered" in said:
        sys.exit(f"{' '.join(command[:6])} ended with {process.returncode}: {said}")
    used = os.times()
    taken = used.children_user + used.children_system - own.children_user - own.children_system
    return Ran(seconds, taken, processor_seconds(*others) - before, most)


def watched(process: subprocess.Popen[bytes]) -> tuple[int, int, float]:
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
        time.sleep(_LOOKS_SECONDS)
    return threads, files, most


def median(runs: list[Ran]) -> Ran:
    """The run of the median time, with the medians of all else."""
    return Ran(*(statistics.median(getattr(one, name) for one in runs) for name in Ran.__slots__))
