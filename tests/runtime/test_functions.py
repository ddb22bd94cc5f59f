"""JMESPath's functions and operators: their examples, and what they say of values they do not take."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mapper import compile_expression, runtime
from mapper.runtime.functions import FUNCTIONS, OPERATORS, to_number, to_string
from mapper.runtime.operators import (
    equal,
    expect,
    falsy,
    flat,
    greater,
    less,
    sliced,
    values_of,
    without_nulls,
)
from mapper.transforms import TRANSFORMS
from mapper.values.types import Invalid, Json
from tests.compiler.test_jmespath_compliance import same

pytestmark = pytest.mark.quick

EXAMPLES = [(text, result) for function in FUNCTIONS.values() for text, result in function.examples]


def test_there_are_the_26_functions_of_jmespath() -> None:
    assert len(FUNCTIONS) == 26
    assert all(function.examples and function.summary for function in FUNCTIONS.values())


def test_generated_code_can_import_each_function_under_a_name_of_its_own() -> None:
    names = [one.function.__name__ for name, one in FUNCTIONS.items() if name != "map"]
    names += [one.__name__ for one in OPERATORS]
    names += {one.function.__name__ for one in TRANSFORMS.values()}

    assert len(names) == len(set(names))
    assert all(hasattr(runtime, name) for name in names)


@pytest.mark.parametrize(("text", "result"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_an_example_of_a_function_holds(text: str, result: Json) -> None:
    assert same(compile_expression(text)({}), result)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abs(@)", "`abs` takes a number, not an object"),
        ("abs(missing)", "`abs` takes a number, not null"),
        ("abs(yes)", "`abs` takes a number, not a boolean"),
        ("avg(mixed)", "`avg` takes a list of numbers, element 2 is a string"),
        ("ceil(text)", "`ceil` takes a number, not a string"),
        ("contains(missing, 'a')", "`contains` takes a list or a string, not null"),
        ("ends_with(text, numbers)", "the second argument of `ends_with` takes a string, not a list"),
        ("starts_with(numbers, text)", "`starts_with` takes a string, not a list"),
        ("join(text, text)", "`join` takes a list of strings as its second argument, not a string"),
        ("join(text, mixed)", "`join` takes a list of strings as its second argument, element 1 is a number"),
        ("join(missing, names)", "`join` takes a string, not null"),
        ("keys(numbers)", "`keys` takes an object, not a list"),
        ("length(missing)", "`length` takes a string, a list or an object, not null"),
        ("map(&a, missing)", "`map` takes a list, not null"),
        ("max(mixed)", "`max` takes a list of numbers or of strings, "
         "element 2 is a string where the first is not"),
        ("min(rows)", "`min` takes a list of numbers or of strings, element 1 is an object"),
        ("max(text)", "`max` takes a list of numbers or of strings, not a string"),
        ("sort(swapped)", "`sort` takes a list of numbers or of strings, "
         "element 2 is a number where the first is not"),
        ("merge(@, missing)", "`merge` takes an object, not null"),
        ("merge(@, numbers)", "`merge` takes an object, not a list"),
        ("reverse(@)", "`reverse` takes a list or a string, not an object"),
        ("sum(names)", "`sum` takes a list of numbers, element 1 is a string"),
        ("sum(missing)", "`sum` takes a list of numbers, not null"),
        ("values(text)", "`values` takes an object, not a string"),
        ("sort_by(rows, &n)", "`sort_by` takes keys that are all numbers or all strings, key 2 is null"),
        ("max_by(rows, &mixed)", "`max_by` takes keys that are all numbers or all strings, key 2 is a string "
         "where the first is not"),
        ("min_by(rows, &@)", "`min_by` takes keys that are all numbers or all strings, key 1 is an object"),
        ("max_by(missing, &n)", "`max_by` takes a list, not null"),
        ("lowercase(numbers)", "`lowercase` takes a string or a number, not a list"),
        ("replace(text, missing_too.x || numbers, 'b')", "`old` of `replace` takes a string, not a list"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_named_by_its_type_only(text: str, message: str) -> None:
    event: Json = {
        "text": "secret",
        "yes": True,
        "numbers": [1, 2.5],
        "names": ["secret"],
        "mixed": [1, "secret"],
        "swapped": ["secret", 1],
        "rows": [{"n": 1, "mixed": 1}, {"mixed": "secret"}],
    }
    with pytest.raises(Invalid) as raised:
        compile_expression(text)(event)

    assert raised.value.reason == message
    assert raised.value.kind == "invalid-type"


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("sum(@)", [1e308, 1e308]),
        ("sum(@)", [10**400, 0.5]),
        ("avg(@)", [10**400, 0.5]),
        ("avg(@)", [10**400]),
        ("ceil(@)", math.inf),
        ("floor(@)", math.nan),
        ("to_string(@)", [math.nan]),
        pytest.param("to_string(@)", 10**5000, id="5000 digits"),
        ("join(@, [@, @, @])", "x" * 2**19),
    ],
)
def test_a_result_that_json_cannot_hold_is_invalid(text: str, event: Any) -> None:
    with pytest.raises(Invalid) as raised:
        compile_expression(text)(event)

    assert raised.value.kind == "invalid-value"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, False, False),
        (None, None, True),
        ("", None, False),
        ([], {}, False),
        ([1], [True], False),
        ([1], [1.0], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": None}, {}, False),
        ({"a": [{"b": 0}]}, {"a": [{"b": False}]}, False),
        (10**20, 1e20, True),
    ],
)
def test_equality_is_json_equality_all_the_way_down(left: Any, right: Any, expected: bool) -> None:
    assert equal(left, right) is expected
    assert equal(right, left) is expected


def test_equality_knows_no_depth() -> None:
    left: Any = []
    right: Any = []
    for _ in range(100_000):
        left, right = [left], [right]

    assert equal(left, right)


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_five_values_are_falsy(value: Any) -> None:
    assert falsy(value)


@pytest.mark.parametrize("value", [True, 0, 0.0, -0.0, " ", "0", "false", [None], {"a": None}])
def test_all_else_holds(value: Any) -> None:
    assert not falsy(value)


@pytest.mark.parametrize(("left", "right"), [("a", "b"), (1, "b"), (None, 1), (True, 2), ([], 1), (1, {})])
def test_only_numbers_have_an_order(left: Any, right: Any) -> None:
    assert less(left, right) is None
    assert greater(right, left) is None


def test_what_is_no_list_or_object_gives_null_and_not_an_empty_list() -> None:
    assert flat({}) is None
    assert sliced("abc", 0, 1, None) is None
    assert without_nulls("abc") is None
    assert values_of([]) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("-0", 0),
        ("1.50", 1.5),
        ("1e21", 1e21),
        ("1E-2", 0.01),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        *[(text, None) for text in ("", " 12", "12 ", "1\n", "01", "+1", ".5", "5.", "1_000", "0x1", "nan")],
        *[(text, None) for text in ("inf", "1e999", "\N{FULLWIDTH DIGIT ONE}", "\N{ARABIC-INDIC DIGIT ONE}")],
        pytest.param("9" * 5000, None, id="5000 digits"),
    ],
)
def test_a_number_is_read_from_a_text_only_as_json_writes_it(text: str, number: Any) -> None:
    assert same(to_number(text), number)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\N{CHECK MARK}\n", "\N{CHECK MARK}\n"),
        (["é", '"', 1, 1.0, True, None], '["é","\\"",1,1.0,true,null]'),
        ({"b": 1, "a": []}, '{"b":1,"a":[]}'),
        (None, "null"),
    ],
)
def test_a_text_of_any_value_is_compact_json_with_its_own_letters(value: Any, text: str) -> None:
    assert to_string(value) == text


def test_expect_gives_the_value_or_names_all_it_takes() -> None:
    assert expect(1, "`x`", int, float) == 1
    with pytest.raises(Invalid, match="takes a whole number, a boolean or null, not a string"):
        expect("secret", "`x`", int, bool, type(None))
    with pytest.raises(Invalid, match="takes a number, not a boolean"):
        expect(True, "`x`", int, float)
