"""JMESPath's 26 functions: name, types, examples and code together.

Generated code calls them by their Python names. An argument of the wrong type raises Invalid of the kind
`invalid-type`; a reason never holds a value, and counts elements from 1.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from mapper.runtime.function_registry import FUNCTIONS, Builtin, FunctionParameter, function
from mapper.runtime.operators import OPERATORS, equal, expect, worded
from mapper.transforms import refined_types
from mapper.transforms.meaning import (
    ALL,
    ALL_OF_A_TEXT,
    ANY_SIZE,
    NOTHING,
    NUMERIC_SIZE,
    SAME_SIZE,
    SHORT,
    Grown,
)
from mapper.transforms.weight import MOST_CHARACTERS, check_weight
from mapper.values.safe_text import SafeText
from mapper.values.types import ANY, Invalid, array_of, of

__all__ = ["FUNCTIONS", "OPERATORS", "Builtin", "FunctionParameter"]

# Made once: `json.dumps` makes an encoder for each call that says how it writes.
_write = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)

_NUMBER, _STRING = of("number"), of("string")
_SORTABLE = array_of(of("number", "string"))


def _wrong(message: SafeText) -> Invalid:
    return Invalid(message, "invalid-type")


def _list(name: str, what: str, value: Any) -> list[Any]:
    if type(value) is not list:
        raise _wrong(
            SafeText("`{}` takes {}, not {}", SafeText.known(name), SafeText.known(what), worded(value))
        )
    return value


def _numbers(name: str, value: Any) -> list[Any]:
    for place, element in enumerate(_list(name, "a list of numbers", value), 1):
        if type(element) is not int and type(element) is not float:
            words = "`{}` takes a list of numbers, element {} is {}"
            raise _wrong(SafeText(words, SafeText.known(name), place, worded(element)))
    return value  # type: ignore[no-any-return]  # _list says it is one


def _alike(name: str, value: Any) -> list[Any]:
    """A list of numbers only or of strings only; the first element decides."""
    what = "a list of numbers or of strings"
    return _check_alike(name, what, "element", _list(name, what, value))


def _check_alike(name: str, what: str, part: str, values: list[Any]) -> list[Any]:
    allowed: tuple[type, ...] = (int, float, str)
    for place, element in enumerate(values, 1):
        if type(element) not in allowed:
            is_mixed = place > 1 and type(element) in (int, float, str)
            mixed = SafeText(" where the first is not" if is_mixed else "")
            names = (SafeText.known(name), SafeText.known(what), SafeText.known(part))
            raise _wrong(SafeText("`{}` takes {}, {} {} is {}{}", *names, place, worded(element), mixed))
        if place == 1:
            allowed = (str,) if type(element) is str else (int, float)
    return values


def _finite(name: str, work: Callable[[], Any]) -> Any:
    """The number that `work` gives; raises Invalid where it is too large, or was no number to begin with."""
    try:
        value = work()
    except (OverflowError, ValueError):
        raise Invalid(SafeText("the result of `{}` is out of range", SafeText.known(name))) from None
    if type(value) is float and not math.isfinite(value):
        raise Invalid(SafeText("the result of `{}` is out of range", SafeText.known(name)))
    return value


@function(
    _NUMBER,
    gives=_NUMBER,
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    fails=True,
    looks_at="size",
    refines=refined_types.whole_type,
    examples=[("abs(`-1.5`)", 1.5)],
)
def abs_(value: Any) -> Any:
    """A number without its sign."""
    return abs(expect(value, "`abs`", int, float))


@function(
    array_of(_NUMBER),
    gives=_NUMBER.optional(),
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    fails=True,
    examples=[("avg(`[1, 2]`)", 1.5), ("avg(`[]`)", None)],
)
def avg(values: Any) -> Any:
    """The mean of a list of numbers; null for an empty list."""
    numbers = _numbers("avg", values)
    return _finite("avg", lambda: _total(numbers) / len(numbers)) if numbers else None


@function(
    of("array", "string"),
    FunctionParameter(ANY, "steers"),
    gives=of("boolean"),
    keeps=NOTHING,
    grows=SHORT,
    fails=True,
    examples=[("contains('abc', 'b')", True)],
    also="includes instr strcontains has",
)
def contains(subject: Any, search: Any) -> bool:
    """Whether a list has an element equal to a value, or a text contains another."""
    if type(subject) is str:
        return type(search) is str and search in subject
    if type(subject) is not list:
        raise _wrong(SafeText("`contains` takes a list or a string, not {}", worded(subject)))
    if type(search) is str:
        return search in subject
    return any(equal(element, search) for element in subject)


@function(
    _NUMBER,
    gives=of("integer"),
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    fails=True,
    looks_at="size",
    examples=[("ceil(`1.2`)", 2)],
    also="ceiling",
)
def ceil(value: Any) -> Any:
    """The least whole number that is not below a number."""
    number = expect(value, "`ceil`", int, float)
    return _finite("ceil", lambda: math.ceil(number))


@function(
    _STRING,
    FunctionParameter(_STRING, "steers"),
    gives=of("boolean"),
    keeps=NOTHING,
    grows=SHORT,
    fails=True,
    looks_at="shorter",
    examples=[("ends_with('abc', 'bc')", True)],
    also="endswith hassuffix",
)
def ends_with(text: Any, suffix: Any) -> bool:
    """Whether a text ends with another."""
    whole: str = expect(text, "`ends_with`", str)
    return whole.endswith(expect(suffix, "the second argument of `ends_with`", str))


@function(
    _NUMBER,
    gives=of("integer"),
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    fails=True,
    looks_at="size",
    examples=[("floor(`1.8`)", 1)],
)
def floor(value: Any) -> Any:
    """The greatest whole number that is not above a number."""
    number = expect(value, "`floor`", int, float)
    return _finite("floor", lambda: math.floor(number))


@function(
    FunctionParameter(_STRING, "put"),
    array_of(_STRING),
    gives=_STRING,
    keeps=("person",),
    grows=Grown(float("inf"), copies=2),
    fails=True,
    lenient="join_with({1}, {0})",
    makes="spread",
    examples=[("join('-', ['a', 'b'])", "a-b")],
)
def join(glue: Any, parts: Any) -> str:
    """The texts of a list joined, with `glue` between them."""
    between: str = expect(glue, "`join`", str)
    what = "a list of strings as its second argument"
    length = len(between) * max(len(_list("join", what, parts)) - 1, 0)
    for place, part in enumerate(parts, 1):
        if type(part) is not str:
            words = "`join` takes {}, element {} is {}"
            raise _wrong(SafeText(words, SafeText.known(what), place, worded(part)))
        length += len(part)
    if length > MOST_CHARACTERS:
        raise Invalid(SafeText("the result of `join` is longer than {:,} characters", MOST_CHARACTERS))
    return between.join(parts)


@function(
    of("object"),
    gives=array_of(_STRING),
    keeps=NOTHING,
    grows=SAME_SIZE,
    fails=True,
    examples=[('keys(`{"a": 1}`)', ["a"])],
)
def keys(value: Any) -> list[Any]:
    """The keys of an object, in its order."""
    return list(expect(value, "`keys`", dict))


@function(
    of("string", "array", "object"),
    gives=of("integer"),
    keeps=NOTHING,
    grows=SHORT,
    fails=True,
    looks_at="size",
    lenient="count({0})",
    examples=[("length('\N{THUMBS UP SIGN}')", 1)],
    also="strlen charlength",
)
def length(value: Any) -> int:
    """The number of characters of a text (code points), elements of a list or keys of an object."""
    return len(expect(value, "`length`", str, list, dict))


@function(
    _SORTABLE,
    gives=of("number", "string", "null"),
    keeps=("unit", "person"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.greatest_type,
    examples=[("max(`[1, 3, 2]`)", 3), ("max(`[]`)", None)],
)
def max_(values: Any) -> Any:
    """The greatest of a list of numbers or of texts; null for an empty list."""
    return max(_alike("max", values), default=None)


_KEY = FunctionParameter(of("number", "string"), "steers", expression=True)
_PEOPLE = '`[{"name": "b", "age": 2}, {"name": "a", "age": 1}]`'


@function(
    of("array"),
    _KEY,
    gives=ANY,
    keeps=("person", "part"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.chosen_type,
    examples=[(f"max_by({_PEOPLE}, &age).name", "b")],
)
def max_by(values: list[Any], by: list[Any]) -> Any:
    """The element with the greatest key, the first of equals; null for an empty list."""
    found = _keys_alike("max_by", by)
    return values[max(range(len(found)), key=found.__getitem__)] if found else None


@function(
    of("object"),
    gives=of("object"),
    keeps=("person", "part"),
    grows=SAME_SIZE,
    fails=True,
    looks_at="elements",
    refines=refined_types.merged_type,
    variadic=True,
    examples=[("merge(`{}`, {a: 'b'})", {"a": "b"})],
    also="assign objectmerge extend",
)
def merge(*objects: Any) -> dict[str, Any]:
    """One object with the fields of all; later ones win."""
    merged: dict[str, Any] = {}
    for one in objects:
        merged.update(expect(one, "`merge`", dict))
    return merged


@function(
    _SORTABLE,
    gives=of("number", "string", "null"),
    keeps=("unit", "person"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.greatest_type,
    examples=[("min(`[2, 1]`)", 1)],
)
def min_(values: Any) -> Any:
    """The least of a list of numbers or of texts; null for an empty list."""
    return min(_alike("min", values), default=None)


@function(
    of("array"),
    _KEY,
    gives=ANY,
    keeps=("person", "part"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.chosen_type,
    examples=[(f"min_by({_PEOPLE}, &age).name", "a")],
)
def min_by(values: list[Any], by: list[Any]) -> Any:
    """The element with the least key, the first of equals; null for an empty list."""
    found = _keys_alike("min_by", by)
    return values[min(range(len(found)), key=found.__getitem__)] if found else None


@function(
    ANY,
    gives=ANY,
    keeps=ALL,
    grows=SAME_SIZE,
    fails=False,
    looks_at="nothing",
    chooses=True,
    refines=refined_types.present_type,
    variadic=True,
    examples=[("not_null(`null`, '', 'a')", "")],
    also="coalesce default firstnonnull ifnull nvl firstnotnull",
)
def not_null(*values: Any) -> Any:
    """The first of its arguments that is not null."""
    return next((value for value in values if value is not None), None)


@function(
    of("array", "string"),
    gives=of("array", "string"),
    keeps=("unit", "person", "part"),
    grows=SAME_SIZE,
    fails=True,
    looks_at="elements",
    refines=refined_types.reversed_type,
    examples=[("reverse('abc')", "cba")],
)
def reverse(value: Any) -> Any:
    """A list or a text in reverse order."""
    return expect(value, "`reverse`", list, str)[::-1]


@function(
    _SORTABLE,
    gives=_SORTABLE,
    keeps=("unit", "person", "part"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.sorted_type,
    examples=[("sort(['b', 'a'])", ["a", "b"])],
)
def sort(values: Any) -> list[Any]:
    """A list of numbers or of texts in ascending order; texts by code point."""
    return sorted(_alike("sort", values))


@function(
    of("array"),
    _KEY,
    gives=of("array"),
    keeps=("person", "part"),
    grows=SAME_SIZE,
    fails=True,
    refines=refined_types.sorted_by_type,
    examples=[(f"sort_by({_PEOPLE}, &age)[].name", ["a", "b"])],
)
def sort_by(values: list[Any], by: list[Any]) -> list[Any]:
    """A list in ascending order of its elements' keys; equal ones keep their order."""
    found = _keys_alike("sort_by", by)
    return [values[place] for place in sorted(range(len(found)), key=found.__getitem__)]


