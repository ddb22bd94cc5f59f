"""Transforms that change the unit of an amount: by a power of ten, or by the digits of its currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal as OneOf
from typing import NamedTuple

from mapper.transforms.numeral import number_of
from mapper.values.types import Invalid, Json

CONVERTING = "minor_units"
_HUNDREDS = frozenset({100, 1000, 1_000_000})
_HUNDREDTHS = frozenset(1 / Decimal(one) for one in _HUNDREDS)
_POWERS = frozenset(Decimal(10) ** power for power in range(-9, 10) if power)


class UnitTurn(NamedTuple):
    """A change of unit, and by how much an amount is divided for it; 0 where the currency says that.

    kind: `down`, `up`: divided by a hundred or the like, and multiplied; `other`: by another power of ten.
    """

    kind: OneOf["currency", "down", "up", "other"]
    by: Decimal = Decimal()


_BY_CURRENCY = UnitTurn("currency")


def turn_of(name: str, constant: Json) -> UnitTurn | None:
    """The change of unit that a transform with a constant makes; None if it is not known to make one."""
    if name == CONVERTING:
        return _BY_CURRENCY
    if name not in ("divide", "multiply"):
        return None
    try:
        number = number_of(constant)
    except Invalid:
        return None
    if number not in _POWERS:
        return None
    by = Decimal(number) if name == "divide" else 1 / Decimal(number)
    return UnitTurn("down" if by in _HUNDREDS else "up" if by in _HUNDREDTHS else "other", by)
