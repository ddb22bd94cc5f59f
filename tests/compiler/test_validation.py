"""Without jsonschema the same rules are found broken, in the same words and order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.target import validator
from mapper.compiler.schema.validation import breaches_of
from tests.crosscheck.changes import changed_payloads
from tests.support.command import ROOT
from tests.support.depth import by_seed, examples
from tests.support.destinations import TARGET_FILES

_TARGETS = [*TARGET_FILES.values()]
_LETTERS: dict[str, Any] = {"$defs": {"letter": {"type": "string", "maxLength": 1}, "a/b~c": {"const": 1}}}
_CASES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"type": "integer"}, [1, 1.0, 1.5, True, "1", None, 1e400]),
    ({"type": "number"}, [1, 1.5, False, "1"]),
    ({"type": ["string", "null"]}, ["", None, 0, False, []]),
    ({"type": "boolean"}, [True, 0, None]),
    ({"type": "object"}, [{}, []]),
    ({"type": "array"}, [[], {}, "a"]),
    ({"enum": [1, "a", False, [True], {"a": 1.0}]}, [1, True, 1.0, "a", 0, False, [1], [True], {"a": 1}, {}]),
    ({"const": {"a": [0]}}, [{"a": [0]}, {"a": [False]}, {"a": [0.0]}, {"a": [0, 0]}]),
    ({"minimum": 1, "maximum": 3}, [0, 1, 3, 3.5, "0", True, None]),
    ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [1, 1.5, 3, False]),
    ({"multipleOf": 3}, [0, 3, 4, 4.5, "4", 1e300]),
    ({"multipleOf": 0.5}, [1, 1.5, 1.3, 1e308]),
    ({"multipleOf": 1e-9}, [1e300, 0.1]),
    ({"minLength": 2, "maxLength": 3}, ["a", "éé", "\U0001f600" * 3, "abcd", 5, []]),
    ({"pattern": "^a.c$"}, ["abc", "abc\n", "xabc", 1]),
    ({"minItems": 1, "maxItems": 2}, [[], [1], [1, 2, 3], "abc", {}]),
    ({"uniqueItems": True}, [[1, 2], [1, 1.0], [1, True], [[1], [1]], [{"a": 1}, {"a": 1}], ["a", 1, "a"]]),
    ({"uniqueItems": False}, [[1, 1]]),
    ({"minProperties": 1, "maxProperties": 1}, [{}, {"a": 1}, {"a": 1, "b": 2}, []]),
    ({"properties": {"a": {"type": "string"}, "b": False}}, [{"a": 1}, {"b": 1}, {"c": 1}, []]),
    ({"required": ["a", "b", "c"]}, [{}, {"b": 1}, {"a": 1, "b": 2, "c": 3}, []]),
    ({"properties": {"a": True}, "additionalProperties": False}, [{"a": 1}, {"z": 1, "b": 2}, {}]),
    ({"additionalProperties": {"type": "integer"}}, [{"a": 1}, {"a": "1", "b": None}]),
    ({"patternProperties": {"^a": {"minimum": 1}}, "additionalProperties": False}, [{"ab": 0}, {"b": 1}]),
    ({"propertyNames": {"pattern": "^a"}}, [{"a": 1}, {"b": 1, "c": 2}]),
    ({"dependentRequired": {"a": ["b", "c"]}}, [{"a": 1}, {"a": 1, "b": 2}, {"b": 1}, []]),
    ({"items": {"type": "string"}}, [["a"], ["a", 1, None], "a", {}]),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, [["a", 1], [1, "a"], []]),
    ({"prefixItems": [True], "items": False}, [[1], [1, 2]]),
    ({"items": True}, [[1]]),
    ({**_LETTERS, "items": {"$ref": "#/$defs/letter"}}, [["a"], ["ab", 1]]),
    ({**_LETTERS, "properties": {"a": {"$ref": "#/$defs/a~1b~0c"}}}, [{"a": 1}, {"a": 2}]),
    ({"properties": {"a": {"$ref": "#"}}, "required": ["b"]}, [{"a": {"a": {}}}, {"b": 1, "a": {}}]),
    ({"allOf": [{"minimum": 1}, {"type": "string"}]}, [0, "a", 2]),
    ({"anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}, [{}, {"a": 1}, {"b": 1}, {"b": 1, "c": 1}]),
    ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, [0, 2, 5, "a"]),
    ({"not": {"type": "null"}}, [None, 1]),
    (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 0}},
        [{}, {"a": 1}, {"c": 1}],
    ),
    ({"if": {"required": ["a"]}, "else": {"maxProperties": 0}}, [{"a": 1}, {"c": 1}]),
    ({"if": True, "then": False}, [1]),
    ({"x-note": 1, "title": "a", "format": "email", "minLength": 1}, ["", "a"]),
]  # fmt: skip


def _told(schema: dict[str, Any], values: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What values break, as jsonschema finds it, and then without it."""
    by_package = list(map(validator(schema), values))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "jsonschema", None)
        alone = list(map(validator(schema), values))
    return [by_package, alone]


