"""Sample events -> events that say the same to a mapping and nothing of a person."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mapper.authoring import Json
from mapper.workbench.drafting.seen_attributes import AttributePath

# Of these a value says nothing of anybody.
_TOLD = frozenset(
    {"blank", "boolean", "currency", "decimal", "local_time", "locale", "money", "other_date", "time"}
)
_MADE = {
    "email": "jane@example.com",
    "phone": "+4930901820",
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
    "date": "1990-01-31",
}
_SMALL = 1000
_CODE = 3
_CODES = 12


@dataclass(frozen=True, slots=True)
class KeptValues:
    """The values that may stay. told: attributes that hold amounts, times, names of events and answers.

    parameters: those of URLs, by name. personal: those that fields of a person read. reads: all that the
    mapping reads; others are left out.
    """

    reads: Collection[tuple[str, ...]]
    told: Collection[tuple[str, ...]]
    personal: Collection[tuple[str, ...]]
    parameters: Collection[str]


def pseudonym(event: dict[str, Any], schema: Mapping[str, Any], kept: KeptValues) -> dict[str, Any]:
    """An event with what a mapping reads; a value that could be somebody's is another one of its form."""
    made = _object(event, schema, (), kept)
    return made if isinstance(made, dict) else {}


def invented(value: Json, schema: Mapping[str, Any]) -> Json:
    """Another value of the form of one that is a person's. schema: of it, as samples show it."""
    nothing = KeptValues((), (), (), ())
    if isinstance(value, str):
        return _text(value, schema, True, nothing)
    return _value(value, {**schema, "x-personal": True}, (), nothing)


def _object(value: dict[str, Any], schema: Mapping[str, Any], at: AttributePath, kept: KeptValues) -> Json:
    made: dict[str, Json] = {}
    for name, one in value.items():
        names = (*at, name)
        if not any(read[: len(names)] == names or names[: len(read)] == read for read in kept.reads):
            continue
        part = _value(one, schema.get("properties", {}).get(name, {}), names, kept)
        if part not in (None, {}, []):
            made[name] = part
    return made


def _value(value: Json, schema: Mapping[str, Any], at: AttributePath, kept: KeptValues) -> Json:
    if isinstance(value, dict):
        return _object(value, schema, at, kept)
    if isinstance(value, list):
        return [_value(one, schema.get("items", {}), at, kept) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    is_personal = bool(schema.get("x-personal")) or at in kept.personal
    if at in kept.told and not is_personal:
        return value
    if isinstance(value, str):
        return _text(value, schema, is_personal, kept)
    if not is_personal and abs(value) < _SMALL:
        return value
    return (
        int(_scrambled(str(value))) if isinstance(value, int) else float(_scrambled(str(int(value))[:_CODES]))
    )


def _text(value: str, schema: Mapping[str, Any], is_personal: bool, kept: KeptValues) -> str:
    said = schema.get("x-seen", {})
    texts: Mapping[str, int] = said.get("texts", {})
    shape = max(texts, key=lambda one: texts[one]) if texts else "text"
    if shape == "url" or "://" in value:
        return _url(value, kept.parameters)
    if shape in _MADE and (is_personal or shape != "date"):
        return _MADE[shape]
    values = said.get("values", ())
    repeated = 2 * len(values) <= said.get("present", 0) and any(value == one for one, _ in values)
    if not is_personal and (shape in _TOLD or repeated or shape == "date"):
        return value
    return value if len(value) <= _CODE and value.isalpha() and value.isupper() else _scrambled(value)


def _url(value: str, parameters: Collection[str]) -> str:
    try:
        query = parse_qsl(urlsplit(value).query)
    except ValueError:
        query = []
    left = urlencode([(name, _scrambled(one)) for name, one in query if name in parameters])
    return f"https://shop.example.com/page{'?' if left else ''}{left}"


def _scrambled(text: str) -> str:
    """A text of the same length and look: each letter or digit another one, the same for the same text."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    made = []
    for place, letter in enumerate(text):
        number = digest[place % len(digest)] + place
        if letter.isdigit():
            made.append(str(number % 9 + 1))
        elif letter.isalpha() and letter.isascii():
            new = chr(ord("a") + number % 26)
            made.append(new.upper() if letter.isupper() else new)
        elif letter.isalpha():
            made.append("e")
        else:
            made.append(letter)
    return "".join(made)
