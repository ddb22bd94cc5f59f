"""Senders, `serve`, PostgreSQL and two couriers while each of them is killed: nothing is lost at a seam.

SEAM_KILLS is the number of kills, 200 in the long form.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.composed import SECONDS, Composed, composed, order
from tests.support.depth import by_seed, examples
from tests.support.waiting import wait_until

_KILLS = int(os.environ.get("SEAM_KILLS", examples(5, 4)))
_EVENTS_OF_A_REQUEST = 20
_SENDERS = 3


class _Sender(threading.Thread):
    """A sender that posts until it is told to stop, and posts again whatever was not answered with 202."""

    def __init__(self, services: Composed, number: int) -> None:
        super().__init__(daemon=True)
        self.services, self.number = services, number
        self.stop = threading.Event()
        self.accepted: list[str] = []
        self.statuses: Counter[int | str] = Counter()

    def run(self) -> None:
        first = self.number * 1_000_000
        while not self.stop.is_set():
            numbers = range(first, first + _EVENTS_OF_A_REQUEST)
            first += _EVENTS_OF_A_REQUEST
            events = [order(number) for number in numbers]
            while (status := self._status(events)) != 202:
                time.sleep(0.1)
            self.accepted += [f"o-{number}" for number in numbers]
            self.statuses[status] += 1
            time.sleep(0.02)

    def _status(self, events: list[dict[str, object]]) -> int:
        try:
            status = self.services.post(events)
        except OSError as error:  # the server is gone
            self.statuses[type(error).__name__] += 1
            return 0
        if status != 202:
            self.statuses[status] += 1
        return status


@contextmanager
def _sending(services: Composed) -> Iterator[list[_Sender]]:
    senders = [_Sender(services, number) for number in range(1, _SENDERS + 1)]
    for one in senders:
        one.start()
    try:
        yield senders
    finally:
        for one in senders:
            one.stop.set()
    for one in senders:
        one.join(SECONDS)
        assert not one.is_alive(), f"a sender waits for an answer: {one.statuses}"


def _kill(services: Composed, running: dict[str, subprocess.Popen[str]], victim: str) -> None:
    """Kill a service and start it again; of the couriers one of the two."""
    if victim == "postgres":
        services.database.stop(signal.SIGQUIT)
        time.sleep(random.uniform(0, 1))
        services.database.start()
        return
    process = running[victim]
    process.kill()
    process.wait()
    running[victim] = services.start(victim.partition("-")[0])


def _tend(services: Composed, running: dict[str, subprocess.Popen[str]]) -> None:
    """Start those again, as a supervisor does, that began while there was no database."""
    for name, process in list(running.items()):
        if process.poll() is not None:
            said = services.log(name.partition("-")[0])
            assert (process.returncode, "the server cannot be reached" in said) == (69, True), services.logs()
            running[name] = services.start(name.partition("-")[0])


def test_whatever_is_killed_each_event_that_was_accepted_is_delivered(tmp_path: Path) -> None:
    chosen = by_seed("kills")
    victims = ["serve", "courier-1", "courier-2", "postgres"] * (_KILLS // 4 + 1)
    with composed(tmp_path) as services:
        names = ("serve", "courier-1", "courier-2")
        running = {name: services.start(name.partition("-")[0]) for name in names}
        with _sending(services) as senders:
            wait_until(lambda: all(one.accepted for one in senders))
            for victim in victims[:_KILLS]:
                time.sleep(chosen.uniform(0.2, 1.5))
                _tend(services, running)
                _kill(services, running, victim)
        accepted = [one for sender in senders for one in sender.accepted]
        wait_until(lambda: services.counts().pending == 0)
        counts = services.counts()
        received = Counter(one["custom_data"]["order_id"] for one in services.ledger.received)
    assert set(accepted) <= set(received)
    # A repeated request is known by the sender's ids of its events.
    assert counts.accepted == counts.delivered == len(set(accepted)) == len(received)
    # What may have come twice is counted, and what did come twice is no more than that.
    assert sum(times > 1 for times in received.values()) <= counts.copies
    assert _copies_differ(services) == []


def _copies_differ(services: Composed) -> list[str]:
    """The events whose copies are not the same."""
    first: dict[str, object] = {}
    return [
        one["event_id"] for one in services.ledger.received if first.setdefault(one["event_id"], one) != one
    ]
