"""Parts of a schema while it is drafted: draft 2020-12, each with its place in the description."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mapper.values.types import JsonPath

SchemaPart = dict[str, Any]

# The key of a part's place in the description, removed in the end; no keyword of a schema is called so.
AT = "\0at"
NULL = "null"


def part(at: JsonPath, **keywords: Any) -> SchemaPart:
    """A part of a schema with its place."""
    return {AT: at, **keywords}


def object_part(at: JsonPath, properties: dict[str, SchemaPart], required: Iterable[str]) -> SchemaPart:
    """An object with some properties; open, since a source may send more."""
    made = part(at, type="object", properties=properties)
    names = [*required]
    return {**made, "required": names} if names else made


def or_null(made: SchemaPart) -> SchemaPart:
    """A part that may be null too."""
    said = made.keys() & {"$ref", "allOf", "anyOf", "const", "enum", "type"}
    if not said:
        return made
    if said == {"anyOf"}:
        return {**made, "anyOf": [*made["anyOf"], {"type": NULL}]}
    if "type" not in made or not said <= {"type", "enum"}:
        return {AT: made.get(AT, ()), "anyOf": [made, {"type": NULL}]}
    kinds = made["type"]
    named = [kinds] if isinstance(kinds, str) else [*kinds]
    both = {**made, "type": named if NULL in named else [*named, NULL]}
    if "enum" in made and None not in made["enum"]:
        both["enum"] = [*made["enum"], None]
    return both


def any_of(at: JsonPath, parts: list[SchemaPart]) -> SchemaPart:
    """A part that one of some describes, written as a list of types where that is all they say."""
    kinds = [kind for one in parts for kind in _only_kinds(one)]
    if all(_only_kinds(one) for one in parts):
        distinct = [*dict.fromkeys(kinds)]
        return part(at, type=distinct[0] if len(distinct) == 1 else distinct)
    nulls = [one for one in parts if _only_kinds(one) == [NULL]]
    others = [one for one in parts if _only_kinds(one) != [NULL]]
    if nulls and len(others) == 1:
        return or_null({**others[0], AT: at})
    return part(at, anyOf=parts)


def _only_kinds(made: SchemaPart) -> list[str]:
    if made.keys() - {AT} != {"type"}:
        return []
    kinds = made["type"]
    return [kinds] if isinstance(kinds, str) else [*kinds]


def united(parts: list[SchemaPart]) -> SchemaPart:
    """One part for what each of some describes: of objects the properties of all, of constants all of them.

    A part that says nothing adds nothing, and a property that only one of them lists is taken as it is there.
    """
    by_text = {json.dumps(without_places(one), sort_keys=True): one for one in reversed(parts)}
    distinct = [*reversed(by_text.values())]
    saying = [one for one in distinct if without_places(one)] or distinct[:1]
    at = saying[0].get(AT, ())
    if len(distinct) == 1:
        return distinct[0]
    if all(one.keys() - {AT} == {"enum"} for one in saying):
        return part(at, enum=[*dict.fromkeys(value for one in saying for value in one["enum"])])
    if not all(_is_plain_object(one) for one in saying):
        return any_of(at, saying)
    listed: dict[str, list[SchemaPart]] = {}
    for one in saying:
        for name, field in one.get("properties", {}).items():
            listed.setdefault(name, []).append(field)
    required = [
        name
        for name in distinct[0].get("required", ())
        if all(name in one.get("required", ()) for one in distinct)
    ]
    return object_part(at, {name: united(found) for name, found in listed.items()}, required)


def _is_plain_object(made: SchemaPart) -> bool:
    kept = {AT, "type", "properties", "required", "title", "description", "additionalProperties"}
    is_open = made.get("additionalProperties") in (None, True, False)
    return made.get("type") == "object" and is_open and not made.keys() - kept


def without_places(made: Any) -> Any:
    """A part without the places of it and of all in it."""
    if isinstance(made, dict):
        return {key: without_places(one) for key, one in made.items() if key != AT}
    return [without_places(one) for one in made] if isinstance(made, list) else made
