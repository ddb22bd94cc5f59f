"""The schema against Pinterest's own OpenAPI file: each difference is named, with its reason.

The differences stand in `cases/target/differences.json`. A value null there: that side lacks the keyword.
The keyword `field` is the field itself; the keyword `null` says whether a field may be null.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.compiler.test_target_schema import ACCEPTED, CASES, PLACES, REFUSED, SCHEMA
from tests.oracles.golden import less_overlay
from tests.support.shared import shared

Schema = dict[str, Any]
Facts = dict[tuple[str, str], Any]  # (path, keyword) -> what is said

DIFFERENCES: list[Schema] = json.loads((CASES / "differences.json").read_text(encoding="utf-8"))
OVERLAY = {path for path, part in PLACES.items() if part.get("x-overlay")}
KEYWORDS = (
    "type",
    "format",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
)


@cache
def official() -> Schema:
    document: Schema = json.loads(shared("pinterest/conversions.openapi.json").read_text(encoding="utf-8"))
    return document


def official_event() -> Schema:
    event: Schema = official()["components"]["schemas"]["ConversionEvents"]["properties"]["data"]["items"]
    return event


def resolve(part: Schema) -> Schema:
    """What a `$ref` stands for. OpenAPI 3.0 ignores whatever else stands beside it."""
    if "$ref" not in part:
        return part
    found: Schema = official()["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    return resolve(found)


def facts(part: Schema, path: str = "") -> Iterator[tuple[tuple[str, str], Any]]:
    """All that a schema says of a place and the places below."""
    part = resolve(part)
    yield (path, "field"), True
    yield (path, "null"), part.get("nullable", False) or "null" in part["type"]
    for keyword in KEYWORDS:
        if keyword in part and (keyword, part[keyword]) != ("minItems", 0):
            yield (path, keyword), part[keyword]
    if part["type"] == "object":
        yield (path, "additionalProperties"), part.get("additionalProperties", True)
        yield (path, "required"), sorted(part.get("required", []))
    if "anyOf" in part:
        yield (path, "anyOf"), [resolve(branch).get("required", []) for branch in part["anyOf"]]
    for name, below in properties(part).items():
        yield from facts(below, f"{path}.{name}" if path else name)
    if "items" in part:
        yield from facts(part["items"], f"{path}[]")


def properties(part: Schema) -> Schema:
    """An object's fields, also those that stand in the branches of an `anyOf`."""
    found = dict(part.get("properties", {}))
    for branch in part.get("anyOf", []):
        found |= resolve(branch).get("properties", {})
    return found


def real_differences() -> Facts:
    """(path, keyword) -> [what the official file says, what ours says]."""
    theirs, ours = dict(facts(official_event())), dict(facts(SCHEMA))
    both = {key: [theirs.get(key), ours.get(key)] for key in {*theirs, *ours}}
    return {
        (path, keyword): said
        for (path, keyword), said in both.items()
        if said[0] != said[1] and (path not in OVERLAY or keyword == "field")
    }


def named_differences() -> Facts:
    return {
        (path, entry["keyword"]): [entry["official"], entry["ours"]]
        for entry in DIFFERENCES
        for path in entry["paths"]
    }


def field_paths(part: Schema) -> set[str]:
    return {
        path for (path, keyword), _ in facts(part) if keyword == "field" and path and not path.endswith("[]")
    }


def test_every_official_field_is_there_and_no_other_but_the_overlay() -> None:
    theirs = field_paths(official_event())
    assert len(theirs) == 91
    assert field_paths(SCHEMA) - theirs == OVERLAY
    assert theirs - field_paths(SCHEMA) == set()


def test_every_difference_is_named() -> None:
    named = named_differences()
    assert {key: said for key, said in real_differences().items() if named.get(key) != said} == {}


def test_every_named_difference_is_real() -> None:
    real = real_differences()
    assert {key: said for key, said in named_differences().items() if real.get(key) != said} == {}


def test_no_difference_is_named_twice() -> None:
    assert sum(len(entry["paths"]) for entry in DIFFERENCES) == len(named_differences())


@pytest.mark.parametrize("entry", DIFFERENCES, ids=lambda entry: f"{entry['keyword']} {entry['paths'][0]}")
def test_a_difference_has_reason_source_and_date(entry: Schema) -> None:
    assert set(entry) == {"keyword", "official", "ours", "paths", "reason", "source", "date"}
    assert entry["reason"]
    assert entry["source"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["date"])


@pytest.mark.parametrize("entry", DIFFERENCES, ids=lambda entry: f"{entry['keyword']} {entry['paths'][0]}")
def test_a_difference_is_told_where_it_stands_in_the_schema(entry: Schema) -> None:
    for path in entry["paths"]:
        place = PLACES[path.removesuffix("[]")]
        if entry["keyword"] == "null":
            assert place["x-nullable"] is True
        elif entry["keyword"] == "field":
            assert place["x-overlay"] is True
        else:
            assert entry["keyword"] in place["$comment"]


def test_x_nullable_marks_what_the_official_file_lets_be_null() -> None:
    nullable = {path for (path, keyword), said in facts(official_event()) if keyword == "null" and said}
    assert {path for path, part in PLACES.items() if part.get("x-nullable")} == nullable


def test_the_standard_names_are_those_of_the_official_text_and_of_the_overlay() -> None:
    stated = SCHEMA["x-event-names"]["standard"]
    text = re.findall(r"^- `(\w+)`$", official_event()["properties"]["event_name"]["description"], re.M)
    assert {name for name, part in stated.items() if not part.get("x-overlay")} == set(text)
    assert sum(bool(part.get("x-overlay")) for part in stated.values()) == 7


def test_the_action_sources_are_those_of_the_official_text() -> None:
    text = re.findall(r"^- `(\w+)`$", official_event()["properties"]["action_source"]["description"], re.M)
    assert PLACES["action_source"]["enum"] == text


def test_the_official_file_is_the_version_that_the_schema_names() -> None:
    assert official()["openapi"].startswith("3.0")
    assert official()["info"]["version"] == SCHEMA["x-source"]["version"]


@cache
def official_validator() -> Draft202012Validator:
    """The official schema of a request as JSON Schema, where what stands beside a `$ref` counts."""
    document = copy.deepcopy(official())
    _write_null_as_type(document)
    return Draft202012Validator(document | {"$ref": "#/components/schemas/ConversionEvents"})


def _write_null_as_type(part: Any) -> None:
    for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _write_null_as_type(below)
    if isinstance(part, dict) and part.get("nullable") is True and "type" in part:
        part["type"] = [part["type"], "null"]


def officially_valid(payload: Schema) -> bool:
    return official_validator().is_valid({"data": [payload]})


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["id"])
def test_what_it_accepts_less_the_overlay_the_official_file_accepts(case: Schema) -> None:
    assert officially_valid(less_overlay(case["input"]))


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_what_it_alone_refuses_is_a_named_difference(case: Schema) -> None:
    if officially_valid(case["input"]):
        path = re.sub(r"\[\d+\]", "[]", case["rule"]["at"])
        assert {(path, case["rule"]["breaks"]), (path, "null")} & set(named_differences())
