"""How many samples are rejected at least: never more than a program rejects."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.support.depth import by_seed

START = """
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {client_ip_address: ip, client_user_agent: agent}
"""
EVENT = {
    "id": "o-1",
    "time": "2026-05-01T10:00:00Z",
    "url": "https://shop.example/",
    "ip": "203.0.113.9",
    "agent": "Mozilla/5.0",
}
_ORDERS = "match: kind\nevents:\n  - {is: order, send: checkout}\n"


def _told(text: str, events: list[dict[str, Any]]) -> list[int]:
    """How many samples are told to be rejected at least, for each field."""
    found = mapper.check_text(text, samples=authoring.source_schema(events))
    messages = [one.message for one in found if one.code == "M610"]
    return [int(re.findall(r"(?:all|least) ([\d,]+) ", one)[-1].replace(",", "")) for one in messages]


def _rejected(text: str, events: list[dict[str, Any]]) -> int:
    program = mapper.compile_text(text).prepare()
    return sum(any(one.rejection for one in program.apply(event)) for event in events)


def _events(*counted: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**EVENT, **other} for count, other in counted for _ in range(count)]


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("otherwise: {send: page_visit}\n", [20]),
        (_ORDERS + "otherwise: {send: page_visit}\n", [20]),
        # All twenty without an id may be visits.
        (_ORDERS, []),
        (_ORDERS + "  - {is: visit, send: page_visit}\n", [20]),
        (_ORDERS + "  - {is: visit, skip: visits}\notherwise: {send: page_visit}\n", []),
        (_ORDERS + "  - {when: url, send: page_visit}\n", []),
        (_ORDERS + "otherwise: {send: page_visit}\nskip: [{when: '!id', because: no id}]\n", []),
        (_ORDERS.replace("}", ", continue: true}") + "otherwise: {send: page_visit}\n", []),
    ],
)
def test_what_is_told_goes_by_what_sections_take(rest: str, told: list[int]) -> None:
    events = _events((40, {"kind": "order"}), (40, {"kind": "visit"}), (20, {"kind": "visit", "id": None}))
    assert _told(START + rest, events) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("id", [10]),
        ("{from: id, as: event_id}", [10]),
        ("{from: [id, number]}", []),
        ("{from: id, default: none}", []),
        ("{from: id, when: id}", []),
    ],
)
def test_a_field_with_another_value_is_not_told(value: str, told: list[int]) -> None:
    events = _events((30, {"number": "1"}), (5, {"id": "", "number": "1"}), (5, {"id": None, "number": "1"}))
    text = START.replace("event_id: id", f"event_id: {value}") + "otherwise: {send: page_visit}\n"
    if "as:" in value:
        text = text.replace(", as: event_id", ", apply: trim")
    assert _told(text, events) == told


@pytest.mark.parametrize("count", [29, 30])
def test_a_share_of_few_samples_says_little(count: int) -> None:
    events = _events((count - 10, {}), (10, {"id": None}))
    assert _told(START + "otherwise: {send: page_visit}\n", events) == ([] if count < 30 else [10])


def test_never_more_is_told_than_is_rejected() -> None:
    draw, seen = by_seed("shares"), 0
    for _ in range(100):
        kinds = draw.sample(["a", "b", "c", "d"], 3)
        text = START + "match: kind\nevents:\n" + "".join(_section(draw, kind) for kind in kinds)
        text += draw.choice(["", "otherwise: {send: page_visit}\n"])
        events = _events(
            *(
                (draw.randrange(25), {"kind": kind, **({"id": None} if draw.random() < 0.4 else {})})
                for kind in ["a", "b", "c", "d", "e"] * 2
            )
        )
        for told in _told(text, events):
            seen += 1
            assert told <= _rejected(text, events), text
    assert seen > 5


def _section(draw: random.Random, kind: str) -> str:
    what = draw.choice(["send: page_visit", "send: lead", "skip: unwanted", "send: signup, continue: true"])
    condition = draw.choice(["", "", "", ", when: ip"])
    return f"  - {{is: {kind}{condition}, {what}}}\n"
