"""Targets that require by conditions: an event is sent if and only if its payload is valid by jsonschema."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mapper.analysis import analyse_file
from mapper.compiler.schema.schema_mistakes import check_schema
from tests.compiler.test_interpreter import compiled
from tests.support.depth import seeds

_FIELDS: dict[str, dict[str, Any]] = {
    "kind": {"type": "string", "enum": ["page", "order", "lead"]},
    "from": {"type": "string", "enum": ["web", "app"]},
    "level": {"type": "integer", "enum": [1, 2]},
    "url": {"type": "string"},
    "agent": {"type": "string"},
}
_PLACE = {"land": {"type": "string", "enum": ["de", "fr"]}, "town": {"type": "string"}}
_GOODS = {
    "value": {"type": "number"},
    "currency": {"type": "string"},
    "count": {"type": "integer"},
    "sort": {"type": "string", "enum": ["toy", "tool"]},
    "place": {"type": "object", "additionalProperties": False, "properties": _PLACE},
}
_MAPPING = """\
version: 1
target: shop
payload:
  kind: kind
  from: from
  level: level
  url: url
  agent: agent
  goods:
    value: goods.value
    currency: goods.currency
    count: goods.count
    sort: goods.sort
    place: {land: goods.place.land, town: goods.place.town}
otherwise: {send: any}
"""


def _condition(dice: random.Random) -> dict[str, Any]:
    name = dice.choice(["kind", "from", "level"])
    values = _FIELDS[name]["enum"]
    test = {"const": dice.choice(values)} if dice.random() < 0.6 else {"enum": dice.sample(values, 1)}
    made: dict[str, Any] = {"properties": {name: test}}
    if dice.random() < 0.6:
        made["required"] = [name]
    if dice.random() < 0.2:
        made.setdefault("required", []).append("agent")
    return made


def _nested(dice: random.Random) -> dict[str, Any]:
    """A condition on the fields of an object, one level down or two."""

    def of(tests: dict[str, Any], names: list[str]) -> dict[str, Any]:
        made: dict[str, Any] = {"properties": tests} if tests else {}
        required = [name for name in names if dice.random() < 0.5]
        if required or not made:
            made["required"] = required or names[:1]
        return made

    place = of(
        {"land": {"const": dice.choice(["de", "fr"])}} if dice.random() < 0.7 else {}, ["land", "town"]
    )
    tests: dict[str, Any] = {"sort": {"enum": ["toy"]}} if dice.random() < 0.5 else {}
    if dice.random() < 0.6 or not tests:
        tests["place"] = place
    goods = of(tests, ["sort", "place"])
    more = _condition(dice) if dice.random() < 0.3 else {}
    return {
        "properties": {**more.get("properties", {}), "goods": goods},
        "required": [*more.get("required", []), *(["goods"] if dice.random() < 0.5 else [])],
    }


def _consequence(dice: random.Random) -> dict[str, Any]:
    ways: list[dict[str, Any]] = [
        {"required": ["url"]},
        {"required": ["url", "agent"]},
        {"anyOf": [{"required": ["url"]}, {"required": ["agent"]}]},
        {"required": ["goods"], "properties": {"goods": {"required": ["value", "currency"]}}},
        {"properties": {"goods": {"anyOf": [{"required": ["value"]}, {"required": ["count"]}]}}},
    ]
    return dice.choice(ways)


def _schema(dice: random.Random) -> dict[str, Any]:
    """A target with some requirements."""
    goods: dict[str, Any] = {"type": "object", "properties": _GOODS, "additionalProperties": False}
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": ["kind"]}
    count = dice.randrange(1, 3)
    parts: list[dict[str, Any]] = [
        {"if": dice.choice([_condition, _nested])(dice), "then": _consequence(dice)} for _ in range(count)
    ]
    if dice.random() < 0.5:
        made |= parts.pop()
    if dice.random() < 0.4:
        parts.append({"oneOf": [{"required": ["url"]}, {"required": ["agent"]}]})
    if dice.random() < 0.3:
        made["dependentRequired"] = {"agent": ["url"]}
    if dice.random() < 0.3:
        goods["oneOf"] = [{"required": ["value"]}, {"required": ["count"]}]
    if dice.random() < 0.3:
        goods |= {"if": {"required": ["value"]}, "then": {"required": ["currency"]}}
    made |= {"allOf": parts} if parts else {}
    return {**made, "properties": {**_FIELDS, "goods": goods}}


def _event(dice: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": dice.choice(_FIELDS["kind"]["enum"])}
    for name in ("from", "level"):
        if dice.random() < 0.7:
            made[name] = dice.choice(_FIELDS[name]["enum"])
    made |= {name: f"{name}-1" for name in ("url", "agent") if dice.random() < 0.5}
    goods: dict[str, Any] = {
        "value": 1.5,
        "currency": "EUR",
        "count": 2,
        "sort": dice.choice(["toy", "tool"]),
    }
    place = {"land": dice.choice(["de", "fr"]), "town": "Ulm"}
    goods["place"] = {name: value for name, value in place.items() if dice.random() < 0.6}
    if not goods["place"]:
        del goods["place"]
    made["goods"] = {name: value for name, value in goods.items() if dice.random() < 0.5}
    return made


@pytest.mark.parametrize("seed", seeds(40))
def test_an_event_is_sent_if_and_only_if_its_payload_is_valid(seed: int, tmp_path: Path) -> None:
    dice = random.Random(f"conditions {seed}")
    schema = _schema(dice)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/shop.json").write_text(json.dumps(schema), encoding="utf-8")
    path = tmp_path / "shop.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    subject = compiled(_MAPPING, "shop.yaml", [], path, tmp_path / "schemas")
    for _ in range(40):
        event = _event(dice)
        made = {name: value for name, value in event.items() if value != {}}
        subject.hold(event, None)
        (outcome,) = subject.program.apply(event)
        is_valid = Draft202012Validator(schema).is_valid(made)
        assert (outcome.payload is not None) == is_valid, (schema, made, outcome)
        assert outcome.payload in (None, made)


_WEB: dict[str, Any] = {
    "if": {"properties": {"from": {"const": "web"}}, "required": ["from"]},
    "then": {"required": ["url"]},
}


@pytest.mark.parametrize(
    ("extra", "rules", "said"),
    [
        (_WEB, "from: {const: web}", "M305 the payload needs `url` where `from` is `web`"),
        (_WEB, "from: {const: app}", ""),
        (_WEB, "from: from", ""),
        (_WEB, "from: {const: web, when: present(a)}", ""),
        ({"if": _WEB["if"] | {"required": []}, "then": _WEB["then"]}, "level: {const: 1}", "M305"),
        ({"allOf": [_WEB]}, "from: {const: web}", "M305"),
        ({"dependentRequired": {"agent": ["url"]}}, "agent: {const: x}", "M305"),
        ({"oneOf": [{"required": ["url"]}, {"required": ["agent"]}]}, "level: {const: 1}", "just one of"),
        ({"minProperties": 1, "required": []}, "level: level", ""),
    ],
)
def test_a_condition_that_constants_meet_is_seen_before_any_event(
    tmp_path: Path, extra: dict[str, Any], rules: str, said: str
) -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": _FIELDS, **extra}
    mapping = f"version: 1\ntarget: shop\npayload:\n  {rules}\notherwise: {{send: any}}\n"
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/shop.json").write_text(json.dumps(schema), encoding="utf-8")
    path = tmp_path / "shop.yaml"
    path.write_text(mapping, encoding="utf-8")
    found = analyse_file(path).diagnostics
    told = [f"{one.code} {one.message}" for one in found if one.severity == "error"]
    assert bool(told) == bool(said), told
    assert all(said in one for one in told)


@pytest.mark.parametrize(
    "part",
    [
        {"if": {"not": {"required": ["url"]}}, "then": {"required": ["agent"]}},
        {"if": {"properties": {"url": {"pattern": "^h"}}}, "then": {"required": ["agent"]}},
        {"if": _WEB["if"], "then": {"properties": {"url": {"pattern": "^h"}}}},
        {"if": _WEB["if"], "then": _WEB["then"], "else": {"required": ["agent"]}},
        {"if": _WEB["if"]},
        {"then": _WEB["then"]},
        {"oneOf": [{"required": ["url"]}, {"properties": {"url": {}}}]},
        {"minProperties": 2},
        {"properties": {"goods": {"type": "array", "items": {"type": "object", **_WEB}}}},
    ],
)
def test_a_condition_that_cannot_be_proved_is_refused(part: dict[str, Any]) -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": _FIELDS, **part}
    codes = {one.code for one in check_schema(schema, "target")}
    assert "M328" in codes


@pytest.mark.parametrize(
    "part",
    [
        {"if": {"properties": [], "required": 3}, "then": 7},
        {"if": {"properties": {"from": {"enum": 3}}}, "then": {"required": "url"}},
        {"dependentRequired": {"agent": "url"}},
        {"oneOf": {"required": ["url"]}},
        {"if": {"properties": {"from": {"const": "web"}}}, "then": {"required": ["urll"]}},
    ],
)
def test_a_condition_of_another_shape_is_a_mistake_with_its_place(part: dict[str, Any]) -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": _FIELDS, **part}
    assert [one.at for one in check_schema(schema, "target") if one.code in ("M326", "M327")]


_PATHS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {**_FIELDS, "goods": {"type": "object", "properties": _GOODS}},
    "allOf": [
        {"if": {"properties": {"level": {"const": 1}}, "required": ["level"]}, "then": {"required": ["url"]}},
        {
            "if": {"properties": {"level": {"const": 2}}, "required": ["level"]},
            "then": {"properties": {"goods": {"required": ["currency"]}}},
        },
        {"if": {"required": ["from"]}, "then": {"anyOf": [{"required": ["url"]}, {"required": ["agent"]}]}},
    ],
    "dependentRequired": {"kind": ["url", "agent"]},
}


@pytest.mark.parametrize(
    ("fields", "event", "said"),
    [
        ("url: url", {"level": 1}, [("url", 5)]),
        ("agent: agent", {"level": 1}, [("url", 6)]),
        ("goods: {currency: c, count: n}", {"level": 2, "n": 3}, [("goods.currency", 5)]),
        ("goods: {count: n}", {"level": 2, "n": 3}, [("goods.currency", 5)]),
        ("from: from", {"from": "web"}, [("events", 6)]),
        ("kind: kind", {"kind": "page"}, [("url", 6), ("agent", 6)]),
        # An invalid value is the cause of what is missing.
        ("url: to_string(text(url))", {"level": 1, "url": {}}, [("url", 5), ("url", 5)]),
    ],
)
def test_a_rejection_names_the_field_that_is_missing(
    tmp_path: Path, fields: str, event: dict[str, Any], said: list[tuple[str, int]]
) -> None:
    mapping = f"version: 1\ntarget: shop\npayload:\n  level: level\n  {fields}\notherwise: {{send: any}}\n"
    path = tmp_path / "shop.yaml"
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/shop.json").write_text(json.dumps(_PATHS), encoding="utf-8")
    path.write_text(mapping, encoding="utf-8")
    program = compiled(mapping, "shop.yaml", [], path, tmp_path / "schemas").program
    for _ in range(2):
        rejection = program.apply(event)[0].rejection
        assert rejection is not None
        found = [(one.path, int(one.place.split(":")[1])) for one in rejection.reasons]
        assert found == said
