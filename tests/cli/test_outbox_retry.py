"""`mapper outbox retry --mapping`: what the mapping rejected is mapped anew, from the file it came from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.sandbox_server import sandbox_app, serve
from tests.delivery.deliveries import (
    CANARY,
    DESTINATION,
    Heard,
    Server,
    answering,
    processed,
    said,
    validate,
)
from tests.support.command import MAPPING, call, event, ndjson

# Without its time an event is rejected.
_LACKS_TIME = MAPPING.replace("event_time: at", "event_time: $meta.received_at")


def _sent(mapping: str, *arguments: str) -> None:
    Path("small.yaml").write_text(mapping)
    with serve(sandbox_app(DESTINATION, validate)) as url:
        call("send", "small.yaml", "events.ndjson", "--outbox", "x.outbox", "--url", url, *arguments)


def _status() -> tuple[int, int]:
    (found,) = json.loads(call("outbox", "status", "--outbox", "x.outbox", "--format", "json").stdout)
    return found["pending"], found["dead"]


def _retry() -> str:
    ran = call("outbox", "retry", "--outbox", "x.outbox", "--mapping", "small.yaml", "events.ndjson")
    assert ran.exit_code == 0
    return ran.stdout + ran.stderr


@pytest.fixture
def events(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Events of this hour: two orders, a skipped one, one that no mapping sends, and a broken line."""
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    rows = [event(1, at=now), "{", event(2, at=now), event(3, at=now, test=True), event(4, at=now, id=None)]
    Path("events.ndjson").write_text(ndjson(*rows))
    return rows


def test_events_that_were_rejected_are_sent_after_the_mapping_is_fixed(events: list[Any]) -> None:
    _sent(_LACKS_TIME)
    assert _status() == (0, 4)
    Path("small.yaml").write_text(MAPPING)
    told = _retry()
    assert "3 dead letters and 0 waiting events mapped again: 2 waiting, 1 rejected, 0 skipped" in told
    assert "1 line left as before" in told  # the broken line
    assert _status() == (2, 2)


def test_they_have_the_time_that_the_file_was_sent_with(events: list[Any]) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    _sent(_LACKS_TIME.replace("event_id: id", "event_id: key"), "--received-at", at)
    assert _status() == (0, 4)
    Path("small.yaml").write_text(_LACKS_TIME)
    assert "mapped again: 2 waiting, 1 rejected, 0 skipped" in _retry()


# What waits


def _refuses_euro(heard: Heard) -> bytes:
    """The service takes only dollars."""
    failed = [one["event_id"] for one in heard.events if one["custom_data"]["currency"] == "EUR"]
    return said(422 if failed else 200, processed(heard, *failed))


_DOLLARS = MAPPING.replace("{const: EUR}", "{const: USD}")
_COUNT = 1500


@pytest.fixture
def stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A service, and an outbox whose delivery to it has stopped, since the mapping is at fault."""
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    Path("small.yaml").write_text(MAPPING)
    Path("events.ndjson").write_text(ndjson(*(event(number, at=now) for number in range(_COUNT))))
    with answering(_refuses_euro) as server:
        ran = _send(server)
        assert ran.exit_code == 1
        assert "so the mapping is at fault" in ran.stderr
        yield server


def _send(server: Server) -> Result:
    words = ("--outbox", "x.outbox", "--url", server.url, "--batch-size", "100")
    return call("send", "small.yaml", "events.ndjson", *words)


def _audit() -> list[str]:
    store = open_outbox(Path("x.outbox"))
    try:
        return store.audit()
    finally:
        store.close()


def test_after_the_mapping_was_at_fault_what_waits_is_mapped_again_too(stopped: Server) -> None:
    pending, dead = _status()
    assert (pending > 0, dead >= 1000, pending + dead) == (True, True, _COUNT)
    Path("small.yaml").write_text(_DOLLARS)
    told = _retry()
    what = f"{dead:,} dead letters and {pending:,} waiting events"
    assert told == f"{what} mapped again: {_COUNT:,} waiting, 0 rejected, 0 skipped\n"
    assert (_status(), _audit()) == ((_COUNT, 0), [])
    assert "failing" not in call("outbox", "status", "--outbox", "x.outbox").stdout
    stopped.heard.clear()
    assert _send(stopped).exit_code == 0
    sent = [one["event_id"] for heard in stopped.heard for one in heard.events]
    assert sorted(sent) == sorted(f"o-{number}" for number in range(_COUNT))
    assert (_status(), _audit()) == ((0, 0), [])


def test_the_file_may_have_another_name_by_now_and_another_file_its_name(stopped: Server) -> None:
    Path("small.yaml").write_text(_DOLLARS)
    Path("events.ndjson").rename("events.ndjson.1")
    Path("events.ndjson").write_text(ndjson(event(9)))
    words = ("outbox", "retry", "--outbox", "x.outbox", "--mapping", "small.yaml")
    ran = call(*words, "events.ndjson")
    assert ran.exit_code == 2
    assert "events.ndjson is not the file that was read before" in ran.stderr
    before = _status()
    ran = call(*words, "events.ndjson.1")
    assert (ran.exit_code, _status()) == (0, (_COUNT, 0)), ran.stderr
    assert before != _status()


def test_what_another_process_delivers_is_left_to_it_and_named(stopped: Server) -> None:
    Path("small.yaml").write_text(_DOLLARS)
    _pending, dead = _status()
    store = open_outbox(Path("x.outbox"))
    with store.own(store.status()[0].account):
        told = _retry()
    store.close()
    assert told.startswith(f"{dead:,} dead letters and 0 waiting events mapped again: {dead:,} waiting")
    assert "another process delivers them; stop it, then run this again" in told
    assert (_status(), _audit()) == ((_COUNT, 0), [])
    assert f"0 dead letters and {_COUNT:,} waiting events mapped again" in _retry()


def test_letters_that_are_chosen_are_mapped_again_without_what_waits(stopped: Server) -> None:
    Path("small.yaml").write_text(_DOLLARS)
    _pending, dead = _status()
    words = ("--outbox", "x.outbox", "--mapping", "small.yaml", "events.ndjson", "--kind", "rejected")
    ran = call("outbox", "retry", *words)
    assert f"{dead:,} dead letters and 0 waiting events mapped again" in ran.stderr


def test_a_mapping_of_another_name_maps_nothing_of_a_file(stopped: Server) -> None:
    before = _status()
    Path("other.yaml").write_text(_DOLLARS.replace("name: small", "name: other"))
    ran = call("outbox", "retry", "--outbox", "x.outbox", "--mapping", "other.yaml", "events.ndjson")
    assert ran.exit_code == 2
    assert "events.ndjson was sent by the mapping small, not by other" in ran.stderr
    assert _status() == before


def test_events_that_share_a_line_are_left_as_they_were(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    one, two, three = (json.dumps(event(number, at=now)) for number in range(3))
    Path("events.json").write_text(f"[{one}, {two},\n{three}]")
    Path("small.yaml").write_text(MAPPING)
    with answering(lambda heard: said(401, {"code": 2})) as server:
        words = ("--outbox", "x.outbox", "--url", server.url)
        assert call("send", "small.yaml", "events.json", *words).exit_code == 77
    ran = call("outbox", "retry", "--outbox", "x.outbox", "--mapping", "small.yaml", "events.json")
    assert "0 dead letters and 1 waiting event mapped again: 1 waiting" in ran.stderr
    assert "1 line left as before, on which there is no event, or more than one" in ran.stderr
    assert (_status(), _audit()) == ((3, 0), [])
