"""JSON bytes -> values, payloads -> JSON bytes. The only module with msgspec.

Stricter than most parsers and exact: integers of any length stay integers, NaN, infinities and half
characters (lone surrogates) are refused both ways; of duplicate keys the last wins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mapper.types import Invalid, Json

# An event of a shop weighs 1 to 5 KB. More than this is a mistake or an attack, and is not even parsed.
LONGEST_EVENT = 1024 * 1024
# The parser stops near 1,000, earlier the deeper its caller stands. This limit is the same for all callers
# and leaves functions that call themselves for each level (to_string, fingerprint) room on Python's stack.
DEEPEST_EVENT = 256

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_AT_BYTE = re.compile(r" \(byte (\d+)\)$")


def decode(text: bytes) -> Json:
    """The value of a JSON text.

    Raises Invalid where there is none. Its kind is `malformed`, `invalid_unicode` or `too_large`; its reason
    says what and where, and holds nothing of the text.
    """
    if len(text) > LONGEST_EVENT:
        raise Invalid(f"longer than {LONGEST_EVENT:,} bytes", "too_large")
    try:
        value: Json = _decoder.decode(text)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8, at byte {error.start + 1} of a text in it", "invalid_unicode") from None
    except msgspec.MsgspecError as error:
        raise _explain(str(error), text) from None
    # How many objects and lists begin in it: `replace` finds few of them in many bytes four times as fast as
    # `count` does.
    begun = 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b""))
    if begun > DEEPEST_EVENT and _depth(value) > DEEPEST_EVENT:
        raise _too_deep()
    return value


def decode_event(text: bytes) -> dict[str, Any]:
    """The event of a JSON text: an object. Raises Invalid as `decode` does, and for any other value."""
    value = decode(text)
    if type(value) is not dict:
        raise Invalid("not a JSON object", "malformed")
    return value


def encode(payload: Json) -> bytes:
    """JSON of a value on one line: integers exact, floats in their shortest form, UTF-8.

    Raises Invalid for what JSON does not have: NaN, infinities, half characters.
    """
    try:
        text = _encoder.encode(payload)
        # msgspec writes null for a number that JSON does not have.
        finite = b"null" not in text or _is_finite(payload)
    except UnicodeEncodeError:
        raise Invalid("half a character (a lone surrogate)", "invalid_unicode") from None
    except (RecursionError, ValueError, TypeError):
        raise Invalid("too deep, too long a number, or no JSON value") from None
    if not finite:
        raise Invalid("a number that JSON does not have (NaN or infinite)")
    return text


def encode_lines(payloads: Sequence[Json]) -> bytes:
    """JSON of some values, each on a line of its own and as `encode` writes it; raises Invalid as it does."""
    try:
        text = _encoder.encode_lines(payloads)
    except (UnicodeEncodeError, RecursionError, ValueError, TypeError):
        text = b""
    if payloads and not text:
        return b"".join([encode(payload) + b"\n" for payload in payloads])
    if b"null" in text:
        for payload, line in zip(payloads, text.splitlines(), strict=True):
            if b"null" in line:
                encode(payload)
    return text


def _explain(message: str, text: bytes) -> Invalid:
    """The parser's words in ours. They hold positions, never parts of the text."""
    if _has_half_character(text):
        return Invalid("half a character (a lone surrogate) in a text", "invalid_unicode")
    if "out of range" in message:
        return Invalid("a number out of range", "malformed")
    if "truncated" in message:
        return Invalid("not JSON: it ends too early", "malformed")
    what = message.removeprefix("JSON is malformed: ")
    at = _AT_BYTE.search(what)
    if at is None:
        return Invalid("not JSON", "malformed")
    return Invalid(f"not JSON: {what[: at.start()]}, at byte {int(at[1]) + 1}", "malformed")


def _has_half_character(text: bytes) -> bool:
    """Whether an escape `\\ud800` to `\\udfff` stands without its other half right beside it."""
    high_ends = -1
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1], 16) if escape[1] else 0
        if high_ends >= 0 and not (escape.start() == high_ends and 0xDC00 <= code < 0xE000):
            return True
        if high_ends < 0 and 0xDC00 <= code < 0xE000:
            return True
        high_ends = escape.end() if 0xD800 <= code < 0xDC00 else -1
    return high_ends >= 0


def _too_deep() -> Invalid:
    return Invalid(f"nested deeper than {DEEPEST_EVENT} levels", "malformed")


def _depth(value: Json) -> int:
    """How many lists and objects stand inside one another."""
    depth = 0
    level: list[Json] = [value]
    while level:
        inner: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        depth += any(isinstance(one, (dict, list)) for one in level)
        level = inner
    return depth


def _is_finite(value: Json) -> bool:
    if isinstance(value, dict):
        return all(_is_finite(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_finite(one) for one in value)
    return not isinstance(value, float) or math.isfinite(value)
