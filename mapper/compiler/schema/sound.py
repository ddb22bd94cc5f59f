"""JSON -> whether it can be read as a JSON Schema: each keyword that is read has the shape that is due."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mapper.compiler.schema.json_schema import SchemaError
from mapper.types import kind_of

_KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("properties", "$defs", "definitions", "x-event-names", "x-guard", "x-profiles"), (dict,)
    ),
    **dict.fromkeys(("required", "enum", "anyOf", "oneOf", "allOf", "x-normal-form"), (list,)),
    **dict.fromkeys(("x-hash-after", "x-needs", "x-needs-valid", "x-words", "x-advice", "x-scored"), (list,)),
    "x-also": (list,),
    "x-also-words": (dict,),
    **dict.fromkeys(("$ref", "pattern", "format", "x-key", "x-time"), (str,)),
    "type": (str, list),
}
_BY_NAME = ("properties", "$defs", "definitions")
_IN_LISTS = ("anyOf", "oneOf", "allOf")


def check_schema(schema: dict[str, Any]) -> None:
    """Raise SchemaError where a keyword of a schema, or of a part of it, has another shape than is due."""
    waiting: list[tuple[str, Any]] = [("#", schema)]
    while waiting:
        at, part = waiting.pop()
        if isinstance(part, bool):
            continue
        if not isinstance(part, dict):
            raise SchemaError(f"at {at}: expected a schema, not {kind_of(part)}")
        _check_part(at, part)
        waiting += _parts(at, part)


def _check_part(at: str, part: dict[str, Any]) -> None:
    for keyword in part.keys() & _SHAPES.keys():
        if not isinstance(part[keyword], _SHAPES[keyword]):
            due = " or ".join(_NAMES[shape] for shape in _SHAPES[keyword])
            raise SchemaError(f"at {at}: `{keyword}` must be {due}, not {kind_of(part[keyword])}")
    kinds = part.get("type", ())
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        if kind not in _KINDS:
            raise SchemaError(f"at {at}: unknown type `{kind}`")


_NAMES: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}


def _parts(at: str, part: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas in a schema, each with the place it stands at."""
    for keyword in _BY_NAME:
        yield from ((f"{at}/{keyword}/{name}", one) for name, one in part.get(keyword, {}).items())
    for keyword in _IN_LISTS:
        yield from ((f"{at}/{keyword}/{place}", one) for place, one in enumerate(part.get(keyword, ())))
    if "items" in part:
        yield f"{at}/items", part["items"]
    for name, profile in part.get("x-profiles", {}).items():
        if not isinstance(profile, dict) or not isinstance(profile.get("schema"), dict):
            raise SchemaError(f"at {at}/x-profiles/{name} an object with a `schema` is due")
        yield f"{at}/x-profiles/{name}/schema", profile["schema"]
