"""Payloads that are not measured, since no event makes them larger than they may be."""

from __future__ import annotations

import pytest

from mapper import compile_text

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
