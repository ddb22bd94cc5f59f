"""The page of log events is that of the table, and each event of it is said somewhere."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mapper.cli.log import Log
from mapper.delivery.batch import Receipt
from mapper.delivery.clock import SYSTEM
from mapper.delivery.death_notices import DeathNotices
from mapper.delivery.outbox.store import Account
from mapper.texts.log_events import LOG_EVENTS, LogLine, noted
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import parcels
from tests.support.made_pages.logs_page import write_page

pytestmark = pytest.mark.quick

_MOMENTS = {
    "clock_set",
    "events_expired",
    "events_refused",
    "internal_error",
    "kafka_error",
    "mapping_error",
    "not_started",
    "outbox_filling",
    "outbox_restored",
    "partition_taken_over",
    "records_lost",
    "request_refused",
    "requests_cut",
}
"""Lines that someone should read, of what is over when it is said."""
_ROOT = Path(__file__).parents[2]


def test_the_page_is_that_of_the_table() -> None:
    assert (_ROOT / "docs" / "logs.md").read_text(encoding="utf-8") == write_page()


def test_each_event_is_said_somewhere() -> None:
    said = set()
    for file in (_ROOT / "mapper").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "noted":
                (name, *_) = node.args
                assert isinstance(name, ast.Constant), file
                said.add(name.value)
    assert said | {"ended"} == LOG_EVENTS.keys()


def test_a_state_that_lasts_has_a_line_that_ends_it() -> None:
    bad = {name for name, one in LOG_EVENTS.items() if one.level != "info" and one.over is None}
    assert bad == _MOMENTS
    ends = {one.over for one in LOG_EVENTS.values()} - {None}
    assert {LOG_EVENTS[name].level for name in ends if name is not None} == {"info"}


def test_a_line_has_its_level_event_account_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(as_json=True, now=lambda: datetime(2026, 11, 30, tzinfo=UTC))
    line = noted("recovered", SafeText("delivering again after {} hours", 3), seconds=10_920)
    log.say(line, Account("shop/events-v1", "north"))
    log.say(SafeText("a line of no kind"))
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first == {
        "time": "2026-11-30T00:00:00.000+00:00",
        "level": "info",
        "event": "recovered",
        "message": "delivering again after 3 hours",
        "seconds": 10_920,
        "destination": "shop/events-v1",
        "account": "north",
        "recipient": "",
    }
    assert (second["level"], second["event"]) == ("info", "note")


def test_dead_letters_are_said_once_a_minute_for_each_kind_with_their_count() -> None:
    now, said = [0.0], list[LogLine]()
    clock = SYSTEM.__class__(lambda: 0.0, lambda: now[0], SYSTEM.sleep, SYSTEM.random)
    notices = DeathNotices(clock, said.append)
    one, two, three = parcels(3)
    for at in (0.0, 10.0, 59.0, 61.0):
        now[0] = at
        notices.hear(
            [
                Receipt(one, "refused", "rejected", SafeText("no currency")),
                Receipt(two, "expired", "too_old", SafeText("8 days ago")),
                Receipt(three, "delivered"),
            ]
        )
    assert said == [
        "1 event refused (rejected): no currency; `mapper outbox dead` lists them",
        "1 event expired: 8 days ago",
        "3 events refused (rejected): no currency; `mapper outbox dead` lists them",
        "3 events expired: 8 days ago",
    ]
    assert [(one.event, one.facts["count"]) for one in said[2:]] == [
        ("events_refused", 3),
        ("events_expired", 3),
    ]
