"""Text -> JSON with the characters of each key and value, and what is wrong with it. For what is wrong alone.

`json.loads` is many times as fast: what is right is read with it, and this is asked for a place once there is
a mistake to tell.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cached_property
from typing import Any

from mapper.texts.named_text import Span, Text
from mapper.values.frozen import dataclass
from mapper.values.types import JsonPath

_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class NotJson:
    """The reason that a text is not JSON, at an offset, and what to do."""

    at: int
    message: str
    hint: str


@dataclass(frozen=True)
class JsonText:
    """A text in JSON."""

    text: Text

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader(self.text.content)
        with suppress(RecursionError):  # what is nested deeper is at the place around it
            reader.value(_after_blank(self.text.content, 0), ())
        return reader

    @property
    def twice(self) -> tuple[tuple[JsonPath, Span], ...]:
        """The keys that an object has already, each time again."""
        return tuple((at, self.text.span(*place)) for at, place in self._read.twice)

    def key(self, at: JsonPath) -> Span:
        """The last key of some, or the element of a list; as far as the text has them."""
        return self._span(self._read.keys, at)

    def value(self, at: JsonPath) -> Span:
        """The value that some keys lead to, as far as the text has them; where it begins if it is long."""
        span = self._span(self._read.values, at)
        is_long = "\n" in self.text.content[span.start : span.end]
        return self.text.span(span.start, span.start + 1) if is_long else span

    def whole(self, at: JsonPath) -> Span | None:
        """All lines of the value that some keys lead to; None where the text has none."""
        place = self._read.values.get(at)
        return None if place is None else self.text.span(*place)

    def _span(self, places: dict[JsonPath, tuple[int, int]], at: JsonPath) -> Span:
        if at in places:
            return self.text.span(*places[at])
        if at:
            return self._span(self._read.keys, at[:-1])
        start = _after_blank(self.text.content, 0)
        return self.text.span(start, min(start + 1, len(self.text.content)))


class _Reader:
    """The places of all keys and values of a text that is JSON.

    If a key is given twice, the last value is used, as by other readers of JSON.
    """

    def __init__(self, content: str) -> None:
        self.content = content
        self.keys: dict[JsonPath, tuple[int, int]] = {}
        self.values: dict[JsonPath, tuple[int, int]] = {}
        self.twice: list[tuple[JsonPath, tuple[int, int]]] = []

    def value(self, at: int, path: JsonPath) -> int:
        """Read the value at an offset; where it ends."""
        first = self.content[at : at + 1]
        if first == "{":
            end = self._object(at, path)
        elif first == "[":
            end = self._list(at, path)
        else:
            end = _text_end(self.content, at) if first == '"' else _match_end(_SCALAR, self.content, at)
        self.values[path] = at, end
        return end

    def _object(self, at: int, path: JsonPath) -> int:
        content, known = self.content, set()
        at = _after_blank(content, at + 1)
        while content[at] != "}":
            name, end = _decode(content, at)
            below = (*path, name)
            if name in known:
                self.twice.append((below, (at, end)))
            known.add(name)
            self.keys[below] = at, end
            at = self.value(_after_blank(content, _after_blank(content, end) + 1), below)
            at = _after_comma(content, at)
        return at + 1

    def _list(self, at: int, path: JsonPath) -> int:
        content, number = self.content, 0
        at = _after_blank(content, at + 1)
        while content[at] != "]":
            start = at
            at = self.value(at, (*path, number))
            self.keys[*path, number] = start, at
            at, number = _after_comma(content, at), number + 1
        return at + 1


def _after_comma(content: str, at: int) -> int:
    at = _after_blank(content, at)
    return _after_blank(content, at + 1) if content[at] == "," else at


def _text_end(content: str, at: int) -> int:
    end: int = _decode(content, at)[1]
    return end


def _after_blank(content: str, at: int) -> int:
    return _match_end(_BLANK, content, at)


def _match_end(what: re.Pattern[str], content: str, at: int) -> int:
    match = what.match(content, at)
    return at if match is None else match.end()


def _no_constant(name: str) -> Any:
    raise _NotANumber(name)


class _NotANumber(ValueError):
    """A number that JSON does not have: NaN, or an infinite one."""


class _Twice(ValueError):
    """An object that has a key twice."""


def has_key_twice(content: str | bytes) -> bool:
    """Whether an object of a text that is JSON has a key twice."""
    try:
        json.loads(content, object_pairs_hook=_refuse_twice)
    except _Twice:
        return True
    return False


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made


def why_not_json(content: str) -> NotJson | None:
    """The reason that a text is not JSON; None where it is."""
    start = len(content) - len(content.removeprefix("\ufeff"))
    try:
        json.loads(content[start:], parse_constant=_no_constant)
    except _NotANumber as error:
        name = str(error)
        return NotJson(
            max(content.find(name), 0), f"`{name}` is not a number of JSON", "write a number, or remove it"
        )
    except json.JSONDecodeError as error:
        return _explained(content, start + error.pos, error.msg)
    except RecursionError:
        return NotJson(0, "the file is nested too deep", "use `$ref` for parts that repeat")
    return None


_HINTS = (
    ("/", "JSON has no comments; write a note as the keyword `$comment`"),
    ("#", "JSON has no comments; write a note as the keyword `$comment`"),
    ("'", 'write double quotes: `"`'),
)


def _explained(content: str, at: int, said: str) -> NotJson:
    """A message about a place that `json` names, with what a person most likely did there."""
    before = content[:at].rstrip()
    if "trailing comma" in said:  # Python 3.13 names the comma, earlier ones what comes after it
        after = content[at + 1 :].lstrip()
        return NotJson(
            len(content) - len(after), "this comma has nothing after it", "remove the comma before it"
        )
    next_one = content[at : at + 1]
    if not content.strip():
        return NotJson(0, "the file is empty", "a schema is an object: `{}` at least")
    if next_one in ("}", "]") and before.endswith(","):
        return NotJson(at, "this comma has nothing after it", "remove the comma before it")
    if next_one == "," and before.endswith(","):
        return NotJson(at, "there is a second comma", "remove the comma")
    for mark, hint in _HINTS:
        if next_one == mark:
            return NotJson(at, f"`{mark}` begins nothing", hint)
    if not next_one:
        return NotJson(max(at - 1, 0), "the file ends before its object does", "add the missing `}` or `]`")
    if "delimiter" in said:
        what = "`:` after the key" if "':'" in said else "a comma, or the end of the object or list"
        return NotJson(at, f"expected {what}", "add the comma" if "','" in said else "add the colon")
    if "property name" in said:
        return NotJson(at, "expected a key in double quotes", 'write keys as `"type"`')
    if "Unterminated" in said or "control character" in said:
        return NotJson(at, "this string has no end in its line", 'add the closing `"`')
    if "escape" in said:
        return NotJson(at, "this is no escape of JSON", "write a backslash as `\\\\`")
    if "Extra data" in said:
        return NotJson(at, "there is more text after the object", "keep one object in the file")
    return NotJson(at, "expected a value", "write a string in double quotes, a number, true, false or null")
