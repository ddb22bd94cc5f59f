"""Consumers killed, stopped and joined at any time: every record is accepted, and none twice.

The long form: KAFKA_KILLS=200 KAFKA_REBALANCES=50.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.depth import by_seed, examples

pytest.importorskip("confluent_kafka")

from mapper.delivery.outbox.sqlite import open_outbox
from tests.consuming.consuming import TOPIC, Consumer, Setting, letters, places, setting
from tests.support.command import event
from tests.support.waiting import wait_until

_KILLS = int(os.environ.get("KAFKA_KILLS", examples(6, 2)))
_REBALANCES = int(os.environ.get("KAFKA_REBALANCES", examples(4, 2)))
_PARTITIONS = 4
_BROKEN_EVERY = 13


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Setting]:
    """A topic of four partitions."""
    with setting(tmp_path, _PARTITIONS) as found:
        yield found


class _Produced:
    """What was produced by now: how many records each partition has."""

    def __init__(self, given: Setting) -> None:
        self._given = given
        self.records = dict.fromkeys(range(_PARTITIONS), 0)

    def more(self, records: int) -> None:
        """Append so many records to each partition; some are no events."""
        for partition, first in self.records.items():
            numbers = range(first, first + records)
            values = [b"{" if number % _BROKEN_EVERY == 5 else event(number) for number in numbers]
            self._given.cluster.produce(TOPIC, values, partition)
            self.records[partition] = first + records

    @property
    def places(self) -> list[tuple[str, int]]:
        """All of them."""
        return sorted(
            (f"{TOPIC}/{partition}", record)
            for partition, records in self.records.items()
            for record in range(records)
        )

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Within it there is more all the time."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(0.1):
                self.more(20)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _all_is_accepted_once(given: Setting, produced: _Produced) -> None:
    """Let consumers that there are, and a new one, finish."""
    given.start("--no-deliver")
    wait_until(lambda: len(places(given.outbox)) >= len(produced.places))
    assert places(given.outbox) == produced.places
    broken = [number for _, number in produced.places if number % _BROKEN_EVERY == 5]
    assert sorted(letter.record for letter in letters(given.outbox)) == sorted(broken)
    with closing(open_outbox(given.outbox)) as store:
        assert store.audit() == []


def test_kills_at_any_time_lose_no_record_and_accept_none_twice(four: Setting) -> None:
    chance = by_seed("kills")
    produced = _Produced(four)
    alive = [four.start("--no-deliver") for _ in range(2)]
    with produced.going_on():
        for _ in range(_KILLS):
            time.sleep(chance.uniform(0.0, 2.5))
            victim = alive.pop(chance.randrange(len(alive)))
            assert not victim.is_over, victim.said
            victim.kill()
            alive.append(four.start("--no-deliver"))
    _all_is_accepted_once(four, produced)


def test_members_that_come_and_go_accept_each_record_once(four: Setting) -> None:
    chance = by_seed("members")
    produced = _Produced(four)
    alive = [four.start("--no-deliver")]
    wait_until(lambda: alive[0].is_over or "reading partitions" in alive[0].said)
    with produced.going_on():
        for round in range(_REBALANCES):
            if round % 2 == 0:
                alive.append(four.start("--no-deliver"))
                wait_until(lambda: alive[-1].is_over or "reading partitions" in alive[-1].said)
            else:
                alive.pop(chance.randrange(len(alive))).end()
            time.sleep(chance.uniform(0.0, 1.0))
    _all_is_accepted_once(four, produced)


def test_a_process_that_was_taken_for_dead_writes_nothing_twice(four: Setting) -> None:
    chance = by_seed("sleepers")
    produced = _Produced(four)
    first = four.start("--no-deliver")
    produced.more(5)
    wait_until(lambda: first.is_over or len(places(four.outbox)) > 0)
    with produced.going_on():
        second = four.start("--no-deliver")
        for sleeper, other in ((first, second), (second, first)):
            wait_until(lambda one=other: one.is_over or "reading partitions" in one.said)
            time.sleep(chance.uniform(0.0, 1.0))
            _suspend(sleeper, four.outbox)
            _takes_over(four, other)
            sleeper.signal(signal.SIGCONT)
            time.sleep(chance.uniform(0.5, 1.5))
            assert not sleeper.is_over, sleeper.said
    _all_is_accepted_once(four, produced)


def _suspend(one: Consumer, outbox: Path) -> None:
    """Suspend a process between its transactions: in one of them it would lock the outbox for all others."""
    one.signal(signal.SIGSTOP)
    while not _can_be_written(outbox):
        one.signal(signal.SIGCONT)
        time.sleep(0.05)
        one.signal(signal.SIGSTOP)


def _can_be_written(outbox: Path) -> bool:
    with closing(sqlite3.connect(outbox, timeout=3)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE").connection.rollback()
        except sqlite3.OperationalError:
            return False
    return True


def _takes_over(given: Setting, other: Consumer) -> None:
    """Wait until records of all partitions go on being accepted, by the one that is left."""
    before = dict.fromkeys((f"{TOPIC}/{partition}" for partition in range(_PARTITIONS)), 0)
    for name, _ in places(given.outbox):
        before[name] += 1

    def go_on() -> bool:
        now = dict.fromkeys(before, 0)
        for name, _ in places(given.outbox):
            now[name] += 1
        return all(now[name] > before[name] + 40 for name in before)

    wait_until(lambda: other.is_over or go_on())


def test_a_process_ends_in_seconds_while_the_group_waits_for_one_that_was_killed(four: Setting) -> None:
    four.settings("session.timeout.ms=25000", "heartbeat.interval.ms=300")
    produced = _Produced(four)
    produced.more(1)
    alive = [four.start("--no-deliver") for _ in range(2)]
    wait_until(lambda: all("reading partitions" in one.said for one in alive))
    alive.pop().kill()
    alive.append(four.start("--no-deliver"))
    wait_until(lambda: "waiting for partitions" in alive[-1].said)
    began = time.monotonic()
    for one in alive:
        one.end()
    assert time.monotonic() - began < 20
