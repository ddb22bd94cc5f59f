"""The origin of an amount and the changes on the way -> what is wrong with its unit.

An attribute's unit is told by its name, or by samples of it. Both are only hints, so unknown stays silent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from mapper.compiler.jmespath.origin import Path
from mapper.compiler.jmespath.unit_turns import UnitTurn

# Names of parts of a currency, with how many of them make a whole unit.
SMALL_UNITS: dict[str, int] = {
    "cent": 100,
    "cents": 100,
    "centimes": 100,
    "micros": 1_000_000,
    "pence": 100,
}
_WHOLE_UNITS = frozenset({"dollar", "dollars", "euro", "euros", "major"})
# Names that say nothing of a unit: the one above them does.
_PLAIN = frozenset({"amount", "price", "sum", "total", "value"})
_MINOR = ("minor", "minor_units", "minor_unit")
# Payment services give these in minor units, and all that an object of the second names holds.
MINOR_NAMES = frozenset({"amount_subtotal", "amount_total", "unit_amount", "unit_amount_decimal"})
_MINOR_HOLDERS = frozenset({"total_details"})
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


_Unit: TypeAlias = OneOf["minor", "millionths", "whole", "unknown"]


class UnitFault(NamedTuple):
    """A mistake about the unit of an amount: the message after the field, and the hint."""

    said: str
    hint: str


_TWICE = UnitFault("`{}` is converted twice", "convert it once")
_UP = UnitFault(
    "multiplying `{}` makes minor units of it", "send it as it is, or convert it once with `minor_units`"
)
_WHOLE = UnitFault("`{}`, which is converted from minor units, looks like whole units", "send it as it is")
_HUNDREDTHS_LEFT = UnitFault(
    "`{}`, which is not divided by 100, looks like hundredths", "divide it by 100, or use `minor_units`"
)
_MILLIONTHS = UnitFault(
    "`{}`, which is converted from minor units, looks like millionths", "divide it: `divide: 1000000`"
)


def fault_of(path: Path, turns: Sequence[UnitTurn]) -> UnitFault | None:
    """The mistake in the unit of an amount: the attribute at a path, changed by turns, innermost first.

    None also for one in minor units that nothing converts.
    """
    parts, by = small_parts(path)[0], prod(turn.by for turn in turns)
    if parts and by == parts:
        return None
    kinds = [turn.kind for turn in turns]
    fault = None if "other" in kinds else _fault_in_turns(path, kinds)
    if fault is None and parts and by > 1:
        return _MILLIONTHS if parts == SMALL_UNITS["micros"] else _HUNDREDTHS_LEFT
    return fault


def _fault_in_turns(path: Path, kinds: Sequence[str]) -> UnitFault | None:
    """The mistake in how often, and which way, an amount is converted."""
    parts = small_parts(path)[0]
    unit: _Unit = "whole" if _is_named_whole(path) else "unknown"
    if parts is not None:
        unit = "millionths" if parts == SMALL_UNITS["micros"] else "minor"
    for number, turn in enumerate(kinds):
        if turn == "up":
            unit = "minor"
        elif unit == "whole":
            return _TWICE if kinds[:number] else _WHOLE
        elif unit == "millionths" and turn == "currency":
            return _MILLIONTHS
        else:
            unit = "whole"
    return _UP if kinds and unit == "minor" else None


def is_divided(path: Path, turns: Sequence[UnitTurn]) -> bool:
    """True if an amount is divided as one in minor units is, and its name does not say that it is one.

    Minor units may have decimals where the name says so: Stripe's `unit_amount_decimal`.
    """
    kinds = [turn.kind for turn in turns]
    is_down = kinds[:1] in (["currency"], ["down"]) and "other" not in kinds
    return is_down and small_parts(path)[0] is None


def _is_named_whole(path: Path) -> bool:
    name = shown_name(path)
    words = [word.lower() for word in WORDS.findall(name)]
    return bool(words) and words[-1] in _WHOLE_UNITS


def shown_name(path: Path) -> str:
    """The name that says the unit of a field: its own, or the one above it where that says nothing."""
    above, name = _last_two(path)
    return above if name.lower() in _PLAIN and above else name


def small_parts(path: Path) -> tuple[int | None, str]:
    """The number of parts in a whole unit, by a name: 0 if the currency says so, None if it names no unit.

    With the name: that of the field, or the one above it where that says nothing.
    """
    above, name = _last_two(path)
    if name in MINOR_NAMES or above in _MINOR_HOLDERS:
        return 0, name
    return unit_of(name, above), shown_name(path)


def unit_of(name: str, above: str) -> int | None:
    """The number of parts in a whole unit, by a name itself or by the one above it."""
    if name.lower() in _PLAIN and above:
        name = above
    words = [word.lower() for word in WORDS.findall(name)]
    if not words or words[-1] in SMALL_UNITS:
        return SMALL_UNITS[words[-1]] if words else None
    is_minor = "_".join(words).endswith(_MINOR) and words[-1] in ("minor", "unit", "units")
    return 0 if is_minor else None


def _last_two(path: Path) -> tuple[str, str]:
    """The last name of a path after the one above it, "" where there is none."""
    return ("".join(path[-2:-1]), "".join(path[-1:]))
