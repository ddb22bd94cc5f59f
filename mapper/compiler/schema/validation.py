"""JSON Schema -> what a value breaks of it, without jsonschema, of which there is no build for browsers.

`target` takes this module only where jsonschema cannot be imported. It finds the same in the same order, and
refuses a schema with a keyword that it does not know.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from mapper.compiler.schema.json_schema import Schema, SchemaError, referred
from mapper.compiler.schema.schema_words import NOTES
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a value breaks. The attributes have the names of jsonschema's errors.

    absolute_path: of the value, from the root. validator: the keyword, None where the schema allows no value.
    validator_value: what the schema says there.
    """

    absolute_path: _Path
    validator: str | None
    validator_value: Any
    instance: Json
    schema: Schema


# What says nothing of whether a value is valid: notes, what only a reference leads to, and notes for editors.
_ANNOTATIONS = NOTES | {"$defs", "definitions", "markdownDescription", "enumDescriptions", "errorMessage"}
# What a check of another keyword reads.
_READ_BY_IF = frozenset({"then", "else"})


def breaches_of(schema: Schema) -> Callable[[Json], list[Breach]]:
    """A function that finds what a value breaks of a schema. Raises SchemaError for an unknown keyword."""
    _refuse_unknown(schema)
    return lambda value: list(_breaches(schema, value, (), schema))


def _refuse_unknown(schema: Schema) -> None:
    waiting: list[tuple[str, Any]] = [("#", schema)]
    followed, known = {"#"}, _KEYWORDS.keys() | _ANNOTATIONS | _READ_BY_IF
    while waiting:
        at, part = waiting.pop()
        if not isinstance(part, dict):
            continue
        for keyword in part:
            if keyword not in known and keyword[:2] != "x-":
                raise SchemaError(f"at {at}: the keyword `{keyword}` cannot be checked here")
        reference = part.get("$ref", "#")
        if reference not in followed:
            followed.add(reference)
            waiting.append((reference, referred(reference, schema)))
        waiting += _inner_parts(at, part)


def _inner_parts(at: str, part: Schema) -> Iterator[tuple[str, Any]]:
    """The schemas in a schema, each with its place."""
    for keyword in ("properties", "patternProperties", "$defs", "definitions"):
        yield from ((f"{at}/{keyword}/{name}", one) for name, one in part.get(keyword, {}).items())
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from ((f"{at}/{keyword}/{place}", one) for place, one in enumerate(part.get(keyword, ())))
    for keyword in ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"):
        if keyword in part:
            yield f"{at}/{keyword}", part[keyword]


def _breaches(schema: Any, value: Json, path: _Path, root: Schema) -> Iterator[Breach]:
    if schema is True:
        return
    if schema is False:
        yield Breach(path, None, None, value, {})
        return
    at = _At(path, root, schema)
    for keyword, said in schema.items():
        check = _KEYWORDS.get(keyword)
        if check is not None:
            yield from check(at, said, value)


def _is_valid(schema: Any, value: Json, root: Schema) -> bool:
    return next(_breaches(schema, value, (), root), None) is None


@dataclass(frozen=True, slots=True)
class _At:
    """The place where a value is looked at: its path, the whole schema and the part for the value."""

    path: _Path
    root: Schema
    schema: Schema

    def breach(self, keyword: str, said: Any, value: Json) -> Iterator[Breach]:
        """The one breach that the value itself is."""
        yield Breach(self.path, keyword, said, value, self.schema)

    def inner(self, schema: Any, value: Json, *steps: str | int) -> Iterator[Breach]:
        """The breaches of another schema by the value, or by the one in it that some steps lead to.

        A schema that allows no value is broken by what the value is in, as jsonschema has it.
        """
        if schema is False:
            steps = ()
        return _breaches(schema, value, (*self.path, *steps), self.root)

    def fits(self, schema: Any, value: Json) -> bool:
        return _is_valid(schema, value, self.root)


_Check: TypeAlias = Callable[[_At, Any, Any], Iterator[Breach]]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _rule(keyword: str, kind: str | None, breaks: Callable[[Any, Any], bool]) -> _Check:
    """The check of a keyword that looks at values of a kind alone: whether a value breaks what it says."""
    applies = _KINDS[kind] if kind is not None else lambda value: True

    def check(at: _At, said: Any, value: Any) -> Iterator[Breach]:
        if applies(value) and breaks(said, value):
            yield from at.breach(keyword, said, value)

    return check


def _same(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON: true is not 1, and 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(part, other[name]) for name, part in one.items())
    return one == other


def _is_multiple(step: float, value: float) -> bool:
    if not math.isfinite(value):
        return False
    if isinstance(step, int):
        return value % step == 0
    quotient = value / step
    return int(quotient) == quotient if math.isfinite(quotient) else Fraction(value) % Fraction(step) == 0


