"""Quick forms of fields that take one value."""

from __future__ import annotations

import re

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
# 15 digits and a point; with a sign it is one digit fewer.
_PLAIN_LENGTH = 16
# Minutes of this century only: before 1970 a fraction would have to be rounded down.
_MINUTE = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z", re.ASCII
).fullmatch
_MINUTES: dict[str, int] = {}
_MOST_MINUTES = 3_000
_SECONDS = {f"{second:02}.": second for second in range(60)}
_MOSTLANGUAGES = 500
LANGUAGES: dict[str, str] = {}


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
        written = repr(value)
        # What Python writes of a float with up to 15 digits are these digits; `1e-05`, `inf`, `nan`, `-0.0`
        # and `2.0` are not plain.
        if len(written) <= _PLAIN_LENGTH and "e" not in written and "n" not in written:
            if written[-2:] != ".0":
                return written
            if value:
                return written[:-2]
    elif kind is str and _DECIMAL(value):  # type: ignore[arg-type]  # kind says it is text
        return value.rstrip("0").rstrip(".") if "." in value else value  # type: ignore[operator, union-attr, return-value]  # likewise
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
    """`timestamp`; at sight `2026-05-01T10:00:00.123Z`, of a minute that is known.

    Events come close to each other, and a minute tells nothing of a person: so minutes are kept.
    """
    if type(value) is str and len(value) == 24:
        minute = _MINUTES.get(value[:17])
        second = _SECONDS.get(value[17:20])
        known = minute is not None and second is not None
        if known and value[23] == "Z" and value[20:23].isdigit() and value.isascii():
            return minute + second  # type: ignore[operator]  # both are known
    if absent(value):
        return None
    made = timestamp(value)
    if made is not None and type(value) is str and _MINUTE(value):
        if len(_MINUTES) >= _MOST_MINUTES:
            _MINUTES.clear()
        _MINUTES[value[:17]] = made - int(value[17:19])
    return made


def quick_currency(value: Json) -> str | None:
    """`currency`."""
    if type(value) is str and value in MINOR_UNITS:
        return value
    return None if absent(value) else currency(value)


def quick_language(value: Json) -> str | None:
    """`language`; a few hundred locales are all there are, and no person's, so they are kept."""
    known = LANGUAGES.get(value) if type(value) is str else None
    if known is not None or absent(value):
        return known
    made = language(value)
    if made is not None and len(LANGUAGES) < _MOSTLANGUAGES:
        LANGUAGES[str(value)] = made
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
