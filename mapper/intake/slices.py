"""JSON text x path -> the bytes of what is there, as the sender wrote them; nothing is encoded again.

Each value costs itself only: half a character or a NaN in one event leaves the others as they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mapper.feeds.json_chunks import cut_values
from mapper.intake.entry import BodyPath, BodyStep
from mapper.runtime.decode import DEEPEST_EVENT, begins_deeper, decode, raw_elements, raw_fields, raw_value
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

# More attributes or elements than anybody sends, and more lists and objects in a body that is told by its
# brackets alone: each of so many short ones takes its time.
_MOST_ENTRIES = 1_000_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\[\]{}\":]++")
_NEXT_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*+")
_MALFORMED = "malformed"
TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reason in place of one value that cannot be had."""

    reason: SafeText


_NO_BASE64 = Unusable(SafeText("not a string of base64"))


def first_element(text: bytes) -> bytes:
    """The bytes of the first element of an array; all of any other text. Raises Invalid where there is none.

    Blanks around the text are part of it only where it is no array.
    """
    start = _after_blank(text, 0)
    if text[start : start + 1] != b"[":
        return text
    begin = _after_blank(text, start + 1)
    return text[begin : _end_of_value(text, begin)]


def elements(text: bytes) -> list[bytes]:
    """The elements of an array. Raises Invalid where it is none, or is cut off."""
    try:
        return raw_elements(text)
    except Invalid:
        found = list(_scanned(text, b"[", b"]"))
        return [text[start:end] for _, start, end in found]


def fields(text: bytes) -> dict[str, bytes]:
    """The attributes of an object. Raises Invalid where it is none, or is cut off."""
    try:
        return raw_fields(text)
    except Invalid:
        found = list(_scanned(text, b"{", b"}"))
        return {_name(text[slice(*key)]): text[start:end] for key, start, end in found}


def is_json(text: bytes) -> bool:
    """Whether a text is one JSON value, but for what is in its strings.

    One that is nested deeper than an event may be is told by its brackets and quotes alone.
    """
    try:
        raw_value(text)
    except Invalid as invalid:
        return invalid.kind != _MALFORMED or (_is_closed(text) and begins_deeper(text, DEEPEST_EVENT))
    return True


def _is_closed(text: bytes) -> bool:
    try:
        _check_brackets(text)
        end = _end_of_value(text, _after_blank(text, 0))
    except Invalid:
        return False
    return _after_blank(text, end) == len(text)


def values_at(text: bytes, path: BodyPath) -> list[bytes | Unusable]:
    """The values that a path leads to, in their order.

    Raises Invalid where there is nothing before the first list; from there on each element is by itself.
    """
    found: list[bytes | Unusable] = [text.strip()]
    is_alone = True
    for step in path:
        if is_alone:
            assert isinstance(found[0], bytes)
            found = list(_into(found[0], step))
        else:
            found = [inner for one in found for inner in _each(one, step)]
        is_alone = is_alone and not step.is_each
    return found


def scalar_at(text: bytes, path: BodyPath) -> bytes | None:
    """The bytes of the string or number at a path that leads to one; None where there is none."""
    try:
        found = values_at(text, path)
    except Invalid:
        return None
    value = found[0] if len(found) == 1 else b""
    if isinstance(value, Unusable) or value in (b"", b'""', b"null") or value[:1] in b"{[":
        return None
    return value


def decoded_values(text: bytes) -> list[bytes] | Unusable:
    """The JSON values, one after another, in a JSON string of base64; none where it is empty."""
    try:
        # Some senders write `+` and `/` as escapes.
        encoded = decode(text) if b"\\" in text else text[1:-1].decode("ascii")
        if text[:1] != b'"' or not isinstance(encoded, str):
            return _NO_BASE64
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return _NO_BASE64
    if not content or content.isspace():
        return []
    if is_json(content):
        return [content.strip()]
    cut = [one for block in cut_values([content]) for _, one in block.texts()]
    return [one for one in cut if isinstance(one, bytes)] or [content]


