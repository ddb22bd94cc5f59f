"""Values of a host's event that JSON does not have -> their JSON values, or a refusal that says where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import date, time
from decimal import Decimal
from enum import Enum
from gc import get_referents
from typing import Any

from mapper.transforms.digest import canonical
from mapper.transforms.numeral import MOST_DIGITS, fraction_text
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, JsonPath

_SCALARS = frozenset((str, int, float, bool, type(None)))
# JSON's own classes.
_JSON_TYPES = _SCALARS | {dict, list}
# An event that a host made may hold itself.
_DEEPEST = 256
# No event out of JSON is as deep.
_MOST_LEVELS = 1_000
_MANY = 1_000
# Keys that a place may name: others may hold anything.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,47}", re.ASCII)
_FLOAT_DIGITS = 15


def is_plain(event: dict[Any, Any]) -> bool:
    """Whether an object, and all that is in it, is of JSON's own classes. One that holds itself is not.

    Every event of a host is looked at, so this leaves each level to C.
    """
    level: list[Any] = [event]
    for _ in range(_MOST_LEVELS):
        found = get_referents(*level)
        kinds = set(map(type, found))
        # Keys of an object are among them only where its table is made for keys of any kind, as by orjson.
        if not kinds <= _JSON_TYPES or (len(found) != sum(map(len, level)) and not _has_text_keys(level)):
            return False
        if dict not in kinds and list not in kinds:
            return True
        # Texts, which most of them are, first: one comparison for each instead of two.
        level = [one for one in found if type(one) is not str and (type(one) is dict or type(one) is list)]
        if len(level) > _MANY:
            # Each once: an object that holds itself twice would be twice as many at each level.
            level = list(dict(zip(map(id, level), level, strict=True)).values())
    return False


def _has_text_keys(level: list[Any]) -> bool:
    """Whether all keys of the objects among some values are texts."""
    for one in level:
        if type(one) is dict:
            for key in one:
                if type(key) is not str:
                    return False
    return True


def plain_meta(meta: dict[str, Any]) -> dict[str, Any]:
    """The host's knowledge of an event, as JSON values; raises Invalid for what has none."""
    if _SCALARS.issuperset(map(type, meta.values())) or is_plain(meta):
        return meta
    try:
        return {name: json_value(value, (name,)) for name, value in meta.items()}
    except Exception:
        raise Invalid(SafeText("$meta holds a value that JSON does not have")) from None


def json_value(value: Any, place: JsonPath = ()) -> Json:
    """The JSON value of a host's value, by the table in docs/run.md; raises Invalid for any other."""
    kind = type(value)
    if kind in _SCALARS:
        return value  # type: ignore[no-any-return]  # kind says what it is
    if len(place) > _DEEPEST:
        raise Invalid(SafeText("an event is nested more than {} deep, or holds itself", _DEEPEST))
    if isinstance(value, Mapping):
        return {_key(key, place): json_value(part, (*place, str(key))) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(part, (*place, at)) for at, part in enumerate(value)]
    if isinstance(value, Set):
        return sorted((json_value(part, (*place, 0)) for part in value), key=canonical)
    return _scalar(value, place)


def _key(key: Any, place: JsonPath) -> str:
    """A key as text; a number is its digits, as Python's own `json` writes it."""
    made = json_value(key, place) if isinstance(key, (str, Enum, int)) or _is_uuid(key) else None
    if type(made) is int:
        return str(made)
    if type(made) is not str:
        raise _refused(key, place)
    return made


def _scalar(value: Any, place: JsonPath) -> Json:
    if isinstance(value, Enum):
        return json_value(value.value, (*place, 0))
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, (date, time)):
        return None if value != value else value.isoformat()  # pandas has a time that is none
    if _is_uuid(value):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise _refused(value, place) from None
    # Scalars and arrays of numpy and of what is made like it, which need not be installed.
    if hasattr(value, "dtype") and callable(getattr(value, "tolist", None)):
        made = _listed(value)
        if type(made) is not type(value):
            return json_value(made, (*place, 0))
    if type(value).__name__ == "NAType":  # what pandas has for a value that is missing
        return None
    # A subclass may write itself otherwise.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return int.__int__(value)
    raise _refused(value, place)


def _listed(value: Any) -> Any:
    """The content of a scalar or an array of numpy, as Python's own values.

    Of floats of few bits the shortest digits that mean them: 19.99, not 19.989999771118164. Times of
    nanoseconds would come as integers.
    """
    kind = str(value.dtype)
    if kind in ("float16", "float32"):
        return [*value] if getattr(value, "shape", ()) else float(str(value))
    if kind == "datetime64[ns]":
        value = value.astype("datetime64[us]")
    return value.tolist()


def _is_uuid(value: Any) -> bool:
    """By its class's name: its module, which also makes them at random, is nothing for here."""
    return any((one.__module__, one.__name__) == ("uuid", "UUID") for one in type(value).__mro__)


def _number(value: Decimal) -> Json:
    """An integer where it is whole, a float where that holds all digits, else text; NaN as a float."""
    if not value.is_finite():
        return float(value)
    if value.adjusted() >= MOST_DIGITS:
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    if len(value.normalize().as_tuple().digits) <= _FLOAT_DIGITS and value.adjusted() > -300:
        return float(value)
    return fraction_text(value)


def _refused(value: Any, place: JsonPath) -> Invalid:
    known = SafeText.known(type(value).__name__)
    return Invalid(
        SafeText("an event must be a JSON object, with no {} in it, as at `{}`", known, _shown(place))
    )


def _shown(place: JsonPath) -> SafeText:
    """A place in an event: `items[0].price`; `*` for a key that is no name."""
    written = ""
    for part in place:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            written += f".{part if _NAME.fullmatch(part) else '*'}"
    return SafeText.known(written.removeprefix("."))
