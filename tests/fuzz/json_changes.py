"""JSON texts with a change or two that leaves them JSON: what sources send when they change their mind."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.support.events import paths_of

_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**53 + 1, 2**70, -0.0, 1e300, 19.99, 1777629600, 1777629600123),
    *("", " ", "null", "n/a", "A@B.CO ", "+1 (555) 010-9999", "1,299.00", "1.299,00 €", "2026-05-01", "USD"),
    *("2026-05-01T10:00:00Z", "Fri, 01 May 2026 10:00:00 GMT", "203.0.113.9", "::ffff:1.2.3.4", "yes", "LDP"),
    *("5d41402abc4b2a76b9719d911017c592", "https://x.example/?epik=dj0y&a=%ff#b", "https://[::1", "//", "\0"),
    "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
    *("\U0001f4a9", "I\u0307", "\u00df", "\u0660", "\u0661\u0662", "\u00bd", "\u2212" + "1"),
    *([], {}, [[]], [None], ["a", 1], [{}], {"": ""}, "9" * 400, "1e999", "-", ".", "0x1", "NaN", "1_000"),
)


def changed_json(given: bytes, dice: Random) -> bytes:
    """A JSON text with one value in it changed; any other text as it is."""
    try:
        value = json.loads(given)
        places = paths_of(value)
    except (ValueError, RecursionError):
        return given
    if not places:
        return _written(dice.choice(_ODD))
    *way, last = dice.choice(places)
    holder = value
    for key in way:
        holder = holder[key]
    _change(value, holder, last, dice)
    return _written(value)


def _change(value: Any, holder: Any, last: Any, dice: Random) -> None:
    match dice.randrange(6):
        case 0:
            del holder[last]
        case 1:
            holder[last] = [holder[last]] * dice.choice((1, 1, 2, 5))
        case 2:
            holder[last] = _at(value, dice.choice(paths_of(value)))
        case 3 if isinstance(holder[last], str):
            holder[last] = _other_text(holder[last], dice)
        case 4 if isinstance(holder[last], int | float | str):
            holder[last] = str(holder[last]) + dice.choice(("0", ".5", " ", ",00", "e3", "x", "\n"))
        case _:
            holder[last] = dice.choice(_ODD)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return json.loads(json.dumps(value))


def _other_text(text: str, dice: Random) -> str:
    at = dice.randrange(len(text) + 1)
    more: str = dice.choice((*" @.,-+0%&/:", "", "", "\u00e9", "\u00a0", "\u200b", text))
    return text[:at] + more + text[at + dice.choice((0, 1, 1, 3)) :]


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
