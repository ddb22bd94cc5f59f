"""Texts with settings in braces: `Bearer {token}`; what has `{test_code?}` may be left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mapper.runtime.decode import encode
from mapper.values.types import Json

EVENTS = "{events}"
"""The place of the list of events in the body of a request."""
_NAME = re.compile(r"\{([a-z][a-z0-9_]*)(\??)\}")
_BRACE = re.compile(r"[{}]")
_MARK = "\0events"
"""No setting has this character, so that no value is taken for the events."""


def texts(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each text in a value, with the keys that lead to it."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts(one, (*at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from texts(one, (*at, index))


def names(text: str) -> dict[str, bool]:
    """The settings that a text names, and whether it needs each of them."""
    found: dict[str, bool] = {}
    for match in _NAME.finditer(text):
        found[match[1]] = found.get(match[1], False) or not match[2]
    return found


def is_sound(text: str) -> bool:
    """Whether all braces of a text are those of settings."""
    return not _BRACE.search(_NAME.sub("", text))


def fill(text: str, values: Mapping[str, str]) -> str | None:
    """A text with the values of its settings; None where one has none."""
    if not names(text).keys() <= values.keys():
        return None
    return _NAME.sub(lambda found: values[found[1]], text)


def filled(body: Json, values: Mapping[str, str], events: Json) -> Json:
    """The body of a request, with the values of its settings, and `events` in the place of the events.

    A key whose text names a setting without a value is left out.
    """
    if isinstance(body, dict):
        made = {key: filled(one, values, events) for key, one in body.items()}
        return {key: one for key, one in made.items() if one is not None or body[key] is None}
    if isinstance(body, list):
        return [filled(one, values, events) for one in body]
    if not isinstance(body, str):
        return body
    return events if body == EVENTS else fill(body, values)


def frame(body: Json, values: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The bytes before and after the events, which are JSON with commas between, in a `filled` body."""
    head, tail = encode(filled(body, values, _MARK)).split(encode(_MARK))
    return head + b"[", b"]" + tail


def read_back(text: str, said: str) -> dict[str, str] | None:
    """The settings in a text that was filled in; None where it is another text. Capitals do not matter."""
    pattern, place = "", 0
    for found in _NAME.finditer(text):
        pattern += f"{re.escape(text[place : found.start()])}(?P<{found[1]}>.+)"
        place = found.end()
    match = re.fullmatch(pattern + re.escape(text[place:]), said, re.IGNORECASE | re.DOTALL)
    return None if match is None else match.groupdict()
