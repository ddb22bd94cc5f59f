"""JSON Schema of a source -> Type; and what it proves of the paths that a mapping reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import check_text
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.source_type import read_type
from mapper.texts.diagnostic import Diagnostic

SHOP: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "time", "type", "lines"],
    "properties": {
        "id": {"type": "string"},
        "time": {"type": "integer"},
        "type": {"enum": ["order", "visit"]},
        "total": {"type": ["number", "null"]},
        "paid": {"type": "boolean"},
        "customer": {"$ref": "#/$defs/person"},
        "guest": {"$ref": "#/$defs/person"},
        "contact": {"anyOf": [{"$ref": "#/$defs/person"}, {"$ref": "#/$defs/firm"}]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
            },
        },
        "extra": {"type": "object"},
        "url": {"type": "string"},
        "ip": {"type": "string"},
        "agent": {"type": "string"},
    },
    "$defs": {
        "person": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"email": {"type": "string"}, "boss": {"$ref": "#/$defs/person"}},
        },
        "firm": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"email": {"type": "string"}, "vat": {"type": "string"}},
        },
    },
}


@pytest.mark.parametrize(
    ("schema", "described"),
    [
        ({}, "unknown"),
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"type": "string", "format": "email"}, "string"),
        ({"const": 7}, "integer"),
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": ["a", 1, None]}, "string or integer or null"),
        ({"type": "string", "enum": ["a", 1]}, "string"),
        ({"properties": {}}, "object"),
        ({"items": {"type": "string"}}, "array of string"),
        ({"type": "array"}, "array"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string or number"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"anyOf": [{"type": "string"}, {}]}, "unknown"),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "object"),
        ({"allOf": [{"type": "array"}, {"items": {"type": "integer"}}]}, "array of integer"),
        ({"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a"}, "string"),
        ({"$ref": "#"}, "unknown"),
        ({"allOf": [{"$ref": "#"}]}, "unknown"),
        ({"anyOf": [{"$ref": "#"}, {"type": "string"}]}, "unknown"),
        ({"if": {"type": "string"}}, "unknown"),
        ({"not": {"type": "string"}}, "unknown"),
    ],
)
def test_a_schema_says_what_a_value_can_be(schema: dict[str, Any], described: str) -> None:
    assert read_type(schema).describe() == described


@pytest.mark.parametrize(
    ("path", "described"),
    [
        (("id",), "string"),
        (("total",), "number or null"),
        (("paid",), "boolean or null"),
        (("customer",), "object or null"),
        (("customer", "email"), "string or null"),
        (("customer", "boss", "email"), "string or null"),
        (("contact", "email"), "string or null"),
        (("contact", "vat"), "string or null"),
        (("lines",), "array of object"),
        (("nothing",), "null"),
        (("customer", "boss", "boss", "boss", "email"), "unknown"),
        (("extra", "any"), "unknown"),
    ],
)
def test_a_field_that_need_not_be_there_may_be_missing(path: tuple[str, ...], described: str) -> None:
    type_ = read_type(SHOP)
    for name in path:
        type_ = type_.field(name)

    assert type_.describe() == described


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        ({"properties": {}, "additionalProperties": False}, True),
        ({"properties": {}, "unevaluatedProperties": False}, True),
        ({"properties": {}}, False),
        ({"properties": {}, "additionalProperties": {"type": "string"}}, False),
        ({"properties": {}, "additionalProperties": False, "patternProperties": {"^x": {}}}, False),
        ({"properties": {}, "unevaluatedProperties": False, "allOf": [{"properties": {"a": {}}}]}, True),
        ({"properties": {}, "additionalProperties": False, "allOf": [{"properties": {"a": {}}}]}, False),
        ({"properties": {}, "unevaluatedProperties": False, "if": {"properties": {"a": {}}}}, False),
        ({"allOf": [{"properties": {}, "additionalProperties": False}]}, False),
    ],
)
def test_an_object_is_closed_only_where_the_schema_leaves_no_way_out(
    schema: dict[str, Any], closed: bool
) -> None:
    assert read_type(schema).closed is closed


@pytest.mark.parametrize("reference", ["other.json#/a", "#/$defs/none", "https://example.com/s"])
def test_a_reference_that_leads_nowhere_is_no_schema(reference: str) -> None:
    with pytest.raises(SchemaError):
        read_type({"properties": {"a": {"$ref": reference}}})


MAPPING = """\
version: 1
target: pinterest/conversions-v5
source: shop/orders
let:
  who: {from: [customer, guest]}
  rows: lines
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: $who.email, client_ip_address: ip, client_user_agent: agent}
otherwise:
  send: search
  payload:
    custom_data:
      search_string: id
      PLACE
