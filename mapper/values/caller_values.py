"""Values that a caller gives -> the same, or a TypeError that says which of them is of a wrong type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def given_events(events: Iterable[T], name: str = "events") -> Iterable[T]:
    """The events as they were given. Raises TypeError where they are one event, or no iterable.

    name: of the parameter, which the message says.
    """
    if isinstance(events, Mapping):
        raise TypeError(f"`{name}` must be an iterable of events; for one event, pass a list of it")
    if not isinstance(events, Iterable) or isinstance(events, str | bytes | bytearray):
        raise TypeError(f"`{name}` must be an iterable of events, not {type(events).__name__}")
    return events


def given_text(text: str, name: str) -> str:
    """The text as it was given. Raises TypeError where it is none, as the path of a file or bytes."""
    if not isinstance(text, str):
        raise TypeError(f"the text of {name} must be a str, not {type(text).__name__}")
    return text
