"""The JSON Schema (draft 7) of `intake.yaml`, made of the tables of keys, as editors read it.

It refuses only what the checker refuses too. `markdownDescription` is an annotation for editors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from mapper.intake.entry_keys import (
    ONE_OF,
    OWNERS,
    AnyNames,
    IntakeKey,
    OneOrMore,
    OneWord,
    SenderName,
    TableOf,
    TablesOf,
    ValueShape,
)
from mapper.intake.scalar_forms import ScalarForm
from mapper.intake.senders import sender_files

_JsonSchema: TypeAlias = dict[str, Any]
_KINDS = {str: "string", int: "integer", bool: "boolean"}
# Those that a sender has are taken or left as a whole.
_WHOLE = ("handshakes",)
_CHECKS = ("sign", "token", "jwt", "cors")


def intake_schema() -> _JsonSchema:
    """The whole schema of `intake.yaml` for editors."""
    definitions = {_named(owner): _table(owner) for owner in OWNERS if owner != "intake"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "intake.schema.json",
        "title": "Intake",
        "description": "Who may post events to which path, and how requests are checked.",
        **_table("intake"),
        "required": _needed("intake"),
        "definitions": dict(sorted(definitions.items())),
    }


def _named(owner: str) -> str:
    return owner.replace(" ", "-")


def _ref(owner: str) -> _JsonSchema:
    return {"$ref": f"#/definitions/{_named(owner)}"}


def _needed(owner: str) -> list[str]:
    return [name for name, row in OWNERS[owner].items() if row.needed]


def _table(owner: str) -> _JsonSchema:
    """A table of an owner. What a known sender may have beside it is required only where none is named."""
    table: _JsonSchema = {
        "type": "object",
        "properties": {name: _described(name, row) for name, row in OWNERS[owner].items()},
        "additionalProperties": False,
    }
    if owner in ONE_OF:
        table["oneOf"] = [{"required": [name]} for name in ONE_OF[owner]]
    if owner in _WHOLE and _needed(owner):
        table["required"] = _needed(owner)
    if owner == "entry":
        table |= {"required": ["mapping"], "if": {"not": {"required": ["sender"]}}, "then": _without_sender()}
        table["dependencies"] = {"cors": ["rate"]}
    return table


def _without_sender() -> _JsonSchema:
    return {**_inner("entry"), "anyOf": [{"required": [name]} for name in _CHECKS]}


def _inner(owner: str) -> _JsonSchema:
    """The schema of what the tables in a table need where no sender has it."""
    needs: _JsonSchema = {}
    for name, row in OWNERS[owner].items():
        if isinstance(row.shape, TableOf) and (below := row.shape.owner) in OWNERS:
            need = {**({"required": _needed(below)} if _needed(below) else {}), **_inner(below)}
            needs |= {name: need} if need else {}
    return {"properties": needs} if needs else {}


def _described(name: str, row: IntakeKey) -> _JsonSchema:
    noted = {"title": name, "description": row.meaning.replace("`", ""), "markdownDescription": row.meaning}
    return {**noted, **_shape(row.shape)}


def _shape(shape: ValueShape) -> _JsonSchema:
    match shape:
        case ScalarForm():
            return _scalar(shape)
        case OneWord(words):
            return {"enum": [word for word, _ in words]}
        case OneOrMore(form):
            one = _scalar(form)
            return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}
        case TableOf("entries"):
            # A key that is no path has a message of its own.
            return {"type": "object", "minProperties": 1, "additionalProperties": _ref("entry")}
        case TableOf(owner):
            return _ref(owner)
        case TablesOf(owner):
            return {"anyOf": [_ref(owner), {"type": "array", "items": _ref(owner)}]}
        case AnyNames(form, owner):
            values = _any_of([_scalar(form), *([_ref(owner)] if owner else [])])
            return {"type": "object", "minProperties": 1, "additionalProperties": values}
        case SenderName():
            return {"enum": [*sender_files()]}


def _any_of(schemas: Iterable[_JsonSchema]) -> _JsonSchema:
    several = list(schemas)
    return several[0] if len(several) == 1 else {"anyOf": several}


def _scalar(form: ScalarForm) -> _JsonSchema:
    kinds = [_KINDS[kind] for kind in form.kinds]
    return {"type": kinds[0] if len(kinds) == 1 else kinds, **form.schema}