"""


def checked(place: str, schema: dict[str, Any], tmp_path: Path) -> tuple[Diagnostic, ...]:
    """All that is found in a mapping that has `place`, whose source has a schema."""
    schemas = tmp_path / "schemas" / "shop"
    schemas.mkdir(parents=True)
    (schemas / "orders.json").write_text(json.dumps(schema), "utf-8")
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    return check_text(MAPPING.replace("PLACE", place), "m.yaml", beside=tmp_path / "m.yaml")


def found_at(place: str, tmp_path: Path) -> list[tuple[str, str, str]]:
    """Code, marked text and hint of what is found in the expressions of a mapping that has `place`."""
    return [
        (one.code, one.span.text.content[one.span.start : one.span.end], one.hint or "")
        for one in checked(place, SHOP, tmp_path)
        if one.code.startswith("M1")
    ]


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("#/$defs/none", "$ref #/$defs/none is not defined"),
        ("#/none", "$ref #/none is not defined"),
        ("other.json#/a", "$ref must stay within its file, not other.json#/a"),
    ],
)
def test_a_reference_of_a_source_schema_that_leads_nowhere_is_an_error_at_its_place(
    reference: str, says: str, tmp_path: Path
) -> None:
    found = checked("order_id: id", {"properties": {"id": {"$ref": reference}}}, tmp_path)

    (error,) = [one for one in found if one.severity == "error"]
    assert (error.code, error.message) == ("M327", says)
    assert error.span.text.content[error.span.start : error.span.end] == f'"{reference}"'


@pytest.mark.parametrize(
    ("reference", "schema"),
    [
        ("#/$defs/person", {"$defs": {"person": {}}}),
        ("#/definitions/person", {"definitions": {"person": {}}}),
        ("#/$defs/by~1name/0", {"$defs": {"by/name": {"0": {}}}}),
        ("#/$defs/alias", {"$defs": {"alias": {"$ref": "#/$defs/person"}, "person": {}}}),
    ],
)
def test_what_a_source_marks_as_personal_is_so_wherever_its_schema_keeps_it(
    reference: str, schema: dict[str, Any], tmp_path: Path
) -> None:
    person = {"properties": {"handle": {"type": "string", "x-personal": True}}}
    held = json.loads(json.dumps(schema).replace("{}", json.dumps(person)))
    found = checked(
        "order_id: maker.handle", {**held, "properties": {"maker": {"$ref": reference}}}, tmp_path
    )

    assert [(one.code, one.path) for one in found if one.severity == "error"] == [
        ("M401", "custom_data.order_id")
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("order_id: idd", ("M125", "idd", "did you mean `id`?")),
        ("order_id: $who.emial", ("M125", "emial", "did you mean `email`?")),
        ("order_id: $event.ordr", ("M125", "ordr", "its attributes: `agent`, `contact`, `customer`")),
        ("order_id: customer.boss.boss.nmae", ("M125", "nmae", "its attributes: `boss`, `email`")),
        ("order_id: contact.vta", ("M125", "vta", "did you mean `vat`?")),
        ("order_id: contact.phone", ("M125", "phone", "its attributes: `boss`, `email`, `vat`")),
        ("order_id: '(customer || guest).mail'", ("M125", "mail", "did you mean `email`?")),
        ("order_id: '{number: idd}.number'", ("M125", "idd", "did you mean `id`?")),
        ("order_id: lowercase(urll)", ("M125", "urll", "did you mean `url`?")),
        ("content_ids: 'lines[*].skuu'", ("M125", "skuu", "did you mean `sku`?")),
        ("content_ids: '$rows[?pirce > `1`].sku'", ("M125", "pirce", "did you mean `price`?")),
        ("content_ids: 'map(&skuu, lines)'", ("M125", "skuu", "did you mean `sku`?")),
        ("content_ids: '[lines[0].skuu]'", ("M125", "skuu", "did you mean `sku`?")),
        ("contents: {each: $rows, item: {id: skuu}}", ("M125", "skuu", "did you mean `sku`?")),
        ("contents: {each: lines, where: skuu, item: {id: sku}}", ("M125", "skuu", "did you mean `sku`?")),
        ("contents: {each: line, item: {id: sku}}", ("M125", "line", "did you mean `lines`?")),
        ("order_id: {from: id, when: piad}", ("M125", "piad", "did you mean `paid`?")),
        ("order_id: {case: [{when: paid, then: idd}]}", ("M125", "idd", "did you mean `id`?")),
        (
            "order_id: {case: [{when: type == 'oder', then: id}]}",
            ("M121", "'oder'", "did you mean `'order'`?"),
        ),
        (
            "order_id: {from: id, when: total}",
            ("M128", "total", "write `` total > `0` ``; to test whether it is there"),
        ),
        ("num_items: length(customer)", ("M123", "customer", "write `` length(customer || `{}`) ``")),
        ("order_id: to_string(total)", ("M122", "to_string", "write `text(total)`")),
    ],
)
def test_a_closed_source_shows_a_wrong_path_wherever_it_is_read(
    place: str, expected: tuple[str, str, str], tmp_path: Path
) -> None:
    [(code, marked, hint)] = found_at(place, tmp_path)

    assert (code, marked) == expected[:2]
    assert hint.startswith(expected[2])


@pytest.mark.parametrize(
    "place",
    [
        "order_id: customer.boss.boss.email",
        "order_id: contact.vat",
        "order_id: extra.whatever.there.is",
        "order_id: {from: extra.id, when: boolean(extra.flag)}",
        "order_id: {from: id, when: paid}",
        "order_id: {from: url, when: url}",
        "order_id: {case: [{when: url, then: url}, {else: id}]}",
        "order_id: {from: 'to_string(total)', when: present(total)}",
        "order_id: {case: [{when: 'total > `1`', then: to_string(total)}, {else: id}]}",
        "num_items: {from: length(customer), when: customer}",
        "num_items: length(lines)",
        "content_ids: {each: lines, where: sku, item: to_string(sku)}",
        "content_ids: 'lines[?sku].to_string(sku)'",
        "content_ids: 'lines[?price > `1` && sku].sku'",
        "contents: {each: $rows, where: 'price > `1`', item: {id: sku, item_price: price}}",
        "order_id: {case: [{when: type == 'order', then: id}, {when: type == 'visit', then: url}]}",
    ],
)
def test_a_closed_source_is_silent_of_what_is_right(place: str, tmp_path: Path) -> None:
    assert found_at(place, tmp_path) == []
