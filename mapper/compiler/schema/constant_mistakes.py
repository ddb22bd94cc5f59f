"""The constants of a field, and those that a condition compares it with -> the ones that are never there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.schema_look import Looking
from mapper.compiler.schema.schema_slips import slip_of
from mapper.compiler.schema.schema_words import KEYWORDS
from mapper.compiler.schema.validation import breaches_of
from mapper.values.types import Json, JsonPath, kind_of

# The keywords that a constant may break, less those of its type, which have a message of their own.
_LIMITS = (
    *("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minItems", "maxItems"),
)


def check_constants(look: Looking, part: Schema, at: JsonPath) -> None:
    """See that the constants of a field have one of its types, and keep within its limits."""
    code = "M326" if look.is_target else "M331"
    kinds = part.get("type")
    limits = {name: part[name] for name in _LIMITS if name in part and _is_read(name, look)}
    breaches = breaches_of(limits) if limits else None
    for below, value in _constants(part):
        if kinds is not None and not _has_type(value, {kinds} if isinstance(kinds, str) else {*kinds}):
            allowed = [kinds] if isinstance(kinds, str) else sorted(kinds)
            message = f"this constant is never there: `type` has no {kind_of(value)}"
            look.say((*at, *below), code, message, f"write {' or '.join(allowed)}")
        elif breaches is not None and (broken := breaches(value)):
            hint = f"correct it, or `{broken[0].validator}` beside it"
            look.say(
                (*at, *below), code, f"this constant is never there: `{broken[0].validator}` refuses it", hint
            )


def check_condition(look: Looking, part: Schema, at: JsonPath, known: Mapping[str, Schema]) -> None:
    """See that an `if` or `then` names fields of its object, with values that they can have.

    known: the fields of that object.
    """
    for number, name in enumerate(part.get("required", ()) if at[-1] == "if" else ()):
        if name not in known:
            look.say_near((*at, "required", number), name, f"there is no field `{name}` here", known)
    for name, one in part.get("properties", {}).items():
        below = (*at, "properties", name)
        if name not in known:
            look.say_near(below, name, f"there is no field `{name}` here", known)
            continue
        inner = next(
            (key for key in ("properties", "required") if isinstance(one, dict) and key in one), None
        )
        if inner is not None and known[name].get("type", "object") != "object":
            look.say_key((*below, inner), "M327", f"`{name}` is no object, so it has no fields", "remove it")
            continue
        ever = [value for _, value in _constants(known[name])]
        _check_names(look, name, one, below)
        for key, value in _constants(one) if ever and isinstance(one, dict) else ():
            if not any(kind_of(value) == kind_of(other) and value == other for other in ever):
                texts = [text for text in ever if isinstance(text, str)]
                look.say_near((*below, *key), str(value), f"`{name}` never has this value", texts)


def _check_names(look: Looking, field: str, part: Any, at: JsonPath) -> None:
    """See that a condition on the name of an event compares it with no misspelt one."""
    named = look.schema.get("x-event-names", {})
    if named.get("field") != field or not isinstance(part, dict):
        return
    names = tuple(named.get("standard", {}))
    for key, value in _constants(part):
        near = slip_of(value, names) if isinstance(value, str) and value not in names else None
        if near is not None:
            look.say((*at, *key), "M331", f"no event is called `{value}`", f"did you mean `{near}`?", near)


def _is_read(keyword: str, look: Looking) -> bool:
    return KEYWORDS[keyword].reading(look.role) == "read"


def _constants(part: Schema) -> Iterator[tuple[JsonPath, Json]]:
    """The constants of a part, each with its keys there."""
    if "const" in part:
        yield ("const",), part["const"]
    listed: Sequence[Any] = part.get("enum", ())
    for number, value in enumerate(listed):
        yield ("enum", number), value


def _has_type(value: Json, allowed: set[str]) -> bool:
    kind = kind_of(value)
    is_whole = isinstance(value, float) and value.is_integer() and "integer" in allowed
    return kind in allowed or (kind == "integer" and "number" in allowed) or is_whole
