"""Avro: a record, or a list of records -> the schema of its values as JSON.

A value of a union is written as itself, as readers of Avro give it; Avro's own JSON writes `{"string": "a"}`.
"""

from __future__ import annotations

from dataclasses import field

from mapper.compiler.descriptions.event_description import (
    Described,
    DescriptionError,
    DescriptionForm,
    DescriptionNotes,
    list_at,
    object_at,
    text_at,
)
from mapper.compiler.descriptions.schema_part import AT, SchemaPart, any_of, object_part, part
from mapper.values.frozen import dataclass
from mapper.values.types import Json, JsonPath

_DEEPEST = 64
_SIMPLE = {
    "null": "null",
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "bytes": "string",
    "string": "string",
}
_NAMED = ("record", "error", "enum", "fixed")
# Readers give a number, or the text of a time or of a decimal number. The format where one is certain.
_LOGICAL: dict[str, tuple[list[str], str]] = {
    "decimal": (["string", "number"], ""),
    "big-decimal": (["string", "number"], ""),
    "uuid": (["string"], "uuid"),
    "date": (["integer", "string"], ""),
    "duration": (["string", "array"], ""),
    **dict.fromkeys(("time-millis", "time-micros"), (["integer", "string"], "")),
    **dict.fromkeys(
        (
            f"{kind}-{unit}"
            for kind in ("timestamp", "local-timestamp")
            for unit in ("millis", "micros", "nanos")
        ),
        (["integer", "string"], ""),
    ),
}
_CERTAIN = 1


