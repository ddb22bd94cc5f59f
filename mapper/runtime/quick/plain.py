"""Quick forms of fields that take one value."""

from __future__ import annotations

import re
from datetime import datetime

from mapper.runtime.checks import absent
from mapper.transforms.boolean import boolean
from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.number import currency, decimal, integer
from mapper.transforms.text import ASCII_EDGE, lowercase, text, trim, uppercase
from mapper.transforms.time import timestamp
from mapper.transforms.web import OCTETS, PRIVATE_FIRST_OCTETS, ip_address, language
from mapper.types import Json

# At most 15 digits, which Python's own integers and floats hold exactly.
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?").fullmatch
_from_iso = datetime.fromisoformat
# Times of this century only: before 1970 a fraction would have to be rounded down.
_CENTURY = "20"
_MOST_LANGUAGES = 500
_LANGUAGES: dict[str, str] = {}


def quick_text(value: Json) -> str | None:
    """`text`."""
    if type(value) is str and value.isascii():
        return None if not value or value.isspace() else value
    return None if absent(value) else text(value)


def quick_trimmed(value: Json) -> str | None:
    """`text`, `trim`."""
    if type(value) is str and value.isascii():
        return value.strip(ASCII_EDGE) or None
    return None if absent(value) else trim(text(value))


def quick_lower(value: Json) -> str | None:
    """`text`, `trim`, `lowercase`."""
    trimmed = quick_trimmed(value)
    return None if trimmed is None else lowercase(trimmed)


def quick_upper(value: Json) -> str | None:
    """`text`, `trim`, `uppercase`."""
    trimmed = quick_trimmed(value)
    return None if trimmed is None else uppercase(trimmed)


def quick_decimal(value: Json) -> str | None:
    """`decimal`."""
    kind = type(value)
    if kind is float:
        written = f"{value:.15g}"
        # `1e+16`, `inf` and `nan` are not plain.
        if "e" not in written and "n" not in written and written != "-0":
            return written
    elif kind is str and _DECIMAL(value):  # type: ignore[arg-type]  # kind says it is text
        return value.rstrip("0").rstrip(".") if "." in value else value  # type: ignore[operator, union-attr, return-value]
    return None if absent(value) else decimal(value)


def quick_integer(value: Json) -> int | None:
    """`integer`."""
    if type(value) is int:
        return value
    return None if absent(value) else integer(value)


def quick_boolean(value: Json) -> bool | None:
    """`boolean`."""
    if value is True or value is False:
        return value
    return None if absent(value) else boolean(value)


def quick_timestamp(value: Json) -> int | None:
    """`timestamp`; at sight `2026-05-01T10:00:00.123Z`, for which Python's own reader is exact."""
    if (
        type(value) is str
        and len(value) == 24
        and value[23] == "Z"
        and value[:2] == _CENTURY
        and value[4] == value[7] == "-"
        and value[10] == "T"
    ):
        try:
            return int(_from_iso(value).timestamp())
        except ValueError:
            pass
    return None if absent(value) else timestamp(value)


def quick_currency(value: Json) -> str | None:
    """`currency`."""
    if type(value) is str and value in MINOR_UNITS:
        return value
    return None if absent(value) else currency(value)


def quick_language(value: Json) -> str | None:
    """`language`; a few hundred locales are all there are, and no person's, so they are kept."""
    known = _LANGUAGES.get(value) if type(value) is str else None
    if known is not None or absent(value):
        return known
    made = language(value)
    if made is not None and len(_LANGUAGES) < _MOST_LANGUAGES:
        _LANGUAGES[str(value)] = made
    return made


def quick_ip_address(value: Json, remarks: list[str]) -> str | None:
    """`ip_address`; at sight an IPv4 address in whose network no address is private."""
    if type(value) is str:
        octets = value.split(".")
        if len(octets) == 4:
            first, second, third, fourth = octets
            if (
                first in OCTETS
                and second in OCTETS
                and third in OCTETS
                and fourth in OCTETS
                and OCTETS[first] not in PRIVATE_FIRST_OCTETS
            ):
                return value
    return None if absent(value) else ip_address(value, remarks=remarks)
