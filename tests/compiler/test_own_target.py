"""A target of one's own with every keyword that is read: what is sent, and what validation says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mapper import Outcome, Program, check_text, compile_text, validator
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.schema_mistakes import check_schema
from mapper.compiler.schema.target import read_target
from mapper.values.types import Json
from tests.support.mapping_tests import assert_hold

_KINDS = Path(__file__).parents[1] / "cases/own/all-kinds.yaml"
_NAME = "own/orders"
_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "short": {"type": "string", "minLength": 3, "maxLength": 5},
        "one": {"type": "string", "minLength": 1},
        "coded": {"type": "string", "pattern": "^[A-Z]+$"},
        "level": {"type": "string", "enum": ["low", "high"]},
        "loud": {"type": "string", "x-normal-form": ["trim", "uppercase"], "pattern": "^[A-Z]+$"},
        "cut": {
            "type": "string",
            "x-normal-form": ["text", {"substring": {"start": 0, "end": 2}}],
            "minLength": 2,
        },
        "rounded": {"type": "number", "x-normal-form": [{"round": 1}]},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "rest": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "flag": {"type": "boolean"},
        "anything": {},
        "pair": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
        "box": {
            "type": "object",
            "additionalProperties": False,
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1},
                "label": {"type": "string", "maxLength": 3},
                "inner": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["deep"],
                    "properties": {"deep": {"type": "boolean"}},
                },
            },
        },
    },
    "$defs": {
        "row": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sku"],
            "properties": {"sku": {"type": "string", "minLength": 2}, "count": {"type": "integer"}},
        }
    },
    "x-profiles": {
        "strict": {
            "title": "Strict",
            "schema": {
                "required": ["level", "id"],
                "anyOf": [{"required": ["short"]}, {"required": ["one", "coded"]}],
                "properties": {"short": {"maxLength": 4}},
                "title": "strict orders",
            },
        }
    },
}
_FIELDS = [name for name in _SCHEMA["properties"] if name != "id"]
_MAPPING = f"""
version: 1
target: {_NAME}
payload:
  id: id
{"".join(f"  {name}: {name}" + chr(10) for name in _FIELDS)}events:
  - {{when: present(id), send: order}}
"""


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of schemas that holds the target."""
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "own").mkdir()
    (folder / f"{_NAME}.json").write_text(json.dumps(_SCHEMA), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def program(schemas: Path) -> Program:
    """The program that reads each field from an attribute of its name."""
    return compile_text(_MAPPING, schemas=schemas)


def _outcome(program: Program, event: dict[str, Json]) -> Outcome:
    (outcome,) = program.apply({"id": "1", **event})
    return outcome


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("short", ["abc", "abcde"]),
        ("one", ["a"]),
        ("coded", ["AB"]),
        ("level", ["low", "high"]),
        ("share", [0, 1, 0.5]),
        ("rest", [0.1, 0.9]),
        ("flag", [True, False]),
        ("anything", ["a", 1, True, {"a": [1]}, ["a", 1]]),
        ("pair", [["a", "b"], ["a", "b", "c"]]),
        ("rows", [[{"sku": "ab"}], [{"sku": "ab", "count": 1}, {"sku": "cd"}]]),
        ("box", [{"size": 1}, {"size": 2, "label": "abc"}, {"size": 1, "inner": {"deep": False}}]),
    ],
)
def test_a_value_within_the_limits_is_sent_as_it_is(
    name: str, values: list[Json], program: Program, schemas: Path
) -> None:
    for value in values:
        outcome = _outcome(program, {name: value})
        assert (outcome.payload, outcome.notes) == ({"id": "1", name: value}, ())
        assert validator(_NAME, schemas=schemas)(outcome.payload) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("short", ["ab", "abcdef", 1]),
        ("coded", ["ab", "Ab"]),
        ("level", ["lower", "LOW", 1]),
        ("loud", ["a1"]),
        ("cut", ["a"]),
        ("share", [-0.1, 1.1, "1"]),
        ("rest", [0, 1]),
        ("flag", ["true", 1]),
        ("pair", [["a"], ["a", "b", "c", "d"]]),
        ("rows", [[{"sku": "a"}], [{"count": 1}], ["a"]]),
        ("box", [{"label": "a"}, {"size": 0}, "a", [1]]),
    ],
)
def test_a_value_outside_of_the_limits_is_left_out_and_noted(
    name: str, values: list[Json], program: Program
) -> None:
    for value in values:
        outcome = _outcome(program, {name: value})
        assert outcome.payload == {"id": "1"}, value
        assert [note.path for note in outcome.notes][-1].startswith(name), value


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("loud", " ab ", "AB"),
        ("cut", "abc", "ab"),
        ("cut", 123, "12"),
        ("rounded", 1.26, 1.3),
    ],
)
def test_a_value_is_brought_into_its_form(name: str, value: Json, sent: Json, program: Program) -> None:
    outcome = _outcome(program, {name: value})
    assert (outcome.payload, outcome.notes) == ({"id": "1", name: sent}, ())


