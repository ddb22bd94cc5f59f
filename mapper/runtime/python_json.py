"""JSON bytes as orjson writes them, without it: where no build of orjson exists, as in a browser.

`decode` takes this module only where orjson cannot be imported. The bytes and the refusals are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import EnumMeta
from json.encoder import encode_basestring as quoted
from typing import Any

APPEND_NEWLINE = 1 << 10
"""The one option that is followed, of the value that it has in orjson."""
# Lists and objects in each other, as many as orjson writes.
_DEEPEST = 254
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1


def dumps(value: Any, /, default: Callable[[Any], Any] | None = None, option: int | None = None) -> bytes:
    """JSON of a value on one line; null for NaN and infinities.

    Takes the arguments of `orjson.dumps`; of the options it follows APPEND_NEWLINE. Raises TypeError as that
    does with the options that `decode` uses: for half characters, integers of more than 64 bits, keys that
    are not texts, classes that are not JSON's own, more than 254 levels.
    """
    try:
        written = _written(value, 0).encode()
    except UnicodeEncodeError:
        raise TypeError("a text that is not valid UTF-8: surrogates not allowed") from None
    return written + b"\n" if option is not None and option & APPEND_NEWLINE else written


def _written(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is dict:
        _check_depth(depth)
        return "{" + ",".join([f"{_key(key)}:{_written(one, depth + 1)}" for key, one in value.items()]) + "}"
    if kind is list or kind is tuple:
        _check_depth(depth)
        return "[" + ",".join([_written(one, depth + 1) for one in value]) + "]"
    if kind is float:
        return _digits(value)
    if kind is int:
        return _integer(value)
    return _rare(value, kind, depth)


def _rare(value: Any, kind: type, depth: int) -> str:
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if isinstance(kind, EnumMeta):
        return _written(value.value, depth)
    if (kind.__module__, kind.__name__) == ("uuid", "UUID"):
        return f'"{value}"'
    raise TypeError(f"a value that is not JSON: {kind.__name__}")


def _check_depth(depth: int) -> None:
    if depth >= _DEEPEST:
        raise TypeError(f"more than {_DEEPEST} levels")


def _key(key: Any) -> str:
    if type(key) is not str:
        raise TypeError("a key of an object that is not a text")
    return quoted(key)


def _integer(value: int) -> str:
    if not _LEAST_INTEGER <= value <= _MOST_INTEGER:
        raise TypeError("an integer of more than 64 bits")
    return str(value)


def _digits(value: float) -> str:
    """The digits of `repr`, but an exponent without zeros in front of it, and no exponent of -5."""
    text = repr(value)
    if "e-0" in text:
        mantissa, _, exponent = text.partition("e-0")
        if exponent != "5":
            return f"{mantissa}e-{exponent}"
        sign, mantissa = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
        return f"{sign}0.0000{mantissa.replace('.', '')}"
    return "null" if text in ("nan", "inf", "-inf") else text
