"""Executors, Pythons and drivers that are killed at any time: in the end all is in the outbox, once.

Each seed is one stream over two executors, of which some are killed, with tasks that are tried twice at once,
and whose driver is killed and started again. More seeds: SPARK_KILL_SEEDS=20.
"""

from __future__ import annotations

import json
import os
import queue
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import DeadQuery
from tests.engines.processes import below, command, kill
from tests.engines.sessions import skip_without_spark
from tests.support.command import MAPPING, ROOT, event, ndjson
from tests.support.depth import seeds

skip_without_spark()
if sys.platform != "linux":
    pytest.skip("processes are found by /proc", allow_module_level=True)

_SEEDS = int(os.environ.get("SPARK_KILL_SEEDS", "1"))
_FILES, _EVENTS = 3, 150
_MASTER = "local-cluster[2,1,1024]"
# What the command lines of executors hold, and of the Pythons that they start.
_EXECUTOR, _PYTHON = "CoarseGrainedExecutorBackend", "pyspark.daemon"
_KILLS = 4
# So long a driver may say nothing, on a machine that is busy with all else.
_MOST_SECONDS = 1200


@dataclass
class _Driver:
    """A driver that runs, and what it says. killed: of what kind processes were killed."""

    process: subprocess.Popen[str]
    said: queue.Queue[str] = field(default_factory=queue.Queue)
    killed: Counter[str] = field(default_factory=Counter)

    def listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said.put(line.strip())
        self.said.put("ended")

    def wait_for(self, seconds: float) -> str:
        """What it says next, if it says something soon; else ""."""
        try:
            return self.said.get(timeout=seconds)
        except queue.Empty:
            return ""

    def kill_one(self, kind: str, dice: random.Random) -> None:
        """Kill an executor, or the Python of one, that has a Python by now: it has worked on a task."""
        all_below = below(self.process.pid)
        executors = [one for one in all_below if _EXECUTOR in command(one)]
        pythons = {one: [inner for inner in below(one) if _PYTHON in command(inner)] for one in executors}
        at_work = [one for one in executors if pythons[one]]
        if at_work:
            executor = dice.choice(at_work)
            kill(executor if kind == _EXECUTOR else dice.choice(pythons[executor]))
            self.killed[kind] += 1

    def end(self) -> None:
        """Kill it and all that it started, whatever it is doing."""
        for one in (self.process.pid, *below(self.process.pid)):
            kill(one)
        self.process.wait()


@contextmanager
def _driving(folder: Path) -> Iterator[_Driver]:
    words = [sys.executable, "-m", "tests.engines.spark_job", _MASTER, str(folder)]
    with open(folder / "log", "a") as log:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
    driver = _Driver(process)
    listening = threading.Thread(target=driver.listen)
    listening.start()
    try:
        yield driver
    finally:
        driver.end()
        listening.join()


def _run(folder: Path, dice: random.Random, *, is_killed: bool) -> Counter[str]:
    """Run a driver, killing what is below it now and then; `is_killed`: and itself in the end."""
    with _driving(folder) as driver:
        batches, last, kinds = 0, 1, cycle(dice.sample((_EXECUTOR, _PYTHON), 2))
        deadline = time.monotonic() + _MOST_SECONDS
        while (said := driver.wait_for(dice.uniform(0.1, 1))) != "done":
            assert said != "ended", (folder / "log").read_text()[-3000:]
            deadline = time.monotonic() + _MOST_SECONDS if said else deadline
            assert time.monotonic() < deadline, (folder / "log").read_text()[-3000:]
            batches += said.startswith("batch")
            if is_killed and batches >= last:
                time.sleep(dice.uniform(0, 2))
                driver.killed["driver"] += 1
                break
            if driver.killed.total() < _KILLS and dice.random() < 0.5:
                driver.kill_one(next(kinds), dice)
        return driver.killed


@pytest.mark.full
@pytest.mark.parametrize("seed", seeds(_SEEDS))
def test_whatever_is_killed_all_is_in_the_outbox_once(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    (tmp_path / "small.yaml").write_text(MAPPING)
    (tmp_path / "in").mkdir()
    for file in range(_FILES):
        numbers = range(file * _EVENTS, (file + 1) * _EVENTS)
        texts = [*map(event, numbers), "{", {"type": "order"}, "", {"type": "no"}]
        dice.shuffle(texts)
        (tmp_path / f"in/{file}.ndjson").write_text(ndjson(*texts))
    killed: Counter[str] = Counter()
    for _ in range(1 if _SEEDS == 1 else dice.randint(1, 2)):
        killed += _run(tmp_path, dice, is_killed=True)
    killed += _run(tmp_path, dice, is_killed=False)
    print(f"seed {seed}: killed {dict(killed)}")
    assert killed["driver"]
    _check(tmp_path / "outbox")


def _check(outbox: Path) -> None:
    with closing(open_outbox(outbox)) as store:
        assert store.audit() == []
        (status,) = store.status()
        chunks = store.claim(status.account, 10**6, 10**9, 1e12)
        ids = Counter(json.loads(parcel.body)["event_id"] for chunk in chunks for parcel in chunk.parcels)
        assert ids == {f"o-{number}": 1 for number in range(_FILES * _EVENTS)}
        assert Counter(letter.kind for letter in store.dead_letters(DeadQuery())) == {
            "malformed": _FILES,
            "missing": _FILES,
        }
        assert status.counts.skipped == _FILES
