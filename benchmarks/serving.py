"""How many events `mapper serve` accepts, and how soon it answers: `make bench-serving`.

A server in processes of its own, the guard on, an outbox on disk: each request is checked by its HMAC, its
events are mapped, and it is answered once they are flushed. The requests come from one more process over
connections that stay open. Beside what the clock said is the processor time of an event, that of the server's
processes and of who asks, which hardly moves on a busy machine. `--only NAME`, `--rounds N` and `--seconds N`
measure less.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import figures
from machine import set_environment, whole_machine
from runs import MAPPER, MAPPING, SECRETS, lines, processor_seconds

_HERE = Path(__file__).parent
_SECRET = "benchmark-secret-0123456789"
_ENTRY = {
    "sign": "{header: x-signature, algorithm: sha256, form: hex, secret: $BENCHMARK_SECRET}",
    "body": "either",
    "limits": "{body: 16 MiB, events: 5000}",
}
_LARGE_EVENTS = 4000
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers to one process, and their cost of the processor: of the server, and of itself."""

    told: dict[str, float]
    server: float
    asking: float
    events: int

    @property
    def rate(self) -> float:
        """Events a second by the clock."""
        return self.events / self.told["seconds"]

    @property
    def if_free(self) -> float:
        """The events a second that the processor time allows, were all cores of this machine free."""
        return (os.cpu_count() or 1) * self.events / (self.server + self.asking)

    @property
    def cost(self) -> float:
        """The server's seconds of the processor for an event."""
        return self.server / self.events

    def row(self, name: str) -> str:
        """A row of the table."""
        per = 1e6 / self.events
        rates = f"{name:38}{self.rate:10,.0f}{self.if_free:12,.0f}"
        return (
            f"{rates}{self.server * per:10.1f}{self.asking * per:9.1f}"
            f"{self.told['p50']:9.1f}{self.told['p99']:9.1f}{self.told['most']:9.1f}"
        )


_HEAD = (
    f"{'':38}{'events/s':>10}{'if cores':>12}{'server':>10}{'asks':>9}{'p50 ms':>9}{'p99 ms':>9}{'most':>9}\n"
    f"{'':38}{'measured':>10}{'were free':>12}{'µs/event':>10}{'µs/event':>9}"
)


def _request(events: list[bytes]) -> bytes:
    """A whole request with some events, signed."""
    body = events[0] if len(events) == 1 else b"[" + b",".join(events) + b"]"
    signature = hmac.digest(_SECRET.encode(), body, "sha256").hex()
    head = (
        "POST /events HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-signature: {signature}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def _write_requests(folder: Path, size: int, count: int) -> Path:
    """A file of so many requests with so many events each."""
    events = [line.strip() for line in lines(size * count)]
    path = folder / f"requests-{size}"
    path.write_bytes(pickle.dumps([_request(events[at : at + size]) for at in range(0, len(events), size)]))
    return path


@contextmanager
def _server(folder: Path, jobs: int) -> Iterator[tuple[int, int]]:
    """A server with an empty outbox: its port and its process."""
    with tempfile.TemporaryDirectory(dir=folder) as outbox:
        intake = folder / "intake.yaml"
        entry = {"mapping": os.path.relpath(MAPPING, folder), **_ENTRY}
        text = "".join(f"    {key}: {value}\n" for key, value in entry.items())
        intake.write_text(f"version: 1\nentries:\n  /events:\n{text}", encoding="utf-8")
        words = [
            "serve",
            intake,
            "--outbox",
            f"{outbox}/outbox",
            "--port",
            "0",
            "--no-deliver",
            "--jobs",
            jobs,
        ]
        words += ["--max-connections-per-address", 512]
        process = subprocess.Popen(
            [*MAPPER, *map(str, words)],
            env={**os.environ, **SECRETS, "BENCHMARK_SECRET": _SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2]), process.pid
        finally:
            process.terminate()
            process.wait(60)
            process.stdout.close()


@contextmanager
def _server_by_hand(folder: Path) -> Iterator[tuple[int, int]]:
    """The server that an expert writes for one sender: its port and its process."""
    with tempfile.TemporaryDirectory(dir=folder) as outbox:
        process = subprocess.Popen(
            [sys.executable, str(_HERE / "serving_by_hand.py"), f"{outbox}/outbox"],
            env={**os.environ, "BENCHMARK_SECRET": _SECRET},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2]), process.pid
        finally:
            process.kill()
            process.wait(60)
            process.stdout.close()


def _compare(folder: Path, given: Any, singles: Path) -> None:
    """One event a request, by turns with the server written by hand: as fast as they go, and 300 a second."""
    for name, rate in (("as fast as it goes", None), ("300 requests a second", 300)):
        options = {"connections": 64, "seconds": given.seconds} | ({} if rate is None else {"rate": rate})
        ratios = []
        for _ in range(given.rounds):
            with _server_by_hand(folder) as server:
                by_hand = _ask(server, singles, 1, **options)
            with _server(folder, given.jobs) as server:
                ours = _ask(server, singles, 1, **options)
            ratios.append(ours.cost / by_hand.cost)
        print(by_hand.row(f"by hand, {name}"))
        print(ours.row(f"mapper serve, {name}"))
        ratio = statistics.median(ratios)
        print(f"{'':38}{ratio:10.2f} of the processor time by hand", flush=True)
        figures.note("serve, by hand" if rate is None else "serve, 300 a second", ratio)


