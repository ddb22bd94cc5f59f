"""Each key of a rule does something at each place where a rule can be, or is told to do nothing there."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mapper
from mapper.compiler.syntax.value_nodes import RULE_KEYS
from mapper.texts.diagnostic import has_errors

pytestmark = pytest.mark.quick

Rule = dict[str, Any]

_HEAD: dict[str, Any] = {
    "version": 1,
    "target": "pinterest/conversions-v5",
    "payload": {
        "action_source": {"const": "offline"},
        "event_id": "id",
        "event_time": "time",
        "user_data": {"em": "email"},
    },
    "otherwise": {"send": "lead"},
}
_EVENT: dict[str, Any] = {
    "id": "e-1",
    "time": 1_777_629_600,
    "email": "jane@example.com",
    "lines": [{"sku": "MUG-7"}, {}],
}
_BESIDE: list[dict[str, Any]] = [
    {"a": "Yes", "b": "no"},
    {"a": "Yes"},
    {"a": "No", "on": True},
    {"b": "no", "on": True},
    {"a": {"b": 1}},
    {"words": ["Yes", "No"]},
    {},
]
_EVENTS = [_EVENT | beside for beside in _BESIDE]
# What the value of a rule may have beside it.
_KEYS: dict[str, Any] = {
    "apply": {"null_if": ["Yes", "MUG-7"]},
    "default": "no",
    "when": "on",
    "required": True,
    "personal": "allowed",
}


def _in_payload(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return {"payload": {**_HEAD["payload"], **value}}


def _order(value: Any) -> dict[str, Any]:
    return _in_payload("partner_name", value)


def _consent(value: Any) -> dict[str, Any]:
    return {"consent": {"granted": value, "when_missing": "granted", "when_denied": "skip"}}


def _contents(item: Any, beside: Rule | None = None) -> dict[str, Any]:
    return _in_payload("custom_data.contents", {"each": "lines", **(beside or {}), "item": item})


# What a rule has beside its source at some places, in place of the same everywhere.
_OTHER_KEYS = {
    ("a column", "default"): ["x"],
    ("the items of a loop", "default"): ["x"],
    ("an answer", "apply"): "not",
    ("one of two answers", "apply"): "not",
}
# Where it is required already.
_SAME = {("the name that is sent", "required")}


# Where a rule can be: the mapping around it.
_PLACES: dict[str, Any] = {
    "a field": _order,
    "the first alternative": lambda rule: _order({"from": [rule, "b"]}),
    "the last alternative": lambda rule: _order({"from": ["b", rule]}),
    "the only alternative": lambda rule: _order({"from": [rule]}),
    "the source of a rule": lambda rule: _order({"from": rule, "apply": "trim"}),
    "an arm": lambda rule: _order({"case": [{"when": "present(id)", "then": rule}, {"else": "b"}]}),
    "an else": lambda rule: _order({"case": [{"when": "on", "then": "b"}, {"else": rule}]}),
    "the items of a loop": lambda rule: _in_payload(
        "custom_data.content_ids", {"each": {**rule, "from": "words"}, "item": "@"}
    ),
    "the item of a loop": lambda rule: _in_payload(
        "custom_data.content_ids", {"each": "lines", "item": {**rule, "from": "sku"}}
    ),
    "a field of an item": lambda rule: _contents({"id": {**rule, "from": "sku"}, "item_name": "'x'"}),
    "an arm of a field of an item": lambda rule: _contents(
        {"id": {"case": [{"when": "present($event.id)", "then": {**rule, "from": "sku"}}, {"else": "'x'"}]}}
    ),
    "an element": lambda rule: _in_payload("custom_data.content_ids", [rule, "b"]),
    "a column": lambda rule: _in_payload(
        "custom_data.contents", {"zip": {"id": {**rule, "from": "words"}, "item_name": "['x', 'y']"}}
    ),
    "a field of an object in an arm": lambda rule: _in_payload(
        "custom_data", {"case": [{"when": "present(id)", "then": {"order_id": rule, "currency": "'EUR'"}}]}
    ),
    "a let": lambda rule: {"let": {"x": rule}, **_order("$x")},
    "a let of a loop": lambda rule: _contents({"id": "$x"}, {"let": {"x": {**rule, "from": "sku"}}}),
    "an answer": _consent,
    "one of two answers": lambda rule: _consent({"all": [rule, "b"]}),
    "a function": lambda rule: {"functions": {"f(x)": {**rule, "from": "$x"}}, **_order("f(a)")},
    "a field of a section": lambda rule: {"otherwise": {"send": "lead", "payload": {"partner_name": rule}}},
    "the name that is sent": lambda rule: {"otherwise": {"send": {**rule, "from": "a"}}},
}


def _outcomes(text: str) -> list[Any]:
    program = mapper.compile_text(text)
    return [[(one.payload, one.skip, one.rejection) for one in program.apply(event)] for event in _EVENTS]


def _text(place: str, rule: Rule) -> str:
    return json.dumps({**_HEAD, **_PLACES[place](rule)}, indent=1)


def test_all_keys_beside_a_value_are_tried() -> None:
    assert {*RULE_KEYS} - {*_KEYS} == {
        "across",
        "case",
        "const",
        "each",
        "from",
        "item",
        "let",
        "template",
        "todo",
        "where",
        "zip",
    }


@pytest.mark.parametrize("key", _KEYS)
@pytest.mark.parametrize("place", _PLACES)
def test_a_key_acts_or_is_told_not_to(place: str, key: str) -> None:
    without, with_key = (
        _text(place, rule)
        for rule in ({"from": "a"}, {"from": "a", key: _OTHER_KEYS.get((place, key), _KEYS[key])})
    )
    assert not has_errors(mapper.check_text(without))
    found = mapper.check_text(with_key)
    if has_errors(found) or {one.code for one in found} > {one.code for one in mapper.check_text(without)}:
        return
    assert (_outcomes(without) != _outcomes(with_key)) is ((place, key) not in _SAME)
