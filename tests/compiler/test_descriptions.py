"""Descriptions of events in other forms: the schema of a source says what they say, or less, never more."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from syrupy.assertion import SnapshotAssertion

import mapper
from mapper.compiler.descriptions.event_description import DescriptionError
from mapper.compiler.descriptions.source_draft import DraftedSource, SeveralDescribed, draft_source
from mapper.compiler.inference.personal_origins import PERSONAL_NAMES
from mapper.compiler.schema.schema_mistakes import check_schema
from mapper.compiler.schema.slow_patterns import slow_patterns
from mapper.compiler.schema.source_type import read_type
from mapper.texts.named_text import Text
from tests.generators.random_descriptions import broken, random_schema, random_value
from tests.support.depth import seeds, some

_FOLDER = Path(__file__).parents[1] / "cases" / "descriptions"
_CASES = [
    ("open_api_3_0.json", "Order"),
    ("open_api_3_0.json", "POST /orders"),
    ("open_api_3_1.json", "webhook order.paid"),
    ("iglu.json", None),
    ("confluent.json", None),
    ("tracking_plan.json", None),
    ("tracking_plan.json", "Order Completed"),
    ("tracking_plan_older.json", None),
    ("avro.avsc", None),
    ("big_query.json", None),
    ("big_query_table.json", None),
]
_MAPPING = """\
name: drafted
version: 1
target: pinterest/conversions-v5
source: own/drafted
payload: {action_source: {const: web}, event_id: id, event_time: at, user_data: {em: email}}
otherwise: {send: checkout}
"""


def _drafted(content: str, name: str | None = None, file: str = "shop.json") -> DraftedSource:
    made = draft_source(Text(file, content), name)
    assert isinstance(made, DraftedSource)
    return made


def _first(content: str, name: str | None = None) -> DraftedSource:
    """The schema of the only thing that a description describes, or of the first."""
    made = draft_source(Text("shop.json", content), name)
    return _drafted(content, made.names[0]) if isinstance(made, SeveralDescribed) else made


def _first_or_none(content: str, message: str, name: str | None = None) -> DraftedSource | None:
    """The same; None where it cannot be read, and the error has a part of its message."""
    try:
        return _first(content, name)
    except DescriptionError as error:
        if message not in error.message:
            raise
        return None


def _case(file: str, name: str | None) -> DraftedSource:
    return _drafted((_FOLDER / file).read_text("utf-8"), name, file)


@pytest.mark.parametrize(("file", "name"), _CASES)
def test_each_form_becomes_the_schema_of_a_source(
    file: str, name: str | None, snapshot: SnapshotAssertion
) -> None:
    made = _case(file, name)
    notes = [f"{one.kind}: {made.description.place(one.at)}: {one.about}" for one in made.notes]
    assert json.dumps(made.schema, indent=1, ensure_ascii=False).splitlines() + notes == snapshot
    Draft202012Validator.check_schema(made.schema)


def test_every_case_is_drafted_in_a_test() -> None:
    assert {one.name for one in _FOLDER.iterdir()} == {file for file, _ in _CASES}


# An event by each case, and one that is not.
_EVENTS: dict[str, tuple[Any, Any]] = {
    "open_api_3_0.json": (
        {"id": "A-17", "total": 3.5, "currency": None, "gift_for": None, "lines": [{"sku": "MUG"}]},
        {"id": "A-17", "total": 0},
    ),
    "open_api_3_1.json": (
        {"kind": "order.paid", "data": {"amount": 5, "cells": ["a", 7]}, "sent_at": None},
        {"kind": "order.sent", "data": {}},
    ),
    "iglu.json": (
        {"list_id": "L1", "recipient_email": None, "items": [{"sku": "MUG"}]},
        {"list_id": "L1", "x": 1},
    ),
    "confluent.json": ({"order": "A-17", "shipping_address": {"city": "Lund"}}, {"order": 17}),
    "tracking_plan.json": (
        {"type": "track", "event": "Order Completed", "properties": {"order_id": "A", "total": 5}},
        {"type": "track", "event": "Order Lost", "properties": {}},
    ),
    "tracking_plan_older.json": ({"type": "identify", "traits": {"phone": None}}, {"type": "page"}),
    "avro.avsc": (
        {
            **{
                "id": "2f4b1c1e-0b5e-4f0c-9a3d-6f1f5f0f9b11",
                "at": 1777593600000,
                "total": "12.50",
                "coupon": None,
            },
            **{
                "kind": "WEB",
                "ship_to": {"street_name": "A", "next": None},
                "payment": "x",
                "amounts": {"a": 1.5},
            },
            **{"bill_to": {"street_name": "A", "next": {"street_name": "B", "next": None}}, "skus": []},
        },
        {"id": "2f4b1c1e-0b5e-4f0c-9a3d-6f1f5f0f9b11"},
    ),
    "big_query.json": (
        {
            "order_id": "A",
            "placed_at": "2026-05-01 10:00:00 UTC",
            "customer": None,
            "lines": [{"sku": "MUG"}],
        },
        {"order_id": None},
    ),
    "big_query_table.json": ({"visitor": None, "pages": ["1", 2]}, {"pages": "1"}),
}


@pytest.mark.parametrize("file", _EVENTS)
def test_an_event_by_the_description_is_valid_and_another_one_is_not(file: str) -> None:
    name = next(name for case, name in _CASES if case == file)
    right, wrong = _EVENTS[file]
    validator = Draft202012Validator(_case(file, name).schema)
    assert [error.message for error in validator.iter_errors(right)] == []
    assert not validator.is_valid(wrong)


_DRAFT_4, _DRAFT_7 = ({"$schema": f"http://json-schema.org/draft-0{number}/schema#"} for number in (4, 7))
_DRAFT_2020 = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
# A field's schema in which something depends on what is left out, and a value that is valid by it.
_DEPENDENT: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
    (_DRAFT_7, {"patternProperties": {"^a": {}}, "additionalProperties": False}, {"a1": 7}),
    (_DRAFT_7, {"items": [{"type": "string"}], "additionalItems": False}, ["a"]),
    (_DRAFT_2020, {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["a", 7]),
    (_DRAFT_2020, {"prefixItems": [{"type": "string"}], "items": False}, ["a"]),
    (_DRAFT_7, {"oneOf": [{"pattern": "^(?=a)"}, {"pattern": "^(?=b)"}]}, "a"),
    (_DRAFT_7, {"oneOf": [{"not": {"type": "string"}}, {"maxLength": 3}]}, "a"),
    (_DRAFT_7, {"oneOf": [{"type": "string"}, {"type": "null"}], "anyOf": [{"maxLength": 3}]}, None),
    (_DRAFT_7, {"$ref": "#/definitions/T", "maxLength": 1}, "long"),
    (_DRAFT_2020, {"$ref": "#/definitions/T", "maxLength": 4}, "long"),
    (_DRAFT_2020, {"if": {"properties": {"b": {}}}, "then": True, "unevaluatedProperties": False}, {"b": 7}),
    (_DRAFT_7, {"dependencies": {"b": ["c"]}}, {"b": 7, "c": 7}),
    (_DRAFT_2020, {"contains": {"const": 7}, "minContains": 0}, []),
    (_DRAFT_4, {"minimum": 1, "exclusiveMinimum": True}, 2),
    (_DRAFT_4, {"minimum": 1, "exclusiveMinimum": False}, 1),
    (_DRAFT_7, {"properties": {"c": False, "d": True}}, {"d": 7}),
    (_DRAFT_7, {"anyOf": [True, False]}, 7),
    (_DRAFT_7, {"enum": ["a", None]}, None),
    (_DRAFT_7, {"$ref": "#/definitions/odd~1name%20~0"}, 7),
    (_DRAFT_7, {"$ref": "#/definitions/T/allOf/0"}, "a"),
]


@pytest.mark.parametrize(("dialect", "field", "value"), _DEPENDENT, ids=range(len(_DEPENDENT)))
def test_what_depends_on_a_part_that_is_left_out_is_left_out_too(
    dialect: dict[str, Any], field: dict[str, Any], value: Any
) -> None:
    defined = {"T": {"type": "string", "allOf": [{"type": "string"}]}, "odd/name ~": {"type": "integer"}}
    schema = {**dialect, "type": "object", "properties": {"f": field}, "definitions": defined}
    event = {"f": value}
    assert jsonschema.validators.validator_for(schema)(schema).is_valid(event)
    drafted = _drafted(json.dumps(schema)).schema
    _is_usable(drafted)
    assert Draft202012Validator(drafted).is_valid(event)


@pytest.mark.parametrize("seed", seeds(60))
def test_an_event_that_is_valid_by_a_json_schema_is_valid_by_the_drafted_one(seed: int) -> None:
    random = Random(seed)
    for _ in range(3):
        schema = random_schema(random)
        made = _first_or_none(json.dumps(schema), "refers to itself")
        if made is None:
            continue
        drafted = made.schema
        _is_usable(drafted)
        theirs, ours = Draft7Validator(schema), Draft202012Validator(drafted)
        for _ in range(20):
            event = random_value(random, schema, schema)
            assert ours.is_valid(event) or not theirs.is_valid(event), (schema, event)


@pytest.mark.parametrize("seed", seeds(40))
def test_an_event_that_open_api_describes_is_valid_by_the_drafted_schema(seed: int) -> None:
    """The oracle writes null as a type in the document, and asks a validator of draft 4."""
    random = Random(seed)
    for _ in range(3):
        document = random_schema(random, is_open_api=True)
        event = document["components"]["schemas"]["Event"]
        made = _first_or_none(json.dumps(document), "refers to itself", "Event")
        if made is None:
            continue
        drafted = made.schema
        _is_usable(drafted)
        theirs = jsonschema.Draft4Validator({**_nullable(document), "$ref": "#/components/schemas/Event"})
        ours = Draft202012Validator(drafted)
        for _ in range(20):
            value = random_value(random, event, document)
            assert ours.is_valid(value) or not theirs.is_valid(value), (document, value)


def _nullable(value: Any) -> Any:
    if isinstance(value, list):
        return [_nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _nullable(one) for key, one in value.items()}
    if value.get("nullable") is True and isinstance(value.get("type"), str):
        made["type"] = [value["type"], "null"]
    return made


def _is_usable(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert [one for one in check_schema(schema, "source") if one.code == "M326"] == []
    assert slow_patterns(schema) == ()
    assert "\0" not in json.dumps(schema)


@pytest.mark.parametrize(("file", "name"), some(_CASES, 4))
def test_a_mapping_with_the_schema_as_its_source_is_checked(
    file: str, name: str | None, tmp_path: Path
) -> None:
    folder = tmp_path / "schemas" / "own"
    folder.mkdir(parents=True)
    (tmp_path / "mappings").mkdir()
    (folder / "drafted.json").write_text(json.dumps(_case(file, name).schema), "utf-8")
    found = mapper.check_text(_MAPPING, beside=tmp_path / "mappings" / "drafted.yaml")
    assert not {one.code for one in found} & {"M306", "M321"}


def test_every_name_that_is_certainly_personal_is_marked_in_each_form() -> None:
    for name in sorted(PERSONAL_NAMES):
        fields = {name: {"type": "string"}}
        record = {"type": "record", "name": "R", "fields": [{"name": name, "type": "string"}]}
        call = {"properties": {"properties": {"type": "object", "properties": fields}}}
        for description in (
            {"type": "object", "properties": fields},
            {"openapi": "3.1.0", "components": {"schemas": {"E": {"type": "object", "properties": fields}}}},
            {"rules": [{"key": "E", "jsonSchema": call}]},
            record,
            [{"name": name, "type": "STRING"}],
        ):
            made = _drafted(json.dumps(description))
            assert '"x-personal": true' in json.dumps(made.schema), (name, description)
            assert [one.kind for one in made.notes if one.kind == "personal"] == ["personal"]


@pytest.mark.parametrize(("kind", "inner"), [("TRACK", "properties"), ("IDENTIFY", "traits")])
def test_a_rule_that_has_only_the_inner_part_of_a_call_is_one_of_the_call(kind: str, inner: str) -> None:
    rule = {
        "type": "object",
        "labels": {},
        "eventMetadata": {"name": "E"},
        "properties": {"size": {"type": "integer"}},
        "required": ["size"],
    }
    made = _drafted(json.dumps({"name": "P", "rules": [{"key": "E", "type": kind, "jsonSchema": rule}]}))
    assert made.schema["properties"][inner]["properties"] == {"size": {"type": "integer"}}
    assert made.schema["properties"][inner]["required"] == ["size"]
    assert "required" not in made.schema
    assert made.notes == ()


def test_a_type_is_marked_by_the_names_of_the_fields_that_refer_to_it() -> None:
    person = {"type": "object", "properties": {"name": {"type": "string"}}}
    fields = {"customer": {"$ref": "#/$defs/Party"}}
    made = _drafted(json.dumps({"type": "object", "properties": fields, "$defs": {"Party": person}}))
    assert made.schema["$defs"]["Party"]["properties"]["name"]["x-personal"] is True


def test_all_in_a_personal_field_is_marked_also_in_the_types_that_it_refers_to() -> None:
    place = {"type": "object", "properties": {"geo": {"$ref": "#/$defs/Geo"}, "city": {"example": "Lund"}}}
    types = {"Place": place, "Geo": {"type": "object", "properties": {"lat": {"type": "number"}}}}
    fields = {
        "shipping_address": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
        "customer_address": {"type": "object", "properties": {"zip": {"type": "string"}}},
        "sku": {"type": "string"},
    }
    made = _drafted(json.dumps({"type": "object", "properties": fields, "$defs": types})).schema
    assert made["$defs"]["Place"]["properties"]["city"] == {"x-personal": True}
    assert made["$defs"]["Geo"]["properties"]["lat"]["x-personal"] is True
    assert made["properties"]["customer_address"]["properties"]["zip"]["x-personal"] is True
    assert "x-personal" not in made["properties"]["sku"]
    assert "Lund" not in json.dumps(made)


def test_examples_of_a_person_are_not_taken_over() -> None:
    fields = {
        "first_name": {"type": "string", "example": "Ada", "default": "Ada"},
        "contact": {"type": "string", "examples": ["ada@example.com"]},
        "customer_address": {"type": "object", "properties": {"city": {"type": "string", "example": "Lund"}}},
        "sku": {"type": "string", "example": "MUG-7"},
    }
    made = json.dumps(_drafted(json.dumps({"type": "object", "properties": fields})).schema)
    assert [one for one in ("Ada", "ada@", "Lund", "MUG-7") if one in made] == ["MUG-7"]


_DEEP = '{"properties": {"a": ' * 1500 + "{}" + "}}" * 1500
_NESTED: Any = {"type": "object"}
for _ in range(80):
    _NESTED = {"type": "object", "properties": {"a": _NESTED}}
_AVRO_NESTED: Any = "string"
for _ in range(90):
    _AVRO_NESTED = {"type": "array", "items": _AVRO_NESTED}


def _api(**schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.0.0", "components": {"schemas": schemas}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


# What is given, and how the message about it begins; a text is given as it is.
_WRONG: list[tuple[Any, str]] = [
    ("", "shop.json:1:1: the text is not JSON"),
    ("openapi: 3.0.0\n", "shop.json:1:1: the text is not JSON"),
    ('{"a": 1,\n  b}', "shop.json:2:3: the text is not JSON"),
    ('{"minimum": NaN}', "shop.json: a number is not one of JSON"),
    ('{"minimum": 1e999}', "shop.json: a number is not one of JSON"),
    ('{"properties": {"\\ud800": {}}}', "shop.json:1:1: a text in it has half a character"),
    ({"type": "object", "description": "x" * 2**22}, "shop.json#: its schema would be larger than 4 MiB"),
    ("[" * 100_000, "shop.json: nested deeper than 200 levels"),
    (_DEEP, "shop.json: nested deeper than 200 levels"),
    (" " * (32 * 2**20 + 1), "shop.json: larger than 32 MiB"),
    ("7", "shop.json:1:1: this is no description of events that is known"),
    ([], "shop.json:1:1: this is no description of events that is known"),
    ({"a": 1}, "shop.json:1:1: this is no description of events that is known"),
    ({"swagger": "2.0"}, "shop.json:1:2: Swagger 2.0 is not read"),
    ({"asyncapi": "3.0.0"}, "shop.json:1:2: AsyncAPI is not read"),
    ({"openapi": "4.0"}, "shop.json:1:2: OpenAPI 4.0 is not read"),
    ({"openapi": "3.0.0"}, "shop.json:1:1: it describes no object"),
    ({"schema": "message A {}", "schemaType": "PROTOBUF"}, "shop.json:1:2: Protobuf is not read"),
    ({"schema": "{"}, "shop.json:1:2: the text is not JSON"),
    (_api(A=_ref("A")), "shop.json:1:55: the `$ref` leads back to itself"),
    (_api(A=_ref("B"), B=_ref("A")), "shop.json:1:55: the `$ref` leads back to itself"),
    (_api(A={"allOf": [_ref("A")]}), "shop.json:1:49: the schema refers to itself"),
    (_api(A={"properties": {"a": _ref("B")}}), "shop.json:1:76: $ref #/components/schemas/B leads nowhere"),
    (_api(A={"type": "string"}), "shop.json:1:49: an event is an object, and this is none"),
    (_api(A=_NESTED), "shop.json:1:2584: schemas are nested deeper than 64 levels"),
    ({"type": "object", "properties": []}, "shop.json:1:20: `properties` must be an object, not array"),
    ({"type": "object", "properties": {"a": 7}}, "shop.json:1:35: a schema must be an object, not integer"),
    (
        {"type": "object", "required": [7]},
        "shop.json:1:20: a name in `required` must be a string, not integer",
    ),
    ({"type": "record", "name": "A", "fields": 7}, "shop.json:1:33: `fields` must be an array, not integer"),
    (
        {"type": "record", "name": "A", "fields": [{"name": "b", "type": "C"}]},
        "shop.json:1:58: there is no type C",
    ),
    (
        {"type": "record", "name": "A", "fields": [{"name": "b", "type": _AVRO_NESTED}]},
        "shop.json:1:1785: types are nested deeper than 64 levels",
    ),
    ({"kind": "bigquery#table"}, "shop.json:1:1: the table has no columns of a known type"),
]


@pytest.mark.parametrize(("given", "message"), _WRONG, ids=range(len(_WRONG)))
def test_what_cannot_be_read_is_one_error_with_a_place(given: Any, message: str) -> None:
    content = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(DescriptionError) as caught:
        _first(content)
    assert str(caught.value).startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize("seed", seeds(40))
def test_a_broken_description_is_an_error_or_a_usable_schema(seed: int) -> None:
    random = Random(seed)
    texts = [(_FOLDER / file).read_text("utf-8") for file, _ in _CASES]
    for _ in range(20):
        text = broken(random, random.choice(texts))
        made = _first_or_none(text, "shop.json")
        if made is None:
            continue
        assert [one for one in check_schema(made.schema, "source") if one.code == "M326"] == []
        assert all(made.description.place(one.at) for one in made.notes)


def test_branches_in_a_long_chain_and_many_rules_take_little_time() -> None:
    chain = {f"T{at}": {"anyOf": [_ref(f"T{at + 1}")]} for at in range(2000)}
    people = {"type": "object", "properties": {"customer": _ref("T0"), "name": {"type": "string"}}}
    rules = [
        {
            "key": f"E{at}",
            "jsonSchema": {"properties": {"properties": {"type": "object", "maxProperties": at}}},
        }
        for at in range(1000)
    ]
    began = process_time()
    made = _drafted(json.dumps(_api(Event=people, **chain, T2000={"type": "object"})), "Event")
    assert len(made.schema["$defs"]) == 2001
    assert _drafted(json.dumps({"rules": rules})).fields
    assert process_time() - began < 5


def test_a_long_chain_of_types_is_drafted_and_read() -> None:
    types = {f"T{at}": {"type": "object", "properties": {"email": _ref(f"T{at + 1}")}} for at in range(2000)}
    made = _drafted(json.dumps(_api(**types, T2000={"type": "object"})), "T0")
    assert made.fields == 2000
    assert len(made.schema["$defs"]) == 2000
    assert read_type(made.schema).kinds == {"object"}


def test_types_that_all_refer_to_each_other_take_little_time_also_in_a_check(tmp_path: Path) -> None:
    names = [f"T{number}" for number in range(12)]
    fields = {name: _ref(name) for name in names} | {"email": {"type": "string"}}
    document = _api(**{name: {"type": "object", "properties": fields} for name in names})
    folder = tmp_path / "schemas" / "own"
    folder.mkdir(parents=True)
    (tmp_path / "mappings").mkdir()
    began = process_time()
    schema = _drafted(json.dumps(document), "T0").schema
    (folder / "drafted.json").write_text(json.dumps(schema), "utf-8")
    mapper.check_text(_MAPPING, beside=tmp_path / "mappings" / "drafted.yaml")
    assert process_time() - began < 5
