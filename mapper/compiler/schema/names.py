"""JSON -> the names of a payload's events, and what other tools call them, a field or a constant."""

from __future__ import annotations

from typing import Any

from mapper.compiler.schema.json_schema import SchemaError
from mapper.frozen import dataclass


@dataclass(frozen=True, slots=True)
class EventNames:
    """The names a payload's event may have: the standard ones, and how others are written.

    also: what other tools call a standard one, small letters and digits alone, and its name.
    """

    field: str
    standard: tuple[str, ...]
    pattern: str | None
    max_length: int | None
    also: tuple[tuple[str, str], ...] = ()


def read_event_names(stated: Any) -> EventNames | None:
    """The names that `x-event-names` states. Raises SchemaError where it has another shape."""
    if stated is None:
        return None
    if "field" not in stated or not isinstance(stated.get("standard"), dict):
        raise SchemaError("x-event-names must be an object with `field` and `standard`")
    custom, standard = stated.get("custom", {}), stated["standard"]
    return EventNames(
        stated["field"],
        tuple(standard),
        custom.get("pattern"),
        custom.get("max_length"),
        others({name: one.get("also", ()) for name, one in standard.items()}),
    )


def others(stated: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Each word of another tool, small letters and digits alone, and the one that is meant by it."""
    return tuple((plain(other), ours) for ours, others in stated.items() for other in others)


def plain(text: str) -> str:
    """The small letters and digits of a name, by which others' ways to write it are the same."""
    return "".join(letter for letter in text.lower() if letter.isalnum())
