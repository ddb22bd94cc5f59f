"""JSON Schemas as they are written: what a profile adds to one, what a `$ref` leads to, what is wrong, and
where a key of the text is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text
from mapper.values.types import kind_of

Schema = dict[str, Any]


class SchemaError(ValueError):
    """A schema that cannot be read, of a target or of a source: says where and what.

    found: the same as diagnostics, each at its place in the schema file, where that is known.
    """

    def __init__(self, message: str, found: tuple[Diagnostic, ...] = ()) -> None:
        self.found = found
        super().__init__(message)


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
        elif key in ("anyOf", "allOf"):
            both["allOf"] = [*both.get("allOf", []), *([{key: value}] if key == "anyOf" else value)]
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


def referred(reference: str, root: Mapping[str, Any]) -> Schema:
    """The part of the schema `root` that a `$ref` leads to. Raises SchemaError where it leads to none."""
    if reference != "#" and not reference.startswith("#/"):
        raise SchemaError(f"$ref must stay within its file, not {reference}")
    found: Any = root
    for part in reference.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            raise SchemaError(f"$ref {reference} is not defined")
        found = found[name]
    return found if isinstance(found, dict) else {}


_KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("properties", "$defs", "definitions", "x-event-names", "x-guard", "x-profiles"), (dict,)
    ),
    **dict.fromkeys(("required", "enum", "anyOf", "oneOf", "allOf", "x-normal-form"), (list,)),
    **dict.fromkeys(("x-hash-after", "x-needs", "x-needs-valid", "x-words", "x-advice", "x-scored"), (list,)),
    **dict.fromkeys(("x-also", "x-attributes", "x-not-attributes", "x-not-from"), (list,)),
    **dict.fromkeys(("x-also-words", "x-draft", "x-import", "x-samples", "x-seen"), (dict,)),
    **dict.fromkeys(("$ref", "pattern", "format", "x-key"), (str,)),
    "x-time": (str, dict),
    "type": (str, list),
}
_BY_NAME = ("properties", "$defs", "definitions")
_IN_LISTS = ("anyOf", "oneOf", "allOf")


# What is around a part of a schema, and the words that lead on from there; empty for all of it. It is written
# out only where something is wrong.
_Place: TypeAlias = tuple[Any, ...]


def check_schema(schema: dict[str, Any]) -> None:
    """Raise SchemaError where a keyword of a schema, or of a part of it, has another shape than expected."""
    waiting: list[tuple[_Place, Any]] = [((), schema)]
    while waiting:
        at, part = waiting.pop()
        if isinstance(part, bool):
            continue
        if not isinstance(part, dict):
            raise SchemaError(f"at {_written(at)}: expected a schema, not {kind_of(part)}")
        _check_part(at, part)
        waiting += _parts(at, part)


def _check_part(at: _Place, part: dict[str, Any]) -> None:
    for keyword in part.keys() & _SHAPES.keys():
        if not isinstance(part[keyword], _SHAPES[keyword]):
            due = " or ".join(_NAMES[shape] for shape in _SHAPES[keyword])
            raise SchemaError(f"at {_written(at)}: `{keyword}` must be {due}, not {kind_of(part[keyword])}")
    kinds = part.get("type", ())
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        if kind not in _KINDS:
            raise SchemaError(f"at {_written(at)}: unknown type `{kind}`")


_NAMES: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}


def _written(at: _Place) -> str:
    words: list[object] = []
    while at:
        at, *last = at
        words = [*last, *words]
    return "/".join(map(str, ("#", *words)))


def _parts(at: _Place, part: dict[str, Any]) -> list[tuple[_Place, Any]]:
    """The schemas in a schema, each with its place."""
    found: list[tuple[_Place, Any]] = []
    for keyword in _BY_NAME:
        if keyword in part:
            found += [((at, keyword, name), one) for name, one in part[keyword].items()]
    for keyword in _IN_LISTS:
        if keyword in part:
            found += [((at, keyword, place), one) for place, one in enumerate(part[keyword])]
    if "items" in part:
        found.append(((at, "items"), part["items"]))
    for name, profile in part.get("x-profiles", {}).items():
        if not isinstance(profile, dict) or not isinstance(profile.get("schema"), dict):
            where = _written((at, "x-profiles", name))
            raise SchemaError(f"at {where}: expected an object with a `schema`")
        found.append(((at, "x-profiles", name, "schema"), profile["schema"]))
    return found


_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def span_at(text: Text, keys: tuple[str | int, ...]) -> Span:
    """The last of some keys, or the element of a list; as far as the text, which is JSON, has them."""
    value = _after_blank(text.content, 0)
    shown = text.span(value, value + 1)
    for key in keys:
        found = _child(text.content, value, key)
        if found is None:
            break
        start, end, value = found
        shown = text.span(start, end)
    return shown


def _child(content: str, at: int, key: str | int) -> tuple[int, int, int] | None:
    """The start and end of a key of the object at a character, or of an element of the list; and its value.

    If a key is given twice, the last value is used, as by other readers of JSON.
    """
    found, number = None, 0
    in_object = content[at] == "{"
    if content[at] not in "{[":
        return None
    at = _after_blank(content, at + 1)
    while content[at] not in "}]":
        name: str | int = number
        begins = at
        if in_object:
            name, at = _text(content, at)
            ends = at
            at = _after_blank(content, _after_blank(content, at) + 1)
        value = at
        at = _end(content, at)
        if name == key:
            found = (begins, ends if in_object else at, value)
        number += 1
        at = _after_blank(content, at)
        if content[at] == ",":
            at = _after_blank(content, at + 1)
    return found


def _end(content: str, at: int) -> int:
    """The end of the value that begins at a character."""
    depth = 0
    while True:
        first = content[at]
        if first == '"':
            at = _text(content, at)[1]
        elif first in "{[":
            depth, at = depth + 1, at + 1
        elif first in "}]":
            depth, at = depth - 1, at + 1
        elif first in ",:":
            at += 1
        else:
            at = _match_end(_SCALAR, content, at)
        if depth == 0:
            return at
        at = _after_blank(content, at)


def _text(content: str, at: int) -> tuple[str, int]:
    found: tuple[Any, int] = json.JSONDecoder().raw_decode(content, at)
    return str(found[0]), found[1]


def _after_blank(content: str, at: int) -> int:
    return _match_end(_BLANK, content, at)


def _match_end(what: re.Pattern[str], content: str, at: int) -> int:
    match = what.match(content, at)
    return at if match is None else match.end()
