"""The JSON Schema of schemas, by which an editor checks them without the language server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mapper.compiler.schema.meta_schema import meta_schema
from mapper.compiler.schema.schema_words import SchemaRole
from tests.support.command import call
from tests.support.destinations import SCHEMA_FILES
from tests.support.schema_edits import ROWS, edited

pytestmark = pytest.mark.quick

_OWN = {name: json.loads(path.read_bytes()) for name, path in SCHEMA_FILES.items()}


@pytest.mark.parametrize("role", ["target", "source"])
def test_a_schema_of_schemas_is_a_schema_and_is_printed(role: SchemaRole) -> None:
    schema = meta_schema(role)
    Draft202012Validator.check_schema(schema)
    ran = call("schema", role)
    assert ran.exit_code == 0
    assert json.loads(ran.output) == schema


def test_the_schemas_of_this_package_are_valid_by_it() -> None:
    for name, schema in _OWN.items():
        role: SchemaRole = "target" if "x-delivery" in schema else "source"
        errors = Draft202012Validator(meta_schema(role)).iter_errors(schema)
        assert [(name, error.json_path, error.message[:80]) for error in errors] == []


def test_the_right_edits_are_valid_by_it_and_of_the_wrong_ones_many_are_not() -> None:
    def is_valid(row: dict[str, Any], role: SchemaRole) -> bool:
        try:
            schema = json.loads(edited(row, role)[0])
        except ValueError:
            return False
        return Draft202012Validator(meta_schema(role)).is_valid(schema)

    assert all(is_valid(row, row["role"]) for row in ROWS["right"])
    roles: tuple[SchemaRole, ...] = ("source", "target")
    assert sum(not is_valid(row, role) for role in roles for row in ROWS[role]) >= 26
