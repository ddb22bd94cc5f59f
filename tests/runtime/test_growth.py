"""Payloads that are not measured: no step makes a text longer than is taken for granted of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper import compile_text
from mapper.compiler.emit.fast.growth import _DIGITS, _LONGER, _NUMBER, _SHORT, _WRITING, Growth
from mapper.runtime.decode import size_of
from mapper.transforms.registry import TRANSFORMS
from mapper.values.types import Invalid

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
    "round_money": {"currency": "EUR"},
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


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rewrite", {"pattern": "{a}", "to": "{a}%{a}\u0390{a}"}),
        ("rewrite", {"pattern": "{a}{b:letters}", "to": "-"}),
        ("rewrite", {"pattern": "*", "to": "{{written}}"}),
        ("lookup", {"table": {"9": ["\u0390" * 20], "%00": 1}, "default": "\x01" * 9}),
        ("lookup", {"patterns": {"9*": "x" * 50, "*": "a"}}),
    ],
)
@given(value=_TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_what_writes_texts_of_the_mapping_writes_no_longer_ones_than_is_taken_for_granted(
    name: str, arguments: dict[str, Any], value: Any
) -> None:
    try:
        made = TRANSFORMS[name].function(value, **arguments)
    except Invalid:
        return
    assert size_of(made) <= _WRITING[name](Growth(size_of(value), 0), arguments, 1).bytes


_TOP = """version: 1
target: pinterest/conversions-v5
functions:
  clean_key(value): {from: $value, apply: [trim, uppercase, {remove: space}]}
  gross(net, rate): {from: 'multiply($net, $rate)', apply: {round: 2}}
  joined(value, other): {from: $value, apply: {concat: $other}}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data: %s
otherwise: {send: lead}
"""


def _each(field: str) -> str:
    """A field of each item of a list."""
    return f"{{contents: {{each: items, item: {{{field}}}}}}}"


_COUNTED = {
    "{order_id: order}": False,
    "{contents: {each: items, item: {id: sku}}}": False,
    "{contents: {each: items, item: {id: sku, item_name: $event.name}}}": True,
    "{content_ids: 'items[].sku'}": False,
    "{content_ids: 'items[].[sku, sku, sku] | []'}": True,
    "{order_id: {from: order, apply: {concat: ['-', $event]}}}": True,
    "{order_id: {from: order, apply: {replace: {old: a, new: bbbbbbbbbbbbb}}}}": True,
    "{num_items: 'total(items[].q)'}": False,
    "{order_id: {from: order, apply: clean_key}}": False,
    "{value: 'gross(net, `1.19`)', currency: {const: EUR}}": False,
    "{order_id: {from: order, apply: {joined: '-'}}}": True,
    "{order_id: {from: order, apply: {lookup: {table: {a: b}, default: c}}}}": False,
    _each('item_name: \'lookup(sku, `{"a": "b"}`)\''): False,
    _each("item_name: {from: sku, apply: {lookup: {patterns: {'*': %s}}}}" % ("x" * 5000)): True,
    _each("id: {from: sku, apply: {rewrite: {pattern: '{n}-*', to: '{n}/x'}}}"): False,
    _each("id: {from: sku, apply: {rewrite: {pattern: '{n}', to: '%s'}}}" % ("{n}" * 8)): False,
    _each("id: {from: sku, apply: {rewrite: {pattern: '{n}', to: '%s'}}}" % ("x" * 500)): False,
    _each("id: \"rewrite(sku, '{n}', '{n}')\""): False,
    _each("id: \"extract(sku, '{n}')\""): False,
    _each("id: clean_key(sku)"): False,
    _each("id: 'clean_key($event.name)'"): True,
    "{order_id: \"join('-', items[].sku)\"}": True,
}


@pytest.mark.parametrize("field", _COUNTED)
def test_only_what_may_grow_is_measured(field: str) -> None:
    program = compile_text(_TOP % field, guard=False)
    for text in (program.fast_text, program.typed_text):
        assert not text or ("check_free(" in text) == _COUNTED[field]
