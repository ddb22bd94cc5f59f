"""JSON Schemas as they are written: what a profile adds to one, and what a `$ref` leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapper.texts.diagnostic import Diagnostic

Schema = dict[str, Any]


class SchemaError(ValueError):
    """A schema that cannot be read, of a target or of a source: says where and what.

    found: the same as diagnostics, each at its place in the schema file, where that is known.
    """

    def __init__(self, message: str, found: tuple[Diagnostic, ...] = ()) -> None:
        self.found = found
        super().__init__(message)


_CONDITION = ("if", "then", "else")


def fragment_of(schema: Schema, profile: str) -> Schema:
    """The schema that a profile adds to a schema. Raises SchemaError where there is none of its name."""
    known = schema.get("x-profiles", {})
    if profile not in known:
        raise SchemaError(f"there is no profile {profile}")
    fragment: Schema = known[profile]["schema"]
    return fragment


def merged(schema: Schema, fragment: Schema) -> Schema:
    """A schema that asks for what both do."""
    both = dict(schema)
    for key, value in fragment.items():
        if key == "required":
            both[key] = [*schema.get(key, []), *(name for name in value if name not in schema.get(key, []))]
        elif key == "properties":
            known = schema.get(key, {})
            both[key] = {
                **known,
                **{name: merged(known.get(name, {}), part) for name, part in value.items()},
            }
        elif key in ("anyOf", "oneOf", "allOf"):
            both["allOf"] = [*both.get("allOf", []), *(value if key == "allOf" else [{key: value}])]
        elif key == "if":
            part = {one: fragment[one] for one in _CONDITION if one in fragment}
            both["allOf"] = [*both.get("allOf", []), part]
        elif key in _CONDITION:
            pass
        elif key == "dependentRequired":
            both[key] = {**schema.get(key, {}), **value}
        else:
            both[key] = value
    return both


def resolved(schema: Schema | bool, root: Schema, opened: tuple[str, ...] = ()) -> Schema:
    """A part of the schema `root` with what its `$ref` leads to; `true` says nothing. Raises SchemaError.

    opened: the references that led here.
    """
    if isinstance(schema, bool):
        return {}
    reference = schema.get("$ref")
    if reference is None:
        return schema
    if reference in opened:
        raise SchemaError(f"$ref {reference} refers to itself")
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return merged(resolved(referred(reference, root), root, (*opened, reference)), rest)


def keys_of(reference: str) -> tuple[str, ...]:
    """The keys that a `$ref` within its file names."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in reference.split("/")[1:])


def referred(reference: str, root: Mapping[str, Any]) -> Schema:
    """The part of the schema `root` that a `$ref` leads to. Raises SchemaError where it leads to none."""
    if reference != "#" and not reference.startswith("#/"):
        raise SchemaError(f"$ref must stay within its file, not {reference}")
    found: Any = root
    for name in keys_of(reference):
        if isinstance(found, list):
            raise SchemaError(f"$ref {reference} leads into a list, which is not read")
        if not isinstance(found, dict) or name not in found:
            raise SchemaError(f"$ref {reference} is not defined")
        found = found[name]
    return found if isinstance(found, dict) else {}
