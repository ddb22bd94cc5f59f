"""Random expressions and JSON for them: the same for the same dice."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

_NAMES = ("a", "b", "c", '"a-b"')
STEPS = (
    *(".a", ".b", ".c", "[0]", "[-1]", "[1]", "[*]", "[]", ".*", "[1:]", "[::-1]", "[:2]", "[-2:]", "[::2]"),
    *('."a-b"', "[*].a", "[].b", ".[a, b]", ".{k: a}", "[?a]", "[?@ == b]", " | [0]", " | a"),
)
CONSTANTS = (
    *("'x'", "'b'", "''", "`1`", "`0`", "`true`", "`false`", "`null`", "`[]`", "`{}`", "`[1, 2]`", "'a-b'"),
    *('`[3, "x"]`', "`1.0`", "`-2.5`", '`"x"`', '`{"a": 1}`', "`[[1], [true]]`", "`[1, 1.0, true]`", "'1'"),
    *('`{"a": [1, {"b": null}], "b": "é"}`', "`1e3`", "'12'", "`[null, false]`", "'é'"),
)
ONE = (
    *("abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum"),
    *("to_array", "to_number", "to_string", "type", "values"),
)
TWO = ("contains", "ends_with", "starts_with", "join", "merge", "not_null")
_OPERATORS = ("|", "||", "&&", "==", "!=", "<", "<=", ">", ">=")
_SCALARS: tuple[Any, ...] = (
    *(None, True, False, -3, -1, 0, 1, 2, 3, 0.5, -1.25, 1.0, 2**53 + 1, 1e308, -0.0),
    *(
        "",
        "x",
        "b",
        "1",
        "1.5",
        "abc",
        " 12 ",
        "1_000",
        "nan",
        "01",
        "1e3",
        "\uff11\uff12",
        "\u00e9",
        "\U0001f44d",
    ),
)
_KEYS = ("a", "b", "c", "a-b")


# What stands in a list of one kind, as most functions take.
_ALIKE: tuple[tuple[Any, ...], ...] = (
    *((1, 0.5, -3, 2, 1.0), ("x", "b", "abc", ""), ({"a": 1}, {"a": 2, "b": "x"}, {"b": None})),
    *(([1], [], [2, 3]), ({"a": "x", "b": [1]}, {"a": "b", "b": [2, 3]}), (True, False, None)),
)


def document(dice: random.Random, depth: int = 4, whole: bool = False) -> Any:
    """Any JSON, of up to so many levels. whole: most often an object with all names."""
    kind = dice.random() if depth else 0.0
    if whole and kind < 0.8:
        return {name: document(dice, depth - 1) for name in _KEYS}
    if kind < 0.35:
        return dice.choice(_SCALARS)
    if kind < 0.5:
        return [dice.choice(alike) for alike in [dice.choice(_ALIKE)] for _ in range(dice.randrange(5))]
    if kind < 0.7:
        return [document(dice, depth - 1) for _ in range(dice.randrange(5))]
    return {name: document(dice, depth - 1) for name in dice.sample(_KEYS, dice.randrange(5))}


def expression(dice: random.Random, size: int | None = None) -> str:
    """An expression of about so many parts."""
    size = dice.choice((1, 2, 2, 3, 3, 4, 5, 6, 8)) if size is None else size
    if size <= 1:
        return dice.choice((dice.choice(_NAMES), dice.choice(_NAMES), "@", dice.choice(CONSTANTS)))
    return dice.choice(_SHAPES)(dice, size - 1)


def _steps(dice: random.Random, size: int) -> str:
    return expression(dice, size) + "".join(dice.choice(STEPS) for _ in range(dice.randint(1, 3)))


def _binary(dice: random.Random, size: int) -> str:
    left = dice.randint(1, size)
    return f"{expression(dice, left)} {dice.choice(_OPERATORS)} {expression(dice, size - left)}"


def _unary(dice: random.Random, size: int) -> str:
    return dice.choice(("!({})", "({})", "!({})")).format(expression(dice, size))


def _filter(dice: random.Random, size: int) -> str:
    left = dice.randint(1, size)
    step = dice.choice(("", *STEPS))
    return f"{expression(dice, left)}[?{expression(dice, size - left)}]{step}"


def _made(dice: random.Random, size: int) -> str:
    count = dice.randint(1, 3)
    parts = [expression(dice, max(1, size // count)) for _ in range(count)]
    row = f"[{', '.join(parts)}]"
    entries = ", ".join(f"k{place}: {one}" for place, one in enumerate(parts))
    made = dice.choice((row, f"{{{entries}}}"))
    return dice.choice((made, f"{dice.choice(_NAMES)}.{made}", f"{dice.choice(_NAMES)}[*].{made}"))


def _call_of_one(dice: random.Random, size: int) -> str:
    inner = expression(dice, size)
    if dice.random() < 0.2:
        return f"{inner}.{dice.choice(('length', 'type', 'to_string', 'keys'))}(@)"
    return f"{dice.choice(ONE)}({inner})"


def _call_of_two(dice: random.Random, size: int) -> str:
    left = dice.randint(1, size)
    return f"{dice.choice(TWO)}({expression(dice, left)}, {expression(dice, size - left)})"


def _call_with_reference(dice: random.Random, size: int) -> str:
    left = dice.randint(1, size)
    values, body = expression(dice, left), expression(dice, size - left)
    name = dice.choice(("sort_by", "max_by", "min_by", "map"))
    return f"map(&{body}, {values})" if name == "map" else f"{name}({values}, &{body})"


_SHAPES: tuple[Callable[[random.Random, int], str], ...] = (
    *(_steps, _steps, _steps, _binary, _binary, _unary, _filter, _filter, _made, _made),
    *(_call_of_one, _call_of_one, _call_of_two, _call_with_reference, _call_with_reference),
)