def _into(text: bytes, step: BodyStep) -> list[bytes]:
    """The texts that one step leads to. Raises Invalid."""
    if step.is_each:
        return elements(text)
    if step.place is not None:
        found = elements(text)
        if step.place < len(found):
            return [found[step.place]]
        raise Invalid(SafeText("the list has no element {}", step.place), _MALFORMED)
    inner = fields(text)
    if step.name not in inner or inner[step.name] == b"null":
        raise Invalid(SafeText("no `{}`", SafeText.known(step.name)), _MALFORMED)
    return [inner[step.name]]


def _each(one: bytes | Unusable, step: BodyStep) -> list[bytes | Unusable]:
    if isinstance(one, Unusable):
        return [one]
    try:
        return list(_into(one, step))
    except Invalid as invalid:
        return [Unusable(invalid.reason)]


def _scanned(text: bytes, opening: bytes, closing: bytes) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Key and value of each entry of an object or array, by their offsets; told by brackets and quotes alone.

    Raises Invalid where these do not match, and where there are more than `_MOST_ENTRIES`.
    """
    _check_brackets(text)
    at = _after_blank(text, 0)
    if text[at : at + 1] != opening:
        raise Invalid("another JSON value than is expected", _MALFORMED)
    at = _after_blank(text, at + 1)
    count = 0
    while text[at : at + 1] != closing:
        count += 1
        if count > _MOST_ENTRIES:
            raise Invalid(SafeText("more than {:,} elements or attributes", _MOST_ENTRIES), TOO_LARGE)
        key = (at, at)
        if opening == b"{":
            key = (at, _end_of_value(text, at))
            at = _expected(text, key[1], b":")
        end = _end_of_value(text, at)
        yield key, at, end
        after = _after_blank(text, end)
        if text[after : after + 1] == closing:
            at = after
        else:
            at = _expected(text, end, b",")
            if text[at : at + 1] == closing:
                raise Invalid("not JSON: a value is missing before a bracket", _MALFORMED)
    if _after_blank(text, at + 1) != len(text):
        raise Invalid("not JSON: something follows the value", _MALFORMED)


def _check_brackets(text: bytes) -> None:
    """Raise Invalid where more lists and objects begin than are looked for one by one."""
    if text.count(b"[") + text.count(b"{") > _MOST_ENTRIES:
        raise Invalid(SafeText("more than {:,} lists and objects", _MOST_ENTRIES), TOO_LARGE)


def _end_of_value(text: bytes, at: int) -> int:
    """The offset after the value that begins at one. Raises Invalid where none does, or it is cut off."""
    first = text[at : at + 1]
    if first in (b"{", b"["):
        depth, end = 1, at + 1
        while depth:
            bracket = _NEXT_BRACKET.match(text, end)
            if bracket is None:
                raise Invalid("not JSON: unexpected end", _MALFORMED)
            depth += 1 if bracket[1] in (b"{", b"[") else -1
            end = bracket.end()
        return end
    found = (_STRING if first == b'"' else _SCALAR).match(text, at)
    if found is None:
        raise Invalid("not JSON: a value is missing", _MALFORMED)
    return found.end()


def _expected(text: bytes, at: int, mark: bytes) -> int:
    """The offset of what follows a mark and the blanks around it."""
    start = _after_blank(text, at)
    if text[start : start + 1] != mark:
        raise Invalid("not JSON: a comma or colon is missing", _MALFORMED)
    return _after_blank(text, start + 1)


def _after_blank(text: bytes, at: int) -> int:
    blank = _BLANK.match(text, at)
    return at if blank is None else blank.end()


def _name(key: bytes) -> str:
    """The name that a key is written as: exact for what a path of an intake can name."""
    return key[1:-1].decode("utf-8", "replace") if key[:1] == b'"' else ""
