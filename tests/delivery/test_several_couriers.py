"""Several `mapper deliver` over one PostgreSQL, killed and stopped: nothing is lost, and no rate is exceeded.

The long form, of 8 couriers and 200 faults, is `make reliability`.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mapper.delivery.batch import parcel_of
from mapper.delivery.outbox.postgres import PostgresOutbox, open_postgres
from mapper.delivery.outbox.store import Accepted, Account
from tests.delivery.deliveries import DESTINATION, payload
from tests.delivery.json_server import JsonHandler, JsonServer, listening
from tests.support.command import ROOT
from tests.support.depth import by_seed, examples
from tests.support.postgres import running

COURIERS = int(os.environ.get("COURIERS", "3"))
FAULTS = int(os.environ.get("COURIER_FAULTS", examples(8, 3)))
_ACCOUNTS = 6
_LEASE_SECONDS = 2.0
_RATE = 20.0
_EVENTS = 5
"""In a chunk, and in a request."""
_MOST_PENDING = 1500
_MOST_REQUESTS = 16
"""Of an account that may be under way together."""
_WINDOW_SECONDS = 5.0
_TARGET = "pinterest/conversions-v5"
# A courier as it is, but that its leases are short and its requests small.
_COURIER = f"""\
from dataclasses import replace
from mapper.__main__ import main
from mapper.cli.delivery_options import RouteOptions
from mapper.delivery.outbox import postgres_leases
postgres_leases.LEASE_SECONDS = {_LEASE_SECONDS}
terms = RouteOptions.terms.fget
RouteOptions.terms = property(lambda options: replace(terms(options), events={_EVENTS}))
main()
"""


@dataclass
class _Service:
    """What the couriers talk to. processed: how often each event was; heard: when, by account."""

    url: str = ""
    processed: Counter[str] = field(default_factory=Counter)
    heard: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(JsonHandler):
    service: _Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        found = re.search(r"/ad_accounts/(\d+)/", self.path)
        assert found
        with self.service.lock:
            self.service.heard[found[1]].append(time.monotonic())
        time.sleep(random.uniform(0, 0.05))
        ids = [event["event_id"] for event in json.loads(body)["data"]]
        with self.service.lock:
            self.service.processed.update(ids)
        said = {"num_events_received": len(ids), "num_events_processed": len(ids)}
        self.answer(200, {**said, "events": [{"status": "processed"} for _ in ids]})


@contextmanager
def _serving() -> Iterator[_Service]:
    service = _Service()
    handler = type("Handler", (_Handler,), {"service": service})
    with listening(JsonServer(("127.0.0.1", 0), handler)) as server:
        service.url = server.url
        yield service


def _numbers() -> list[str]:
    return [str(549755885175 + number) for number in range(_ACCOUNTS)]


@dataclass
class _Couriers:
    """The couriers' processes, each replaced by a new one when it is killed."""

    folder: Path
    address: str
    url: str
    stack: ExitStack
    running: dict[int, tuple[subprocess.Popen[bytes], Path]] = field(default_factory=dict)

    def start(self, number: int) -> None:
        """Start a courier in a place."""
        accounts = {f"a{place}": {"account": f"A{place}", "token": "T"} for place in range(_ACCOUNTS)}
        if not (self.folder / "accounts.yaml").exists():  # another courier may read it just now
            (self.folder / "accounts.yaml").write_text(json.dumps(accounts))
            (self.folder / "accounts.yaml").chmod(0o600)
        secrets = {f"A{place}": one for place, one in enumerate(_numbers())} | {"T": "pina_canary-5d1c"}
        words = ["deliver", "--outbox", self.address, "--url", self.url, "--max-rate", str(_RATE)]
        log = self.folder / f"log{len(list(self.folder.glob('log*')))}"
        with log.open("wb") as file:
            made = subprocess.Popen(
                [sys.executable, "-c", _COURIER, *words, "--accounts", str(self.folder / "accounts.yaml")],
                cwd=ROOT,
                env={**os.environ, **secrets},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self.running[number] = made, log

    def kill(self, number: int) -> None:
        """Kill one by SIGKILL, and start another in its place."""
        victim, _ = self.running[number]
        victim.kill()
        victim.wait()
        self.start(number)

    def tend(self) -> None:
        """Start those again, as a supervisor does, that began while there was no server."""
        for number, (one, log) in list(self.running.items()):
            if one.poll() is not None:
                said = log.read_text(encoding="utf-8")
                assert (one.returncode, "the server cannot be reached" in said) == (69, True), said
                self.start(number)

    def freeze(self, number: int) -> None:
        """Stop one for longer than its lease: then it goes on as if nothing had been."""
        victim, _ = self.running[number]
        victim.send_signal(signal.SIGSTOP)

        def thaw() -> None:
            with suppress(ProcessLookupError):
                victim.send_signal(signal.SIGCONT)

        timer = threading.Timer(_LEASE_SECONDS * 1.5, thaw)
        timer.start()
        self.stack.callback(timer.join)

    def end(self) -> list[int]:
        """End all by SIGTERM, once they have begun; the statuses."""
        for one, log in self.running.values():
            one.send_signal(signal.SIGCONT)
            while "delivering" not in log.read_text(encoding="utf-8"):
                assert one.poll() is None
                time.sleep(0.05)
            one.send_signal(signal.SIGTERM)
        return [one.wait(120) for one, _ in self.running.values()]

    def close(self) -> None:
        """Let none outlive the test."""
        for one, _ in self.running.values():
            with suppress(ProcessLookupError):
                one.kill()
            one.wait()


def _accounts(url: str) -> list[Account]:
    return [
        Account(_TARGET, f"a{place}", recipient=f"account={number} at {url}")
        for place, number in enumerate(_numbers())
    ]


def _feed(store: PostgresOutbox, accounts: list[Account], over: threading.Event) -> int:
    """Keep something waiting for all accounts; how many events were accepted."""
    count = 0
    while not over.wait(0.05):
        if sum(one.counts.pending for one in store.status()) > _MOST_PENDING:
            continue
        given = []
        for account in accounts:
            made = (
                parcel_of(payload(count + place, event_time=int(time.time()) - 60), "", place, DESTINATION)
                for place in range(_EVENTS)
            )
            given.append(Accepted(account, "1", tuple(made)))
            count += _EVENTS
        # It has waited for long enough to be sent at once.
        store.put_all(given, time.time() - 60)
    return count


def _exceeded(heard: list[float]) -> list[tuple[int, float]]:
    """Windows in which more requests came than the rate lets go.

    Those that were under way come late where the machine is busy, of the owner and of the one before it.
    """
    most = _RATE * _WINDOW_SECONDS + 1 + 2 * _MOST_REQUESTS
    windows = ((sum(begin <= at < begin + _WINDOW_SECONDS for at in heard), begin) for begin in heard[::20])
    return [(count, begin) for count, begin in windows if count > most]


def _wait_until_empty(store: PostgresOutbox, couriers: _Couriers) -> None:
    until = time.monotonic() + 180
    while sum(one.counts.pending for one in store.status()):
        assert time.monotonic() < until, [path.read_text()[-2000:] for path in couriers.folder.glob("log*")]
        couriers.tend()
        time.sleep(0.2)


def test_couriers_that_are_killed_and_stopped_lose_nothing_and_keep_the_rate(tmp_path: Path) -> None:
    chance = by_seed(COURIERS * 1000 + FAULTS)
    with running() as server, _serving() as service, ExitStack() as stack:
        address = server.address(server.new_database())
        store, feeding = open_postgres(address), open_postgres(address)
        stack.callback(store.close)
        stack.callback(feeding.close)
        couriers = _Couriers(tmp_path, address, service.url, stack)
        stack.callback(couriers.close)
        over, accepted = threading.Event(), []
        accounts = _accounts(service.url)
        thread = threading.Thread(target=lambda: accepted.append(_feed(feeding, accounts, over)))
        thread.start()
        stack.callback(thread.join)
        stack.callback(over.set)
        for number in range(COURIERS):
            couriers.start(number)
        faults: Counter[str] = Counter()
        for turn in range(FAULTS):
            time.sleep(chance.uniform(0.3, 2.0))
            fault = "restart" if turn % 20 == 5 else chance.choice(("kill", "kill", "freeze"))
            faults[fault] += 1
            if fault == "restart":
                server.stop(chance.choice((signal.SIGINT, signal.SIGQUIT)))
                time.sleep(chance.uniform(0, 1.5 * _LEASE_SECONDS))
                server.start()
            elif fault == "kill":
                couriers.kill(chance.randrange(COURIERS))
            else:
                couriers.freeze(chance.randrange(COURIERS))
            couriers.tend()
        over.set()
        thread.join()
        _wait_until_empty(store, couriers)
        assert couriers.end() == [0] * COURIERS
        _check(store, service, accepted[0], faults)
        logs = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("log*"))
        assert "Traceback" not in logs, logs[-3000:]


def _check(store: PostgresOutbox, service: _Service, accepted: int, faults: Counter[str]) -> None:
    assert store.audit() == []
    counts = [one.counts for one in store.status()]
    assert sum(one.accepted for one in counts) == sum(one.delivered for one in counts) == accepted
    assert set(service.processed) == {f"e-{number}" for number in range(accepted)}
    twice = sum(times > 1 for times in service.processed.values())
    copies = sum(one.copies for one in counts)
    # Each fault leaves no more without an answer than were under way: of all accounts where the server ends.
    most = faults.total() * _ACCOUNTS * _MOST_REQUESTS * _EVENTS
    requests = sum(len(one) for one in service.heard.values())
    print(f"{accepted} events, {requests} requests, {dict(faults)}: {twice} twice, {copies} copies said")
    assert twice <= copies
    assert twice <= most
    for account, heard in service.heard.items():
        assert _exceeded(heard) == [], account


def test_a_rate_that_is_exceeded_would_be_seen() -> None:
    right = [number / _RATE for number in range(400)]
    assert _exceeded(right) == []
    assert _exceeded(sorted([*right, *right])) != []
