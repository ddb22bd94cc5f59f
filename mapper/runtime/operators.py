"""JMESPath's operators on JSON values, as generated code calls them. None of them raises, but `expect`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, kind_of

_NUMBERS = (int, float)
_WORDS = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "a number",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}
_TYPE_WORDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def worded(value: Json) -> SafeText:
    """The kind of a value in words: `a string`, `null`; never the value."""
    return SafeText.known(_WORDS[kind_of(value)])


def expect(value: Any, who: str, *types: type) -> Any:
    """The value, if its Python type is one of `types`; raises Invalid (invalid-type) that names `who`."""
    if type(value) in types:
        return value
    *wanted, last = [_TYPE_WORDS[one] for one in types if not (one is int and float in types)]
    takes = f"{', '.join(wanted)} or {last}" if wanted else last
    names = (SafeText.known(who), SafeText.known(takes))
    raise Invalid(SafeText("{} takes {}, not {}", *names, worded(value)), "invalid-type")


def falsy(value: Json) -> bool:
    """Whether a condition does not hold: null, false, an empty text, list or object; 0 holds."""
    return value is None or value is False or value == "" or value == [] or value == {}


def equal(left: Json, right: Json) -> bool:
    """JSON equality, all the way down: 1 and 1.0 are the same number, 1 and true are not the same."""
    waiting: list[tuple[Any, Any]] = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        kind = type(one)
        if kind is list:
            if type(other) is not list or len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif kind is dict:
            if type(other) is not dict or one.keys() != other.keys():
                return False
            waiting.extend((value, other[key]) for key, value in one.items())
        elif one != other or not (kind is type(other) or (kind in _NUMBERS and type(other) in _NUMBERS)):
            return False
    return True


def less(left: Any, right: Any) -> bool | None:
    """`left < right` of two numbers; null where one of them is no number."""
    return left < right if type(left) in _NUMBERS and type(right) in _NUMBERS else None


def at_most(left: Any, right: Any) -> bool | None:
    """`left <= right` of two numbers; null where one of them is no number."""
    return left <= right if type(left) in _NUMBERS and type(right) in _NUMBERS else None


def greater(left: Any, right: Any) -> bool | None:
    """`left > right` of two numbers; null where one of them is no number."""
    return left > right if type(left) in _NUMBERS and type(right) in _NUMBERS else None


def at_least(left: Any, right: Any) -> bool | None:
    """`left >= right` of two numbers; null where one of them is no number."""
    return left >= right if type(left) in _NUMBERS and type(right) in _NUMBERS else None


def sliced(value: Any, first: int | None, last: int | None, step: int | None) -> list[Any] | None:
    """The elements from `first` up to `last` in steps; null where the value is no list."""
    return value[first:last:step] if type(value) is list else None


def flat(value: Any) -> list[Any] | None:
    """A list whose elements that are lists are opened, one level; null where the value is no list."""
    if type(value) is not list:
        return None
    if list not in map(type, value):
        return value  # as it is: nobody changes what an expression gives
    opened: list[Any] = []
    for element in value:
        if type(element) is list:
            opened.extend(element)
        else:
            opened.append(element)
    return opened


def values_of(value: Any) -> list[Any] | None:
    """The values of an object, in its order; null where the value is no object."""
    return list(value.values()) if type(value) is dict else None


def without_nulls(value: Any) -> list[Any] | None:
    """A list without its nulls; null where the value is no list."""
    return [element for element in value if element is not None] if type(value) is list else None


OPERATORS: tuple[Callable[..., Any], ...] = (
    expect,
    falsy,
    equal,
    less,
    at_most,
    greater,
    at_least,
    sliced,
    flat,
    values_of,
    without_nulls,
)
