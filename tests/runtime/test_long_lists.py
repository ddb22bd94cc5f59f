"""Long lists and large payloads: the fast form takes what the careful one does, and gives the same."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mapper import Program, compile_text
from mapper.runtime.budget import FREE_BYTES
from mapper.runtime.known_forms.surprise import MANY
from tests.support.effort import calls

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


_EVENTS_TEXT = "the event's text in each"


@pytest.mark.parametrize("field", sorted(_FIELDS))
def test_a_large_payload_is_left_to_the_careful_form_only_where_the_event_is_small(field: str) -> None:
    """Up to twice the bytes that any event's payloads may have, by the texts of its items."""
    for length in (10, FREE_BYTES // 4_000, FREE_BYTES // 1_000, 2 * FREE_BYTES // 1_000):
        is_taken = _is_taken_fast(field, _event(1_000, "x" * length, "y" * length))
        assert is_taken == (field != _EVENTS_TEXT or length <= FREE_BYTES // 1_000)
    assert not _is_taken_fast(_EVENTS_TEXT, {**_event(3_000), "name": "n" * 3_000})


# So many times the work of 250 elements at most: a little more than in proportion.
_SLOPE = {251: 1.1, 1_000: 4.4, MANY: 44}


@pytest.mark.parametrize("field", sorted(_FIELDS))
def test_the_work_for_a_list_grows_with_its_length(field: str) -> None:
    # The items of the longest list give payloads of more bytes than any event's may have.
    events = {count: _event(count, "x" * 120, "y" * 64) for count in (250, *_SLOPE)}
    program = _program(field)
    work = {count: calls(lambda event=event: program.apply(event))[0] for count, event in events.items()}  # type: ignore[misc]  # a lambda has no type
    assert all(work[count] <= most * work[250] for count, most in _SLOPE.items()), work
