"""`mapper outbox retry --mapping`: what the mapping rejected is mapped anew, from the file it came from."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.sandbox import sandbox_app, serve
from tests.command import MAPPING, call, event, ndjson
from tests.delivery.deliveries import CANARY, DESTINATION, validate

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
    assert "2 events waiting again, 1 rejected again, 0 skipped" in told
    assert "1 source event not found in the file" in told  # the broken line
    assert _status() == (2, 2)


def test_they_have_the_time_that_the_file_was_sent_with(events: list[Any]) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    _sent(_LACKS_TIME.replace("event_id: id", "event_id: key"), "--received-at", at)
    assert _status() == (0, 4)
    Path("small.yaml").write_text(_LACKS_TIME)
    assert "2 events waiting again, 1 rejected again, 0 skipped" in _retry()
