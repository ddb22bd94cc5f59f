"""`mapper consume`: each record of a topic is accepted once, with its place, and goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka")

from tests.cli.test_send import now, sandbox
from tests.consuming.consuming import (
    OF_META,
    TOPIC,
    Setting,
    every_place,
    letters,
    parcels,
    payloads,
    places,
    setting,
)
from tests.support.command import call, event
from tests.support.waiting import wait_until


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Setting]:
    """A topic of one partition."""
    with setting(tmp_path) as found:
        yield found


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Setting]:
    """A topic of three partitions."""
    with setting(tmp_path, 3) as found:
        yield found


def test_every_record_is_accepted_once_at_its_place(three: Setting) -> None:
    for partition in range(3):
        three.cluster.produce(TOPIC, map(event, range(100)), partition)
    said = three.run("--no-deliver", until=300)
    assert places(three.outbox) == every_place(3, 100)
    assert "300 events: 300 to send, 0 skipped, 0 rejected" in said


def test_a_restart_goes_on_after_the_last_accepted_record(three: Setting) -> None:
    for until in (30, 60, 90):
        for partition in range(3):
            three.cluster.produce(TOPIC, map(event, range(until - 30, until - 20)), partition)
        said = three.run("--no-deliver", until=until)
        assert "30 events: 30 to send" in said
    assert places(three.outbox) == every_place(3, 30)
    assert three.cluster.committed(TOPIC, "g", 3) == dict.fromkeys(range(3), 30)


def test_what_is_no_event_is_a_dead_letter_at_its_place_and_a_tombstone_a_skip(one: Setting) -> None:
    framed = b"\0\0\0\0\x07" + json.dumps(event(2)).encode()
    avro = b"\0\0\0\0\x07\x02\x0aAda\n"
    values = [event(0), b"{broken", None, framed, avro, b"", b"  ", b"\xff", b"[1]", event(9, at="soon")]
    one.cluster.produce(TOPIC, values)
    said = one.run("--no-deliver", until=9)
    assert [(parcel.record, json.loads(parcel.body)["event_id"]) for parcel in parcels(one.outbox)] == [
        (0, "o-0"),
        (3, "o-2"),
    ]
    found = letters(one.outbox)
    assert [(letter.feed, letter.record, letter.stage) for letter in found] == [
        (f"{TOPIC}/0", record, "mapping") for record in (1, 4, 5, 6, 7, 8, 9)
    ]
    assert "Avro or Protobuf" in found[1].reason
    assert "10 events: 2 to send, 1 skipped, 7 rejected" in said
    assert "tombstones" in said
    listed = call("outbox", "dead", "--outbox", one.outbox)
    assert f"{TOPIC}/0:1" in listed.stdout
    assert "Ada" not in listed.stdout + said


def test_a_record_brings_its_own_meta_and_a_replay_makes_the_same_of_it(one: Setting) -> None:
    one.mapping(OF_META)
    headers = [("Email", b"x"), ("EMAIL", b"ada@example.com"), ("bad", b"\xff"), ("none", None)]
    one.cluster.produce(TOPIC, [{"type": "order"}], headers=headers, timestamp=1_777_777_777_123)
    one.run("--no-deliver", until=1)
    (first,) = payloads(one.outbox)
    assert (first["event_id"], first["event_time"]) == (f"{TOPIC}/0/0", 1_777_777_777)
    assert first["user_data"] == {"em": [sha256(b"ada@example.com").hexdigest()]}
    one.run("--no-deliver", "--again", until=2)
    assert payloads(one.outbox) == [first, first]
    assert places(one.outbox) == [(f"{TOPIC}/0", 0)] * 2


def test_what_is_accepted_is_delivered_by_the_same_process(one: Setting) -> None:
    one.cluster.produce(TOPIC, [event(number, at=now()) for number in range(20)])
    with sandbox() as (url, _):
        consumer = one.start("--url", url, "--batch-size", 10)

        def delivered() -> bool:
            status = call("outbox", "status", "--outbox", one.outbox, "--format", "json").stdout
            return '"delivered": 20' in status

        wait_until(lambda: consumer.is_over or (one.outbox.exists() and delivered()))
        consumer.end()
        assert delivered()


def test_what_waits_of_persons_on_a_list_is_erased_by_the_same_process(one: Setting) -> None:
    one.cluster.produce(TOPIC, [event(number, at=now()) for number in range(20)])
    people = one.folder / "people.csv"
    people.write_text(f"email\n{event(7)['email']}\n")
    people.chmod(0o600)
    with sandbox() as (url, ledger):
        one.run("--no-deliver", "--url", url, until=20)
        consumer = one.start("--url", url, "--suppress", people)

        def ended() -> bool:
            status = call("outbox", "status", "--outbox", one.outbox, "--format", "json").stdout
            return '"pending": 0' in status

        wait_until(lambda: consumer.is_over or ended())
        consumer.end()
    received = {found["event_id"] for found in ledger.received}
    assert received == {f"o-{number}" for number in range(20) if number != 7}


def test_a_topic_of_the_same_name_on_another_cluster_is_another_feed(one: Setting, tmp_path: Path) -> None:
    one.cluster.produce(TOPIC, map(event, range(5)))
    one.run("--no-deliver", until=5)
    (tmp_path / "other").mkdir()
    with setting(tmp_path / "other") as other:
        other.cluster.produce(TOPIC, map(event, range(5, 8)))
        one.run("--no-deliver", until=8, **{"--brokers": other.cluster.servers})
    found = [(parcel.record, json.loads(parcel.body)["event_id"]) for parcel in parcels(one.outbox)]
    assert found == [(n, f"o-{n}") for n in range(5)] + [(n, f"o-{n + 5}") for n in range(3)]


def test_several_processes_of_one_call_map_alike(three: Setting) -> None:
    for partition in range(3):
        three.cluster.produce(TOPIC, [*map(event, range(50)), b"{", None], partition)
    three.run("--no-deliver", "--jobs", 2, until=3 * 51)
    assert [place for place in places(three.outbox) if place[1] < 51] == every_place(3, 51)


def test_a_member_without_a_partition_says_so_and_takes_over(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(5)))
    first = one.start("--no-deliver")
    wait_until(lambda: first.is_over or len(places(one.outbox)) == 5)
    second = one.start("--no-deliver")
    wait_until(lambda: second.is_over or "reading" in second.said)
    waiting, reading = (second, first) if "reading no partition" in second.said else (first, second)
    reading.end()
    wait_until(lambda: waiting.is_over or waiting.said.rstrip().endswith("reading partitions 0"))
    one.cluster.produce(TOPIC, map(event, range(5, 9)))
    wait_until(lambda: waiting.is_over or len(places(one.outbox)) == 9)
    waiting.end()
    assert places(one.outbox) == every_place(1, 9)
