"""JSON bytes -> values, payloads -> JSON bytes. The only module with msgspec and orjson.

Stricter than most parsers and exact: integers of any length stay integers, NaN, infinities and half
characters (lone surrogates) are refused both ways; of duplicate keys the last wins. A number that is too
large for a float is read as the text that it is.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import msgspec

from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

try:
    import orjson
except ImportError:  # there is no build of it for browsers
    from mapper.runtime.python_json import APPEND_NEWLINE as _AS_A_LINE
    from mapper.runtime.python_json import dumps as _dumps

    _AS_IT_IS = 0
else:
    _dumps = orjson.dumps
    # What is no JSON value is not made one.
    _AS_IT_IS = (
        orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
    )
    _AS_A_LINE = _AS_IT_IS | orjson.OPT_APPEND_NEWLINE

# An event of a shop weighs 1 to 5 KB. More than this is a mistake or an attack, and is not even parsed.
LONGEST_EVENT = 1024 * 1024
# The parser stops near 1,000, earlier the deeper its caller is nested. This limit is the same for all callers
# and leaves functions that call themselves for each level (to_string, fingerprint) room on Python's stack.
DEEPEST_EVENT = 256
# In a browser the stack overflows before the parser stops, which ends Python.
_DEEPEST_PARSED = 500

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
# The shortest digits that mean a float: those of Python's `repr`, at half its cost.
float_digits: Callable[[float], bytes] = _dumps
# One that is not closed reaches to the end: where a search began again in it, it would not end in time.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(one for one in range(0x100) if chr(one) not in '{}[]"')
_LONG_INTEGER = 14_000
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_AT_BYTE = re.compile(r" \(byte (\d+)\)$")


def _parse_in_browser(text: bytes) -> Json:
    if begins_deeper(text, _DEEPEST_PARSED):
        raise RecursionError
    value: Json = _decoder.decode(text)
    return value


_parse: Callable[[bytes], Json] = _parse_in_browser if sys.platform == "emscripten" else _decoder.decode


def begins_deeper(text: bytes, levels: int) -> bool:
    """Whether more lists and objects than so many begin in each other, in a text that may be no JSON."""
    if text.count(b"[") + text.count(b"{") <= levels:
        return False
    steps = memoryview(_TEXT.sub(b"", text).translate(_STEPS, _NO_BRACKETS)).cast("b")
    return max(accumulate(steps), default=0) > levels


def decode(text: bytes) -> Json:
    """The value of a JSON text.

    Raises Invalid where there is none. Its kind is `malformed`, `invalid_unicode` or `too_large`; its reason
    says what and where, and holds nothing of the text.
    """
    if len(text) > LONGEST_EVENT:
        raise Invalid(SafeText("longer than {:,} bytes", LONGEST_EVENT), "too_large")
    try:
        value: Json = _parse(text)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise _not_unicode(error) from None
    except msgspec.MsgspecError as error:
        if not str(error).startswith("Number out of range"):
            raise _explain(str(error), text) from None
        value = _decode_large(text)
    # How many objects and lists begin in it: `replace` finds few of them in many bytes four times as fast as
    # `count` does.
    begun = 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b""))
    if begun > DEEPEST_EVENT and _is_too_deep(text):
        raise _too_deep()
    return value


def _decode_large(text: bytes) -> Json:
    """As `decode`, where numbers are too large for a float."""
    try:
        return _large_decoder.decode(text)  # type: ignore[no-any-return]  # a JSON value
    except UnicodeDecodeError as error:
        raise _not_unicode(error) from None
    except msgspec.MsgspecError as error:
        raise _explain(str(error), text) from None


def _number_or_text(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


_large_decoder = msgspec.json.Decoder(float_hook=_number_or_text)


def decode_event(text: bytes) -> dict[str, Any]:
    """The event of a JSON text: an object. Raises Invalid as `decode` does, and for any other value."""
    value = decode(text)
    if type(value) is not dict:
        raise Invalid("not a JSON object", "malformed")
    return value


_raw = msgspec.json.Decoder(msgspec.Raw)
_raw_elements = msgspec.json.Decoder(list[msgspec.Raw])
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def raw_value(text: bytes) -> bytes:
    """The bytes of the JSON value in a text, without the blanks around it. Raises Invalid as `decode` does.

    As for all of these three, what is in the value has to be JSON and is not looked at more closely.
    """
    return bytes(_sliced(_raw.decode, text))


def raw_elements(text: bytes) -> list[bytes]:
    """The elements of a JSON array, each with the very bytes it is written in. Raises Invalid."""
    return [bytes(one) for one in _sliced(_raw_elements.decode, text)]


def raw_fields(text: bytes) -> dict[str, bytes]:
    """The attributes of a JSON object, each with the very bytes of its value. Raises Invalid."""
    return {name: bytes(one) for name, one in _sliced(_raw_fields.decode, text).items()}


def _sliced(slice_text: Callable[[bytes], Any], text: bytes) -> Any:
    try:
        return slice_text(text)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise _not_unicode(error) from None
    except msgspec.ValidationError:
        raise Invalid("another JSON value than is expected", "malformed") from None
    except msgspec.MsgspecError as error:
        raise _explain(str(error), text) from None


# By class: its attributes, and the class of what each holds: an empty text for any value, `[Item]` for a
# list. A pair says the name of the field too, where the attribute has another one.
ShapeTable: TypeAlias = dict[str, dict[str, str | tuple[str, str]]]


def typed_classes(table: ShapeTable) -> dict[str, Any]:
    """The classes of the objects in an event, of whose fields those in the table alone are decoded."""
    classes = {name: _class_of(name, fields) for name, fields in table.items()}
    # What a field may hold is looked for in the class, where fields may be called `list` or `object`; and
    # classes may be in each other.
    named = {kind.__name__: kind for kind in (object, list, dict, str, int, float, bool)} | classes
    for made in classes.values():
        for name, one in named.items():
            setattr(made, f"_{name}", one)
    return classes


def _class_of(name: str, fields: dict[str, str | tuple[str, str]]) -> Any:
    names: dict[str, str] = {}
    declared: list[tuple[str, Any, None]] = []
    for attribute, held in fields.items():
        if isinstance(held, tuple):
            held, names[attribute] = held
        declared.append((attribute, _annotation(held), None))
    return msgspec.defstruct(name, declared, rename=names, gc=False)


_PLAIN = "_str | _int | _float | _bool | None"


def _annotation(held: str) -> str:
    """The annotation of a field: where an object is looked for, anything else is no object, and no mistake.

    But no list in place of one in a list, so that whoever goes through the lists in it finds none.
    """
    if not held:
        return "_object"
    if held.startswith("["):
        return f"_list[_{held[1:-1]} | {_PLAIN}] | _dict | {_PLAIN}"
    return f"_{held} | _list | {_PLAIN}"


def typed_decoder(event: Any) -> Callable[[bytes], Any]:
    """A decoder of an event's text by its class; it raises for what is no JSON object.

    Where lists hold lists in place of objects, it raises too. What nobody reads has to be JSON, and
    is not looked at more closely: texts in it may be no UTF-8, integers may have any number of digits.
    """
    decode_typed: Callable[[bytes], Any] = msgspec.json.Decoder(event).decode
    return decode_typed


def encode(payload: Json) -> bytes:
    """JSON of a value on one line: integers exact, floats by their fewest digits, UTF-8.

    Raises Invalid for what JSON does not have: NaN, infinities, half characters.
    """
    text = encode_decoded(payload)
    try:
        # Both libraries write null for a number that JSON does not have.
        finite = b"null" not in text or _is_finite(payload)
    except RecursionError:
        raise _no_json() from None
    if not finite:
        raise Invalid("a number that JSON cannot hold (NaN or infinity)")
    return text


def encode_decoded(payload: Json) -> bytes:
    """As `encode`, for what was made of a JSON text: in that all numbers are finite, so none is looked at.

    To look for them takes as long as to write a payload.
    """
    try:
        return _dumps(payload, None, _AS_IT_IS)
    except TypeError:  # half characters, integers of more than 64 bits, and more than 250 levels
        return _encode_exactly(payload)


def encode_plain(value: Any) -> bytes | None:
    """As `encode_decoded`, for any value: None where that holds anything but JSON's own, of common sizes."""
    try:
        return _dumps(value, None, _AS_IT_IS)
    except TypeError:
        return None


