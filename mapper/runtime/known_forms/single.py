"""Quick forms of fields that take one value."""

from __future__ import annotations

import re

from mapper.runtime.decode import float_digits
from mapper.runtime.limits import absent
from mapper.transforms.boolean import boolean
from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.digest import without_placeholder
from mapper.transforms.number import NEGATIVE, currency, decimal, integer
from mapper.transforms.text import ASCII_EDGE, EDGE, lowercase, text, trim, uppercase
from mapper.transforms.time import SECONDS_BELOW, timestamp
from mapper.transforms.web import OCTETS, PRIVATE_FIRST_OCTETS, ip_address, language, page_url
from mapper.values.types import Json

# At most 15 digits, which Python's own integers and floats hold exactly.
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?").fullmatch
# 15 digits and a point; with a sign it is one digit fewer.
_PLAIN_LENGTH = 16
# Floats that are written without an exponent, and without a last 0 but that of `2.0`.
_LEAST_FLOAT, _ABOVE_FLOATS = 1e-4, 1e15
_ZERO = ord("0")
# Integers whose digits are written out in no time.
_MOST_INTEGER = 10**15
# Minutes of this century only: before 1970 a fraction would have to be rounded down.
_MINUTE = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z"
).fullmatch
_MINUTES: dict[str, int] = {}
_MOST_MINUTES = 3_000
_SECONDS = {f"{second:02}": second for second in range(60)}
# The text after the seconds. Filled with the first minute.
_FRACTIONS: set[str] = set()
_MOST_LANGUAGES = 500
# IPv6 of eight parts, of those that are given out (2000::/3). Written shortest, zeros in a row are left out.
_PUBLIC_V6 = re.compile(r"[23][0-9a-f]{3}(?::(?:0|[1-9a-f][0-9a-f]{0,3}+)){7}").fullmatch
_ZEROS_IN_A_ROW = ":0:0"
_PUBLIC = frozenset(written for written, octet in OCTETS.items() if octet not in PRIVATE_FIRST_OCTETS)
LANGUAGES: dict[str, str] = {}


def quick_text(value: Json) -> str | None:
    """`text`."""
    if type(value) is str:
        return None if not value or value.isspace() else text(value)
    return None if absent(value) else text(value)


def quick_trimmed(value: Json) -> str | None:
    """`text`, `trim`."""
    if type(value) is str:
        return value.strip(ASCII_EDGE) or None if value.isascii() else text(value).strip(EDGE) or None
    return None if absent(value) else trim(text(value))


def quick_id(value: Json, note_texts: list[str]) -> str | None:
    """`without_placeholder`."""
    written = quick_text(value)
    return None if written is None else without_placeholder(written, note_texts=note_texts)


def quick_trimmed_id(value: Json, note_texts: list[str]) -> str | None:
    """`text`, `trim`, `without_placeholder`."""
    trimmed = quick_trimmed(value)
    return None if trimmed is None else without_placeholder(trimmed, note_texts=note_texts)


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
    if type(value) is float:
        if _LEAST_FLOAT <= value < _ABOVE_FLOATS:
            written = float_digits(value)
            # The shortest digits that mean a float are, up to 15 of them, those that were written.
            if len(written) <= _PLAIN_LENGTH:
                return written.decode() if written[-1] != _ZERO else written[:-2].decode()
    elif type(value) is str:
        if _DECIMAL(value):
            return value.rstrip("0").rstrip(".") if "." in value else value
    elif type(value) is int and 0 <= value <= _MOST_INTEGER:
        return str(value)
    return None if absent(value) else decimal(value)


def quick_amount(value: Json, note_texts: list[str]) -> str | None:
    """`decimal`, `note_negative`."""
    made = quick_decimal(value)
    if made is not None and made[0] == "-":
        note_texts.append(NEGATIVE)
    return made


def quick_count(value: Json, note_texts: list[str]) -> int | None:
    """`integer`, `note_negative`."""
    made = quick_integer(value)
    if made is not None and made < 0:
        note_texts.append(NEGATIVE)
    return made


def quick_url(value: Json) -> str | None:
    """`text`, `trim`, `page_url`."""
    trimmed = quick_trimmed(value)
    return None if trimmed is None else page_url(trimmed)


def quick_integer(value: Json) -> int | None:
    """`integer`."""
    if type(value) is int:
        return value
    if type(value) is str and value.isdigit() and value.isascii() and len(value) < _PLAIN_LENGTH:
        return int(value)
    return None if absent(value) else integer(value)


def quick_boolean(value: Json) -> bool | None:
    """`boolean`."""
    if value is True or value is False:
        return value
    return None if absent(value) else boolean(value)


def quick_timestamp(value: Json) -> int | None:
    """`timestamp`; at sight whole seconds, and `2026-05-01T10:00:00.123Z`, of a minute that is known.

    Events come close to each other, and a minute tells nothing of a person: so minutes are kept.
    """
    if type(value) is str:
        minute = _MINUTES.get(value[:17])
        second = _SECONDS.get(value[17:19])
        if minute is not None and second is not None and value[19:] in _FRACTIONS:
            return minute + second
    elif type(value) is int and 0 <= value < SECONDS_BELOW:
        return value
    if absent(value):
        return None
    made = timestamp(value)
    if made is not None and type(value) is str and _MINUTE(value):
        _keep_minute(value, made)
    return made


def _keep_minute(value: str, seconds: int) -> None:
    if not _FRACTIONS:
        _FRACTIONS.update({"Z", *(f".{millisecond:03}Z" for millisecond in range(1000))})
    if len(_MINUTES) >= _MOST_MINUTES:
        _MINUTES.clear()
    _MINUTES[value[:17]] = seconds - int(value[17:19])


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
    if made is not None and len(LANGUAGES) < _MOST_LANGUAGES:
        LANGUAGES[str(value)] = made
    return made


def quick_ip_address(value: Json, note_texts: list[str]) -> str | None:
    """`ip_address`; at sight IPv4 and IPv6 addresses in whose networks no address is private."""
    if type(value) is str:
        if ":" in value:
            if _PUBLIC_V6(value) and _ZEROS_IN_A_ROW not in value:
                return value
            return ip_address(value, note_texts=note_texts)
        try:
            first, second, third, fourth = value.split(".")
        except ValueError:
            pass
        else:
            if first in _PUBLIC and second in OCTETS and third in OCTETS and fourth in OCTETS:
                return value
    return None if absent(value) else ip_address(value, note_texts=note_texts)
