"""Lists side by side: an absent element keeps its place on every way to `zip`, in all forms of a program."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from mapper import Program
from mapper.compiler.plan.planner import Plan
from tests.compiler.test_fast_form import _TIMES, _whole
from tests.compiler.test_interpreter import assert_agrees, compiled

# Ways to a list: (lets, value of the list `prices`, or of that in the text `text` or in the objects `rows`).
_WAYS: dict[str, tuple[str, str]] = {
    "as it is": ("", "prices"),
    "split": ("", "\"split(text, '|')\""),
    "split by a step": ("", "{from: text, apply: {split: '|'}}"),
    "step": ("", "{from: prices, apply: trim}"),
    "steps": ("", "{from: prices, apply: [trim, {add: 0}]}"),
    "number": ("", "{from: prices, apply: {minor_units: JPY}}"),
    "split and steps": ("", "{from: text, apply: [{split: '|'}, trim, {multiply: 1}]}"),
    "nothing of a word": ("", "{from: prices, apply: [{null_if: 'x'}, {round: 2}]}"),
    "table": ("", "{from: prices, apply: {lookup: {'1': '1', '2': '2', '3': '3'}}}"),
    "alternatives": ("", "{from: [missing, {from: prices, apply: trim}]}"),
    "case": ("", "{case: [{when: present(missing), then: rows}, {else: {from: prices, apply: text}}]}"),
    "written out": ("", "['prices[0]', 'prices[1]', 'prices[2]']"),
    "each": ("", "{each: rows, item: price}"),
    "each, with a step on the item": ("", "{each: rows, item: {from: price, apply: decimal}}"),
    "each, with a step on all": ("", "{each: rows, item: price, apply: trim}"),
    "let": ("let: {p: {from: prices, apply: [trim, {add: 0}]}}", "$p"),
    "let of each": ("let: {p: {each: rows, item: price}}", "$p"),
    "let written out": ("let: {p: ['prices[0]', {from: 'prices[1]', apply: decimal}, 'prices[2]']}", "$p"),
    "let of a let": (
        "let: {p: {from: $q, apply: trim}, q: {from: text, apply: {split: '|'}}}",
        "{from: $p, apply: text}",
    ),
}
_HOLES: tuple[Any, ...] = ("", " ", None)
_IDS = ("A", "B", "C")


def _mapping(lets: str, prices: str) -> str:
    field = f"\n    currency: {{const: EUR}}\n    contents: {{zip: {{id: ids, item_price: {prices}}}}}"
    return _whole(field, lets)


def _event(prices: tuple[Any, ...]) -> dict[str, Any]:
    """An event with the same prices in a list, in a text and in a list of objects."""
    text = "|".join("" if price is None else price for price in prices)
    rows = [{"price": price, "at": str(at)} for at, price in enumerate(prices)]
    return {**_TIMES, "ids": [*_IDS], "prices": [*prices], "text": text, "rows": rows}


def _expected(prices: tuple[Any, ...]) -> list[dict[str, str]]:
    there = {name: price for name, price in zip(_IDS, prices, strict=True) if price not in _HOLES}
    return [{"id": name} | ({"item_price": there[name]} if name in there else {}) for name in _IDS]


def _forms(text: str) -> tuple[Plan, Program, Program]:
    made = compiled(text, "places", [])
    return made.plan, made.program, made.fast


def _contents(outcomes: list[Any]) -> Any:
    (outcome,) = outcomes
    return outcome.payload.get("custom_data", {}).get("contents"), [note.message for note in outcome.notes]


@pytest.mark.parametrize("way", _WAYS)
def test_a_hole_in_a_list_keeps_its_place(way: str) -> None:
    plan, careful, fast = _forms(_mapping(*_WAYS[way]))
    for prices in product(("1", *_HOLES), ("2", *_HOLES), ("3", *_HOLES)):
        event = _event(prices)
        assert _contents(careful.apply(event)) == (_expected(prices), []), prices
        assert_agrees(plan, careful, event)
        for outcomes in (fast.apply(event), fast.apply_json(json.dumps(event).encode())):
            assert outcomes == careful.apply(event), prices


@pytest.mark.parametrize("way", [way for way in _WAYS if "written out" not in way])
def test_lists_of_other_lengths_are_invalid_whatever_is_absent_in_them(way: str) -> None:
    plan, careful, fast = _forms(_mapping(*_WAYS[way]))
    for prices in (("", "1", "2", "3"), ("1", "", ""), ("1", "2"), ("1", "2", "3", "")):
        event = {**_event(prices), "ids": ["A", "B"] if len(prices) == 3 else [*_IDS]}
        contents, notes = _contents(careful.apply(event))
        assert contents is None
        assert [note for note in notes if "`zip` takes lists" in note] == notes != []
        assert_agrees(plan, careful, event)
        assert fast.apply(event) == careful.apply(event)


def test_an_invalid_element_of_each_keeps_its_place_too() -> None:
    lets, prices = _WAYS["each, with a step on the item"]
    plan, careful, fast = _forms(_mapping(lets, prices))
    event = _event(("free", "2", "3"))
    contents, notes = _contents(careful.apply(event))
    assert contents == _expected(("", "2", "3"))
    assert notes == ["not a number"]
    assert_agrees(plan, careful, event)
    assert fast.apply(event) == careful.apply(event)


@pytest.mark.parametrize(
    "field",
    [
        "{content_ids: $p}",
        "{content_ids: {from: $p, apply: uppercase}}",
        "{content_ids: {from: prices, apply: trim}}",
        "{content_ids: ['prices[0]', 'prices[1]', 'prices[2]']}",
        "{content_ids: {each: rows, item: price}}",
        "{order_id: {from: $p, apply: {join_with: '+'}}}",
        "{order_id: {from: $p, apply: first}}",
        "{num_items: total($p)}",
        "{num_items: count($p)}",
        "{content_name: {from: [{from: prices, apply: trim, when: present(none)}, $p], apply: last}}",
        "{contents: {each: $p, item: {id: '@', quantity: {default: 1, from: $event.none}}}}",
    ],
)
def test_an_array_of_the_target_leaves_absent_elements_out(field: str) -> None:
    for let in ("{from: prices, apply: trim}", "{each: rows, item: price}", "['prices[0]', 'prices[2]']"):
        plan, careful, fast = _forms(_whole(field, f"let: {{p: {let}}}" if "$p" in field else ""))
        for prices in product(("1", *_HOLES), ("2", *_HOLES), ("3", *_HOLES)):
            event = _event(prices)
            outcomes = careful.apply(event)
            assert "null" not in json.dumps(outcomes[0].payload)
            assert_agrees(plan, careful, event)
            assert fast.apply(event) == outcomes
            assert fast.apply_json(json.dumps(event).encode()) == outcomes