@pytest.mark.parametrize(
    ("name", "value", "sent", "said"),
    [
        ("rows", [{"sku": "ab"}, {"sku": "a"}], [{"sku": "ab"}],
         ["`sku` has 1 characters, at least 2 are required", "lacks `sku`"]),
        ("rows", [{"sku": "ab", "count": "x"}], [{"sku": "ab"}], ["`count` must be integer, not string"]),
        ("rows", [{"sku": "ab", "more": 1}], [{"sku": "ab"}],
         ["has a field unknown to the target; left out"]),
        ("box", {"size": 1, "label": "abcd"}, {"size": 1},
         ["`label` has 4 characters, at most 3 are allowed"]),
        ("box", {"size": 1, "inner": {}}, {"size": 1}, []),
        ("box", {"size": 1, "inner": {"deep": 1}}, {"size": 1},
         ["`deep` must be boolean, not integer", "`inner` lacks `deep`"]),
        ("box", {"size": 1, "more": 1}, {"size": 1}, ["has a field unknown to the target; left out"]),
        ("pair", ["a", 1, "b"], ["a", "b"], ["must be string, not integer"]),
    ],
)  # fmt: skip
def test_a_part_that_is_wrong_costs_only_itself(
    name: str, value: Json, sent: Json, said: list[str], program: Program
) -> None:
    outcome = _outcome(program, {name: value})
    assert outcome.payload == {"id": "1", name: sent}
    assert [(note.path, note.message) for note in outcome.notes] == [(name, one) for one in said]


def test_values_of_several_kinds_and_fields_that_need_others_end_as_their_mapping_says() -> None:
    assert_hold(_KINDS, _KINDS.parent / "schemas")


_LEVEL = ("", "lacks level")
_NONE = ("", "has none of short, one with coded")


@pytest.mark.parametrize(
    ("payload", "plain", "strict"),
    [
        ({"id": "1"}, [], [_NONE, _LEVEL]),
        ({"id": 1, "level": "low", "short": "abc"}, [("id", "is not of type string")], None),
        ({}, [("", "lacks id")], [_NONE, ("", "lacks id, level")]),
        ({"id": "1", "short": "ab"}, [("short", "breaks minLength 3")],
         [_LEVEL, ("short", "breaks minLength 3")]),
        ({"id": "1", "x": 1}, [("", "Additional properties are not allowed ('x' was unexpected)")], None),
        ({"id": "1", "rows": [{"sku": "ab"}, {"sku": "a", "y": 1}]},
         [("rows[1]", "Additional properties are not allowed ('y' was unexpected)"),
          ("rows[1].sku", "breaks minLength 2")], None),
        ({"id": "1", "level": "x"}, [("level", "is not one of low, high")], None),
        ({"id": "1", "coded": "a"}, [("coded", "does not match ^[A-Z]+$")], None),
        ({"id": "1", "pair": ["a"]}, [("pair", "breaks minItems 2")], None),
        ({"id": "1", "share": 2}, [("share", "breaks maximum 1")], None),
        ({"id": "1", "box": {"inner": {"deep": 1}}},
         [("box", "lacks size"), ("box.inner.deep", "is not of type boolean")], None),
        ({"id": "1", "level": "low", "one": "a"}, [], [_NONE]),
        ({"id": "1", "level": "low", "one": "a", "coded": "A"}, [], []),
        ({"id": "1", "level": "low", "short": "abcde"}, [], [("short", "breaks maxLength 4")]),
        (7, [("", "is not of type object")], [("", "is not of type object")]),
    ],
)  # fmt: skip
def test_validation_says_what_a_payload_breaks_and_never_its_values(
    payload: Json, plain: list[tuple[str, str]], strict: list[tuple[str, str]] | None, schemas: Path
) -> None:
    assert validator(_NAME, schemas=schemas)(payload) == plain
    if strict is not None:
        assert validator(_NAME, "strict", schemas=schemas)(payload) == strict


