"""A shop that posts its events, and the service that gets them: what each knows of every event."""

from __future__ import annotations

import json
import math
import os
import random
import signal
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

from mapper.delivery.credentials import Secret
from mapper.delivery.sandbox_faults import Fault, read_fault
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from tests.delivery.deliveries import DESTINATION, free_port, validate
from tests.quarter.shared_time import SharedTime

TOKEN_HEADER = "x-token"
SENDER_TOKEN = "canary-sender"
_DAY = 86_400.0
_BUSY_DAYS = {83: 5.0, 84: 3.0, 86: 4.0}
"""Days since the beginning on which a shop sells several times as much."""
_MOST_IN_A_REQUEST = 100
_OLD_SECONDS = 8 * _DAY


@dataclass
class Deliveries(Ledger):
    """How often the service processed each event. kill: a process that is killed with the next of them."""

    times: Counter[str] = field(default_factory=Counter)
    kill: int = 0

    def record(self, payload: dict[str, Any], key: object) -> None:
        """Count a payload that was processed."""
        self.processed += 1
        self.times[str(key)] += 1
        if self.kill:
            with suppress(ProcessLookupError):
                os.kill(self.kill, signal.SIGKILL)
            self.kill = 0


class Service:
    """The destination's service, which has one valid token at a time and can be away."""

    def __init__(self, shared: SharedTime, token: str, seed: int) -> None:
        self.faults: list[Fault] = []
        self.known = {"token": Secret(token)}
        self.deliveries = Deliveries()
        self._app = sandbox_app(
            DESTINATION,
            validate,
            known=self.known,
            now=shared.true_now,
            faults=self.faults,
            ledger=self.deliveries,
            chance=random.Random(seed).random,
        )
        self._port, self._stack = free_port(), ExitStack()
        self.url = self.come_back()

    def come_back(self) -> str:
        """Answer at the address."""
        return self._stack.enter_context(serve(self._app, self._port))

    def go_away(self) -> None:
        """Listen no longer."""
        self._stack.close()

    def fail(self, names: list[str]) -> None:
        """Have a share of the requests fail, e.g. `503:0.3`."""
        self.faults[:] = map(read_fault, names)


@dataclass
class Shop:
    """Posts events by a day's curve, and each again until it is accepted.

    accepted: those that were answered with success, in their order. good, old, unmappable, skipped: what each
    is to become. again: those that were accepted twice, since the outbox was restored.
    """

    shared: SharedTime
    chance: random.Random
    events_a_day: float
    accepted: list[dict[str, Any]] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)
    unmappable: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    made: int = 0

    def live(self, seconds: float) -> None:
        """Have visitors for so long."""
        self.waiting.extend(self._event() for _ in range(self._count(seconds)))

    def send_again(self, since: int) -> None:
        """Post once more what was accepted after so many events."""
        later = self.accepted[since:]
        del self.accepted[since:]
        self.again.update(one["key"] for one in later)
        self.waiting.extend(later)

    def post(self, port: int) -> bool:
        """Post all that waits; whether it was accepted."""
        while self.waiting:
            request = [self.waiting[at] for at in range(min(_MOST_IN_A_REQUEST, len(self.waiting)))]
            status = _post(port, request)
            if status != 202:
                self.refused[status] += 1
                return False
            self.accepted += request
            for _ in request:
                self.waiting.popleft()
        return True

    def _count(self, seconds: float) -> int:
        day, hour = divmod(self.shared.elapsed / 3600, 24)
        by_hour = 1.0 + 0.95 * math.sin((hour - 9.0) / 24 * 2 * math.pi)
        mean = self.events_a_day * _BUSY_DAYS.get(int(day), 1.0) * seconds / _DAY * by_hour
        return max(round(self.chance.gauss(mean, math.sqrt(max(mean, 1e-9)))), 0)

    def _event(self) -> dict[str, Any]:
        key, now, drawn = f"e-{self.made}", self.shared.true_now(), self.chance.random()
        self.made += 1
        made = {"type": "order", "email": f"ada{self.made}@example.com", "total": 1.5, "key": key, "id": key}
        kind = self.good
        if drawn < 0.003:
            now, kind = now - _OLD_SECONDS, self.old
        elif drawn < 0.006:
            kind, _ = self.unmappable, made.pop("id")
        elif drawn < 0.012:
            made["test"], kind = True, self.skipped
        kind.add(key)
        return made | {"at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")}


def _post(port: int, events: list[dict[str, Any]]) -> int:
    """The status of the answer; 0 where none came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        TOKEN_HEADER: SENDER_TOKEN,
        "content-type": "application/json",
        "x-delivery": f"{events[0]['key']}-{len(events)}",
    }
    try:
        connection.request("POST", "/orders", json.dumps(events).encode(), headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def windows(days: float, seconds: float) -> Iterator[float]:
    """The moments at which the shop posts."""
    moment = seconds
    while moment <= days * _DAY:
        yield moment
        moment += seconds