def _has_twice(values: list[Json]) -> bool:
    return any(_same(one, other) for place, one in enumerate(values) for other in values[:place])


def _kind(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    kinds = [said] if isinstance(said, str) else said
    if not any(_KINDS[kind](value) for kind in kinds):
        yield from at.breach("type", said, value)


def _required(at: _At, said: list[str], value: Json) -> Iterator[Breach]:
    if isinstance(value, dict):
        for name in said:
            if name not in value:
                yield from at.breach("required", said, value)


def _dependent_required(at: _At, said: Mapping[str, list[str]], value: Json) -> Iterator[Breach]:
    if isinstance(value, dict):
        for name, others in said.items():
            for other in others:
                if name in value and other not in value:
                    yield from at.breach("dependentRequired", said, value)


def _properties(at: _At, said: Mapping[str, Any], value: Json) -> Iterator[Breach]:
    if isinstance(value, dict):
        for name, schema in said.items():
            if name in value:
                yield from at.inner(schema, value[name], name)


def _pattern_properties(at: _At, said: Mapping[str, Any], value: Json) -> Iterator[Breach]:
    if isinstance(value, dict):
        for pattern, schema in said.items():
            for name, one in value.items():
                if re.search(pattern, name):
                    yield from at.inner(schema, one, name)


def _additional_properties(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    if not isinstance(value, dict):
        return
    known, patterns = at.schema.get("properties", {}), at.schema.get("patternProperties", {})
    others = [
        name
        for name in value
        if name not in known and not any(re.search(pattern, name) for pattern in patterns)
    ]
    if isinstance(said, dict):
        for name in others:
            yield from at.inner(said, value[name], name)
    elif not said and others:
        yield from at.breach("additionalProperties", said, value)


def _property_names(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    if isinstance(value, dict):
        for name in value:
            yield from at.inner(said, name)


def _prefix_items(at: _At, said: list[Any], value: Json) -> Iterator[Breach]:
    if isinstance(value, list):
        for place, (schema, one) in enumerate(zip(said, value, strict=False)):
            yield from at.inner(schema, one, place)


def _items(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    if not isinstance(value, list):
        return
    first = len(at.schema.get("prefixItems", ()))
    if said is False:
        if len(value) > first:
            yield from at.breach("items", said, value)
        return
    for place, one in enumerate(value[first:], first):
        yield from at.inner(said, one, place)


def _reference(at: _At, said: str, value: Json) -> Iterator[Breach]:
    yield from at.inner(referred(said, at.root), value)


def _all_of(at: _At, said: list[Any], value: Json) -> Iterator[Breach]:
    for schema in said:
        yield from at.inner(schema, value)


def _any_of(at: _At, said: list[Any], value: Json) -> Iterator[Breach]:
    if not any(at.fits(schema, value) for schema in said):
        yield from at.breach("anyOf", said, value)


def _one_of(at: _At, said: list[Any], value: Json) -> Iterator[Breach]:
    if sum(at.fits(schema, value) for schema in said) != 1:
        yield from at.breach("oneOf", said, value)


def _not(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    if at.fits(said, value):
        yield from at.breach("not", said, value)


def _if(at: _At, said: Any, value: Json) -> Iterator[Breach]:
    yield from at.inner(at.schema.get("then" if at.fits(said, value) else "else", True), value)


_KEYWORDS: dict[str, _Check] = {
    "type": _kind,
    "enum": _rule("enum", None, lambda said, value: not any(_same(one, value) for one in said)),
    "const": _rule("const", None, lambda said, value: not _same(said, value)),
    "minimum": _rule("minimum", "number", lambda said, value: value < said),
    "maximum": _rule("maximum", "number", lambda said, value: value > said),
    "exclusiveMinimum": _rule("exclusiveMinimum", "number", lambda said, value: value <= said),
    "exclusiveMaximum": _rule("exclusiveMaximum", "number", lambda said, value: value >= said),
    "multipleOf": _rule("multipleOf", "number", lambda said, value: not _is_multiple(said, value)),
    "minLength": _rule("minLength", "string", lambda said, value: len(value) < said),
    "maxLength": _rule("maxLength", "string", lambda said, value: len(value) > said),
    "pattern": _rule("pattern", "string", lambda said, value: re.search(said, value) is None),
    "minItems": _rule("minItems", "array", lambda said, value: len(value) < said),
    "maxItems": _rule("maxItems", "array", lambda said, value: len(value) > said),
    "uniqueItems": _rule("uniqueItems", "array", lambda said, value: said and _has_twice(value)),
    "minProperties": _rule("minProperties", "object", lambda said, value: len(value) < said),
    "maxProperties": _rule("maxProperties", "object", lambda said, value: len(value) > said),
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "required": _required,
    "dependentRequired": _dependent_required,
    "prefixItems": _prefix_items,
    "items": _items,
    "$ref": _reference,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