def _keys_alike(name: str, by: list[Any]) -> list[Any]:
    return _check_alike(name, "keys that are all numbers or all strings", "key", by)


@function(
    _STRING,
    FunctionParameter(_STRING, "steers"),
    gives=of("boolean"),
    keeps=NOTHING,
    grows=SHORT,
    fails=True,
    looks_at="shorter",
    examples=[("starts_with('abc', 'ab')", True)],
    also="startswith hasprefix",
)
def starts_with(text: Any, prefix: Any) -> bool:
    """Whether a text begins with another."""
    whole: str = expect(text, "`starts_with`", str)
    return whole.startswith(expect(prefix, "the second argument of `starts_with`", str))


@function(
    array_of(_NUMBER),
    gives=_NUMBER,
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    fails=True,
    refines=refined_types.sum_type,
    lenient="total({0})",
    examples=[("sum(`[1, 2.5]`)", 3.5), ("sum(`[]`)", 0)],
)
def sum_(values: Any) -> Any:
    """The sum of a list of numbers; 0 for an empty list. Floats are added as floats: `total` adds exactly."""
    numbers = _numbers("sum", values)
    return _finite("sum", lambda: _total(numbers))


def _total(numbers: list[Any]) -> Any:
    """One after the other: Python's own `sum` rounds in another way from 3.12 on."""
    total: Any = 0
    for number in numbers:
        total += number
    return total