def size_of(value: Json, most: int | None = None) -> int:
    """The bytes of a value's JSON on one line, in UTF-8; of what JSON does not have those of null.

    most: looked at piece by piece, and no further than to more bytes than these.
    """
    if most is not None:
        return _size_in_pieces(value, most)
    try:
        return len(_dumps(value, None, _AS_IT_IS))
    except TypeError:  # half characters, integers of more than 64 bits, more than 250 levels, no JSON value
        return _size_in_pieces(value, None)


def _size_in_pieces(value: Json, most: int | None) -> int:
    size, waiting = 0, [value]
    while waiting and (most is None or size <= most):
        one = waiting.pop()
        if type(one) is dict:
            size += 1 + len(one) + (not one) + sum(_size_of_one(key) + 1 for key in one)
            waiting += one.values()
        elif type(one) is list:
            size += 1 + len(one) + (not one)
            waiting += one
        else:
            size += _size_of_one(one)
    return size


def _size_of_one(value: Json) -> int:
    if type(value) is int:
        # Digits of a number that is too long for a text of it are not looked for.
        return len(str(value)) if value.bit_length() <= _LONG_INTEGER else value.bit_length() // 3
    try:
        return len(_dumps(value, None, _AS_IT_IS))
    except TypeError:
        return len(value.encode("utf-8", "surrogatepass")) + 2 if type(value) is str else len("null")