def _compare_jobs(folder: Path, given: Any, singles: Path) -> None:
    """Several processes on one port, by turns with one: the processor time of an event, and the rate."""
    options = {"connections": 256, "seconds": given.seconds}
    jobs = max(2, os.cpu_count() or 1)
    ratios = []
    for _ in range(given.rounds):
        with _server(folder, 1) as server:
            one = _ask(server, singles, 1, **options)
        with _server(folder, jobs) as server:
            several = _ask(server, singles, 1, **options)
        ratios.append(one.cost / several.cost)
    print(one.row("one process"))
    print(several.row(f"--jobs {jobs}"))
    ratio = statistics.median(ratios)
    print(f"{'':38}{ratio:10.2f} x the events of one process, for each, by the processor time", flush=True)
    figures.note("serve, jobs", ratio)


def _start(port: int, requests: Path, **options: object) -> subprocess.Popen[str]:
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return subprocess.Popen(
        [sys.executable, str(_HERE / "http_load.py"), str(port), str(requests), *words],
        stdout=subprocess.PIPE,
        text=True,
    )


def _told(process: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = process.communicate()
    told: dict[str, float] = json.loads(out)
    if told["others"] or process.returncode:
        sys.exit(f"{told['others']:.0f} requests were answered with another status than 202")
    return told


def _ask(server: tuple[int, int], requests: Path, size: int, **options: object) -> Asked:
    """Send for a while."""
    port, pid = server
    _told(_start(port, requests, **{**options, "seconds": 1}))  # what comes first is not measured
    before, own = processor_seconds(pid), os.times()
    told = _told(_start(port, requests, **options))
    used = os.times()
    asking = used.children_user + used.children_system - own.children_user - own.children_system
    return Asked(told, processor_seconds(pid) - before, asking, int(told["answered"]) * size)


def _ask_beside(server: tuple[int, int], requests: Path, large: Path, seconds: float) -> Asked:
    """Single events, a hundred a second, beside bodies of thousands one after another."""
    port, pid = server
    before = processor_seconds(pid)
    beside = _start(port, large, connections=1, seconds=seconds + 2)
    told = _told(_start(port, requests, connections=8, rate=100, seconds=seconds))
    of_large = _told(beside)
    events = int(told["answered"]) + int(of_large["answered"]) * _LARGE_EVENTS
    return Asked(told | {"seconds": of_large["seconds"]}, processor_seconds(pid) - before, 0.0, events)


def _median(asked: list[Asked]) -> Asked:
    """The round of the median rate; its latencies are the medians of all rounds."""
    middle = sorted(asked, key=lambda one: one.rate)[len(asked) // 2]
    told = {name: statistics.median(one.told[name] for one in asked) for name in middle.told}
    return Asked({**told, "seconds": middle.told["seconds"]}, middle.server, middle.asking, middle.events)


def _measure(folder: Path, given: Any) -> None:
    singles = _write_requests(folder, 1, 20_000)
    hundreds = _write_requests(folder, _HUNDRED, 200)
    large = _write_requests(folder, _LARGE_EVENTS, 5)
    ways = {
        "one": lambda server: _ask(server, singles, 1, connections=256, seconds=given.seconds),
        "hundred": lambda server: _ask(server, hundreds, _HUNDRED, connections=16, seconds=given.seconds),
        "beside": lambda server: _ask_beside(server, singles, large, given.seconds),
    }
    names = {
        "one": "one event a request",
        "hundred": "100 events a request",
        "beside": "one, beside bodies of 4,000",
    }
    print(f"{whole_machine()}\n{_HEAD}")
    if given.only in (None, "hand"):
        _compare(folder, given, singles)
    if given.only in (None, "jobs"):
        _compare_jobs(folder, given, singles)
    for way, ask in ways.items():
        if given.only not in (None, way):
            continue
        rounds = []
        for _ in range(given.rounds):
            with _server(folder, given.jobs) as server:
                rounds.append(ask(server))
        found = _median(rounds)
        print(found.row(names[way]), flush=True)
        _note(way, found)


def _note(way: str, found: Asked) -> None:
    if way == "one":
        figures.note("serve", found.rate, found.if_free)
        figures.note("serve, p99", found.told["p99"])
    elif way == "hundred":
        figures.note("serve, 100", found.rate, found.if_free)
    else:
        figures.note("serve, beside", found.told["p99"])


def main() -> None:
    """Measure all ways, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["one", "hundred", "beside", "hand", "jobs"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bytecode:
        set_environment(Path(bytecode))
        _measure(Path(folder), given)


if __name__ == "__main__":
    main()
