"""Long lists and large payloads: the fast form takes what the careful one does, and gives the same."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mapper import Program, compile_text
from mapper.runtime.budget import FREE_BYTES
from mapper.runtime.known_forms.surprise import MANY

_MAPPING = """version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data: CUSTOM
otherwise: {send: lead}
"""
_PLAIN = "{contents: {each: items, item: {id: sku}}}"
_FIELDS = {
    "plain": _PLAIN,
    "ids": "{content_ids: 'items[].sku', num_items: 'count(items)'}",
    "a text of each": "{contents: {each: items, item: {id: sku, item_name: {template: '{sku} {name}'}}}}",
    "the event's text in each": "{contents: {each: items, item: {id: sku, item_name: $event.name}}}",
    "texts that grow": "{contents: {each: items, item: {id: {from: sku, apply: {concat: ['-', sku]}}}}}",
}


@cache
def _program(field: str) -> Program:
    return compile_text(_MAPPING.replace("CUSTOM", _FIELDS[field]), guard=False).prepare()


def _event(count: int, sku: str = "a", name: str = "b") -> dict[str, Any]:
    items = [{"sku": f"{sku}{number}", "name": name} for number in range(count)]
    return {"id": "1", "at": 1777629600, "email": "ada@example.com", "name": name, "items": items}


def _is_taken_fast(field: str, event: dict[str, Any]) -> bool:
    """Whether the fast form has the event; what comes of it is what the careful form gives."""
    program = _program(field)
    hits = program._pace.hits
    assert program.apply(event) == program._apply_carefully(event, None)
    return program._pace.hits > hits


@pytest.mark.parametrize("field", ["plain", "ids", "a text of each"])
@pytest.mark.parametrize("count", [1, 250, 251, 1_000, MANY, MANY + 1])
def test_no_list_is_left_to_the_careful_form_before_it_is_very_long(field: str, count: int) -> None:
    assert _is_taken_fast(field, _event(count)) or count > MANY


@pytest.mark.parametrize("field", sorted(_FIELDS))
def test_a_payload_that_may_be_too_large_is_for_the_careful_form_to_say(field: str) -> None:
    """Just under and over what any event may come to, by the texts of its items."""
    taken = {
        length: _is_taken_fast(field, _event(1_000, "x" * length, "y" * length))
        for length in (10, FREE_BYTES // 4_000, FREE_BYTES // 1_000, 2 * FREE_BYTES // 1_000)
    }
    assert taken[10]
    assert not taken[2 * FREE_BYTES // 1_000]