@pytest.mark.parametrize(("schema", "values"), _CASES, ids=[str(schema)[:60] for schema, _ in _CASES])
def test_each_keyword_is_checked_as_jsonschema_does(
    schema: dict[str, Any], values: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_package, alone = _told(schema, values, monkeypatch)
    assert alone == by_package
    found = breaches_of(schema)
    assert [bool(found(value)) for value in values] == [
        not jsonschema.Draft202012Validator(schema).is_valid(value) for value in values
    ]


def _mutated(dice: random.Random, value: Any) -> Any:
    """A payload with a few parts taken away, replaced, doubled or put in."""
    kind = dice.random()
    if kind < 0.04:
        return dice.choice([None, True, 0, -1, 1.5, 1e30, "", "a" * 300, "é", [], {}, [[]], {"strange": 1}])
    if isinstance(value, dict):
        kept = {name: _mutated(dice, one) for name, one in value.items() if dice.random() > 0.06}
        return kept | ({f"new{dice.randint(0, 2)}": 1} if dice.random() < 0.08 else {})
    if isinstance(value, list):
        return [_mutated(dice, one) for one in value] * dice.choice((1, 1, 1, 0, 2))
    return value


@pytest.mark.parametrize("path", _TARGETS, ids=lambda path: path.parent.name)
def test_payloads_with_mistakes_break_the_same_rules(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema, dice = json.loads(path.read_text("utf-8")), by_seed("payloads")
    payloads = [one.payload for one in changed_payloads()]
    changed = payloads + [_mutated(dice, dice.choice(payloads)) for _ in range(examples(400))]
    by_package, alone = _told(schema, changed, monkeypatch)
    assert alone == by_package
    assert sum(map(bool, alone)) > len(changed) / 3


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"contains": {}}, "at #: the keyword `contains` cannot be checked here"),
        (
            {"properties": {"a": {"unevaluatedProperties": False}}},
            "at #/properties/a: the keyword `unevaluatedProperties` cannot be checked here",
        ),
        (
            {"anyOf": [{"items": {"then": {"$dynamicRef": "#a"}}}]},
            "at #/anyOf/0/items/then: the keyword `$dynamicRef` cannot be checked here",
        ),
        (
            {"$ref": "#/x-parts/a", "x-parts": {"a": {"contains": 1}}},
            "at #/x-parts/a: the keyword `contains`",
        ),
        ({"items": {"$ref": "#/$defs/a"}}, "$ref #/$defs/a is not defined"),
    ],
)
def test_what_it_does_not_know_is_refused_when_the_schema_is_read(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError) as refused:
        breaches_of(schema)
    assert str(refused.value).startswith(message)


def test_a_field_that_lacks_is_told_once() -> None:
    assert validator({"required": ["a", "b"]})({}) == [("", "lacks a, b")]


def test_it_is_not_loaded_where_jsonschema_is_installed() -> None:
    code = (
        "import sys; from mapper.compiler.schema.target import validator; validator({})(1);"
        "print('mapper.compiler.schema.validation' in sys.modules, 'jsonschema' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.split() == ["False", "True"]
