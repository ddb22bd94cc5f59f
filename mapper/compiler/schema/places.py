"""A JSON text and the keys that lead into it -> the characters of the last key."""

from __future__ import annotations

import json
import re
from typing import Any

from mapper.text import Span, Text

_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def span_at(text: Text, keys: tuple[str | int, ...]) -> Span:
    """The last of some keys, or the element of a list; as far as the text, which is JSON, has them."""
    value = _after_blank(text.content, 0)
    shown = text.span(value, value + 1)
    for key in keys:
        found = _child(text.content, value, key)
        if found is None:
            break
        start, end, value = found
        shown = text.span(start, end)
    return shown


def _child(content: str, at: int, key: str | int) -> tuple[int, int, int] | None:
    """Where a key of the object at a character, or an element of the list, begins and ends; and its value.

    Of a key that is there twice the last one counts, as for who reads it.
    """
    found, number = None, 0
    in_object = content[at] == "{"
    if content[at] not in "{[":
        return None
    at = _after_blank(content, at + 1)
    while content[at] not in "}]":
        name: str | int = number
        begins = at
        if in_object:
            name, at = _text(content, at)
            ends = at
            at = _after_blank(content, _after_blank(content, at) + 1)
        value = at
        at = _end(content, at)
        if name == key:
            found = (begins, ends if in_object else at, value)
        number += 1
        at = _after_blank(content, at)
        if content[at] == ",":
            at = _after_blank(content, at + 1)
    return found


def _end(content: str, at: int) -> int:
    """The end of the value that begins at a character."""
    depth = 0
    while True:
        first = content[at]
        if first == '"':
            at = _text(content, at)[1]
        elif first in "{[":
            depth, at = depth + 1, at + 1
        elif first in "}]":
            depth, at = depth - 1, at + 1
        elif first in ",:":
            at += 1
        else:
            at = _match_end(_SCALAR, content, at)
        if depth == 0:
            return at
        at = _after_blank(content, at)


def _text(content: str, at: int) -> tuple[str, int]:
    found: tuple[Any, int] = json.JSONDecoder().raw_decode(content, at)
    return str(found[0]), found[1]


def _after_blank(content: str, at: int) -> int:
    return _match_end(_BLANK, content, at)


def _match_end(what: re.Pattern[str], content: str, at: int) -> int:
    match = what.match(content, at)
    return at if match is None else match.end()
