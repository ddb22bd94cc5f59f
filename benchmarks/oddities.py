"""Odd values that are sometimes sent in place of a plain one: one of a list for each kind of value.

Padded, of another type, hashed already, in another script, a placeholder, or plain wrong: as people and
broken software write them.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from typing import Any

# One value in so many is odd.
_ONE_IN = 60


def maybe_odd(value: Any, kind: str, chance: random.Random, rarer: int = 1) -> Any:
    """The value, or now and then one of the odd ones of its kind; a function makes one of the value."""
    if chance.random() * _ONE_IN * rarer >= 1:
        return value
    chosen = chance.choice(_INSTEAD[kind])
    return chosen(value) if callable(chosen) else chosen


def _of_text(function: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: function(value) if isinstance(value, str) else value


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


# fmt: off
_NOTHING: tuple[Any, ...] = (
    None, "", "  ", "null", "N/A", "undefined", "{{ user.value }}", "[object Object]",
)
_PADDED: tuple[Any, ...] = (
    *(_of_text(function) for function in (str.upper, str.lower, str.title)),
    _of_text(lambda value: f"  {value}\t"),
    _of_text(lambda value: f"\u00a0{value}\u200b"),
    _of_text(lambda value: f"\u202a{value}\u202c\ufeff"),
)
_HASHED: tuple[Any, ...] = (
    _of_text(_sha256),
    _of_text(lambda value: f" {_sha256(value).upper()} "),
    _of_text(lambda value: base64.b64encode(hashlib.sha256(value.encode()).digest()).decode()),
    _of_text(lambda value: hashlib.md5(value.encode()).hexdigest()),
    _of_text(lambda value: hashlib.sha1(value.encode()).hexdigest()),
    _sha256(""),
    _sha256("null"),
)
_ODD: tuple[Any, ...] = (True, 7, 4.5, [], {}, {"value": "x"})
_TEXT: tuple[Any, ...] = (*_NOTHING, *_PADDED, *_ODD)
_PERSONAL: tuple[Any, ...] = (*_TEXT, *_PADDED, *_HASHED, lambda value: [value, "n/a", value])
_ID: tuple[Any, ...] = (*_NOTHING, *_ODD, _of_text(lambda value: f" {value} "), 8472, 2**60, 1e16)
_OBJECT: tuple[Any, ...] = (*_ODD, None, "", "text", [{"email": "jane@example.com"}])

_INSTEAD: dict[str, tuple[Any, ...]] = {
    "text": _TEXT,
    "id": _ID,
    "object": _OBJECT,
    "context": (
        *_OBJECT,
        {"page": "home", "traits": {"address": "12 Market Street", "email": "jane@example.com"}},
    ),
    "name of an event": (*_OBJECT, "order completed", " Order Completed", "x" * 120),
    "time": (
        None, "", "soon", True, 12, 1e30, "1777629600", 1777629600, 1777629600123, 1777629600123456,
        1777629600.75, "2026-05-01T10:00:00", "2026-02-30T10:00:00Z", "2026-05-01T10:00:00+02:00",
        " 2026-05-01 10:00:00.5Z", "Fri, 01 May 2026 12:00:00 +0200", "20260501T100000Z", "2026-05-01",
        "2026-05-01T24:00:00Z", "0001-01-01T00:00:00+23:59",
    ),
    "user id": (*_PERSONAL, 1234567890123456789, 12.0, 1e300, "unknown"),
    "email": (
        *_PERSONAL, "Jane <jane@example.com>", "jane@", "a@b@c.com", "jane doe@example.com",
        "J\u00d6RG@example.de", "test@test.com",
        ["jane@example.com", "JANE@example.com ", "j.doe@example.com"],
    ),
    "phone": (
        *_PERSONAL, "+44 (0)20 7946 0018", "0044 20 7946 0018", "tel:+1-415-555-2671;ext=123",
        "+1 415 555 2671 ext. 12", "(415) 555-2671", "+49 0221 123456", 14155552671, "4155552671.0",
        "1-800-FLOWERS", "12345", "\uff0b\uff14\uff14 20 7946 0018", "+\u0661 \u0664\u0661\u0665 555 2671",
        "+1.415.555.2671", "+4402079460018", "1" * 90,
    ),
    "name": (*_PERSONAL, "Jo\u0308rg", "\u738b\u5c0f\u660e", "O\u2019Connor", "\u0130smail"),
    "city": (*_PERSONAL, "St. John's", "Mu\u0308nchen", "---", "\u6771\u4eac", "Saint-Denis (93)"),
    "state": (*_PERSONAL, "California", "US-NY", "Qu\u00e9bec", "Bavaria", "Washington D.C.", "new york"),
    "postcode": (
        *_PERSONAL, 2139, 2139.0, "02139.0", "\uff19\uff14\uff11\uff10\uff17", "94107\u20111234", "-",
        "BT1 1AA",
    ),
    "country": (
        *_PERSONAL, "USA", "United States", "Deutschland", "the Netherlands", "uk", "C\u00f4te d\u2019Ivoire",
    ),
    "gender": (*_PERSONAL, "Woman", "non-binary", "other", "F."),
    "birthday": (
        *_PERSONAL, "1990-02-28T00:00:00Z", 19900228, "19900228", "02/28/1990", "1997-02-30", "1990/2/8",
        "1790-01-01", "9999-12-31",
    ),
    "ip": (
        None, "", "203.0.113.7, 10.0.0.1", "::ffff:203.0.113.7", "[2001:DB8::1]:443", "203.0.113.7:8080",
        "localhost", "10.0.0.7", "127.0.0.1", " 203.0.113.9 ", "2001:0db8:0::7", "fe80::1%eth0",
        "300.1.1.1", "1.2.3", 7, ["203.0.113.7"],
    ),
    "locale": (*_PADDED, *_ODD, None, "", "english", "pt_BR", "DE", "e1", "\u00e9n-US", "zh-Hans-CN"),
    "url": (
        *_TEXT, "https://shop.example.com/?a=1&epik=%20&epik=dj0%2Byes+%C3%A9#epik=no",
        "https://shop.example.com/epik", "https://shop.example.com/#?epik=no", "epik=bare&b=1",
        "https://shop.example.com/?%65pik=dj0yescaped", "https://shop.example.com/?epik=%ED%A0%80",
    ),
    "consent": (None, "", "granted", "Denied", "maybe", 1, 0, 2, "opted_in", " YES ", [], {}, ["yes"]),
    "price": (
        None, "", " ", "$27.50", "1,299.00", "27.50", "0027.500", " 19.90 ", "1e2", "-5.0", ".5", "5.", 0,
        0.0, -0.0, 12, 27.0, 0.1 + 0.2, 1e21, 1e-7, 10**15, True, [], {}, [12.5], "\u0661\u0662", "9" * 420,
        123456789.123456789, "+7.10",
    ),
    "quantity": (
        None, "", "2", 2.0, 2.5, "two", 0, -1, True, [], {}, 2**63, 1e18, "3.0", " 2 ", "1e1",
    ),
    "currency": (*_TEXT, "dollars", "XXX", "\u20ac"),
    "products": (
        [], None, {}, "two mugs", 7, [None], [{}], [{"quantity": 2}], {"product_id": "P-1"},
        ["P-1", {"product_id": "P-2", "price": "2.50"}], [{"sku": " S-7 ", "quantity": "2.5"}],
        [{"product_id": 12, "price": 4.5}, None, [], [{"quantity": 3}]],
    ),
}
