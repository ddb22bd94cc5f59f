"""Lists made of the same items by one loop: of odd items the fast forms make what the careful one does."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from mapper import compile_text
from tests.compiler.test_fast_form import _TIMES, _whole
from tests.support.depth import some

_LETS = "let: {items: {from: [lines, {from: '[@]', when: sku}]}}"
_LISTS = """
    currency: cur
    content_ids: {each: $items, item: %s}
    contents:
      each: $items
      item: {id: %s, item_name: name, item_price: price, quantity: {from: q, default: 1}}
    num_items: total($items[].q)"""
_IDS = (
    *("pid", "{from: [pid, sku]}", "{from: [pid, {from: sku, apply: uppercase}]}", "text(pid)"),
    *("{from: pid, apply: trim}", "{from: pid, apply: integer}", "{from: pid, default: no-pid}"),
)
_ODD: list[Any] = [
    *("a", " b ", "", " \t", "\x7f", "\u00a0x", "x" * 600, "1.5", None, 0, 1, 2.5, -3, 10**12, 10**19, True),
    *([], {}, ["x"], {"a": 1}),
]
_ORDER = {**_TIMES, "cur": "USD"}
_PLAIN = {"pid": "p", "sku": "s", "name": "n", "price": 2.5, "q": 2}


@pytest.mark.parametrize(("one", "other"), some([*product(_IDS, _IDS)], 8))
def test_lists_of_the_same_items_are_what_the_careful_form_makes(one: str, other: str) -> None:
    text = _whole(_LISTS % (one, other), _LETS)
    fast, careful = compile_text(text).prepare(), compile_text(text)
    odd_items = [{**_PLAIN, name: value} for name in _PLAIN for value in _ODD]
    lists: list[Any] = [*([_PLAIN, item] for item in (*odd_items, *_ODD)), *_ODD]
    events = [{**_ORDER, "lines": lines} for lines in lists]
    for event in (*events, *({**_ORDER, **item} for item in odd_items)):
        expected = careful.apply(event)
        made = json.dumps([one.payload for one in expected])
        for outcomes in (fast.apply(event), fast.apply_json(json.dumps(event).encode())):
            assert outcomes == expected, event
            assert json.dumps([one.payload for one in outcomes]) == made


def test_they_are_made_by_one_loop() -> None:
    program = compile_text(_whole(_LISTS % ("{from: [pid, sku]}", "{from: [pid, sku]}"), _LETS))
    for text in filter(None, (program.fast_text, program.typed_text)):
        content_ids, contents = text.index("content_ids.append("), text.index("contents.append(")
        assert "for " not in text[content_ids:contents]
        assert "pid" not in text[content_ids:contents]
