"""`mapper send` killed by SIGKILL wherever it may be, and run again: nothing is lost, and little comes twice.

The long form, of 700 runs and more, is `make reliability`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.outbox.search import DeadEvent, EndedEvent, Search, WaitingEvent
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Counts, DeadQuery
from tests.delivery.json_server import JsonHandler, JsonServer, listening
from tests.support.command import MAPPING, ROOT, event, ndjson
from tests.support.depth import by_seed, seeds, some
from tests.support.killing import POINTS

RUNS = int(os.environ.get("KILL_RUNS", "45"))
_RANDOM_RUNS = int(os.environ.get("KILL_RANDOM_RUNS", "8"))
_EVENTS = 60
# These events the service refuses by name; the line of another one is no JSON.
_REFUSED = {"o-11", "o-47"}
_BROKEN = 23
_GOOD = {f"o-{number}" for number in range(_EVENTS)} - _REFUSED
_SERVER_POINTS = ("amid a request's body", "once the service has processed a request")


@dataclass
class _Service:
    """What a killed process talks to: it counts what it processed, and may kill who asks.

    victim: the process that it kills at a point, by its nth request. processed: how often each event was.
    open: connections that were accepted and are not done with.
    """

    url: str = ""
    victim: int = 0
    point: str = ""
    nth: int = 0
    requests: int = 0
    processed: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: threading.Event = field(default_factory=threading.Event)
    open: int = 0

    def arm(self, point: str, nth: int) -> None:
        """Kill at this point, of the requests from now on."""
        with self.lock:
            self.point, self.nth, self.requests = point, nth, 0
        self.known.clear()

    def kill(self, point: str, request: int) -> None:
        """Kill, if this is the point and the request for it."""
        if (point, request) == (self.point, self.nth):
            assert self.known.wait(10)
            _kill(self.victim)


def _kill(process: int) -> None:
    """End a process, which may have ended just now."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


class _Handler(JsonHandler):
    service: _Service

    def do_POST(self) -> None:
        with self.service.lock:
            self.service.requests += 1
            request = self.service.requests
        length = int(self.headers["content-length"])
        body = self.rfile.read(length // 2)
        self.service.kill(_SERVER_POINTS[0], request)
        body += self.rfile.read(length - len(body))
        if len(body) < length:
            self.close_connection = True
            return
        found = [event["event_id"] for event in json.loads(body)["data"]]
        with self.service.lock:
            self.service.processed.update(one for one in found if one not in _REFUSED)
        self.service.kill(_SERVER_POINTS[1], request)
        entries = [{"status": "failed" if one in _REFUSED else "processed"} for one in found]
        good = sum(entry["status"] == "processed" for entry in entries)
        said = {"num_events_received": len(found), "num_events_processed": good, "events": entries}
        if good == len(found):
            self.answer(200, said)
        else:
            self.answer(422, {"code": 953, "details": said})

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()


class _Server(JsonServer):
    """Accepts connections in their order, and counts those that it is not done with."""

    service: _Service

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.service.lock:
            self.service.open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.service.lock:
                self.service.open -= 1


@contextmanager
def _serving() -> Iterator[_Service]:
    service = _Service()
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Server(("127.0.0.1", 0), handler)
    server.service, service.url = service, server.url
    with listening(server):
        yield service


class _Forge:
    """Starts commands by a process that has imported everything, so that a run takes a moment."""

    def __init__(self, folder: Path) -> None:
        self._stderr = folder / "stderr"
        first = ["send", str(folder / "small.yaml"), str(folder / "events.ndjson"), "--dry-run"]
        words = [sys.executable, "-m", "tests.support.killing", *first]
        secrets = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
        # With no cache each run would compile the mapping for a while.
        cache = {"MAPPER_NO_CACHE": "", "XDG_CACHE_HOME": str(folder / "cache"), **secrets}
        self._process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, **cache},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(
        self, words: list[str], service: _Service, point: str = "", nth: int = 0, after: float | None = None
    ) -> tuple[int, str]:
        """How a command ends: its status, or less than 0 if a signal ended it; and what it said.

        after: kill it after so many seconds.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked: dict[str, object] = {"words": words, "stderr": str(self._stderr)}
        if point in POINTS:
            asked |= {"point": point, "nth": nth}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        service.victim = int(self._process.stdout.readline())
        service.known.set()
        timer = None if after is None else threading.Timer(after, _kill, (service.victim,))
        if timer is not None:
            timer.start()
        ended = int(self._process.stdout.readline())
        if timer is not None:
            timer.cancel()
            timer.join()
        return os.waitstatus_to_exitcode(ended), self._stderr.read_text(encoding="utf-8")

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, _Forge]]:
    """A folder with a mapping and a feed, and what starts commands there."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "small.yaml").write_text(MAPPING)
    (folder / "offline.yaml").write_text(MAPPING.replace("const: web", "const: offline"))
    now = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    lines: list[Any] = [event(number, at=now) for number in range(_EVENTS)]
    lines.insert(_BROKEN, "{")
    (folder / "events.ndjson").write_text(ndjson(*lines))
    forge = _Forge(folder)
    yield folder, forge
    forge.close()


