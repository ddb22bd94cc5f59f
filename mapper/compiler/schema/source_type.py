"""JSON Schema -> the Type of the events that a source sends.

`schema_words.py` has the keywords that are read. One that is not makes a type less known, never a wrong one.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, cast

from mapper.compiler.memo import once
from mapper.compiler.schema.json_schema import referred
from mapper.values.frozen import dataclass
from mapper.values.types import NULL, UNKNOWN, Json, Kind, Seen, Type, kind_of, union

FORMATS_READ = frozenset({"date", "date-time", "duration", "time"})
"""The formats from which units of an attribute are known; to a target a form says more."""
# Beside a reference, these say nothing of the type.
_UNREAD = ("$ref", "description", "title")
_TYPED = ("type", "enum", "const", "properties", "items", "$ref", "anyOf", "oneOf", "allOf")
# A type within itself is read so many times over; beyond that, beyond so many references within each other,
# and beyond so many parts, all is unknown.
_MOST_TIMES = 3
_MOST_PARTS = 20_000
_DEEPEST = 64


@dataclass(slots=True)
class _Root:
    """The whole schema, whether samples are all that it is made of, and how many parts have been read.

    known: the type that a reference led to, and of how many parts it is, by all that were followed to it.
    """

    schema: dict[str, Any]
    is_evidence: bool = False
    parts: int = 0
    known: dict[tuple[str, ...], tuple[Type, int]] = field(default_factory=dict)


@once
def read_type(schema: dict[str, Any]) -> Type:
    """The type of the values that a source schema describes; unknown where it says nothing.

    A field that need not be there may be null. Raises SchemaError for a `$ref` that leads nowhere.
    """
    return _read(schema, _Root(schema), ())


# What fewer samples lack, other events may well have.
_ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Evidence:
    """The knowledge of events from samples alone: likely, and not certain.

    events: how many there are. is_cut: not all of them was looked at.
    """

    schema: dict[str, Any]
    type: Type
    events: int
    is_cut: bool

    @property
    def is_enough(self) -> bool:
        """Whether other events most likely lack what all samples lack."""
        return self.events >= _ENOUGH

    @property
    def said(self) -> str:
        """The number of samples, in words."""
        return f"{self.events:,} sample{'' if self.events == 1 else 's'}"


def is_evidence(schema: dict[str, Any]) -> bool:
    """Whether a source schema says of itself that it is made of samples, and nobody vouches for it."""
    return "x-samples" in schema


def read_evidence(schema: dict[str, Any]) -> Evidence:
    """The evidence of a schema made of samples. Raises SchemaError as `read_type`.

    What was always there may be missing in the next event. Its types are made anew each time: what checks
    remember of expressions at them is of one check.
    """
    counted = schema.get("x-samples", {})
    events = counted.get("events")
    type = _read(schema, _Root(schema, is_evidence=True), ())
    return Evidence(schema, type, events if isinstance(events, int) else 0, bool(counted.get("cut")))


def _read(schema: Any, root: _Root, opened: tuple[str, ...]) -> Type:
    if not isinstance(schema, dict):
        return NULL if schema is False else UNKNOWN
    root.parts += 1
    if root.parts > _MOST_PARTS:
        return UNKNOWN
    reference = schema.get("$ref")
    if reference is not None:
        if opened.count(reference) >= _MOST_TIMES or len(opened) > _DEEPEST:
            return UNKNOWN
        opened = (*opened, reference)
        rest = {key: value for key, value in schema.items() if key not in _UNREAD}
        return _follow(reference, rest, root, opened)
    if "allOf" in schema:
        if len(opened) > _DEEPEST:
            return UNKNOWN
        return _read(_all_of(schema, root), root, (*opened, ""))
    if "const" in schema:
        return _one_of((schema["const"],))
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches and "type" not in schema and all(_says_type(branch) for branch in branches):
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        return union(_read(_together([rest, branch]), root, opened) for branch in branches)
    return _of_kinds(schema, root, opened)


def _follow(reference: str, rest: dict[str, Any], root: _Root, opened: tuple[str, ...]) -> Type:
    """The type that a reference leads to. rest: what is said beside it. opened: all that were followed."""
    known, before = root.known.get(opened), root.parts
    if known is not None and not rest and before + known[1] <= _MOST_PARTS:
        root.parts += known[1]
        return known[0]
    read = _read(_together([referred(reference, root.schema), rest]), root, opened)
    if not rest and root.parts <= _MOST_PARTS:
        root.known[opened] = (read, root.parts - before)
    return read


def _of_kinds(schema: dict[str, Any], root: _Root, opened: tuple[str, ...]) -> Type:
    named = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else ())
    kinds: frozenset[Kind] = frozenset(cast("list[Kind]", [named] if isinstance(named, str) else named))
    if "enum" in schema:
        listed = _one_of(tuple(schema["enum"]))
        kinds = listed.kinds & kinds if kinds else listed.kinds
        return Type(kinds, constants=listed.constants)
    if not kinds:
        return UNKNOWN
    fields, closed = None, False
    if "object" in kinds and "properties" in schema:
        required = () if root.is_evidence else schema.get("required", ())
        fields = tuple(
            (name, read if name in required else read.optional())
            for name, part in sorted(schema["properties"].items())
            for read in (_read(part, root, opened),)
        )
        closed = _is_closed(schema)
    items = _read(schema["items"], root, opened) if "array" in kinds and "items" in schema else None
    named_format = schema.get("format")
    # That all samples are times says nothing of the next event, and checks of values look at `seen`.
    format = named_format if named_format in FORMATS_READ and not root.is_evidence else ""
    seen = _seen(schema) if root.is_evidence else None
    return Type(kinds, format=format, items=items, fields=fields, closed=closed, seen=seen)


def _seen(schema: dict[str, Any]) -> Seen | None:
    """The values that were seen at a place; None where it is not said, or not as samples say it."""
    said = schema.get("x-seen", {})
    try:
        counts = [int(said.get(key, 0)) for key in ("present", "of", "fractions", "hundredfold", "distinct")]
        texts = tuple((str(shape), int(count)) for shape, count in said.get("texts", {}).items())
        values = tuple((value, int(count)) for value, count in said["values"]) if "values" in said else None
        least, most = (None if said.get(key) is None else float(said[key]) for key in ("least", "most"))
    except (AttributeError, TypeError, ValueError):
        return None
    example = str(said.get("example", ""))
    present, of, *others = counts
    return Seen(present, of, texts, values, example, least, most, *others) if said else None


def _is_closed(schema: dict[str, Any]) -> bool:
    """Whether an object has no properties but those that are listed."""
    shut = schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False
    others = ("patternProperties", "if", "dependentSchemas", "anyOf", "oneOf")
    return shut and not any(
        isinstance(schema.get(key), dict) or any("properties" in one for one in schema.get(key, ()))
        for key in others
    )


def _one_of(values: tuple[Json, ...]) -> Type:
    constants = tuple(value for value in values if value is not None)
    return Type(frozenset(kind_of(value) for value in values), constants=constants or None)


def _says_type(schema: Any) -> bool:
    return isinstance(schema, dict) and any(key in schema for key in _TYPED)


def _all_of(schema: dict[str, Any], root: _Root) -> dict[str, Any]:
    """One schema in place of those that all hold; open unless it closes what all of them leave over."""
    parts = []
    for part in schema["allOf"]:
        seen: tuple[str, ...] = ()
        while isinstance(part, dict) and "$ref" in part and part["$ref"] not in seen:
            seen = (*seen, part["$ref"])
            part = _together(
                [referred(part["$ref"], root.schema), {k: v for k, v in part.items() if k != "$ref"}]
            )
        parts.append(part if isinstance(part, dict) else {})
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    together = _together([*parts, rest])
    return {key: value for key, value in together.items() if key != "additionalProperties"}


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Schemas that all hold, as one: properties of all, what must be there for any, the last word else."""
    made: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                made[key] = {**made.get(key, {}), **value}
            elif key in ("required", "allOf"):
                made[key] = [*made.get(key, ()), *value]
            else:
                made[key] = value
    return made
