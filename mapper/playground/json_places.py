"""The text of a JSON value -> where each part of it is written. For texts that were read before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias

from mapper.runtime.decode import DEEPEST_EVENT, begins_deeper

# The names and places that lead to a part of a value.
Keys: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+')


def json_places(text: str) -> dict[Keys, tuple[int, int]]:
    """The characters of each part, by the keys that lead there; of a name written twice those of the last."""
    return dict(_parts(text))


def first_flaw(text: str) -> int:
    """The character at which a text is no JSON; 0 where that is not known."""
    if begins_deeper(text.encode("utf-8", "surrogatepass"), DEEPEST_EVENT):
        return 0
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos
    except ValueError:
        pass
    return 0


def _parts(text: str) -> Iterator[tuple[Keys, tuple[int, int]]]:
    """The parts, each once its end is found."""
    # Each list or object that is open: its keys, where it begins, and the number or name of its part.
    opened: list[tuple[Keys, int, bool]] = []
    keys: Keys = ()
    at = 0
    while True:
        at = _after_blank(text, at)
        if text[at] in "[{":
            is_list = text[at] == "["
            opened.append((keys, at, is_list))
            at = _after_blank(text, at + 1)
            if text[at] not in "]}":
                name, at = (0, at) if is_list else _name(text, at)
                keys = (*keys, name)
                continue
        else:
            end = _end_of_scalar(text, at)
            yield keys, (at, end)
            at = _after_blank(text, end)
        while opened and text[at] in "]}":
            keys, start, _ = opened.pop()
            yield keys, (start, at + 1)
            at = _after_blank(text, at + 1)
        if not opened:
            return
        around, _, is_list = opened[-1]
        at = _after_blank(text, at + 1)  # after the comma
        last = keys[len(around)] if len(keys) > len(around) else 0
        name, at = (int(last) + 1, at) if is_list else _name(text, at)
        keys = (*around, name)


def _name(text: str, at: int) -> tuple[str, int]:
    """The name of a field, and where its value begins."""
    end = _end_of_scalar(text, at)
    name: str = json.loads(text[at:end], strict=False)
    return name, _after_blank(text, _after_blank(text, end) + 1)


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _end_of_scalar(text: str, at: int) -> int:
    found = _SCALAR.match(text, at)
    return at + 1 if found is None else found.end()
