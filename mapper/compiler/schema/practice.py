"""JSON Schema annotations -> Practice: what events should carry beyond what the destination asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from mapper.frozen import dataclass
from mapper.types import Json

# Target paths of which one suffices.
Signal: TypeAlias = tuple[str, ...]
# Each path has one of the values.
Condition: TypeAlias = tuple[tuple[str, tuple[Json, ...]], ...]


@dataclass(frozen=True, slots=True)
class Advised:
    """Signals that an event should carry, and why; only where `when` holds."""

    signals: tuple[Signal, ...]
    why: str
    when: Condition = ()


@dataclass(frozen=True, slots=True)
class Practice:
    """What is advised for all events and for those of a name; and what the destination scores events by."""

    common: tuple[Advised, ...] = ()
    by_name: tuple[tuple[str, tuple[Advised, ...]], ...] = ()
    scored: tuple[Signal, ...] = ()

    def of(self, name: Json) -> tuple[Advised, ...]:
        """What is advised for events of a name alone."""
        return next((advised for known, advised in self.by_name if known == name), ())


def read_practice(schema: dict[str, Any]) -> Practice:
    """The practice that a target's `x-advice`, `x-scored` and names' `advice` state."""
    names = schema.get("x-event-names", {}).get("standard", {})
    return Practice(
        tuple(_advised(one) for one in schema.get("x-advice", ())),
        tuple((name, tuple(map(_advised, stated.get("advice", ())))) for name, stated in names.items()),
        _signals(schema.get("x-scored", ())),
    )


def _advised(stated: dict[str, Any]) -> Advised:
    when = tuple((path, tuple(values)) for path, values in stated.get("when", {}).items())
    return Advised(_signals(stated["fields"]), stated["why"], when)


def _signals(stated: Iterable[str | list[str]]) -> tuple[Signal, ...]:
    return tuple((one,) if isinstance(one, str) else tuple(one) for one in stated)
