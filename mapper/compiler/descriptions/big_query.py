"""BigQuery's table, as `bq show` writes it -> the schema of its rows as JSON."""

from __future__ import annotations

from mapper.compiler.descriptions.event_description import (
    Described,
    DescriptionError,
    DescriptionForm,
    DescriptionNotes,
    at_path,
    list_at,
    object_at,
    text_at,
)
from mapper.compiler.descriptions.schema_part import AT, SchemaPart, object_part, or_null, part
from mapper.values.types import Json, JsonPath

_DEEPEST = 64
# The JSON that a column of a type is exported as, and its format: whole and exact numbers may be text.
_TYPES: dict[str, tuple[list[str], str]] = {
    **dict.fromkeys(("STRING", "BYTES", "GEOGRAPHY", "TIME", "DATETIME", "INTERVAL"), (["string"], "")),
    **dict.fromkeys(("INTEGER", "INT64"), (["integer", "string"], "")),
    **dict.fromkeys(("FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"), (["number", "string"], "")),
    **dict.fromkeys(("BOOLEAN", "BOOL"), (["boolean"], "")),
    "DATE": (["string"], "date"),
    "TIMESTAMP": (["string", "number"], ""),
    "JSON": ([], ""),
    "RANGE": (["string", "object"], ""),
}
_RECORDS = frozenset({"RECORD", "STRUCT"})
_FIELDS = (("schema", "fields"), ("fields",), ("schema",), ())


def _columns(value: Json) -> JsonPath | None:
    """The place of the list of columns; None where there is none."""
    for at in _FIELDS:
        found = at_path(value, at)
        if isinstance(found, list) and found and all(_is_column(one) for one in found):
            return at
    return None


def _is_column(value: Json) -> bool:
    kind = at_path(value, ("type",))
    known = _TYPES.keys() | _RECORDS
    return isinstance(value, dict) and "name" in value and isinstance(kind, str) and kind.upper() in known


def _fits(value: Json) -> bool:
    if isinstance(value, dict) and "type" in value and "schema" not in value:
        return False
    return _columns(value) is not None or str(at_path(value, ("kind",))).startswith("bigquery#")


def _described(value: Json) -> list[Described]:
    at = _columns(value)
    if at is None:
        raise DescriptionError(
            "the table has no columns of a known type", "export it with `bq show --schema`", ()
        )
    return [Described(str(at_path(value, ("tableReference", "tableId")) or "table"), at)]


def _read(value: Json, chosen: list[Described], notes: DescriptionNotes) -> SchemaPart:
    return _record(at_path(value, chosen[0].at), chosen[0].at, notes, 0)


def _record(value: Json, at: JsonPath, notes: DescriptionNotes, depth: int) -> SchemaPart:
    if depth > _DEEPEST:
        raise DescriptionError(
            f"columns are nested deeper than {_DEEPEST} levels", "give a part of the table", at
        )
    made: dict[str, SchemaPart] = {}
    required: list[str] = []
    for place, one in enumerate(list_at(value, at, "`fields`")):
        here: JsonPath = (*at, place)
        column = object_at(one, here, "a column")
        name = text_at(column.get("name"), (*here, "name"), "the name of a column")
        made[name] = _column(column, here, notes, depth)
        if _mode(column) == "REQUIRED":
            required.append(name)
    return object_part(at, made, required)


def _column(column: dict[str, Json], at: JsonPath, notes: DescriptionNotes, depth: int) -> SchemaPart:
    kind = text_at(column.get("type"), (*at, "type"), "the type of a column").upper()
    if kind in _RECORDS:
        made = {**_record(column.get("fields"), (*at, "fields"), notes, depth + 1), AT: at}
    elif kind in _TYPES:
        made = _scalar(kind, at, notes)
    else:
        notes.note("type", (*at, "type"), kind)
        made = part(at)
    mode = _mode(column)
    if mode == "REPEATED":
        made = part(at, type="array", items=made)
    elif mode != "REQUIRED":
        made = or_null(made)
    text = column.get("description")
    return {**made, "description": text} if isinstance(text, str) and text else made


def _mode(column: dict[str, Json]) -> str:
    return str(column.get("mode", "NULLABLE")).upper()


def _scalar(kind: str, at: JsonPath, notes: DescriptionNotes) -> SchemaPart:
    kinds, format = _TYPES[kind]
    made = part(at)
    if kinds:
        made["type"] = kinds[0] if len(kinds) == 1 else [*kinds]
    if len(kinds) > 1:
        notes.note("decoder", (*at, "type"), kind)
    return {**made, "format": format} if format else made


def _title(value: Json) -> str:
    named = at_path(value, ("tableReference", "tableId"))
    return f"BigQuery table {named}" if isinstance(named, str) else "BigQuery table"


BIG_QUERY = DescriptionForm(_fits, _described, _read, _title)
