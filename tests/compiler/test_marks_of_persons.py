"""The mark `x-personal` of a source covers the attribute and all in it, wherever the schema says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.test_source import checked

_TEXT = {"type": "string"}
_PERSON = {"type": "object", "properties": {"note": _TEXT}}
_MARKED: dict[str, tuple[dict[str, Any], str]] = {
    "the attribute": ({"shopper": {**_TEXT, "x-personal": True}}, "shopper"),
    "the object around it": ({"shopper": {**_PERSON, "x-personal": True}}, "shopper.note"),
    "an object that lists no attributes": (
        {"shopper": {"type": "object", "x-personal": True}},
        "shopper.note",
    ),
    "the object around the object": (
        {"shopper": {"type": "object", "x-personal": "field", "properties": {"more": _PERSON}}},
        "shopper.more.note",
    ),
    "a list of objects": ({"kin": {"type": "array", "x-personal": True, "items": _PERSON}}, "kin[0].note"),
    "the elements of a list": ({"kin": {"type": "array", "items": {**_TEXT, "x-personal": True}}}, "kin[0]"),
    "the objects of a list": (
        {"kin": {"type": "array", "items": {**_PERSON, "x-personal": True}}},
        "kin[0].note",
    ),
    "a branch": ({"shopper": {"allOf": [_PERSON, {"x-personal": True}]}}, "shopper.note"),
    "what a reference leads to": ({"shopper": {"$ref": "#/$defs/marked"}}, "shopper.note"),
    "the place of a reference": ({"shopper": {"$ref": "#/$defs/person", "x-personal": True}}, "shopper.note"),
    "a projection": (
        {"kin": {"type": "array", "x-personal": True, "items": _PERSON}},
        "join(',', kin[].note)",
    ),
    "any attribute of an object": (
        {"shopper": {"type": "object", "x-personal": True}},
        "shopper.*.note | [0]",
    ),
}


@pytest.mark.parametrize("place", _MARKED)
def test_what_is_marked_is_personal_wherever_the_mark_is(place: str, tmp_path: Path) -> None:
    fields, expression = _MARKED[place]
    assert "M401" in _codes(tmp_path / "marked", fields, expression)
    unmarked = json.loads(
        json.dumps(fields).replace("#/$defs/marked", "#/$defs/person"), object_hook=_without
    )
    assert "M401" not in _codes(tmp_path / "unmarked", unmarked, expression)


def _without(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "x-personal"}


def _codes(folder: Path, fields: dict[str, Any], expression: str) -> set[str]:
    shared = {"person": _PERSON, "marked": {**_PERSON, "x-personal": True}}
    schema = {"type": "object", "properties": fields, "$defs": shared}
    return {one.code for one in checked(f"order_id: {json.dumps(expression)}", schema, folder)}
