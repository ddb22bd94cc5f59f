"""A JSON Schema -> a test that is quick to tell that a value is valid, where it can.

It takes a fraction of the time of a validator, and leaves to that one whatever it is not sure of: what is
invalid, and keywords that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from mapper.values.types import Json

Test = Callable[[Json], bool]

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_OF_TEXTS = {"minLength", "maxLength", "pattern"}
_OF_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_OF_LISTS = {"items", "minItems", "maxItems"}
_OF_OBJECTS = {"properties", "required", "additionalProperties"}
_KNOWN = {"type", "enum", "anyOf"} | _OF_TEXTS | _OF_NUMBERS | _OF_LISTS | _OF_OBJECTS


class _NotKnown(Exception):
    """A part of a schema of which nothing this validator can tell."""


def fast_validator(schema: Json) -> Test:
    """A test that a value is valid; of a schema that has what is not known here, it says so of no value."""
    try:
        return _test(schema)
    except _NotKnown:
        return _never


@cache
def _known() -> frozenset[str]:
    # A check of a mapping validates nothing, and does without the table.
    from mapper.compiler.schema.schema_words import NOTES

    return NOTES | _KNOWN


def _never(value: Json) -> bool:
    return False


def _always(value: Json) -> bool:
    return True


def _test(part: Any) -> Test:
    if part is True:
        return _always
    if not isinstance(part, dict) or any(key not in _known() and key[:2] != "x-" for key in part):
        raise _NotKnown
    by_kind = _by_kind(part)
    tests = [_of_kinds(by_kind)]
    if "anyOf" in part:
        tests.append(_any(tuple(map(_test, part["anyOf"]))))
    return tests[0] if len(tests) == 1 else _all(tuple(tests))


def _by_kind(part: Mapping[str, Any]) -> dict[type, Test]:
    """The test for each kind of value that may be there."""
    kinds = part.get("type", list(_KINDS))
    if "enum" in part and not all(type(one) is str for one in part["enum"]):
        raise _NotKnown
    made: dict[type, Test] = {str: _texts(part), list: _lists(part), dict: _objects(part)}
    made |= dict.fromkeys((int, float), _numbers(part))
    made |= dict.fromkeys((bool, type(None)), _always)
    allowed = {one for kind in ([kinds] if isinstance(kinds, str) else kinds) for one in _KINDS[kind]}
    if "enum" in part:
        allowed &= {str}
    return {kind: test for kind, test in made.items() if kind in allowed}


def _of_kinds(by_kind: dict[type, Test]) -> Test:
    if len(by_kind) == 1:
        [(only, inner)] = by_kind.items()
        if inner is _always:
            return lambda value: type(value) is only
        return lambda value: type(value) is only and inner(value)
    found = by_kind.get

    def test(value: Json) -> bool:
        inner = found(type(value))
        return inner is not None and inner(value)

    return test


def _any(tests: tuple[Test, ...]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _all(tests: tuple[Test, ...]) -> Test:
    return lambda value: all(test(value) for test in tests)


def _texts(part: Mapping[str, Any]) -> Test:
    least, most = part.get("minLength", 0), part.get("maxLength")
    words = frozenset(part["enum"]) if "enum" in part else None
    search = re.compile(part["pattern"]).search if "pattern" in part else None

    def test(value: Any) -> bool:
        return (
            len(value) >= least
            and (most is None or len(value) <= most)
            and (words is None or value in words)
            and (search is None or search(value) is not None)
        )

    return test if part.keys() & {*_OF_TEXTS, "enum"} else _always


def _numbers(part: Mapping[str, Any]) -> Test:
    if not part.keys() & _OF_NUMBERS:
        return _always
    least, most = part.get("minimum", float("-inf")), part.get("maximum", float("inf"))
    above, below = part.get("exclusiveMinimum", float("-inf")), part.get("exclusiveMaximum", float("inf"))
    # An infinite bound is none; a value that is infinite itself, or no number, is told by the validator.
    return lambda value: least <= value <= most and above < value < below


def _lists(part: Mapping[str, Any]) -> Test:
    if not part.keys() & _OF_LISTS:
        return _always
    least, most = part.get("minItems", 0), part.get("maxItems", float("inf"))
    each = _test(part.get("items", True))

    def test(value: Any) -> bool:
        return least <= len(value) <= most and all(map(each, value))

    return test


def _objects(part: Mapping[str, Any]) -> Test:
    if not part.keys() & _OF_OBJECTS:
        return _always
    required = frozenset(part.get("required", ()))
    tests = {name: _test(one) for name, one in part.get("properties", {}).items()}
    others = part.get("additionalProperties", True)
    other = _never if others is False else _test(others)

    def test(value: Any) -> bool:
        return required <= value.keys() and all(tests.get(name, other)(one) for name, one in value.items())

    return test
