"""The cost of whole processes: `mapper run` over a file beside a script by hand, its memory, its start."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import handwritten
import workload
from machine import ROOT
from orjson import OPT_SORT_KEYS

MAPPING = ROOT / "benchmarks/mapping.yaml"
_RUN = [sys.executable, "-m", "mapper", "run", "--no-guard", str(MAPPING)]
_BY_HAND = [sys.executable, str(ROOT / "benchmarks/handwritten.py")]
# A block of the large feed.
_EVENTS_IN_A_BLOCK = 5_000
_MB = 1_000_000
ON_TWO = "mapper run --jobs 2"


def run_process(command: list[str], cores: set[int] | None = None) -> float:
    """The seconds that a command takes to its end, on some cores. Raises SystemExit where it fails."""
    with tempfile.TemporaryFile() as told:
        started = perf_counter()
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            preexec_fn=_on(cores),
            check=False,
        )
        seconds = perf_counter() - started
        if done.returncode:
            told.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{told.read().decode(errors='replace')}")
    return seconds


def _on(cores: set[int] | None) -> Callable[[], None] | None:
    if cores is None or not hasattr(os, "sched_setaffinity"):
        return None
    return lambda: os.sched_setaffinity(0, cores)


def events_file(folder: Path, count: int) -> Path:
    """A file of so many events, made once for each state of the workload's code."""
    parts = [ROOT / "benchmarks" / name for name in ("workload.py", "oddities.py")]
    state = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    path = folder / f"events-{count}-{state}.ndjson"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.writelines(workload.write_events(count))
        unfinished.rename(path)
    return path


def takes_jobs() -> bool:
    """Whether `mapper run` works on several cores."""
    told = subprocess.run([*_RUN[:-1], "--help"], capture_output=True, text=True, check=True)
    return "--jobs" in told.stdout


def measure_files(events: Path, rounds: int, cores: set[int]) -> dict[str, list[float]]:
    """Whole processes over a file of events, in turns: by hand and `mapper run` on one core, then on two."""
    taken: dict[str, list[float]] = {"handwritten": [], "mapper run": []}
    with tempfile.TemporaryDirectory(dir=events.parent) as made:
        by_hand, by_us = Path(made) / "by_hand.ndjson", Path(made) / "by_us.ndjson"
        commands: dict[str, tuple[list[str], set[int]]] = {
            "handwritten": ([*_BY_HAND, str(events), str(by_hand)], {min(cores)}),
            "mapper run": ([*_RUN, str(events), "-o", str(by_us)], {min(cores)}),
        }
        if takes_jobs() and len(cores) > 1:
            command = [*_RUN, str(events), "-o", str(by_us), "--jobs", "2"]
            commands[ON_TWO] = (command, set(sorted(cores)[:2]))
            taken[ON_TWO] = []
        for _ in range(rounds):
            for name, (command, some) in commands.items():
                taken[name].append(run_process(command, some))
                if name != "handwritten":
                    _compare(by_hand, by_us, name)
    return taken


def _in_order(payload: bytes) -> bytes:
    """The JSON of a payload with its keys in order: to Python `1`, `1.0` and `true` would be equal."""
    return handwritten.dumps(handwritten.loads(payload), option=OPT_SORT_KEYS)


def _compare(one: Path, other: Path, name: str) -> None:
    """End the run where two files do not hold the same payloads in the same order."""
    with one.open("rb") as ours, other.open("rb") as theirs:
        for number, (left, right) in enumerate(zip(ours, theirs, strict=False), 1):
            if left != right and _in_order(left) != _in_order(right):
                sys.exit(f"{name} differs in payload {number:,}:\n{left.decode()}{right.decode()}")
        if ours.read(1) or theirs.read(1):
            sys.exit(f"{name} writes more or fewer payloads than the script written by hand")


def measure_memory(megabytes: int) -> dict[int, float]:
    """The most MB that `mapper run` has held up to each tenth of a feed, read from a pipe, by the MB read."""
    block = b"".join(workload.write_events(_EVENTS_IN_A_BLOCK))
    blocks = max(megabytes * _MB // len(block), 10)
    looks = {blocks * tenth // 10 for tenth in range(1, 11)}
    held: dict[int, float] = {}
    with subprocess.Popen(
        [*_RUN, "-o", os.devnull], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        for number in range(1, blocks + 1):
            process.stdin.write(block)
            if number in looks:
                held[number * len(block) // _MB] = _most_held_mb(process.pid)
    if process.returncode:
        sys.exit("mapper run failed over the large feed")
    return held


def _most_held_mb(pid: int) -> float:
    """The most memory that a process has held so far: of its own, not what its parent held when it forked."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / _MB
    raise OSError("the system does not say how much memory a process has held")


def measure_start(rounds: int) -> dict[str, list[float]]:
    """Seconds from the start of a process to its first payload, and of a Python that does nothing."""
    taken: dict[str, list[float]] = {"python": [], "mapper run": []}
    with tempfile.TemporaryDirectory() as made:
        event = Path(made) / "event.ndjson"
        event.write_bytes(next(workload.write_events(1)))
        for number in range(rounds + 1):
            nothing = _seconds_to_first_line([sys.executable, "-c", "print()"])
            first = _seconds_to_first_line([*_RUN, str(event)])
            if number:  # the first round warms the disk's cache, and the program's where there is one
                taken["python"].append(nothing)
                taken["mapper run"].append(first)
    return taken


def _seconds_to_first_line(command: list[str]) -> float:
    started = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = perf_counter() - started
        process.stdout.read()
    if not line:
        sys.exit(f"{' '.join(command)} wrote nothing")
    return seconds