def _words(
    folder: Path, outbox: Path, service: _Service, batch: int, mapping: str = "small.yaml"
) -> list[str]:
    files = [str(folder / mapping), str(folder / "events.ndjson")]
    words = ["send", *files, "--url", service.url, "--outbox", str(outbox), "--batch-size", str(batch)]
    return [*words, "--ledger", "30"]


def _counts(outbox: Path) -> Counts:
    """What an outbox counts; it is sound."""
    if not outbox.exists():
        return Counts()
    store = open_outbox(outbox)
    try:
        assert store.audit() == []
        found = store.status()
        return found[0].counts if found else Counts()
    finally:
        store.close()


def _check_ledger(outbox: Path, service: _Service) -> None:
    """Each event that was accepted is found once: it waits, is dead, or was sent and processed."""
    if not outbox.exists():
        return
    ids = tuple(f"o-{number}" for number in range(_EVENTS))
    store = open_outbox(outbox)
    found = list(Search(store, ids, lambda destination: "event_id").run())
    counts = store.status()[0].counts if store.status() else Counts()
    store.close()
    assert all(count == 1 for count in Counter(one.event_id for one in found).values())
    sent = {one.event_id for one in found if isinstance(one, EndedEvent)}
    dead = [one for one in found if isinstance(one, DeadEvent)]
    waiting = [one for one in found if isinstance(one, WaitingEvent)]
    assert (len(sent), len(waiting)) == (counts.delivered, counts.pending)
    assert sent <= set(service.processed)
    assert {one.event_id for one in dead} <= _REFUSED
    assert all(one.entry is not None and one.entry.status == 422 for one in dead)


def _finish(words: list[str], outbox: Path, service: _Service, forge: _Forge, at_kill: int) -> None:
    """Run it again until it is done; at_kill: how many events the outbox counted as delivered then."""
    before = service.processed.total()
    service.arm("", 0)
    status, told = forge.run(words, service)
    assert status in (0, 1), told
    assert "Traceback" not in told
    _check_ledger(outbox, service)
    counts = _counts(outbox)
    assert set(service.processed) == _GOOD
    assert (counts.accepted, counts.pending) == (_EVENTS + 1, 0)
    assert (counts.delivered, counts.dead, counts.expired) == (len(_GOOD), len(_REFUSED) + 1, 0)
    # What was processed and not settled when it was killed, in the requests then under way, comes twice.
    twice = service.processed.total() - len(_GOOD)
    assert twice == before - at_kill
    assert counts.copies >= sum(times > 1 for times in service.processed.values())
    store = open_outbox(outbox)
    letters = Counter(letter.stage for letter in store.dead_letters(DeadQuery()))
    store.close()
    assert letters == {"delivery": len(_REFUSED), "mapping": 1}


def _plan() -> list[tuple[str, int, int]]:
    """Points with the count of calls until it is killed there, and events in a request: as many as are run.

    Each point comes first in each size of a request, later ones by chance.
    """
    chance = by_seed("kills")
    points = (*POINTS, *_SERVER_POINTS)
    first = [(point, 1, batch) for batch, point in product((20, 4), points)]
    later = (
        (point, nth, batch)
        for nth, batch, point in product(range(2, 40), (20, 4), chance.sample(points, len(points)))
    )
    return [*first, *islice(later, max(RUNS - len(first), 0))][:RUNS]