@function(
    ANY,
    gives=of("array"),
    keeps=ALL,
    grows=Grown(1, 2),
    fails=False,
    looks_at="nothing",
    refines=refined_types.list_type,
    examples=[("to_array('a')", ["a"]), ("to_array(['a'])", ["a"])],
    also="list array",
)
def to_array(value: Any) -> list[Any]:
    """A list unchanged; any other value, null too, as a list with that element."""
    return value if type(value) is list else [value]


@function(
    ANY,
    gives=_NUMBER.optional(),
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    fails=False,
    refines=refined_types.number_type,
    examples=[("to_number('1e3')", 1000.0), ("to_number(' 1 ')", None)],
    also="float number parsefloat tonum tonumber todouble tofloat",
)
def to_number(value: Any) -> Any:
    """A number unchanged, or the number of a text that is a JSON number; null for anything else."""
    if type(value) is int or type(value) is float:
        return value
    if type(value) is not str or _JSON_NUMBER.fullmatch(value) is None:
        return None
    try:
        number = float(value) if any(char in value for char in ".eE") else int(value)
    except ValueError:
        return None
    return number if type(number) is int or math.isfinite(number) else None


@function(
    ANY,
    gives=_STRING,
    keeps=ALL_OF_A_TEXT,
    grows=Grown(2, 2, copies=2),
    fails=True,
    makes="spread",
    examples=[("to_string(`[1, null]`)", "[1,null]"), ("to_string(`null`)", "null")],
)
def to_string(value: Any) -> str:
    """A text unchanged, anything else as compact JSON: null is the text `null`."""
    if type(value) is str:
        return value
    if value is None:
        return "null"
    check_weight(value)
    try:
        text = _write(value)
    except (ValueError, RecursionError):
        raise Invalid("`to_string` takes only values that JSON can hold") from None
    if len(text) > MOST_CHARACTERS:
        raise Invalid(SafeText("the result of `to_string` is longer than {:,} characters", MOST_CHARACTERS))
    return text


