"""Payloads that are not measured: no step makes a text longer than is taken for granted of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper import compile_text
from mapper.compiler.emit.fast.growth import _DIGITS, _LONGER, _NUMBER, _SHORT
from mapper.runtime.decode import size_of
from mapper.runtime.known_forms.surprise import MANY
from mapper.transforms.registry import TRANSFORMS
from mapper.types import Invalid

_ODD = st.sampled_from(
    [
        *("\u0390", "\u0130", "\ufdfa", "\u00df", "\u1fb7", "\ufb03", "\ud7ff", "\U0001d400", "\x01"),
        *("%00", "%22", "\\", "9"),
    ]
)
_TEXTS = st.lists(_ODD, max_size=30).map("".join) | st.text(max_size=40)
_URLS = _TEXTS.map(lambda text: f"https://a.example/{text}?q={text}&b")
_LENGTH = TRANSFORMS["truncate"].parameters[0].name
_GIVEN: dict[str, dict[str, Any]] = {
    "query_parameter": {"name": "q"},
    "truncate": {_LENGTH: 30},
    "keep": {"characters": "word"},
    "bucket": {"n": 10_000},
    "in_network": {"networks": "10.0.0.0/8"},
    "remove": {"characters": "[%a-z]"},
    "matches": {"pattern": "*9"},
}


@pytest.mark.parametrize("name", [*_LONGER, *sorted(_DIGITS), *sorted(_SHORT)])
@given(value=_TEXTS | _URLS | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_step_makes_no_text_longer_than_is_taken_for_granted(name: str, value: Any) -> None:
    transform = TRANSFORMS[name]
    more: dict[str, Any] = {"note_texts": []} if transform.noting else {}
    try:
        made = transform.function([value] if transform.whole else value, **_GIVEN.get(name, {}), **more)
    except Invalid:
        return
    longer = 0 if name in _SHORT else _LONGER.get(name, 1)
    assert size_of(made) <= longer * (size_of(value) + 2) + _NUMBER


_TOP = """version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data: %s
otherwise: {send: lead}
"""
_COUNTED = {
    "{order_id: order}": False,
    "{contents: {each: items, item: {id: sku}}}": False,
    "{contents: {each: items, item: {id: sku, item_name: $event.name}}}": True,
    "{content_ids: 'items[].sku'}": False,
    "{content_ids: 'items[].[sku, sku, sku] | []'}": True,
    "{order_id: {from: order, apply: {concat: ['-', $event]}}}": True,
    "{order_id: {from: order, apply: {replace: {old: a, new: bbbbbbbbbbbbb}}}}": True,
    "{num_items: 'total(items[].q)'}": False,
    "{order_id: \"join('-', items[].sku)\"}": True,
}


@pytest.mark.parametrize("field", _COUNTED)
def test_only_what_may_grow_is_measured(field: str) -> None:
    program = compile_text(_TOP % field, guard=False)
    for text in (program.fast_text, program.typed_text):
        assert not text or ("check_free" in text) == _COUNTED[field]


@pytest.mark.parametrize("count", [MANY, MANY + 1])
def test_a_list_that_is_long_is_left_to_the_careful_form(count: int) -> None:
    program = compile_text(_TOP % "{contents: {each: items, item: {id: sku}}}", guard=False).prepare()
    event = {"id": "1", "at": 1777629600, "email": "ada@example.com", "items": [{"sku": "a"}] * count}
    (outcome,) = program.apply_json(json.dumps(event).encode())
    assert outcome.payload is not None
    assert len(outcome.payload["custom_data"]["contents"]) == count
