"""Text, numbers, times and addresses in their normal forms, by hand. ValueError: the value is invalid."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Context, Decimal
from functools import lru_cache
from math import floor
from typing import Any
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.digest import is_placeholder
from mapper.transforms.numeral import json_number
from mapper.transforms.web import ip_address, page_url
from mapper.values.types import Invalid

ASCII_EDGE = "".join(map(chr, (*range(0x21), 0x7F)))
EDGE = ASCII_EDGE + "\u0085\u00a0\u00ad\u061c\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
EDGE += "".join(map(chr, (*range(0x2000, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_EXACT = Context(prec=1600)
_AS_FLOAT = Context(prec=15)
_MOST_DIGITS = 400
_NUMERAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def text_of(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if type(value) is float and abs(value) < 2**53:
        return _plain(_number(value) or 0)
    raise ValueError("not text")


def id_form(value: Any) -> str | None:
    text = text_of(value)
    return None if not text or text.isspace() else known(text)


def trimmed_id(value: Any) -> str | None:
    text = trimmed(value)
    return None if text is None else known(text)


def known(text: str) -> str | None:
    """An id, unless it is a placeholder; none of these begins with another letter."""
    first = text[0]
    if first.isalnum() and first not in "nNuU" and "{{" not in text:
        return text
    return None if is_placeholder(text.strip(EDGE)) else text


def url_form(value: Any) -> str | None:
    text = trimmed(value)
    return None if text is None else page_url(text)


def trimmed(value: Any) -> str | None:
    text = value if type(value) is str else text_of(value)
    return text.strip(ASCII_EDGE if text.isascii() else EDGE) or None


def _number(value: Any) -> int | Decimal | None:
    if type(value) is int:
        return value
    if type(value) is float:
        return int(value) if value.is_integer() and abs(value) < 2**53 else Decimal(f"{value:.15g}")
    if isinstance(value, Decimal):
        return value
    if type(value) is not str:
        raise ValueError("not a number")
    text = value.strip()
    if not text:
        return None
    if len(text) > _MOST_DIGITS or _NUMERAL.fullmatch(text) is None:
        raise ValueError("not a number")
    number = int(text) if text.isdigit() else Decimal(text)
    if type(number) is Decimal and number and number.adjusted() >= _MOST_DIGITS:
        raise ValueError("too large")
    return number


def _plain(number: int | Decimal) -> str:
    if type(number) is int:
        return str(number)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def decimal_form(value: Any) -> str | None:
    if type(value) is float:
        text = repr(value)
        if len(text) <= 16 and "e" not in text and text != "-0.0":  # at most 15 digits: they are exact
            return text.removesuffix(".0")
    number = _number(value)
    return None if number is None else _plain(number)


def amount_of(both: tuple[Any, Any]) -> str | None:
    price, quantity = both
    if type(price) is float and type(quantity) is int and 0 <= quantity < 1000 and len(repr(price)) <= 12:
        return decimal_form(price * quantity)  # so few digits that the product's first 15 are right
    amount = exact_product(price, quantity)
    return None if amount is None else decimal_form(amount)


def exact_product(price: Any, quantity: Any) -> int | float | str | None:
    left, right = _number(price), _number(quantity)
    if left is None or right is None:
        return None
    return json_number(_EXACT.multiply(Decimal(left), Decimal(right)), price, quantity)


def exact_sum(values: list[Any]) -> int | float | str:
    whole: int | Decimal = 0
    for value in values:
        whole = _sum(whole, value)
    return json_number(whole, *values)


def integer_form(value: Any) -> int | None:
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    if type(value) is float and abs(value) >= 2**53:
        raise ValueError("its digits are not exact")
    number = _number(value)
    if number is None:
        return None
    if number != int(number) or not -(2**63) <= number < 2**63:
        raise ValueError("no whole number of 64 bits")
    return int(number)


def currency_form(value: Any) -> str | None:
    if type(value) is not str:
        raise ValueError("no currency")
    if value in MINOR_UNITS:
        return value
    code = value.strip(EDGE).upper()
    if code and code not in MINOR_UNITS:
        raise ValueError("no currency")
    return code or None


def language_form(value: Any) -> str | None:
    if type(value) is not str:
        raise ValueError("not text")
    return _language_of(value)


@lru_cache(maxsize=1024)
def _language_of(value: str) -> str | None:
    locale = value.strip(ASCII_EDGE if value.isascii() else EDGE)
    if not locale:
        return None
    code = locale[:2]
    if len(code) != 2 or not (code.isascii() and code.isalpha()) or locale[2:3] not in ("", "-", "_"):
        raise ValueError("no language code")
    return code.lower()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ISO = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})"
    r"(?:[Tt ]([0-9]{2})(?:(:?)([0-9]{2})(?:\6([0-9]{2})(?:[.,][0-9]+)?)?)?"
    r" ?(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_IN_DATABASES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}").fullmatch
_MAIL = re.compile(
    r"(?:[A-Za-z]{3}, ?)?([0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2})"
    r" ([+-][0-9]{4}|GMT|UTC|Z)"
)


def time_form(value: Any, zone: str | None = None) -> int | None:
    """Unix time; zone: that of a time without an offset, such as databases write."""
    if type(value) is not str:
        seconds = _seconds_of(value)
    elif len(value) == 24 and value[10] == "T" and value[-1] == "Z" and value[4] == value[7] == "-":
        seconds = int(datetime.fromisoformat(value).timestamp())
    elif zone is not None and _IN_DATABASES(value):
        seconds = int(datetime.fromisoformat(value).replace(tzinfo=_zone_of(zone)).timestamp())
    else:
        seconds = _seconds_of_text(value.strip(ASCII_EDGE if value.isascii() else EDGE), zone)
    if seconds is not None and not 10**9 < seconds < 10**11:
        raise ValueError("not in seconds")
    return seconds


def _seconds_of_text(text: str, zone: str | None) -> int | None:
    if len(text) == 24 and text[-1] == "Z" and text[10] == "T" and text[4] == text[7] == "-":
        return int(datetime.fromisoformat(text).timestamp())
    if (match := _ISO.fullmatch(text)) is not None and not text.isdigit():
        year, _, month, day, hour, _, minute, second, offset = match.groups("0")
        parts = [int(part) for part in (year, month, day, hour, minute, second)]
        if offset != "0":
            return _moment(*parts, _offset_seconds(offset))
        if zone is None:
            raise ValueError("no offset")
        shown = _EPOCH + _moment(*parts, 0) * _SECOND
        return (shown.replace(tzinfo=_zone_of(zone)) - _EPOCH) // _SECOND
    if (match := _MAIL.fullmatch(text)) is not None:
        written = datetime.strptime(match[1], "%d %b %Y %H:%M:%S").replace(tzinfo=UTC)
        return (written - _EPOCH) // _SECOND - _offset_seconds(match[2])
    return _seconds_of(text)


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, offset: int) -> int:
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no such time")
    days = date(year, month, day).toordinal() - _EPOCH.toordinal()
    return days * 86_400 + hour * 3600 + minute * 60 + second - offset


@lru_cache(maxsize=64)
def _zone_of(name: str) -> tzinfo:
    if re.fullmatch(r"[+-][0-9]{2}(?::?[0-9]{2})?", name):
        return timezone(timedelta(seconds=_offset_seconds(name)))
    if name in ("localtime", "posixrules", "Factory") or name.startswith(("posix/", "right/")):
        raise ValueError("another zone on each machine")
    try:
        return ZoneInfo("UTC" if name.upper() in ("UTC", "GMT", "Z") else name)
    except (LookupError, OSError):
        raise ValueError("no such zone") from None


def _offset_seconds(offset: str) -> int:
    if offset[0] not in "+-":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    return (-1 if offset[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def _seconds_of(value: Any) -> int | None:
    """Seconds of a number whose size tells its unit."""
    number = _number(value)
    if number is None:
        return None
    whole = floor(number)
    if 1900_0101_000000 <= whole <= 2099_1231_235959:
        raise ValueError("a date of 14 digits")
    for below, unit in ((10**11, 1), (10**14, 10**3), (10**17, 10**6)):
        if abs(whole) < below:
            return whole // unit
    return whole // 10**9


def sum_of_quantities(items: list[Any]) -> int:
    whole: int | Decimal = 0
    kinds = set()
    for item in items:
        for one in item if type(item) is list else (item,):
            if type(one) is dict and (quantity := one.get("quantity")) is not None:
                if type(whole) is type(quantity) is int:
                    whole = whole + quantity
                else:
                    kinds.add(type(quantity))
                    whole = _sum(whole, quantity)
    if float in kinds and str not in kinds and whole != int(whole):
        whole = _AS_FLOAT.plus(Decimal(whole))  # no more digits are known of it
    return integer_form(whole)


def _sum(left: int | Decimal, right: Any) -> int | Decimal:
    number = _number(right)
    return left if number is None else _EXACT.add(Decimal(left), Decimal(number))


def is_there(value: Any) -> bool:
    if type(value) is str:
        return bool(value.strip(EDGE))
    return value is not None and value != [] and value != {}


_OCTETS = {str(number) for number in range(256)}


def ip_form(value: Any) -> str | None:
    if type(value) is str and value.count(".") == 3:
        first, second, third, fourth = value.split(".")
        if first in _OCTETS and second in _OCTETS and third in _OCTETS and fourth in _OCTETS:
            return value
    try:
        return ip_address(value)
    except Invalid as invalid:
        raise ValueError(invalid.reason) from None


def epik_in(url: Any) -> str | None:
    """The click id in a page's address."""
    if type(url) is not str:
        raise ValueError("not text")
    if "epik" not in url and "%" not in url and "+" not in url:
        return None
    address = url.strip(EDGE).partition("#")[0]
    before, mark, query = address.partition("?")
    if not mark:
        if "://" in before:
            return None
        query = before
    for pair in query.split("&"):
        key, _, held = pair.partition("=")
        if held and (key == "epik" or (("%" in key or "+" in key) and unquote_plus(key) == "epik")):
            found = unquote_plus(held).strip(EDGE)
            if found:
                return known(found)
    return None
