"""How many events `mapper consume` accepts from Kafka into an outbox on disk: `make bench-kafka`.

The guard is on, nothing is delivered. The brokers are librdkafka's mock cluster in a process of its own,
which is filled before; the clock runs from the first accepted event to the last one. Beside it is the
processor time of an event, that of the command's processes and of the brokers, which hardly moves on a busy
machine. `--events N`, `--rounds N` and `--jobs N` measure less, or otherwise.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import figures
from kafka_broker import TOPIC
from machine import set_environment, whole_machine
from runs import HEAD, MAPPER, MAPPING, SECRETS, Ran, median, processor_seconds

_BROKER = Path(__file__).parent / "kafka_broker.py"
_PARTITIONS = 32
_LOOK_SECONDS = 0.02
_ACCEPTED = "SELECT coalesce(sum(accepted + skipped), 0) FROM account"


@contextmanager
def _brokers(events: int) -> Iterator[tuple[str, int]]:
    """Where the brokers are that hold so many events, and their process."""
    words = [sys.executable, str(_BROKER), str(events), str(_PARTITIONS)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()


def _consume(brokers: tuple[str, int], events: int, jobs: int) -> Ran:
    servers, broker = brokers
    with tempfile.TemporaryDirectory() as folder:
        outbox, log = Path(folder) / "outbox", Path(folder) / "log"
        words = ["consume", str(MAPPING), "--topic", TOPIC, "--group", "g", "--brokers", servers]
        words += ["--outbox", str(outbox), "--no-deliver", "--jobs", str(jobs), "--min-free", "0"]
        settings = Path(folder) / "settings"
        settings.write_text("session.timeout.ms=1500\nheartbeat.interval.ms=300\n")
        with open(log, "wb") as told:
            process = subprocess.Popen(
                [*MAPPER, *words, "--kafka-config", str(settings)],
                stdout=subprocess.DEVNULL,
                stderr=told,
                env={**os.environ, **SECRETS},
            )
        try:
            while "reading partitions" not in log.read_text():
                if process.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(_LOOK_SECONDS)
            started = time.perf_counter()
            own, others = processor_seconds(process.pid), processor_seconds(broker)
            while _accepted(outbox) < events:
                if process.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(_LOOK_SECONDS)
            seconds = time.perf_counter() - started
            own, others = processor_seconds(process.pid) - own, processor_seconds(broker) - others
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            most = int(status.partition("VmHWM:")[2].split()[0]) / 1024
            process.send_signal(signal.SIGTERM)
            if process.wait() != 0:
                sys.exit(log.read_text())
        finally:
            process.kill()
            process.wait()
    return Ran(seconds, own, others, most)


def _accepted(outbox: Path) -> int:
    """How many events an outbox has by now."""
    if not outbox.exists():
        return 0
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True, timeout=10)) as sql:
        try:
            return int(sql.execute(_ACCEPTED).fetchone()[0])
        except sqlite3.OperationalError:  # its tables are yet to be made
            return 0


def main() -> None:
    """Measure with one process that maps and with several, in turns; note the faster of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2])
    given = parser.parse_args()
    runs: dict[int, list[Ran]] = {jobs: [] for jobs in given.jobs}
    print(whole_machine("confluent-kafka"))
    with tempfile.TemporaryDirectory() as bytecode:
        set_environment(Path(bytecode))
        with _brokers(given.events) as brokers:
            for _ in range(given.rounds):
                for jobs, found in runs.items():
                    found.append(_consume(brokers, given.events, jobs))
    print(f"{given.events:,} events of 1.9 KB in {_PARTITIONS} partitions; others: the brokers\n\n{HEAD}")
    for jobs, found in runs.items():
        print(median(found).row(f"consume --no-deliver --jobs {jobs}", given.events))
    best = min((median(found) for found in runs.values()), key=lambda one: one.seconds)
    figures.note("kafka", given.events / best.seconds, best.if_free(given.events))


if __name__ == "__main__":
    main()
