"""What the tests of `mapper consume` stand on: processes of it, and what is in their outbox."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account, DeadLetter, DeadQuery
from tests.cli.test_send import CREDENTIALS
from tests.support.command import MAPPING, environment, start
from tests.support.kafka_cluster import KafkaCluster, kafka_cluster
from tests.support.waiting import wait_until

TOPIC = "orders"
_ALL = 2**40

# An event_time that is the record's own, an id that is its place, and a header: all are of `$meta`.
OF_META = """\
name: of-meta
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: $meta.source
  event_time: $meta.received_at
  user_data: {em: $meta.headers.email}
match: type
events:
  - {is: order, send: checkout}
"""


@dataclass
class Setting:
    """A cluster with a topic, a folder and a mapping. names: of processes begun, to tell their logs apart."""

    cluster: KafkaCluster
    folder: Path
    begun: list[Consumer] = field(default_factory=list)

    @property
    def outbox(self) -> Path:
        """The outbox of all processes."""
        return self.folder / "orders.outbox"

    def mapping(self, text: str = MAPPING) -> Path:
        """A mapping file."""
        path = self.folder / "small.yaml"
        path.write_text(text)
        return path

    def settings(self, *lines: str) -> None:
        """Write the file of settings. These brokers free what a member left once its session ends."""
        path = self.folder / "kafka.properties"
        path.write_text("\n".join(("session.timeout.ms=1500", "heartbeat.interval.ms=300", *lines)))

    def start(self, *words: object, **changes: Any) -> Consumer:
        """A process that consumes the topic."""
        given: dict[str, object] = {"--topic": TOPIC, "--group": "g", "--brokers": self.cluster.servers}
        given |= {"--outbox": self.outbox, "--kafka-config": self.folder / "kafka.properties"}
        given |= {name: value for name, value in changes.items() if name.startswith("--")}
        options = [word for name, value in given.items() if value is not None for word in (name, value)]
        log = self.folder / f"log-{len(self.begun)}"
        with open(log, "wb") as stderr:
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stderr}
            words = ("consume", self.mapping_file, *options, *words)
            run = start(*words, **pipes, env=self.environment)
        consumer = Consumer(run, log)
        self.begun.append(consumer)
        return consumer

    @property
    def mapping_file(self) -> Path:
        """The mapping; the small one where none was written."""
        path = self.folder / "small.yaml"
        return path if path.exists() else self.mapping()

    @property
    def environment(self) -> dict[str, str]:
        """Of all processes."""
        return environment(**CREDENTIALS)

    def run(self, *words: object, until: int, **changes: Any) -> str:
        """Consume until so many records are accepted, then end; what was said."""
        consumer = self.start(*words, **changes)
        wait_until(lambda: consumer.is_over or len(places(self.outbox)) >= until)
        return consumer.end()


@dataclass
class Consumer:
    """A process of `mapper consume`."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """What it said by now."""
        return self.log.read_text()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def end(self, status: int = 0) -> str:
        """End it as a supervisor does; what it said. It must end with a status."""
        if not self.is_over:
            self.process.send_signal(signal.SIGTERM)
        return self.ended(status)

    def ended(self, status: int) -> str:
        """Wait for its own end; what it said."""
        assert self.process.wait(180) == status, self.said
        assert "mistake" not in self.said, self.said
        return self.said

    def signal(self, number: int) -> None:
        """Send it a signal, also as it ends."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it, also where it is stopped."""
        self.signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def setting(folder: Path, partitions: int = 1) -> Iterator[Setting]:
    """A cluster with the topic; all processes are ended with it."""
    with kafka_cluster() as cluster:
        cluster.create(TOPIC, partitions)
        found = Setting(cluster, folder)
        found.settings()
        try:
            yield found
        finally:
            for one in found.begun:
                one.kill()


def parcels(outbox: Path) -> list[Parcel]:
    """All payloads that wait, in the order of their acceptance."""
    if not outbox.exists():
        return []
    with closing(open_outbox(outbox)) as store:
        accounts = [one.account for one in store.status()]
        chunks = [chunk for account in accounts for chunk in store.claim(account, _ALL, _ALL, _ALL)]
        return [parcel for chunk in sorted(chunks, key=lambda one: one.number) for parcel in chunk.parcels]


def letters(outbox: Path) -> list[DeadLetter]:
    """All dead letters."""
    if not outbox.exists():
        return []
    with closing(open_outbox(outbox)) as store:
        return list(store.dead_letters(DeadQuery()))


def places(outbox: Path) -> list[tuple[str, int]]:
    """The topic, partition and offset of all that was accepted, one as often as it was."""
    kept: Iterable[Parcel | DeadLetter] = [*parcels(outbox), *letters(outbox)]
    return sorted((one.feed, one.record) for one in kept)


def payloads(outbox: Path) -> list[dict[str, Any]]:
    """The payloads that wait."""
    return [json.loads(one.body) for one in parcels(outbox)]


def account(outbox: Path) -> Account:
    """The one account of an outbox."""
    with closing(open_outbox(outbox)) as store:
        (found,) = store.status()
        return found.account


def every_place(partitions: int, records: int) -> list[tuple[str, int]]:
    """The places of so many records in each partition."""
    return sorted(
        (f"{TOPIC}/{partition}", record) for partition in range(partitions) for record in range(records)
    )
