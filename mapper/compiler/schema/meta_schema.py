"""The words of schemas -> the JSON Schema of the schemas of a role, by which editors complete and check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.schema_words import KEYWORDS, SchemaRole, words_of
from mapper.compiler.schema.word_shapes import ANYTHING, WordShape
from mapper.transforms import TRANSFORMS, Parameter

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_KINDS_OF_NUMBERS = ("number", "integer")
_STEP = {"$ref": "#/$defs/step"}


def meta_schema(role: SchemaRole) -> Schema:
    """The schema that the schemas of a role are valid by. Names that they hold are left to `mapper check`."""
    what = "target: the payloads of a destination" if role == "target" else "source: the events that it sends"
    made: Schema = {"$schema": _DIALECT, "title": f"The schema of a {what}", "type": "object"}
    made |= _words(role, is_root=True)
    part = {"type": ["object", "boolean"], **_words(role, is_root=False)}
    made["$defs"] = {"schema": part, "step": _step()} if role == "target" else {"schema": part}
    return made


def _words(role: SchemaRole, *, is_root: bool) -> Schema:
    """The properties of a whole schema, or of a part of one. Other words are allowed in a source alone."""
    properties: dict[str, Any] = {}
    for keyword in KEYWORDS.values():
        if keyword.reading(role) in ("unread", "foreign"):
            continue
        properties[keyword.name] = _shape(keyword.shape)
    for word in words_of(role):
        if word.place != "any" and (word.place == "root") != is_root:
            continue
        described = {"description": _LINK.sub(r"\1", word.meaning)}
        properties[word.name] = {
            **described,
            **_shape(word.shape_in(role), in_profile=word.name == "x-profiles"),
        }
    closed = {"additionalProperties": False} if role == "target" else {}
    return {"properties": properties, **closed}


def _shape(shape: WordShape, *, in_profile: bool = False) -> Schema:
    """The JSON Schema of the values of a shape."""
    if shape is ANYTHING:
        return {}
    if shape.is_schema:
        return {"$ref": "#" if in_profile else "#/$defs/schema"}
    if shape.names == "step":
        return dict(_STEP)
    parts = list(_parts(shape, in_profile=in_profile))
    if all(part.keys() == {"type"} for part in parts):
        kinds = [part["type"] for part in parts]
        return {"type": kinds[0] if len(kinds) == 1 else kinds}
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _parts(shape: WordShape, *, in_profile: bool) -> Iterator[Schema]:
    """The JSON Schema for each kind of value that a shape takes."""
    for kind in shape.kinds:
        part: Schema = {"type": kind}
        if kind == "string" and shape.words:
            part["enum"] = list(shape.words)
        elif kind == "array":
            part |= {"items": _shape(shape.items, in_profile=in_profile)} if shape.items is not None else {}
            part |= {"minItems": shape.least} if shape.least else {}
        elif kind == "object":
            part |= _fields(shape, in_profile=in_profile)
        elif kind in _KINDS_OF_NUMBERS and shape.least is not None:
            part["minimum"] = shape.least
        # An integer is a number too.
        if kind != "integer" or "number" not in shape.kinds:
            yield part


def _fields(shape: WordShape, *, in_profile: bool) -> Schema:
    made: Schema = {}
    if shape.fields:
        made["properties"] = {name: _shape(one, in_profile=in_profile) for name, one in shape.fields.items()}
    if shape.needed:
        made["required"] = list(shape.needed)
    if shape.others is None:
        made["additionalProperties"] = False
    elif shape.others is not ANYTHING:
        made["additionalProperties"] = _shape(shape.others, in_profile=in_profile)
    return made


def _step() -> Schema:
    """A step of a normal form: its name, or an object with its name and arguments."""
    names = sorted(TRANSFORMS)
    by_name = {name: _arguments(TRANSFORMS[name].parameters) for name in names if TRANSFORMS[name].parameters}
    return {
        "anyOf": [
            {"enum": names, "enumDescriptions": [TRANSFORMS[name].summary for name in names]},
            {
                "type": "object",
                "properties": by_name,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


def _arguments(parameters: tuple[Parameter, ...]) -> Schema:
    named: Schema = {
        "type": "object",
        "properties": {
            one.name: {"default": one.default} if one.default is not None else {} for one in parameters
        },
        "additionalProperties": False,
    }
    needed = [one.name for one in parameters if one.required and not one.unless]
    if needed:
        named["required"] = needed
    return {"anyOf": [{"not": {"type": "object"}}, named]}
