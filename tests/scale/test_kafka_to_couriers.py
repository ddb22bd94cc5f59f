"""Kafka, two consumers, PostgreSQL and two couriers while each of them is killed: nothing is lost at a seam.

SEAM_KILLS is the number of kills, 200 in the long form.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.depth import by_seed, examples

pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")

from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.store import Counts
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.consuming.consuming import TOPIC, Consumer, Setting, setting
from tests.support import postgres
from tests.support.command import environment, event, start
from tests.support.waiting import wait_until

_KILLS = int(os.environ.get("SEAM_KILLS", examples(5, 5)))
_PARTITIONS, _EVENTS = 4, 40
_SECONDS = 120
# What a consumer and a courier say once they have their outbox.
_BEGUN = ("reading partitions", "delivering")


class _Parts:
    """Two consumers and two couriers, by name, each of which can be killed and started again."""

    def __init__(self, kafka: Setting, database: postgres.Server, url: str) -> None:
        self.kafka, self.database, self.url = kafka, database, url
        self.address = database.address(database.new_database())
        self.running: dict[str, Any] = {}

    def start(self, name: str) -> None:
        """Start one of them."""
        options: dict[str, object] = {"--outbox": self.address, "--url": self.url}
        if name.startswith("consumer"):
            self.running[name] = self.kafka.start("--no-deliver", **options)
            return
        log = self.kafka.folder / f"{name}-{len(list(self.kafka.folder.glob(f'{name}-*')))}"
        with open(log, "wb") as stderr:
            words = [word for option in options.items() for word in option]
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stderr}
            process = start("deliver", *words, **pipes, env=environment(**CREDENTIALS))
        self.running[name] = Consumer(process, log)

    def kill(self, name: str) -> None:
        """Kill one, or the database, and start it again."""
        if name == "postgres":
            self.database.stop(signal.SIGQUIT)
            time.sleep(0.5)
            self.database.start()
        else:
            self.running[name].kill()
            self.start(name)

    def tend(self) -> None:
        """Start those again, as a supervisor does, that began while there was no database."""
        for name, one in list(self.running.items()):
            if one.is_over:
                assert one.process.returncode == 69, one.said
                assert "the server cannot be reached" in one.said, one.said
                assert not any(words in one.said for words in _BEGUN), one.said
                self.start(name)

    def have_delivered(self, events: int) -> bool:
        """Whether so many events are delivered by now. It tends them all."""
        self.tend()
        return self.counts().delivered == events

    def counts(self) -> Counts:
        """What the outbox says of the account."""
        store = open_postgres(self.address)
        try:
            return sum((status.counts for status in store.status()), Counts())
        finally:
            store.close()


@contextmanager
def _parts(folder: Path) -> Iterator[tuple[_Parts, Any]]:
    with setting(folder, _PARTITIONS) as kafka, postgres.running() as server, sandbox() as (url, ledger):
        parts = _Parts(kafka, server, url)
        for name in ("consumer-1", "consumer-2", "courier-1", "courier-2"):
            parts.start(name)
        try:
            yield parts, ledger
        finally:
            for one in parts.running.values():
                one.kill()


def test_whatever_is_killed_each_record_is_accepted_once_and_delivered(tmp_path: Path) -> None:
    chosen = by_seed("kills")
    victims = ["consumer-1", "courier-1", "postgres", "consumer-2", "courier-2"] * (_KILLS // 5 + 1)
    produced: list[str] = []
    with _parts(tmp_path) as (parts, ledger):
        for number, victim in enumerate([*victims[:_KILLS], ""]):
            for partition in range(_PARTITIONS):
                first = (number * _PARTITIONS + partition) * _EVENTS
                events = [event(one, at=now()) for one in range(first, first + _EVENTS)]
                parts.kafka.cluster.produce(TOPIC, events, partition)
                produced += [one["id"] for one in events]
            time.sleep(chosen.uniform(0.2, 1.5))
            parts.tend()
            if victim:
                parts.kill(victim)
        wait_until(lambda: parts.have_delivered(len(produced)), _SECONDS)
        counts = parts.counts()
        received = Counter(one["event_id"] for one in ledger.received)
        said = [one.end() for one in parts.running.values()]
    assert set(received) == set(produced)
    assert (counts.accepted, counts.delivered, counts.pending) == (len(produced), len(produced), 0)
    assert sum(times > 1 for times in received.values()) <= counts.copies
    assert [text for text in said if "Traceback" in text] == []
