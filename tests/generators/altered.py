"""Events with some values changed: the same change for the same dice."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.support.events import paths_of

_MOST_CHANGES = 5
_TEXTS = (
    *("", "   ", "null", "n/a", "x", "a@b.co", "A@B.CO ", "+1 (555) 010-9999", "07700 900123", "19.99"),
    *("1,299.00", "2", "-3", "2026-05-01T10:00:00Z", "2026-05-01", "1777629600000", "USD", "usd", "yes"),
    *("no", "true", "denied", "Female", "203.0.113.9", "192.168.0.1", "::1", "United States", "CA", "en-US"),
    "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
    "5d41402abc4b2a76b9719d911017c592",
    "https://shop.example.com/?epik=dj0yJnU9abc",
    "\u0130stanbul \U0001f44d",
)
_NUMBERS = (0, 1, -1, 2, 3.0, 0.1, 19.99, -2.5, 1777629600, 1777629600123, 2**53 + 1, 2**70, 1e300)


def altered(event: Any, dice: random.Random) -> Any:
    """A copy of an event in which some values are others, gone, doubled, or exchanged."""
    event = copy.deepcopy(event)
    for _ in range(dice.randint(0, _MOST_CHANGES)):
        paths = paths_of(event)
        if paths:
            dice.choice(_CHANGES)(event, dice.choice(paths), dice)
    return event


def anything(dice: random.Random, depth: int = 2) -> Any:
    """Any JSON value, of up to so many levels."""
    match dice.randrange(8 if depth else 5):
        case 0:
            return dice.choice((None, True, False))
        case 1 | 2:
            return dice.choice(_NUMBERS)
        case 3 | 4:
            return dice.choice(_TEXTS)
        case 5 | 6:
            return [anything(dice, depth - 1) for _ in range(dice.randrange(4))]
        case _:
            names = dice.sample(("id", "a", "b", "name", "price", "x y"), dice.randrange(4))
            return {name: anything(dice, depth - 1) for name in names}


def _holder(event: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        event = event[key]
    return event


def _replace(event: Any, path: tuple[Any, ...], dice: random.Random) -> None:
    _holder(event, path)[path[-1]] = anything(dice)


def _take_away(event: Any, path: tuple[Any, ...], dice: random.Random) -> None:
    del _holder(event, path)[path[-1]]


def _put_in_list(event: Any, path: tuple[Any, ...], dice: random.Random) -> None:
    holder = _holder(event, path)
    value = holder[path[-1]]
    holder[path[-1]] = [copy.deepcopy(value) for _ in range(dice.randint(1, 2))]
    if dice.random() < 0.5:
        holder[path[-1]].insert(dice.randrange(2), anything(dice, 1))


def _exchange(event: Any, path: tuple[Any, ...], dice: random.Random) -> None:
    other = copy.deepcopy(_value(event, dice.choice(paths_of(event))))
    _holder(event, path)[path[-1]] = other


def _value(event: Any, path: tuple[Any, ...]) -> Any:
    return _holder(event, path)[path[-1]]


def _as_text(event: Any, path: tuple[Any, ...], dice: random.Random) -> None:
    value = _value(event, path)
    if isinstance(value, int | float | str):
        _holder(event, path)[path[-1]] = f" {value} " if dice.random() < 0.3 else str(value)


_CHANGES: tuple[Callable[[Any, tuple[Any, ...], random.Random], None], ...] = (
    *(_replace, _replace, _replace, _take_away, _take_away, _put_in_list, _exchange, _as_text),
)