@function(
    ANY,
    gives=_STRING,
    keeps=NOTHING,
    grows=SHORT,
    fails=False,
    looks_at="size",
    examples=[("type('a')", "string"), ("type(`null`)", "null")],
    also="typeof gettype",
)
def type_(value: Any) -> str:
    """The JSON type of a value: `string`, `number`, `boolean`, `array`, `object` or `null`."""
    if value is None:
        return "null"
    return _TYPE_NAMES[type(value)]


_TYPE_NAMES: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


@function(
    of("object"),
    gives=of("array"),
    keeps=("person",),
    grows=SAME_SIZE,
    fails=True,
    looks_at="elements",
    refines=refined_types.values_type,
    examples=[('values(`{"a": 1}`)', [1])],
)
def values(value: Any) -> list[Any]:
    """The values of an object, in its order."""
    return list(expect(value, "`values`", dict).values())


# Generated code maps in a loop of its own, and asks only that there is a list.
FUNCTIONS["map"] = Builtin(
    name="map",
    function=expect,
    takes=(
        FunctionParameter(ANY, "value", expression=True),
        FunctionParameter(of("array"), "steers"),
    ),
    gives=of("array"),
    examples=(('map(&a, `[{"a": 1}, {}]`)', [1, None]),),
    summary="The value of an expression for each element of a list; nulls are kept.",
    keeps=ALL,
    grows=ANY_SIZE,
    fails=True,
    refines=refined_types.mapped_type,
)
