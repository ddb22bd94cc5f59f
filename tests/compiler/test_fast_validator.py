"""What is called valid at sight is valid by jsonschema, and payloads as they are sent are told at sight."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mapper.compiler.schema.fast_validator import fast_validator
from tests.crosscheck.changes import changed_payloads
from tests.oracles.golden import golden_payloads
from tests.support.depth import seeds

_PINTEREST = json.loads(
    (Path(__file__).parents[2] / "schemas/pinterest/conversions-v5.json").read_text("utf-8")
)
_WORDS = ("", "a", "ab", "b7", "é" * 3)


def _schema(dice: random.Random, depth: int = 3) -> Any:
    """A schema with some of the keywords that are known, and now and then one that is not."""
    if dice.random() < 0.05:
        return True
    names = dice.sample(("a", "b", "c"), dice.randint(0, 3))
    rules: dict[str, Any] = {
        "type": dice.choice(
            ("string", "number", "integer", "boolean", "array", "object", "null", ["string", "null"])
        ),
        "minLength": dice.randint(0, 2),
        "maxLength": dice.randint(0, 3),
        "pattern": dice.choice(("^a", "[0-9]", "b$")),
        "minimum": dice.choice((0, 1, -1.5)),
        "maximum": dice.choice((0, 2, 7.5)),
        "exclusiveMinimum": dice.choice((0, 1)),
        "exclusiveMaximum": dice.choice((1, 3)),
        "minItems": dice.randint(0, 2),
        "maxItems": dice.randint(0, 3),
        "required": names[:1],
        "enum": dice.choice((["a", "ab"], [1, "a"], [True])),
        "title": "A title",
        "format": "int64",
        "x-note": "one",
    }
    if depth:
        rules |= {
            "items": _schema(dice, depth - 1),
            "properties": {name: _schema(dice, depth - 1) for name in names},
            "additionalProperties": dice.choice((False, True, _schema(dice, 0))),
            "anyOf": [_schema(dice, depth - 1) for _ in range(2)],
            "not": _schema(dice, 0),
            "uniqueItems": True,
        }
    rare = ("not", "uniqueItems")
    return {name: one for name, one in rules.items() if dice.random() < (0.02 if name in rare else 0.3)}


def _value(dice: random.Random, depth: int = 3) -> Any:
    plain: list[Any] = [None, True, False, 0, 1, 2, 5, 1.0, 0.5, -3, 1e308, *_WORDS]
    kind = dice.random()
    if not depth or kind < 0.5:
        return dice.choice(plain)
    if kind < 0.7:
        return [_value(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    return {name: _value(dice, depth - 1) for name in dice.sample(("a", "b", "c", "d"), dice.randint(0, 3))}


@pytest.mark.parametrize("seed", seeds(10))
def test_nothing_is_valid_at_sight_that_a_validator_refuses(seed: int) -> None:
    dice = random.Random(seed)
    told = 0
    for _ in range(100):
        schema = _schema(dice)
        test, validator = fast_validator(schema), jsonschema.Draft202012Validator(schema)
        for value in [_value(dice) for _ in range(20)]:
            if test(value):
                told += 1
                assert validator.is_valid(value), (schema, value)
    assert told > 200


@pytest.mark.parametrize(
    "keyword", ["$ref", "not", "oneOf", "if", "prefixItems", "uniqueItems", "multipleOf"]
)
def test_a_keyword_that_is_not_known_leaves_all_to_the_validator(keyword: str) -> None:
    assert not fast_validator({"properties": {"a": {keyword: {}}}})({"a": 1})
    assert fast_validator({"properties": {"a": {}}})({"a": 1})


def test_payloads_are_told_at_sight_and_what_is_wrong_in_one_never_is() -> None:
    test, validator = fast_validator(_PINTEREST), jsonschema.Draft202012Validator(_PINTEREST)
    assert all(map(test, golden_payloads().values()))
    for changed in changed_payloads():
        # A whole number that is written as a float is valid, and left to the validator.
        assert not test(changed.payload) or validator.is_valid(changed.payload), changed