@dataclass(slots=True)
class _AvroNames:
    """The named types of a schema. at: where each is defined. used: those that are referred to by name."""

    at: dict[str, JsonPath] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _AvroReading:
    notes: DescriptionNotes
    names: _AvroNames
    main: str
    defs: dict[str, SchemaPart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Within:
    """The place of a type, the namespace of the types around it, and how many these are."""

    at: JsonPath = ()
    namespace: str = ""
    depth: int = 0

    def inner(self, *steps: str | int, namespace: str | None = None) -> _Within:
        if self.depth > _DEEPEST:
            raise DescriptionError(
                f"types are nested deeper than {_DEEPEST} levels", "name the inner ones", self.at
            )
        return _Within((*self.at, *steps), self.namespace if namespace is None else namespace, self.depth + 1)


def _is_named(value: Json) -> bool:
    return isinstance(value, dict) and value.get("type") in _NAMED and isinstance(value.get("name"), str)


def _fits(value: Json) -> bool:
    if isinstance(value, list):
        return (
            bool(value)
            and all(isinstance(one, str) or _is_named(one) for one in value)
            and any(map(_is_named, value))
        )
    return _is_named(value)


def _described(value: Json) -> list[Described]:
    listed: list[tuple[JsonPath, Json]] = (
        [((place,), one) for place, one in enumerate(value)] if isinstance(value, list) else [((), value)]
    )
    return [
        Described(_full_name(one, ""), at)
        for at, one in listed
        if isinstance(one, dict) and one.get("type") in ("record", "error")
    ]


def _full_name(named: dict[str, Json], namespace: str) -> str:
    name, own = str(named.get("name", "")), named.get("namespace", namespace)
    return name if "." in name or not own else f"{own}.{name}"


def _read(value: Json, chosen: list[Described], notes: DescriptionNotes) -> SchemaPart:
    (one,) = chosen
    names = _AvroNames()
    _collect(value, _Within(), names)
    reading = _AvroReading(notes, names, one.name)
    _type(reading, value, _Within())
    made = reading.defs.pop(one.name)
    used = _reached(made, reading.defs)
    return {**made, "$defs": used} if used else made


def _collect(value: Json, here: _Within, names: _AvroNames) -> None:
    """Find the types that are named, and the names that are used before or after that."""
    if isinstance(value, str):
        if value not in _SIMPLE:
            names.used.add(_resolved(value, here.namespace))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            _collect(one, here.inner(place), names)
    elif isinstance(value, dict):
        namespace = here.namespace
        if _is_named(value):
            full = _full_name(value, namespace)
            if full in names.at:
                raise DescriptionError(
                    "the name of the type is taken", "give each type a name of its own", here.at
                )
            names.at[full] = here.at
            namespace = full.rpartition(".")[0]
        for place, one in enumerate(_fields(value, here)):
            _collect(one.get("type"), here.inner("fields", place, "type", namespace=namespace), names)
        for key in ("items", "values", "type"):
            if key in value and value["type"] not in _NAMED:
                _collect(value[key], here.inner(key, namespace=namespace), names)


def _fields(value: dict[str, Json], here: _Within) -> list[dict[str, Json]]:
    if value.get("type") not in ("record", "error"):
        return []
    at: JsonPath = (*here.at, "fields")
    listed = list_at(value.get("fields"), at, "`fields`")
    return [object_at(one, (*at, place), "a field") for place, one in enumerate(listed)]


def _resolved(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _type(reading: _AvroReading, value: Json, here: _Within) -> SchemaPart:
    if isinstance(value, list):
        return any_of(here.at, [_type(reading, one, here.inner(place)) for place, one in enumerate(value)])
    if isinstance(value, dict):
        return _complex(reading, value, here)
    name = text_at(value, here.at, "a type")
    if name in _SIMPLE:
        return part(here.at, type=_SIMPLE[name])
    full = _resolved(name, here.namespace)
    full = full if full in reading.names.at else name
    if full not in reading.names.at:
        hint = "add the type's own description, or check the spelling"
        raise DescriptionError(f"there is no type {name[:80]}", hint, here.at)
    return _to(reading, full, here)


def _to(reading: _AvroReading, full: str, here: _Within) -> SchemaPart:
    return part(here.at, **{"$ref": "#" if full == reading.main else f"#/$defs/{full}"})


def _complex(reading: _AvroReading, value: dict[str, Json], here: _Within) -> SchemaPart:
    logical = value.get("logicalType")
    if isinstance(logical, str) and logical in _LOGICAL:
        return _logical(reading, logical, value, here)
    if _is_named(value):
        return _definition(reading, value, here)
    match value.get("type"):
        case "array":
            return part(here.at, type="array", items=_type(reading, value.get("items"), here.inner("items")))
        case "map":
            held = _type(reading, value.get("values"), here.inner("values"))
            return part(here.at, type="object", additionalProperties=held)
        case inner:
            return _type(reading, inner, here.inner("type"))


def _logical(reading: _AvroReading, logical: str, value: dict[str, Json], here: _Within) -> SchemaPart:
    kinds, format = _LOGICAL[logical]
    if len(kinds) > _CERTAIN:
        reading.notes.note("decoder", here.at, logical)
    made = part(here.at, type=kinds[0] if len(kinds) == _CERTAIN else kinds)
    if _is_named(value):
        reading.defs[_full_name(value, here.namespace)] = made
    return {**made, "format": format} if format else made


def _definition(reading: _AvroReading, value: dict[str, Json], here: _Within) -> SchemaPart:
    """The part of a named type; a reference where its name is used elsewhere too."""
    full = _full_name(value, here.namespace)
    inner = full.rpartition(".")[0]
    made = part(here.at, type="string")
    if value["type"] == "enum":
        symbols = list_at(value.get("symbols"), (*here.at, "symbols"), "`symbols`")
        made["enum"] = symbols
    elif value["type"] != "fixed":
        made = _record(reading, value, _Within(here.at, inner, here.depth))
    if isinstance(value.get("doc"), str):
        made["description"] = value["doc"]
    if full != reading.main and not _is_used(reading, full):
        return made
    reading.defs[full] = made
    return _to(reading, full, here)


def _is_used(reading: _AvroReading, full: str) -> bool:
    return full in reading.names.used or full.rpartition(".")[2] in reading.names.used


def _record(reading: _AvroReading, value: dict[str, Json], here: _Within) -> SchemaPart:
    made: dict[str, SchemaPart] = {}
    for place, one in enumerate(_fields(value, here)):
        at = here.inner("fields", place)
        name = text_at(one.get("name"), (*at.at, "name"), "the name of a field")
        read = {**_type(reading, one.get("type"), at.inner("type")), AT: at.at}
        made[name] = {**read, "description": one["doc"]} if isinstance(one.get("doc"), str) else read
    # Avro writes each field of a record.
    return object_part(here.at, made, made)


def _reached(made: SchemaPart, defs: dict[str, SchemaPart]) -> dict[str, SchemaPart]:
    """The definitions that a part refers to, and those that they refer to."""
    found: dict[str, SchemaPart] = {}
    waiting: list[object] = [made]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found[name] = defs[name]
                waiting.append(defs[name])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return dict(sorted(found.items()))


def _title(value: Json) -> str:
    described = _described(value)
    return f"Avro: {described[0].name}" if len(described) == 1 else "Avro"


AVRO = DescriptionForm(_fits, _described, _read, _title)
