"""Explaining an event: the section that takes it, and what each row reads, makes and sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import Row, Table, compile_mapping, explain_mapping, trace_event

_ROOT = Path(__file__).parents[1]
_MAPPING = """
name: trace
version: 1
target: pinterest/conversions-v5
let:
  mail: {from: [customer.email, contact]}
consent:
  granted: ads
  when_missing: granted
  when_denied: {strip: [custom_data.order_id], set: {opt_out: true}}
payload:
  action_source: {const: web}
  event_id: {from: customer.email, apply: fingerprint}
  event_time: at
  user_data:
    em: $mail
    ph: {from: phone, apply: {phone: {country: $land}}}
  custom_data:
    order_id: number
    value: {from: [net, gross]}
    currency: {from: currency, default: EUR}
    search_string: {case: [{when: boolean(a), then: b}, {else: c}]}
    content_ids: {each: lines, item: sku}
match: kind
events:
  - {is: 1, send: checkout}
  - {is: x, skip: nothing}
""".replace("let:\n", "let:\n  land: {from: country, default: DE}\n")


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """The mapping as a file."""
    path = tmp_path / "trace.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    return path


def _trace(mapping: Path, **event: Any) -> dict[str, Row]:
    """The rows of the fields, by path."""
    table = _table(mapping, **event)
    return {row.path: row for row in table.rows if row.depth == 0}


def _table(mapping: Path, **event: Any) -> Table:
    (table,) = trace_event(
        mapping, {"kind": 1, "at": 1777629600, "customer": {"email": "Ada@Example.com"}, **event}
    )
    return table


def test_a_row_has_what_is_read_what_each_step_makes_and_what_is_sent(mapping: Path) -> None:
    rows = _trace(mapping, phone="030 1234567", number=17)
    assert rows["custom_data.order_id"].read == 17
    assert rows["custom_data.order_id"].value == "17"
    phone = rows["user_data.ph"]
    assert [(step.text, step.inserted, step.value) for step in phone.steps[:3]] == [
        ("clean", True, "030 1234567"),
        ("digest", True, "030 1234567"),
        ("phone(country: $land)", False, "49301234567"),
    ]


def test_a_row_says_why_nothing_is_sent_or_what_stands_in(mapping: Path) -> None:
    rows = _trace(mapping, net="1,5", lines="a")
    assert rows["custom_data.order_id"].why == "absent"
    assert rows["custom_data.value"].why.startswith("invalid: ")
    assert (rows["custom_data.currency"].value, rows["custom_data.currency"].why) == ("EUR", "default")
    assert rows["custom_data.content_ids"].why.startswith("invalid: ")


def test_alternatives_and_arms_that_are_not_reached_say_so(mapping: Path) -> None:
    table = _table(mapping, net=1, gross=2, a=True, b="B", c="C")
    parts = {row.source: (row.value, row.why) for row in table.rows if row.depth}
    assert parts["net"] == ("1", "")
    assert parts["gross"] == (None, "not reached")
    assert parts["b"] == ("B", "")
    assert parts["c"] == (None, "not reached")


def test_the_section_is_found_by_json_equality_as_the_program_does(mapping: Path) -> None:
    assert _table(mapping, kind=1.0).title == "checkout"
    assert trace_event(mapping, {"kind": True}) == ()
    assert trace_event(mapping, {"kind": "x"}) == ()


def test_a_row_is_personal_where_its_field_or_its_source_is(mapping: Path) -> None:
    rows = _trace(mapping)
    assert rows["user_data.em"].personal
    assert rows["event_id"].personal
    assert not rows["custom_data.order_id"].personal


def test_what_consent_takes_away_is_not_in_the_table_as_sent(mapping: Path) -> None:
    rows = _trace(mapping, ads=False, number=1)
    assert (rows["custom_data.order_id"].value, rows["custom_data.order_id"].why) == (None, "consent denied")
    assert rows["opt_out"].value is True


@pytest.mark.parametrize(
    ("name", "events"),
    [("segment-ecommerce", "segment_[os]*"), ("ga4-server", "ga4_sgtm_p*"), ("shopify-orders", "shopify*")],
)
def test_the_table_of_an_event_agrees_with_its_payload(name: str, events: str) -> None:
    path = _ROOT / "mappings" / f"{name}.yaml"
    program = compile_mapping(path)
    assert explain_mapping(path)
    for file in sorted((_ROOT / "tests/cases/events").glob(f"{events}.json")):
        event = json.loads(file.read_bytes())
        (outcome,) = program.apply(event)
        traced = trace_event(path, event)
        if outcome.payload is None or not traced:
            continue
        (table,) = traced
        sent = {row.path: row.value for row in table.rows if row.depth == 0 and row.value is not None}
        for field, value in sent.items():
            found: Any = outcome.payload
            for part in field.split("."):
                found = found.get(part, {}) if isinstance(found, dict) else None
            assert found == value, field
