"""JSON Schema -> its fields by their paths, for words that name them: `x-needs-valid`, `x-advice`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mapper.compiler.memo import once
from mapper.compiler.schema.json_schema import Schema, SchemaError, keys_of, referred, resolved
from mapper.values.frozen import dataclass
from mapper.values.types import JsonPath

_FORM = "x-normal-form"
# A payload is nested at most so deep.
DEEPEST = 32
# A type that contains itself in several fields has more than anyone can look at.
_MOST_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class PlacedField:
    """A field of a target. at: the keys that lead to it in the file. part: it, with what its `$ref` leads to.

    personal: it holds a person's values, which leave as digests. at_form: the keys to its form, or to the
    field.
    """

    path: str
    at: JsonPath
    part: Schema
    personal: bool
    at_form: JsonPath


@once
def fields_of(schema: Schema) -> Mapping[str, Schema]:
    """Each field by its path, `[]` after a list's name for its elements, with its `$ref` followed."""
    return {field.path: field.part for field in placed_fields(schema)}


def placed_fields(schema: Schema) -> tuple[PlacedField, ...]:
    """All fields, outermost first; those of a type that contains itself so deep as payloads may be."""
    return tuple(islice(_below(schema, schema, PlacedField("", (), {}, False, ()), 0), _MOST_FIELDS))


def _below(raw: Any, root: Schema, around: PlacedField, depth: int) -> Iterator[PlacedField]:
    try:
        part = resolved(raw, root) if isinstance(raw, dict | bool) else {}
    except SchemaError:
        part = {}
    at = around.at
    personal = (around.personal or bool(part.get("x-personal"))) and not part.get("x-plain")
    at_form = (*_holder(raw, at, root, (_FORM,)), _FORM) if _FORM in part else at
    field = PlacedField(around.path, at, part, personal, at_form)
    if field.path:
        yield field
    if depth > DEEPEST:
        return
    properties = part.get("properties")
    if "items" in part:
        inner_at = (*_holder(raw, at, root, ("items",)), "items")
        inner = PlacedField(f"{field.path}[]", inner_at, {}, personal, ())
        yield from _below(part["items"], root, inner, depth + 1)
    elif isinstance(properties, dict):
        for name, one in properties.items():
            path = f"{field.path}.{name}" if field.path else name
            inner_at = (*_holder(raw, at, root, ("properties", name)), "properties", name)
            yield from _below(one, root, PlacedField(path, inner_at, {}, personal, ()), depth + 1)


def _holder(raw: Any, at: JsonPath, root: Schema, keys: tuple[str, ...]) -> JsonPath:
    """The keys to the part that has some keys itself: this one, or one that its `$ref` leads to."""
    for _ in range(DEEPEST):
        if not isinstance(raw, dict) or _has(raw, keys) or not isinstance(raw.get("$ref"), str):
            break
        try:
            raw, at = referred(raw["$ref"], root), keys_of(raw["$ref"])
        except SchemaError:
            break
    return at


def _has(part: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(part, dict) or key not in part:
            return False
        part = part[key]
    return True
