"""Values that are sent and noted, or refused, each by its field: in all forms of a program."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapper.transforms import TRANSFORMS
from mapper.transforms.number import NEGATIVE
from mapper.transforms.time import LEFT_OUT, SHOWN_TWICE
from tests.compiler.test_interpreter import Subject, assert_agrees, compiled

pytestmark = pytest.mark.quick

_MAPPING = """
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: {from: at, apply: {timestamp: {zone: Europe/Berlin}}}
  event_source_url: url
  user_data: {em: email, hashed_maids: maid, country: country}
  custom_data:
    value: total
    currency: currency
    num_items: count
    contents: {each: items, item: {id: sku, item_price: price, quantity: q}}
otherwise: {send: checkout}
"""
_EVENT: dict[str, Any] = {
    **{"id": "1", "at": "2026-05-01T10:00:00", "email": "ada@example.com", "url": "https://shop.example/"},
    **{"total": 10, "currency": "GBP", "count": 2, "items": [{"sku": "a", "price": 5, "q": 2}]},
}


@pytest.fixture(scope="module")
def subject() -> Subject:
    return compiled(_MAPPING, "noted", [])


def _outcome(subject: Subject, changed: dict[str, Any]) -> Any:
    """What an event comes to, the same in all forms."""
    event = {**_EVENT, **changed}
    outcomes = subject.program.apply(event)
    assert_agrees(subject.plan, subject.program, event)
    assert subject.fast.apply(event) == outcomes
    assert subject.fast.apply_json(json.dumps(event).encode()) == outcomes
    return outcomes[0]


def _notes(outcome: Any) -> list[tuple[str, str, str]]:
    return [(one.kind, one.path, one.message) for one in outcome.notes]


@pytest.mark.parametrize(
    ("changed", "path", "sent"),
    [
        ({"total": -10}, "custom_data.value", "-10"),
        ({"total": "-0.01"}, "custom_data.value", "-0.01"),
        ({"total": -1e-9}, "custom_data.value", "-0.000000001"),
        ({"count": -2}, "custom_data.num_items", -2),
        ({"count": "-2"}, "custom_data.num_items", -2),
        ({"items": [{"sku": "a", "q": -1}]}, "custom_data.contents", [{"id": "a", "quantity": -1}]),
        ({"total": 0, "count": 0}, "custom_data.value", "0"),
        ({"total": "-0"}, "custom_data.value", "0"),
    ],
)
def test_a_negative_amount_or_count_is_sent_and_noted(
    subject: Subject, changed: dict[str, Any], path: str, sent: Any
) -> None:
    outcome = _outcome(subject, changed)
    assert outcome.payload["custom_data"][path.partition(".")[2]] == sent
    negative = "-" in json.dumps(sent)
    assert [(kind, message) for kind, _, message in _notes(outcome)] == [("note", NEGATIVE)] * negative


@pytest.mark.parametrize(
    ("at", "seconds", "note"),
    [
        ("2026-10-25T02:30:00", 1792888200, SHOWN_TWICE),
        ("2026-03-29T02:30:00", 1774747800, LEFT_OUT),
        ("2026-10-25T02:30:00+01:00", 1792891800, ""),
        ("2026-10-25T03:00:00", 1792893600, ""),
        ("2026-10-25T01:59:59", 1792886399, ""),
        ("2026-03-29T03:00:00", 1774746000, ""),
        ("2026-03-29T01:59:59", 1774745999, ""),
        (1792888200, 1792888200, ""),
    ],
)
def test_a_time_that_a_clock_change_repeats_or_leaves_out_is_noted(
    subject: Subject, at: Any, seconds: int, note: str
) -> None:
    outcome = _outcome(subject, {"at": at})
    assert outcome.payload["event_time"] == seconds
    assert _notes(outcome) == ([("note", "event_time", note)] if note else [])


def test_a_stated_format_notes_it_as_well() -> None:
    note_texts: list[str] = []
    arguments = {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin", "note_texts": note_texts}
    assert TRANSFORMS["timestamp"].function("25.10.2026 02:30", **arguments) == 1792888200
    assert note_texts == [SHOWN_TWICE]


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        *(
            ("url", url, "event_source_url")
            for url in ("x.com", "x.com/a?b=c", "javascript:void(0)", "/cart")
        ),
        *(
            ("url", url, "event_source_url")
            for url in ("about:blank", "android-app://com.x", "https://", "//x")
        ),
        *(("currency", code, "custom_data.currency") for code in ("GBp", "GBX", "gbx")),
        *(("country", name, "user_data.country") for name in ("América", "Ame\u0301rica", "Europe")),
        ("maid", "{EA7583CDA66748BCB80642ECB2B48606}", "user_data.hashed_maids"),
        ("maid", "EA7583CDA66748BCB80642ECB2B48606", "user_data.hashed_maids"),
    ],
)
def test_what_is_no_value_of_its_field_is_left_out_and_noted(
    subject: Subject, name: str, value: str, path: str
) -> None:
    outcome = _outcome(subject, {name: value})
    assert value not in json.dumps(outcome.payload, ensure_ascii=False).split('"')
    assert ("invalid", path) in [(kind, where) for kind, where, _ in _notes(outcome)]


def test_an_advertising_id_in_braces_has_the_digest_of_the_bare_one(subject: Subject) -> None:
    bare = "ea7583cd-a667-48bc-b806-42ecb2b48606"
    expected = _outcome(subject, {"maid": bare}).payload["user_data"]["hashed_maids"]
    for written in (f"{{{bare}}}", f"{{{bare.upper()}}}", f" {{{bare}}} "):
        assert _outcome(subject, {"maid": written}).payload["user_data"]["hashed_maids"] == expected
