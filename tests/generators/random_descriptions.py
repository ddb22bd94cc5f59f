"""Random JSON Schemas of older drafts, descriptions in other forms, and values that are valid by them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_NAMES = ("id", "total", "email", "customer", "first_name", "lines", "kind", "at", "note", "a/b", "ünï~code")
_KINDS = ("string", "number", "integer", "boolean", "null")
_TEXTS = ("", "A-17", "2026-05-01", "ada@example.com", "x" * 40)
_MOST_DEFINED = 4


def random_schema(random: Random, *, is_open_api: bool = False) -> dict[str, Any]:
    """A schema of draft 7 with definitions, or a document of OpenAPI 3.0 with the schema `Event`."""
    where = "#/components/schemas/" if is_open_api else "#/definitions/"
    names = [f"T{number}" for number in range(random.randint(0, _MOST_DEFINED))]
    made = _Schemas(random, where, names, is_open_api)
    defined = {name: made.object(2) for name in names}
    event = made.object(3)
    if is_open_api:
        schemas = {**defined, "Event": event}
        return {
            "openapi": "3.0.3",
            "info": {"title": "T", "version": "1"},
            "components": {"schemas": schemas},
        }
    return {"$schema": "http://json-schema.org/draft-07/schema#", **event, "definitions": defined}


class _Schemas:
    """Schemas of one document, in which definitions refer to each other."""

    def __init__(self, random: Random, where: str, names: list[str], is_open_api: bool) -> None:
        self.random, self.where, self.names, self.is_open_api = random, where, names, is_open_api

    def object(self, depth: int) -> dict[str, Any]:
        names = self.random.sample(_NAMES, self.random.randint(0, 4))
        made: dict[str, Any] = {"type": "object", "properties": {name: self.any(depth - 1) for name in names}}
        if names and self.random.random() < 0.5:
            made["required"] = self.random.sample(names, self.random.randint(1, len(names)))
        if self.random.random() < 0.3:
            made["additionalProperties"] = self.random.choice([False, True, {"type": "string"}])
        if not self.is_open_api:
            made.update(self._rare())
        return made

    def any(self, depth: int) -> dict[str, Any]:
        pick = self.random.random()
        if self.names and pick < 0.2:
            return {"$ref": f"{self.where}{self.random.choice(self.names)}"}
        if depth > 0 and pick < 0.35:
            return self.object(depth)
        if depth > 0 and pick < 0.45:
            return {"type": "array", "items": self.any(depth - 1)}
        if depth > 0 and pick < 0.6:
            kind = self.random.choice(["anyOf", "oneOf", "allOf"])
            return {kind: [self.any(depth - 1) for _ in range(self.random.randint(1, 3))]}
        return self._scalar()

    def _scalar(self) -> dict[str, Any]:
        kind = self.random.choice(_KINDS[:4] if self.is_open_api else _KINDS)
        made: dict[str, Any] = {"type": kind}
        if kind == "string" and self.random.random() < 0.4:
            made |= self.random.choice(
                [{"format": "date"}, {"format": "int64"}, {"pattern": "^(?=A)"}, {"enum": ["A-17", ""]}]
            )
        if kind in ("number", "integer") and self.random.random() < 0.5:
            made |= {"minimum": 1, "exclusiveMinimum": True} if self.is_open_api else {"exclusiveMinimum": 1}
        if self.is_open_api and self.random.random() < 0.3:
            made |= {"nullable": True, "example": self.random.choice(_TEXTS)}
        return made if self.random.random() < 0.9 else {}

    def _rare(self) -> dict[str, Any]:
        return self.random.choice(
            [
                *[{}] * 6,
                {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
                {"not": {"required": ["note"]}},
                {"dependencies": {"id": ["at"]}},
                {"if": {"required": ["id"]}, "then": {"required": ["kind"]}},
                {"propertyNames": {"maxLength": 8}},
                {"minProperties": 1},
            ]
        )


def random_value(random: Random, schema: Any, document: Any, depth: int = 0) -> Any:
    """A value that is likely valid by a schema, and often not."""
    if not isinstance(schema, dict) or depth > 8:
        return None
    if "$ref" in schema:
        found = document
        for step in schema["$ref"].split("/")[1:]:
            found = found[step]
        return random_value(random, found, document, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return random_value(random, random.choice(schema[key]), document, depth + 1)
    if schema.get("nullable") and random.random() < 0.3:
        return None
    kind = schema.get("type", random.choice(_KINDS))
    if "enum" in schema:
        return random.choice(schema["enum"])
    match kind:
        case "object":
            required = schema.get("required", ())
            fields = [name for name in schema["properties"] if name in required or random.random() < 0.6]
            made = {
                name: random_value(random, schema["properties"][name], document, depth + 1) for name in fields
            }
            return {**made, "other": "x"} if random.random() < 0.1 else made
        case "array":
            return [random_value(random, schema["items"], document, depth + 1) for _ in range(2)]
        case "string":
            return random.choice(_TEXTS)
        case "integer":
            return random.choice([0, 1, 2, 7])
        case "number":
            return random.choice([0.5, 1, 1.5, 2])
        case "boolean":
            return random.random() < 0.5
    return None


def broken(random: Random, text: str) -> str:
    """A text with some characters changed, or a value in it replaced."""
    if random.random() < 0.5:
        at = random.randrange(len(text))
        return text[:at] + random.choice(['"', "{", "]", ",", "0", "\\", "\u202e"]) + text[at + 1 :]
    value = json.loads(text)
    place = value
    for _ in range(random.randint(1, 8)):
        inner = [*place] if isinstance(place, dict) else [*range(len(place))]
        if not inner:
            break
        key = random.choice(inner)
        if random.random() < 0.3 or not isinstance(place[key], dict | list):
            place[key] = random.choice([None, 7, "x", [], {}, [[]], {"$ref": "#"}, True, ["null"]])
            break
        place = place[key]
    return json.dumps(value)