def _encode_exactly(payload: Json) -> bytes:
    try:
        return _encoder.encode(payload)
    except UnicodeEncodeError:
        raise Invalid("an unpaired surrogate", "invalid_unicode") from None
    except (RecursionError, ValueError, TypeError):
        raise _no_json() from None


def _no_json() -> Invalid:
    return Invalid("nested too deep, a number too long, or a value that JSON cannot hold")


def encode_lines(payloads: Sequence[Json]) -> bytes:
    """JSON of some values, each on a line of its own and as `encode_decoded` writes it; raises as it does."""
    try:
        return b"".join([_dumps(payload, None, _AS_A_LINE) for payload in payloads])
    except TypeError:
        return b"".join([encode_decoded(payload) + b"\n" for payload in payloads])


def _explain(message: str, text: bytes) -> Invalid:
    """The parser's words in ours. They hold positions, never parts of the text."""
    if _has_half_character(text):
        return Invalid("an unpaired surrogate in a string", "invalid_unicode")
    if "out of range" in message:
        return Invalid("a number out of range", "malformed")
    if "truncated" in message:
        return Invalid("not JSON: unexpected end", "malformed")
    what = message.removeprefix("JSON is malformed: ")
    at = _AT_BYTE.search(what)
    if at is None:
        return Invalid("not JSON", "malformed")
    said = SafeText.known(what[: at.start()])
    return Invalid(SafeText("not JSON: {}, at byte {}", said, int(at[1]) + 1), "malformed")


def _has_half_character(text: bytes) -> bool:
    """Whether an escape `\\ud800` to `\\udfff` lacks its other half right beside it."""
    high_ends = -1
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1], 16) if escape[1] else 0
        if high_ends >= 0 and not (escape.start() == high_ends and 0xDC00 <= code < 0xE000):
            return True
        if high_ends < 0 and 0xDC00 <= code < 0xE000:
            return True
        high_ends = escape.end() if 0xD800 <= code < 0xDC00 else -1
    return high_ends >= 0


def _not_unicode(error: UnicodeDecodeError) -> Invalid:
    return Invalid(SafeText("not UTF-8, at byte {} of a string in it", error.start + 1), "invalid_unicode")


def _too_deep() -> Invalid:
    return Invalid(SafeText("nested deeper than {} levels", DEEPEST_EVENT), "malformed")


def _is_too_deep(text: bytes) -> bool:
    """Whether lists and objects are nested deeper in a text of JSON than an event may have."""
    brackets = text.translate(_ONE_KIND, _NO_BRACKETS)
    if b"\\" not in text:
        brackets = brackets.replace(b'""', b"")
    if b'"' in brackets:  # then there are brackets in texts, or quotes
        brackets = _TEXT.sub(b"", text).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(DEEPEST_EVENT):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _is_finite(value: Json) -> bool:
    if isinstance(value, dict):
        return all(_is_finite(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_finite(one) for one in value)
    return not isinstance(value, float) or math.isfinite(value)
