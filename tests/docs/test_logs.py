"""The page of log events is that of the table, and each event of it is said somewhere."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from mapper.cli.log import Log
from mapper.delivery.batch import Receipt
from mapper.delivery.clock import SYSTEM
from mapper.delivery.death_notices import DeathNotices
from mapper.delivery.outbox.store import Account, Chunk, Settlement
from mapper.texts.log_events import (
    ACCOUNT_FIELDS,
    LINE_FIELDS,
    LOG_EVENTS,
    LOG_FIELDS,
    LogEventName,
    LogLine,
    noted,
)
from mapper.values.safe_text import SafeText, span
from tests.delivery.deliveries import parcels
from tests.house.sources import FILES, nodes
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
_ALERTS: dict[LogEventName, str] = {
    "clock_skew": "MapperClockSkew",
    "credentials_missing": "MapperPaused",
    "events_expired": "MapperExpired",
    "mapping_not_taken_up": "MapperMappingNotTakenUp",
    "outbox_away": "MapperOutboxUnreachable",
    "outbox_filling": "MapperDiskLow",
    "outbox_full": "MapperNotReady",
    "paused": "MapperPaused",
    "waiting_for_partitions": "MapperNoPartitions",
}
"""Alerts of the same states. Those of `retrying` and `kafka_away` wait for what may pass by itself."""
_ROOMS_OF_A_SERVICE = tuple(
    f"mapper/{room}/" for room in ("delivery", "serving", "consuming", "intake", "running")
)
_ROOT = Path(__file__).parents[2]


def test_the_page_is_that_of_the_table() -> None:
    assert (_ROOT / "docs" / "logs.md").read_text(encoding="utf-8") == write_page()


def _nodes() -> Iterator[ast.AST]:
    return (node for file in FILES for node in nodes(file))


def test_each_event_is_said_somewhere() -> None:
    said = set()
    for node in _nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "noted":
            (name, *_) = node.args
            assert isinstance(name, ast.Constant), ast.dump(node)
            said.add(name.value)
    assert said == LOG_EVENTS.keys()


def test_a_state_that_lasts_has_a_line_that_ends_it() -> None:
    bad = {name for name, one in LOG_EVENTS.items() if one.level != "info" and one.over is None}
    assert bad == _MOMENTS
    ends = {one.over for one in LOG_EVENTS.values()} - {None}
    assert {LOG_EVENTS[name].level for name in ends if name is not None} == {"info"}


def test_each_event_has_the_fields_that_it_is_said_with_and_each_field_is_explained() -> None:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for node in _nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "noted":
            name = node.args[0]
            assert isinstance(name, ast.Constant)
            said[str(name.value)] |= {word.arg or "**" for word in node.keywords}
        elif isinstance(node, ast.FunctionDef) and _makes_an_end(node):
            keys = [key for one in ast.walk(node) if isinstance(one, ast.Dict) for key in one.keys]
            said["ended"] |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    assert {name: fields for name, fields in said.items() if fields} == {
        name: set(one.fields) for name, one in LOG_EVENTS.items() if one.fields
    }
    carried = set().union(*said.values(), LINE_FIELDS, ACCOUNT_FIELDS)
    assert carried == LOG_FIELDS.keys()


def _makes_an_end(function: ast.FunctionDef) -> bool:
    """Whether it makes facts for `Log.summarize`, which says `ended` for commands that do one job."""
    calls = (one.func for one in ast.walk(function) if isinstance(one, ast.Call))
    names = {one.attr for one in calls if isinstance(one, ast.Attribute)}
    return function.name in ("event_facts", "delivery_facts") or "summarize" in names


def test_a_field_has_one_meaning_in_all_lines() -> None:
    """A meaning that names an event would be another one in other lines."""
    words = {name: set(re.findall(r"`([a-z_]+)`", meaning)) for name, meaning in LOG_FIELDS.items()}
    assert {name: found for name, found in words.items() if found & LOG_EVENTS.keys()} == {}
    # A length of time alone does not say of what it is.
    assert "seconds" not in LOG_FIELDS


def test_whom_a_line_wakes_is_as_its_level_and_the_alerts_say() -> None:
    assert {one.wake for one in LOG_EVENTS.values() if one.level == "info"} == {"nobody"}
    assert "nobody" not in {one.wake for one in LOG_EVENTS.values() if one.level == "error"}
    groups = yaml.safe_load((_ROOT / "docs" / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    severities = {one["alert"]: one["labels"]["severity"] for group in groups for one in group["rules"]}
    wakes = {"page": "now", "ticket": "in the morning"}
    for event, alert in _ALERTS.items():
        assert LOG_EVENTS[event].wake == wakes[severities[alert]], event


def test_lengths_of_time_in_lines_and_reasons_are_written_by_one_function() -> None:
    unit = re.compile(r"\{[^{}]*\} (s|seconds?|min|minutes?|h|hours?|d|days?)\b")
    found = [
        f"{file}:{node.lineno}: {node.value}"
        for file in FILES
        if file.startswith(_ROOMS_OF_A_SERVICE)
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and unit.search(node.value)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-1, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (76, "1 min 16 s"),
        (1_797, "29 min 57 s"),
        (3_600, "1 h"),
        (3_659, "1 h"),
        (10_391, "2 h 53 min"),
        (86_400, "1 d"),
        (92_834, "1 d 1 h 47 min"),
        (86_400 + 60, "1 d 1 min"),
        (86_400_000, "1,000 d"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_units_and_rounded_down(seconds: float, told: str) -> None:
    assert span(seconds) == told
    numbers = [int(one.replace(",", "")) for one in told.split(" ")[::2]]
    sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    least = sum(number * sizes[unit] for number, unit in zip(numbers, told.split(" ")[1::2], strict=True))
    assert 0 <= max(seconds, 0) - least < max(1, seconds / 60)


def test_a_line_has_its_level_event_account_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(as_json=True, now=lambda: datetime(2026, 11, 30, tzinfo=UTC))
    line = noted("recovered", SafeText("delivering again after {} h", 3), failing_seconds=10_920)
    log.say(line, Account("shop/events-v1", "north"))
    log.say(SafeText("a line of no kind"))
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first == {
        "time": "2026-11-30T00:00:00.000+00:00",
        "level": "info",
        "event": "recovered",
        "message": "delivering again after 3 h",
        "failing_seconds": 10_920,
        "destination": "shop/events-v1",
        "account": "north",
        "recipient": "",
    }
    assert (second["level"], second["event"]) == ("info", "note")


def test_dead_letters_are_said_once_a_minute_for_each_kind_with_their_count() -> None:
    now, said = [0.0], list[LogLine]()
    clock = SYSTEM.__class__(lambda: 0.0, lambda: now[0], SYSTEM.sleep, SYSTEM.random)
    notices = DeathNotices(clock, said.append)
    one, two, three = (replace(each, time=0, past_seconds=100) for each in parcels(3))
    # The last event of each kind counts for the reason; the second one is accepted too late in the end.
    for at, accepted_at in ((0.0, 101.0), (10.0, 100.0), (59.0, 101.0), (61.0, 99.0), (200.0, 100.0)):
        now[0] = at
        receipts = (
            Receipt(one, "refused", "rejected", SafeText("no currency")),
            Receipt(two, "expired", "too_old", SafeText("the reason")),
            Receipt(three, "delivered"),
        )
        chunk = Chunk(1, Account("shop/events-v1"), "v1", "feed", accepted_at, (one, two, three))
        notices.hear(Settlement(chunk, receipts))
    assert said == [
        "1 event refused (rejected): no currency; `mapper outbox dead` lists them",
        "1 event expired, too old when accepted: the reason",
        "3 events refused (rejected): no currency; `mapper outbox dead` lists them",
        "3 events expired, 1 too old when accepted, 2 only after waiting: the reason",
        "1 event refused (rejected): no currency; `mapper outbox dead` lists them",
        "1 event expired, too old only after waiting: the reason",
    ]
    expired = [one.facts for one in said if one.event == "events_expired"]
    assert [(one["count"], one["came_too_old"], one["became_too_old"]) for one in expired] == [
        (1, 1, 0),
        (3, 1, 2),
        (1, 0, 1),
    ]
    assert [one.facts["count"] for one in said if one.event == "events_refused"] == [1, 3, 1]