def test_a_profile_asks_for_more_than_its_target() -> None:
    plain, strict = (read_target(_NAME, _SCHEMA, profile) for profile in (None, "strict"))
    assert [field.name for field in plain.root.fields if field.required] == ["id"]
    assert [field.name for field in strict.root.fields if field.required] == ["id", "level"]
    assert [one.describe() for one in plain.requirements] == []
    assert [one.describe() for one in strict.requirements] == ["`short`, or `one` with `coded`"]
    lengths = [
        (field.limits.min_length, field.limits.max_length)
        for target in (plain, strict)
        if (field := target.find("short")) is not None
    ]
    assert lengths == [(3, 5), (3, 4)]


def _with(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    schema = json.loads(json.dumps(_SCHEMA))
    change(schema)
    return dict(schema)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda schema: schema.update(type="array", items={}),
         "own/orders: the root of a target must be an object"),
        (lambda schema: schema["properties"]["id"].update({"x-normal-form": ["trimm"]}),
         "x-normal-form: there is no transform trimm"),
        (lambda schema: schema["properties"].update(id={"$ref": "other.json"}),
         "$ref must stay within its file, not other.json"),
        (lambda schema: schema["$defs"].update(row={"$ref": "#/$defs/row"}),
         "$ref #/$defs/row refers to itself"),
        (lambda schema: schema["$defs"]["row"]["properties"].update(sku={"$ref": "#/$defs/row"}),
         "payloads may be nested at most 32 deep, and a type that contains itself has no end"),
    ],
)  # fmt: skip
def test_a_schema_that_is_no_target_says_why(change: Callable[[dict[str, Any]], None], says: str) -> None:
    with pytest.raises(SchemaError) as raised:
        read_target(_NAME, _with(change))
    assert str(raised.value) == says


@pytest.mark.parametrize(
    "stated",
    [
        "sku",
        {},
        {"names": ["sku"]},
        {"names": ["sku"], "fields": ["id"]},
        {"names": "sku", "title": "a product"},
        {"names": [1], "title": "a product"},
        {"names": ["sku"], "title": 1},
        {"fields": [["id"]]},
    ],
)
def test_attributes_that_a_field_is_not_read_from_have_one_shape(stated: Any) -> None:
    schema = _with(lambda schema: schema["properties"]["id"].update({"x-not-from": [stated]}))
    [found] = check_schema(schema, "target")
    assert found.code == "M326"
    assert found.at[:3] == ("properties", "id", "x-not-from")


def test_a_profile_that_there_is_not_is_named() -> None:
    with pytest.raises(SchemaError, match="there is no profile loose"):
        read_target(_NAME, _SCHEMA, "loose")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("short: {const: ab}", "has 2 characters, at least 3 are required"),
        ("short: {const: abcdef}", "has 6 characters, at most 5 are allowed"),
        ("coded: {const: a}", "does not match ^[A-Z]+$"),
        ("share: 1.5", "is more than the limit 1"),
        ("rest: 0", "is less than the limit 0"),
        ("pair: {const: [a]}", "has 1 elements, at least 2 are required"),
        ("level: {from: short, default: none}", "must be one of low, high"),
        ("box: {const: {label: a}}", "lacks `size`"),
        ("box: {const: a}", "accepts object, not string"),
        ("box: {const: {size: 1, label: abcd}}", "has 4 characters, at most 3 are allowed"),
        ("rows: {const: [{sku: a}]}", "has 1 characters, at least 2 are required"),
    ],
)
def test_a_constant_outside_of_the_limits_is_an_error(rule: str, says: str, schemas: Path) -> None:
    mapping = f"version: 1\ntarget: {_NAME}\npayload:\n  id: id\n  {rule}\notherwise: {{send: order}}\n"
    errors = [one for one in check_text(mapping, schemas=schemas) if one.severity == "error"]
    assert len(errors) == 1, errors
    assert says in errors[0].message


def test_an_attribute_of_another_kind_is_named_though_none_is_stated(tmp_path: Path) -> None:
    def mark(schema: dict[str, Any]) -> None:
        schema["properties"]["short"]["x-not-from"] = [{"names": ["long_text"], "title": "a long text"}]

    (tmp_path / "own").mkdir()
    (tmp_path / f"{_NAME}.json").write_text(json.dumps(_with(mark)), encoding="utf-8")
    mapping = f"""version: 1
target: {_NAME}
payload: {{id: id, short: "get(@, 'long_text')"}}
otherwise: {{send: order}}
"""
    found = [one for one in check_text(mapping, schemas=tmp_path) if one.code == "M453"]
    assert [(one.span.line, one.hint) for one in found] == [(3, "read another attribute")]
