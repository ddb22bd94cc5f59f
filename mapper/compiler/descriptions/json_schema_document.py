"""A JSON Schema of any draft, also one of Iglu that names itself -> the schema of a source."""

from __future__ import annotations

import re

from mapper.compiler.descriptions.bundle import SchemaBundle, SchemaDialect, followed
from mapper.compiler.descriptions.event_description import (
    Described,
    DescriptionForm,
    DescriptionNotes,
    at_path,
)
from mapper.compiler.descriptions.schema_part import SchemaPart
from mapper.values.types import Json

_KEYWORDS = frozenset(
    {"$schema", "type", "properties", "$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions"}
)
_KINDS = frozenset({"object", "array", "string", "number", "integer", "boolean", "null", "any"})
# Drafts in which nothing beside `$ref` counts.
_OLD = re.compile(r"draft-?0?[3-7]\b")


def siblings_count(schema: Json) -> bool:
    """Whether keywords beside `$ref` count in a schema, as from draft 2019-09 on."""
    named = at_path(schema, ("$schema",))
    return not (isinstance(named, str) and ("com.snowplowanalytics" in named or _OLD.search(named)))


def _fits(value: Json) -> bool:
    """Whether a value may be a schema: an event too may have `type` and `properties`, with other values."""
    if not isinstance(value, dict) or value.keys().isdisjoint(_KEYWORDS):
        return False
    kind, properties = value.get("type"), value.get("properties")
    if "$schema" in value or not (isinstance(kind, str) or isinstance(properties, dict)):
        return True
    if isinstance(kind, str):
        return kind in _KINDS
    return isinstance(properties, dict) and all(isinstance(one, dict | bool) for one in properties.values())


def _described(value: Json) -> list[Described]:
    return [Described(_name(value) or "schema", ())]


def _name(value: Json) -> str:
    own = [at_path(value, ("self", key)) for key in ("vendor", "name", "version")]
    if all(isinstance(one, str) for one in own):
        return "/".join(map(str, own))
    for key in ("title", "$id", "id"):
        if isinstance(named := at_path(value, (key,)), str):
            return named
    return ""


def _read(value: Json, chosen: list[Described], notes: DescriptionNotes) -> SchemaPart:
    at = followed(value, (), chosen[0].at)
    return SchemaBundle(value, at, (), SchemaDialect(siblings_count(value)), notes).bundled()


def _title(value: Json) -> str:
    kind = "Iglu" if at_path(value, ("self", "vendor")) else "JSON Schema"
    name = _name(value)
    return f"{kind}: {name}" if name else kind


JSON_SCHEMA = DescriptionForm(_fits, _described, _read, _title)
