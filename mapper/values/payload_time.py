"""PayloadTime: the field of a payload that is the time of its event, and how that is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from mapper.values.types import Json

TimeUnit = Literal["s", "ms", "us", "iso"]
UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)

UNREADABLE = 0
"""The seconds of a time that is present but cannot be read: no service takes an event of 1970."""
_PER_SECOND: Mapping[TimeUnit, int] = {"s": 1, "ms": 1_000, "us": 1_000_000}
_SAID: Mapping[TimeUnit, str] = {
    "s": "a Unix time in seconds",
    "ms": "a Unix time in milliseconds",
    "us": "a Unix time in microseconds",
    "iso": "an ISO 8601 time with a UTC offset",
}
# Seconds that an outbox and a table can hold.
_MOST_SECONDS = 2**63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PayloadTime:
    """The field that `x-time` of a target's schema names. unit: how a time is written in it."""

    field: str = ""
    unit: TimeUnit = "s"

    @classmethod
    def stated(cls, said: Json) -> PayloadTime:
        """The value of `x-time`, a name or `{field, unit}`; what is wrong in it counts as left out."""
        stated = said if isinstance(said, dict) else {"field": said}
        field, unit = stated.get("field"), stated.get("unit")
        known: TimeUnit = next((one for one in UNITS if one == unit), UNITS[0])
        return cls(field if isinstance(field, str) else "", known)

    @property
    def kinds(self) -> frozenset[str]:
        """The types of JSON Schema that a field with such times can have."""
        return frozenset({"string"} if self.unit == "iso" else {"integer", "number"})

    @property
    def described(self) -> str:
        """A name of what the field must hold, for a message."""
        return _SAID[self.unit]

    def seconds(self, payload: Mapping[str, Any]) -> int | None:
        """The time of a payload in whole Unix seconds, rounded down; None if it has none.

        `UNREADABLE` where the value is no time of this unit: another kind of value, a text without an offset.
        """
        value = payload.get(self.field)
        if value is None:
            return None
        read = _iso_seconds(value) if self.unit == "iso" else _numeric_seconds(value, _PER_SECOND[self.unit])
        return read if -_MOST_SECONDS <= read < _MOST_SECONDS else UNREADABLE


def _numeric_seconds(value: Json, per_second: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNREADABLE
    return math.floor(value // per_second) if math.isfinite(value) else UNREADABLE


def _iso_seconds(value: Json) -> int:
    if not isinstance(value, str):
        return UNREADABLE
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return UNREADABLE
    return UNREADABLE if read.tzinfo is None else (read - _EPOCH) // _SECOND
