"""JSON Schema -> its places, and how strictly personal values are held back at each.

It is read as the guard reads it, by itself: `properties`, `items`, local `$ref`, and what a profile adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mapper.compiler.schema.json_schema import SchemaError, referred
from mapper.values.types import JsonPath

# What a place lets through: anything, a personal value as it is, an IP address alone, a digest alone.
_ANYTHING, _AS_IT_IS, _ADDRESS, _DIGEST = range(4)
_DEEPEST = 64


class PersonalField(NamedTuple):
    """at: the keys that lead to it in the file, or near. strength: the larger, the less is let through.

    takes_other: it is an object with keys that it does not name.
    """

    at: JsonPath
    strength: int
    is_object: bool = False
    takes_other: bool = False


def places(schema: dict[str, Any], profile: str | None = None) -> dict[str, PersonalField]:
    """Each place of a payload by its path, `[]` for elements of a list; "" is the payload itself."""
    fragment = schema.get("x-profiles", {}).get(profile, {}).get("schema", {}) if profile else {}
    return dict(_places(_with(schema, fragment), schema, _Way()))


class _Way(NamedTuple):
    """The way to a part: its path and keys, whether it lies in what is hashed, and the references opened."""

    path: str = ""
    at: JsonPath = ()
    hashed: bool = False
    opened: tuple[str, ...] = ()


def _places(part: Any, root: dict[str, Any], way: _Way) -> Iterator[tuple[str, PersonalField]]:
    path, at, hashed, opened = way
    if len(at) > 3 * _DEEPEST:
        raise SchemaError(f"a payload is nested at most {_DEEPEST} deep")
    while isinstance(part, dict) and "$ref" in part and part["$ref"] not in opened:
        opened = (*opened, part["$ref"])
        beside = {key: held for key, held in part.items() if key != "$ref"}
        part = _with(beside, _referred(part["$ref"], root))
    part = part if isinstance(part, dict) and "$ref" not in part else {}
    hashed = (hashed or bool(part.get("x-personal"))) and not part.get("x-plain")
    if "items" in part:
        yield from _places(part["items"], root, _Way(f"{path}[]", (*at, "items"), hashed, opened))
    elif "properties" in part:
        below = f"{path}." if path else ""
        fields = {
            key: dict(_places(one, root, _Way(below + key, (*at, "properties", key), hashed, opened)))
            for key, one in part["properties"].items()
        }
        shut = part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
        shut = shut or any(_leaves_as_digest(below + key, field) for key, field in fields.items())
        yield path, PersonalField(at, _strength(part, hashed), True, not shut)
        for field in fields.values():
            yield from field.items()
    else:
        yield path, PersonalField(at, _strength(part, hashed))


def _strength(part: dict[str, Any], hashed: bool) -> int:
    if hashed:
        return _DIGEST
    if not part.get("x-personal"):
        return _ANYTHING
    return _ADDRESS if "ip_address" in part.get("x-normal-form", ()) else _AS_IT_IS


def _leaves_as_digest(path: str, field: dict[str, PersonalField]) -> bool:
    """Whether a field, or an element of a list that it is, leaves as a digest only."""
    one = field.get(path) or field.get(f"{path}[]")
    return one is not None and one.strength == _DIGEST and not one.is_object


def _referred(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    try:
        return referred(reference, root)
    except SchemaError:
        return {}


def _with(part: Any, more: Any) -> dict[str, Any]:
    """A part of a schema with what another one says too."""
    part, more = (one if isinstance(one, Mapping) else {} for one in (part, more))
    known = part.get("properties", {})
    fields = {name: _with(known.get(name, {}), one) for name, one in more.get("properties", {}).items()}
    return {**more, **part, "properties": {**known, **fields}} if fields else {**more, **part}
