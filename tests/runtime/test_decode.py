"""JSON in is taken strictly and exactly; JSON out is JSON."""

import pytest

from mapper.runtime.decode import (
    DEEPEST_EVENT,
    LONGEST_EVENT,
    begins_deeper,
    decode,
    decode_event,
    encode,
    encode_lines,
)
from mapper.values.types import Invalid, Json

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "9007199254740993", "9223372036854775808", "18446744073709551616", "1" + "0" * 30],
)
def test_an_integer_of_any_size_stays_exact_both_ways(number: str) -> None:
    value = decode(b"[" + number.encode() + b"]")
    assert value == [int(number)]
    assert encode(value) == b"[" + number.encode() + b"]"


@pytest.mark.parametrize(
    ("number", "written"),
    [("0.1", "0.1"), ("72.39", "72.39"), ("1e22", "1e+22"), ("5.0", "5.0"), ("1e-7", "1e-7")],
)
def test_a_float_is_written_by_its_fewest_digits(number: str, written: str) -> None:
    assert encode(decode(number.encode())) == written.encode()


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', '{"a":{"b":1},"a":2}'])
def test_of_duplicate_keys_the_last_wins(text: str) -> None:
    assert decode(text.encode()) == {"a": 2}


@pytest.mark.parametrize("key", ["__class__", "__proto__", "constructor", "k" * 200, "\u2028", "a\x00b"])
def test_any_key_is_plain_text(key: str) -> None:
    event: Json = {key: key}
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (b"", "malformed", "not JSON: unexpected end"),
        (b'{"a":', "malformed", "not JSON: unexpected end"),
        (b'{"a":1} x', "malformed", "not JSON: trailing characters, at byte 10"),
        (b"{'a':1}", "malformed", "not JSON: object keys must be strings, at byte 2"),
        (b"[1,]", "malformed", "not JSON: trailing comma in array, at byte 4"),
        (b"NaN", "malformed", "not JSON: invalid character, at byte 1"),
        (b'{"a":Infinity}', "malformed", "not JSON: invalid character, at byte 6"),
        (b"[-Infinity]", "malformed", "not JSON: invalid character, at byte 3"),
        pytest.param(b"9" * 5000, "malformed", "a number out of range", id="5,000 digits"),
        (b"01", "malformed", "not JSON: invalid number, at byte 2"),
        (b'"a\tb"', "malformed", "not JSON: invalid character, at byte 3"),
        (b'"\\ud800"', "invalid_unicode", "an unpaired surrogate in a string"),
        (b'{"\\ud800":1}', "invalid_unicode", "an unpaired surrogate in a string"),
        (
            b'{"a":["\\ud83d and more text"]}',
            "invalid_unicode",
            "an unpaired surrogate in a string",
        ),
        (b'"\\udc00 and more"', "invalid_unicode", "an unpaired surrogate in a string"),
        (b'"\\ud83d\\ud83d\\ude00"', "invalid_unicode", "an unpaired surrogate in a string"),
        (b'"\\\\ud800"x', "malformed", "not JSON: trailing characters, at byte 11"),
        (b'{"a":"\xff"}', "invalid_unicode", "not UTF-8, at byte 1 of a string in it"),
        (b'"\xed\xa0\x80"', "invalid_unicode", "not UTF-8, at byte 1 of a string in it"),
        pytest.param(b" " * LONGEST_EVENT + b"1", "too_large", "longer than 1,048,576 bytes", id="1 MiB + 1"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(text: bytes, kind: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode(text)
    assert (refused.value.kind, refused.value.reason) == (kind, reason)


@pytest.mark.parametrize(
    "text",
    [
        b'{"email":"ada@example.com", bad}',
        b'{"email":"ada@example.com\xff"}',
        b'{"email":"ada@example.com\\ud800"}',
    ],
)
def test_no_reason_holds_a_part_of_the_text(text: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        decode(text)
    assert "ada" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_an_event_at_the_deepest_level_is_taken() -> None:
    assert decode(nested(DEEPEST_EVENT))
    assert decode(b"[" + b"{}," * 5000 + b"{}]")


@pytest.mark.parametrize(
    "text",
    [nested(DEEPEST_EVENT + 1), b"[" * 1000 + b"]" * 1000, b"[" * 100_000],
    ids=["one too many", "1,000", "100,000 and never closed"],
)
def test_a_deeper_one_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid, match="nested deeper than 256 levels"):
        decode(text)


@pytest.mark.parametrize(
    ("text", "deepest"),
    [
        (b"", 0),
        (b'"[[[["', 0),
        (b"[] {} []", 1),
        (b"[[{}], [[]]]", 3),
        (b'{"[": ["]", {"a": "\\"[[["}]}', 3),
        (b"]]]][[", 0),
        (b'[["[', 2),  # a parser is in a string to the end
        (b'[["\\"[[\\"[', 2),
        (b'[["[\\', 2),
        (b"[" * 100_000, 100_000),
    ],
)
def test_how_deep_a_text_begins_is_told_before_it_is_parsed(text: bytes, deepest: int) -> None:
    assert not begins_deeper(text, deepest)
    assert deepest == 0 or begins_deeper(text, deepest - 1)


@pytest.mark.parametrize("text", [b"1", b"null", b"true", b'"text"', b"[{}]"])
def test_an_event_is_an_object(text: bytes) -> None:
    with pytest.raises(Invalid, match="not a JSON object"):
        decode_event(text)


@pytest.mark.parametrize(
    "value",
    [float("nan"), {"a": [float("inf")]}, [None, float("-inf")], {"a": "\ud800"}, {"\udc00": 1}, [10**5000]],
)
def test_what_json_does_not_have_is_never_written(value: Json) -> None:
    with pytest.raises(Invalid):
        encode(value)


def test_null_and_the_word_null_are_written() -> None:
    assert encode({"a": None, "null": "null", "é": "\u2028\x1b"}) == (
        '{"a":null,"null":"null","é":"\u2028\\u001b"}'.encode()
    )


@pytest.mark.parametrize(
    "values",
    [
        [],
        [{"a": 1e22, "b": 1e16, "c": 1e-7}],
        [{"a": 2**70, "b": 1e22}, {"a": 1e22}],
        [None, "\u2028", [], {}],
        [[[[1.5e300]]], 0.00001],
    ],
)
def test_many_values_are_written_as_each_alone(values: list[Json]) -> None:
    assert encode_lines(values) == b"".join(encode(value) + b"\n" for value in values)


def test_a_value_that_cannot_be_written_is_refused_among_others() -> None:
    with pytest.raises(Invalid, match="surrogate"):
        encode_lines([{"a": 1}, {"a": "\ud800"}])
