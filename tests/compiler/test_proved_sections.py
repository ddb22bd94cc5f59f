"""A mapping that `check` finds no error in sends some event in each of its sections.

Rules of the required fields are drawn from those that always, sometimes or never have a value. Events have
all that they read, with each answer to their conditions, none of which excludes another.
"""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest

from mapper import check_text, compile_text, validator
from tests.support.depth import seeds

_MAPPINGS = 250
_NEVER = "`false`"
_VALUES = {
    "event_id": "id",
    "event_time": "time",
    "action_source": "source",
    "em": "email",
    "client_ip_address": "ip",
    "client_user_agent": "agent",
    "external_id": "customer",
    "order_id": "order",
    "value": "total",
    "currency": "unit",
    "id": "sku",
}
# Not of a person's own fields: the same person in each event is an error.
_CONSTANTS: dict[str, Any] = {
    "action_source": "web",
    "client_ip_address": "203.0.113.9",
    "client_user_agent": "Mozilla/5.0",
    "order_id": "o-1",
    "value": "1",
    "currency": "EUR",
    "id": "sku-1",
}
_EVENT = {
    **{"id": "e-1", "time": 1777629600, "source": "web", "email": "ada@example.net", "ip": "203.0.113.9"},
    **{"agent": "Mozilla/5.0", "customer": "c-1", "order": "o-1", "total": 1, "unit": "EUR"},
    "items": [{"sku": "a"}],
}
_FLAGS = ("f", "g")
_EVENTS = [
    _EVENT
    | dict(zip(_FLAGS, flags, strict=True))
    | {"items": [{"sku": "a", **dict(zip(_FLAGS, flags, strict=True))}]}  # a rule of an element reads its own
    | ({"kind": kind} if kind else {})
    for *flags, kind in product((True, False), (True, False), ("one", "two"))
]


def _condition(dice: random.Random) -> str:
    return dice.choice(("boolean(f)", "boolean(g)", _NEVER))


def _value(dice: random.Random, field: str) -> Any:
    """A rule of a field that is no object."""
    path, constant = _VALUES[field], _CONSTANTS.get(field)
    rules: list[Any] = [*[path] * 5, {"from": path, "when": _condition(dice)}, {"from": path, "when": _NEVER}]
    rules += [{"from": [{"from": path, "when": _condition(dice)}, {"from": path, "when": _NEVER}]}]
    rules += [{"case": [{"when": _condition(dice), "then": path}]}, "`null`"]
    if constant is not None:
        rules += [{"const": constant}, {"const": constant, "when": _condition(dice)}]
        rules += [{"from": path, "when": _NEVER, "default": constant}]
        rules += [{"from": [{"from": path, "when": _NEVER}, {"const": constant}]}]
        rules += [{"case": [{"when": _condition(dice), "then": {"const": constant}}]}]
    rule = dice.choice(rules)
    return rule | {"required": True} if isinstance(rule, dict) and dice.random() < 0.15 else rule


def _object(dice: random.Random, names: tuple[str, ...]) -> Any:
    fields = {name: _value(dice, name) for name in dice.sample(names, dice.randint(1, len(names)))}
    if dice.random() < 0.8:
        return fields
    return {"case": [{"when": _condition(dice), "then": fields}]}


def _payload(dice: random.Random) -> dict[str, Any]:
    made = {name: _VALUES[name] for name in ("event_id", "event_time", "action_source")}
    if dice.random() < 0.4:
        name = dice.choice(tuple(made))
        made[name] = _value(dice, name)
    people = ("em", "client_ip_address", "client_user_agent", "external_id")
    payload: dict[str, Any] = {**made, "user_data": _object(dice, people)}
    if dice.random() < 0.5:
        payload["custom_data"] = _object(dice, ("order_id", "value", "currency"))
        if "case" not in payload["custom_data"] and dice.random() < 0.5:
            payload["custom_data"]["contents"] = {"each": "items", "item": {"id": _value(dice, "id")}}
    return payload


def _mapping(seed: int) -> str:
    dice = random.Random(seed)
    events: list[dict[str, Any]] = [
        {"is": kind, "send": name} for kind, name in (("one", "checkout"), ("two", "lead"))
    ]
    if dice.random() < 0.5:
        events[0] |= {"payload": {"user_data": _object(dice, ("em", "external_id"))}}
    made: dict[str, Any] = {"version": 1, "target": "pinterest/conversions-v5", "payload": _payload(dice)}
    return json.dumps({**made, "match": "kind", "events": events})


def _sent(text: str) -> set[str]:
    """The names of events that are sent, each as the schema has it."""
    program, valid = compile_text(text), validator("pinterest/conversions-v5")
    payloads = [one.payload for event in _EVENTS for one in program.apply(event) if one.payload is not None]
    assert [valid(payload) for payload in payloads] == [[]] * len(payloads)
    return {payload["event_name"] for payload in payloads}


@pytest.mark.parametrize("start", seeds(_MAPPINGS // 50))
def test_no_error_means_that_each_section_sends_some_event(start: int) -> None:
    checked = 0
    for seed in range(start * 50, start * 50 + 50):
        text = _mapping(seed)
        if any(one.severity == "error" for one in check_text(text)):
            continue
        checked += 1
        assert _sent(text) == {"checkout", "lead"}, text
    assert checked > 5
