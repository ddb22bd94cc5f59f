"""JSON Schema of any draft, or of OpenAPI -> draft 2020-12 with all that it refers to under `$defs`.

Only keywords that a source's schema reads, or that say nothing to it, are taken over; without another one
more values are valid, never fewer. So `oneOf` becomes `anyOf`, since its branches may overlap then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import unquote

from mapper.compiler.descriptions.event_description import (
    DescriptionError,
    DescriptionNotes,
    at_path,
    list_at,
    object_at,
    text_at,
)
from mapper.compiler.descriptions.schema_part import AT, NULL, SchemaPart, any_of, or_null, part
from mapper.compiler.schema.slow_patterns import slowness
from mapper.values.frozen import dataclass
from mapper.values.types import Json, JsonPath, kind_of

_KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object", NULL})
_DEEPEST = 64
# The formats of draft 2020-12; a validator passes over any other.
_FORMATS = frozenset(
    {
        *("date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname"),
        *("ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template"),
        *("json-pointer", "relative-json-pointer", "regex"),
    }
)
# Say something of a value that is not taken over. Any other keyword is a word of a tool, and says nothing.
_LEFT_OUT = frozenset(
    {
        *(
            "not",
            "if",
            "then",
            "else",
            "patternProperties",
            "propertyNames",
            "prefixItems",
            "additionalItems",
        ),
        *("contains", "minContains", "maxContains", "dependencies", "dependentRequired", "dependentSchemas"),
        *("unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"),
        *("extends", "disallow", "divisibleBy"),
    }
)
# Beside a reference, these are read in any draft.
_ANNOTATIONS = frozenset({"title", "description", "deprecated", "readOnly", "writeOnly", "x-personal"})
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_HARDEST_PATTERN = 500


@dataclass(frozen=True, slots=True)
class SchemaDialect:
    """The ways in which drafts differ. siblings: keywords beside `$ref` count.

    directed: a field that is only read or only written need not be there, though it is required.
    """

    siblings: bool
    directed: bool = False


@dataclass(slots=True)
class SchemaBundle:
    """A schema of a document, with the parts that it refers to as they are met.

    main: the place of the schema itself. base: the place that a reference begins at. names: of the parts.
    """

    document: Json
    main: JsonPath
    base: JsonPath
    dialect: SchemaDialect
    notes: DescriptionNotes
    names: dict[JsonPath, str] = field(default_factory=dict)
    defs: dict[str, SchemaPart] = field(default_factory=dict)
    waiting: list[JsonPath] = field(default_factory=list)

    def bundled(self) -> SchemaPart:
        """The schema with all that it refers to. Raises DescriptionError."""
        made = _converted(self, at_path(self.document, self.main), self.main, 0)
        if isinstance(made, bool):
            made = part(self.main)
        while self.waiting:
            at = self.waiting.pop()
            found = _converted(self, at_path(self.document, at), at, 0)
            self.defs[self.names[at]] = part(at) if isinstance(found, bool) else found
        return {**made, "$defs": dict(sorted(self.defs.items()))} if self.defs else made

    def named(self, at: JsonPath) -> str:
        """The name of the part at a place, which it is given where it has none."""
        known = self.names.get(at)
        if known is None:
            wanted = _UNSAFE.sub("_", str(at[-1]) if at else "") or "Part"
            taken, known, number = {*self.names.values()}, wanted, 1
            while known in taken:
                number += 1
                known = f"{wanted}_{number}"
            self.names[at] = known
            self.waiting.append(at)
        return known


def reference_path(written: str, base: JsonPath, document: Json) -> JsonPath | None:
    """The place that a `$ref` leads to; None where it leads out of the document, or nowhere in it."""
    if written != "#" and not written.startswith("#/"):
        return None
    path: list[str | int] = [*base]
    found = at_path(document, base)
    for step in written.split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and len(name) < 9 and int(name) < len(found):
            path.append(int(name))
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            path.append(name)
            found = found[name]
        else:
            raise DescriptionError(f"$ref {written} leads nowhere", "correct it, or define the part")
    return tuple(path)


def followed(document: Json, base: JsonPath, at: JsonPath) -> JsonPath:
    """The place that a part that is only a `$ref` leads to at last. Raises DescriptionError for a circle."""
    seen: list[JsonPath] = []
    while True:
        found = at_path(document, at)
        written = found.get("$ref") if isinstance(found, dict) else None
        if not isinstance(written, str) or (
            isinstance(found, dict) and found.keys() - _ANNOTATIONS - {"$ref"}
        ):
            return at
        if at in seen:
            raise DescriptionError(
                "the `$ref` leads back to itself", "let it lead to a schema", (*at, "$ref")
            )
        seen.append(at)
        target = _target(written, base, document, at)
        if target is None:
            return at
        at = target


def _target(written: str, base: JsonPath, document: Json, at: JsonPath) -> JsonPath | None:
    try:
        return reference_path(written, base, document)
    except DescriptionError as error:
        raise DescriptionError(error.message, error.hint, (*at, "$ref")) from None


def _converted(bundle: SchemaBundle, schema: Json, at: JsonPath, depth: int) -> SchemaPart | bool:
    if isinstance(schema, bool):
        return schema
    said = object_at(schema, at, "a schema")
    if depth > _DEEPEST:
        raise DescriptionError(
            f"schemas are nested deeper than {_DEEPEST} levels", "name the inner ones, and refer to them", at
        )
    if "$ref" in said:
        return _reference(bundle, said, at, depth)
    made = part(at)
    for keyword, value in said.items():
        shape = _SHAPES.get(keyword)
        if shape is not None:
            shape(_Here(bundle, made, (*at, keyword), keyword, depth), value)
        elif keyword in _LEFT_OUT:
            bundle.notes.note("keyword", (*at, keyword), keyword)
    _add_kinds(bundle, made, said, at)
    _add_required(bundle, made, said, at)
    _add_limits(made, said)
    _widen(made, said)
    return _finished(bundle, made, said, depth)


def _finished(bundle: SchemaBundle, made: SchemaPart, said: Mapping[str, Json], depth: int) -> SchemaPart:
    """A part with the branches of `oneOf`, an example, and null where it may be that."""
    at: JsonPath = made[AT]
    if "oneOf" in said:
        branches = _branches(_Here(bundle, made, (*at, "oneOf"), "oneOf", depth), said["oneOf"])
        if "anyOf" in made:
            more = part((*at, "oneOf"), anyOf=branches)
            made["allOf"] = [*made.get("allOf", ()), more]
        else:
            made["anyOf"] = branches
    if "example" in said and "examples" not in made:
        made["examples"] = [said["example"]]
    if said.get("x-personal"):
        made["x-personal"] = said["x-personal"] if isinstance(said["x-personal"], str) else True
    return or_null(made) if said.get("nullable") is True else made


def _reference(bundle: SchemaBundle, said: dict[str, Json], at: JsonPath, depth: int) -> SchemaPart:
    written = text_at(said["$ref"], (*at, "$ref"), "`$ref`")
    beside = {key: value for key, value in said.items() if key != "$ref"}
    if not bundle.dialect.siblings:
        beside = {key: value for key, value in beside.items() if key in {*_ANNOTATIONS, "nullable"}}
    target = _target(written, bundle.base, bundle.document, at)
    is_null = beside.pop("nullable", False) is True
    rest = _converted(bundle, beside, at, depth + 1)
    assert not isinstance(rest, bool)
    if target is None:
        bundle.notes.note("reference", (*at, "$ref"), written)
        return rest
    reference = "#" if target == bundle.main else f"#/$defs/{bundle.named(target)}"
    made = {**rest, "$ref": reference}
    return any_of(at, [made, {"type": NULL}]) if is_null else made


@dataclass(frozen=True, slots=True)
class _Here:
    """A keyword where it is met. made: the part that it is a keyword of. at: its own place."""

    bundle: SchemaBundle
    made: SchemaPart
    at: JsonPath
    keyword: str
    depth: int

    def inner(self, schema: Json, *steps: str | int) -> SchemaPart | bool:
        return _converted(self.bundle, schema, (*self.at, *steps), self.depth + 1)


_Shape = Callable[[_Here, Any], None]


def _as_it_is(*kinds: str) -> _Shape:
    def keep(here: _Here, value: Json) -> None:
        kind = kind_of(value)
        if kind in kinds or (kind == "integer" and "number" in kinds):
            here.made[here.keyword] = value
        else:
            here.bundle.notes.note("keyword", here.at, here.keyword)

    return keep


def _anything(here: _Here, value: Json) -> None:
    here.made[here.keyword] = value


def _by_name(here: _Here, value: Json) -> None:
    listed = object_at(value, here.at, f"`{here.keyword}`")
    here.made[here.keyword] = {name: here.inner(one, name) for name, one in listed.items()}


def _inner(here: _Here, value: Json) -> None:
    here.made[here.keyword] = here.inner(value)


def _items(here: _Here, value: Json) -> None:
    if isinstance(value, list):
        # A tuple, of drafts before 2020-12.
        here.bundle.notes.note("keyword", here.at, "items")
    else:
        _inner(here, value)


def _several(here: _Here, value: Json) -> None:
    here.made[here.keyword] = [
        here.inner(one, place) for place, one in enumerate(list_at(value, here.at, f"`{here.keyword}`"))
    ]


def _any_of(here: _Here, value: Json) -> None:
    here.made["anyOf"] = _branches(here, value)


def _branches(here: _Here, value: Json) -> list[SchemaPart]:
    """The branches of an `anyOf`, without those that nothing is valid by."""
    listed = list_at(value, here.at, f"`{here.keyword}`")
    made = [here.inner(one, place) for place, one in enumerate(listed)]
    return [part(here.at) if one is True else one for one in made if not isinstance(one, bool) or one]


def _format(here: _Here, value: Json) -> None:
    if value in _FORMATS:
        here.made["format"] = value
    else:
        here.bundle.notes.note("format", here.at, value if isinstance(value, str) else kind_of(value))


def _pattern(here: _Here, value: Json) -> None:
    if isinstance(value, str) and len(value) <= _HARDEST_PATTERN and slowness(value) is None:
        here.made["pattern"] = value
    else:
        here.bundle.notes.note("keyword", here.at, "pattern")


_SHAPES: dict[str, _Shape] = {
    **dict.fromkeys(("title", "description"), _as_it_is("string")),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), _as_it_is("number")),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _as_it_is("integer")),
    **dict.fromkeys(("minProperties", "maxProperties"), _as_it_is("integer")),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _as_it_is("boolean")),
    "examples": _as_it_is("array"),
    **dict.fromkeys(("const", "default"), _anything),
    "properties": _by_name,
    "additionalProperties": _inner,
    "items": _items,
    "allOf": _several,
    "anyOf": _any_of,
    "format": _format,
    "pattern": _pattern,
}


def _add_kinds(bundle: SchemaBundle, made: SchemaPart, said: Mapping[str, Json], at: JsonPath) -> None:
    """Add `type` and `enum`; a type that there is not, as `any` or `date`, makes it any value."""
    if "type" in said:
        named = said["type"] if isinstance(said["type"], list) else [said["type"]]
        unknown = [one for one in named if not isinstance(one, str) or one not in _KINDS]
        for one in unknown:
            bundle.notes.note("type", (*at, "type"), one if isinstance(one, str) else kind_of(one))
        if not unknown and named:
            made["type"] = named[0] if len(named) == 1 else [*dict.fromkeys(named)]
    if "enum" in said:
        made["enum"] = list_at(said["enum"], (*at, "enum"), "`enum`")


def _add_required(bundle: SchemaBundle, made: SchemaPart, said: Mapping[str, Json], at: JsonPath) -> None:
    required = said.get("required")
    if isinstance(required, bool):
        bundle.notes.note("keyword", (*at, "required"), "required")
    elif required is not None:
        names = [
            text_at(one, (*at, "required"), "a name in `required`")
            for one in list_at(required, (*at, "required"), "`required`")
        ]
        fields = made.get("properties", {})
        kept = [
            name for name in names if not (bundle.dialect.directed and _is_directed(bundle, fields.get(name)))
        ]
        if kept:
            made["required"] = [*dict.fromkeys(kept)]


def _is_directed(bundle: SchemaBundle, made: SchemaPart | bool | None) -> bool:
    return isinstance(made, dict) and bool(made.get("readOnly") or made.get("writeOnly"))


def _add_limits(made: SchemaPart, said: Mapping[str, Json]) -> None:
    """Add limits that a value may not be at: a number, or `true` beside the limit in older drafts."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value = said.get(exclusive)
        if value is True and limit in made:
            made[exclusive] = made.pop(limit)
        elif kind_of(value) in ("integer", "number"):
            made[exclusive] = value


# Of a schema with one of these, the keyword beside it would be read of more properties or elements.
_WIDENING = {
    "patternProperties": "additionalProperties",
    "prefixItems": "items",
    "contains": "minContains",
}


def _widen(made: SchemaPart, said: Mapping[str, Json]) -> None:
    """Remove what would refuse more without a keyword beside it that is not taken over."""
    for keyword, beside in _WIDENING.items():
        if keyword in said:
            made.pop(beside, None)
