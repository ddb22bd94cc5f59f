"""A server killed by SIGKILL at any time: what it has answered with 202 is neither lost nor kept twice.

The long form is `SERVE_KILLS=100 pytest tests/serving/test_serve_kills.py`.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.serving.mapping_processes import SMALL_EVENTS
from tests.delivery.deliveries import DESTINATION, validate
from tests.serving.server import SECRETS, counts, now, proof, serving
from tests.support.command import ROOT
from tests.support.depth import by_seed, examples
from tests.support.waiting import wait_until

_WAITING = 8
_KILLS = int(os.environ.get("SERVE_KILLS", examples(4, 2)))
_SENDERS = 8


@dataclass
class _Senders:
    """Threads that send, each request again and again until it is acknowledged.

    made: ids of events that were sent; acknowledged: those whose request was answered with 202.
    """

    port: int = 0
    made: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    tries: int = 0
    statuses: set[int] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, name: int) -> None:
        chance, number = by_seed(name), 0
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self.stop.is_set():
            number += 1
            size = chance.choice((1, 1, 3, 120))
            events = [{**now(0), "id": f"s{name}-{number}-{place}"} for place in range(size)]
            ids = {str(one["id"]) for one in events}
            body = json.dumps(events).encode()
            headers = {**proof("/orders", body), "x-delivery": f"{name}/{number}"}
            with self.lock:
                self.made |= ids
            while not self._is_acknowledged(connection, body, headers):
                time.sleep(0.02)
            with self.lock:
                self.acknowledged |= ids
        connection.close()

    def _is_acknowledged(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> bool:
        with self.lock:
            self.tries += 1
        try:
            connection.request("POST", "/orders", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        with self.lock:
            self.statuses.add(answer.status)
        return answer.status == 202


@contextmanager
def _sending(senders: _Senders) -> Iterator[None]:
    threads = [threading.Thread(target=senders.run, args=(name,)) for name in range(_SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        senders.stop.set()
        for thread in threads:
            thread.join()


def _deliver_rest(outbox: Path, url: str) -> None:
    """What waits is delivered by a courier apart."""
    ran = subprocess.run(
        [sys.executable, "-m", "mapper", "deliver", "--once", "--outbox", outbox, "--url", url],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr


def _children(process: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    told = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    found = [int(one) for one in told]
    return [*found, *(inner for one in found for inner in _children(one))]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_what_was_acknowledged_before_a_kill_is_delivered_and_nothing_is_kept_twice(tmp_path: Path) -> None:
    chance, ledger, outbox = by_seed("kills"), Ledger(keep=True), tmp_path / "outbox"
    senders = _Senders(_free_port())
    with serve(sandbox_app(DESTINATION, validate, ledger=ledger)) as url:
        words = ("--url", url, "--jobs", 1, "--max-connections-per-address", 512)
        with _sending(senders):
            for kill in range(_KILLS):
                with serving(tmp_path, *words, port=senders.port) as server:
                    before = len(senders.acknowledged)
                    wait_until(lambda before=before: len(senders.acknowledged) > before)
                    time.sleep(chance.uniform(0, 1.0))
                    server.end(signal.SIGKILL)
                    with senders.lock:
                        acknowledged = len(senders.acknowledged)
                # All of it is on the disk, or has been delivered.
                assert counts(outbox).accepted >= acknowledged, kill
            with serving(tmp_path, *words, port=senders.port) as server:
                senders.stop.set()
                wait_until(lambda: len(senders.acknowledged) == len(senders.made))
                assert server.end() == 0
        _deliver_rest(outbox, url)
    found = counts(outbox)
    times = Counter(one["event_id"] for one in ledger.received)
    delivered = set(times)
    assert senders.statuses == {202}
    assert len(senders.made) > _KILLS
    # Lost: none. Kept twice: none, although each request was sent until it was acknowledged.
    assert delivered == senders.acknowledged == senders.made
    assert (found.accepted, found.pending, found.delivered) == (len(delivered), 0, len(delivered))
    # Delivered twice: no more events than were counted, in flight when the courier was killed.
    assert sum(count > 1 for count in times.values()) <= found.copies
    print(f"{_KILLS} kills, {senders.tries} requests, {len(delivered)} events, {ledger.duplicates} copies")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes by /proc")
def test_a_process_that_serves_or_maps_is_replaced_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    senders, chance = _Senders(_free_port()), by_seed("workers")
    words = ("--no-deliver", "--jobs", 2, "--max-connections-per-address", 512)
    with serving(tmp_path, *words, port=senders.port) as server:
        keeper = _children(server.process.pid)[0]
        with _sending(senders):
            for _ in range(2 * _KILLS):
                before = len(senders.acknowledged)
                wait_until(lambda before=before: len(senders.acknowledged) > before)
                wait_until(lambda: len(_children(keeper)) >= 2)
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(_children(keeper)), signal.SIGKILL)
        assert server.metric("mapper_serve_lost_processes_total") > 0
        # 500 where two processes in turn were killed with the same events in hand: its sender tries again.
        assert senders.statuses <= {202, 500}
        assert counts(server.outbox).accepted == len(senders.made) == len(senders.acknowledged)
        assert server.end() == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes by /proc")
def test_no_process_outlives_a_server(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 2) as server:
        assert server.post("/orders", [now(0)] * (SMALL_EVENTS + 1)).status == 202
        wait_until(lambda: len(_children(server.process.pid)) == 4)
        children = _children(server.process.pid)
        server.end(signal.SIGKILL)
    wait_until(lambda: not any(_is_there(one) for one in children))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes by /proc")
def test_a_server_that_can_replace_no_process_answers_503_at_once_and_ends(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 1) as server:
        assert server.post("/orders", [now(0)] * (SMALL_EVENTS + 1)).status == 202
        wait_until(lambda: len(_children(server.process.pid)) == 3)
        keeper, _, worker = _children(server.process.pid)
        os.kill(worker, signal.SIGSTOP)  # so that requests wait
        with ThreadPoolExecutor(_WAITING) as pool:
            events = [now(number) for number in range(SMALL_EVENTS + 1)]
            asked = [pool.submit(server.post, "/orders", events) for _ in range(_WAITING)]
            wait_until(lambda: server.metric("mapper_serve_connections") > _WAITING)
            time.sleep(0.2)
            begun = time.monotonic()
            os.kill(keeper, signal.SIGKILL)
            os.kill(worker, signal.SIGKILL)
            said = [one.result() for one in asked]
        took = time.monotonic() - begun
        assert [one.status for one in said] == [503] * _WAITING
        assert {one.headers["retry-after"] for one in said} == {"5"}
        assert took < 2.0
        assert server.process.wait(10) == 70
        assert "cannot go on" in server.said()
        assert counts(server.outbox).accepted == SMALL_EVENTS + 1
    print(f"{_WAITING} requests that waited were answered 503 after {took:.2f} s")


def _is_there(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return False