@pytest.mark.parametrize(("point", "nth", "batch"), some(_plan(), 12))
def test_a_process_that_is_killed_at_a_point_goes_on_where_it_was(
    shop: tuple[Path, _Forge], tmp_path: Path, point: str, nth: int, batch: int
) -> None:
    folder, forge = shop
    outbox = tmp_path / "outbox"
    with _serving() as service:
        service.arm(point, nth)
        words = _words(folder, outbox, service, batch)
        status, told = forge.run(words, service, point, nth)
        # A point that is not come to so often ends as any run does.
        assert status in (-signal.SIGKILL, 0, 1), told
        if nth == 1:
            assert status == -signal.SIGKILL
        _quiet(service)
        _check_ledger(outbox, service)
        _finish(words, outbox, service, forge, _counts(outbox).delivered)


@pytest.mark.parametrize("point", some((*POINTS, *_SERVER_POINTS), 3, _SERVER_POINTS))
def test_where_copies_count_nothing_is_sent_again_that_may_have_arrived(
    shop: tuple[Path, _Forge], tmp_path: Path, point: str
) -> None:
    folder, forge = shop
    outbox = tmp_path / "outbox"
    with _serving() as service:
        words = [*_words(folder, outbox, service, 4, "offline.yaml"), "--offline-ambiguous", "hold"]
        service.arm(point, 1)
        assert forge.run(words, service, point, 1)[0] == -signal.SIGKILL
        _quiet(service)
        service.arm("", 0)
        status, told = forge.run(words, service)
        assert status in (0, 1), told
        assert max(service.processed.values()) == 1
        store = open_outbox(outbox)
        held = {json.loads(one.body)["event_id"] for one in store.dead_letters(DeadQuery(kind="ambiguous"))}
        letters = list(store.dead_letters(DeadQuery()))
        store.close()
        assert set(service.processed) | held >= _GOOD
        assert len(letters) <= len(held) + len(_REFUSED) + 1
        # Chunks of 7 events, 5 of them under way: what waited for its turn is sent.
        assert len(held) <= 5 * 7
        if point in _SERVER_POINTS:
            assert held
        if held:
            assert "it may have arrived: " in told


def _quiet(service: _Service) -> None:
    """Wait until the service is done with what had been sent: what asks last is accepted last."""
    urllib.request.urlopen(service.url).close()
    while service.open:
        time.sleep(0.01)


@pytest.mark.parametrize("seed", seeds(_RANDOM_RUNS))
def test_a_process_that_is_killed_at_any_time_again_and_again_loses_nothing(
    shop: tuple[Path, _Forge], tmp_path: Path, seed: int
) -> None:
    folder, forge = shop
    chance, outbox = random.Random(seed), tmp_path / "outbox"
    with _serving() as service:
        words = _words(folder, outbox, service, chance.choice((4, 20)))
        delivered = settled = 0
        for _ in range(2):
            service.arm("", 0)
            forge.run(words, service, after=chance.uniform(0, 0.6))
            _quiet(service)
            _check_ledger(outbox, service)
            # What is processed and not settled by now is sent again: it is no copy of a later kill.
            delivered, settled = service.processed.total(), _counts(outbox).delivered
        service.arm("", 0)
        status, told = forge.run(words, service)
        assert status in (0, 1), told
        counts = _counts(outbox)
        assert set(service.processed) == _GOOD
        assert (counts.accepted, counts.pending) == (_EVENTS + 1, 0)
        assert (counts.delivered, counts.dead) == (len(_GOOD), len(_REFUSED) + 1)
        twice = service.processed.total() - len(_GOOD)
        assert twice == delivered - settled
        assert counts.copies >= sum(times > 1 for times in service.processed.values())


def test_a_process_of_its_own_that_is_killed_goes_on_too(shop: tuple[Path, _Forge], tmp_path: Path) -> None:
    folder, forge = shop
    outbox = tmp_path / "outbox"
    secrets = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
    with _serving() as service:
        service.arm(_SERVER_POINTS[1], 5)
        words = _words(folder, outbox, service, 1)
        ran = subprocess.Popen(
            [sys.executable, "-m", "mapper", *words], cwd=ROOT, env={**os.environ, **secrets}, stderr=-3
        )
        service.victim = ran.pid
        service.known.set()
        assert ran.wait(60) == -signal.SIGKILL
        _quiet(service)
        _finish(words, outbox, service, forge, _counts(outbox).delivered)
