"""Sample events -> the schema of their source: right for each, open for all others, of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.authoring import source_schema
from mapper.compiler.schema.sample_schema import (
    DEEPEST,
    LONGEST_VALUE,
    MOST_PLACES,
    MOST_VALUES,
    SampleReader,
    sample_schema,
    to_write,
)
from mapper.compiler.schema.source_type import read_type
from mapper.compiler.schema.text_shapes import _WRITTEN, SHAPES, shape_of
from tests.oracles.backtracking import steps_of
from tests.support.depth import examples
from tests.support.effort import calls
from tests.support.events import anything, real_events

_EVENTS = st.lists(st.dictionaries(st.text(max_size=4), anything, max_size=4), max_size=5)


def _seen(values: list[Any]) -> dict[str, Any]:
    """What is said of an attribute with these values, one an event."""
    made: dict[str, Any] = sample_schema({"a": value} for value in values)["properties"]["a"]
    return made


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("  ", "blank"),
        ("<email or sha256>", "blank"),
        ("{{ user.email }}", "blank"),
        ("undefined", "blank"),
        ("TRUE", "boolean"),
        ("EUR", "currency"),
        ("2026-05-01", "date"),
        ("-10.5", "decimal"),
        ("1e5", "decimal"),
        ("d41d8cd98f00b204e9800998ecf8427e", "digest"),
        ("0007239", "digits"),
        (" Jane.Doe+x@shop.example.com ", "email"),
        ("203.0.113.9", "ip"),
        ("2001:db8::1", "ip"),
        ("::ffff:203.0.113.9", "ip"),
        ('{"a": 1}', "json"),
        ("[" + "1," * 400 + "1]", "json"),
        ("2026-05-01 10:00:00", "local_time"),
        ("2026-05-01T10:00", "local_time"),
        ("en-US", "locale"),
        ("$27.50", "money"),
        ("1,299.00", "money"),
        ("12,50 €", "money"),
        ("EUR 12.50", "money"),
        ("01/05/2026", "other_date"),
        ("5/1/26 10:00 PM", "other_date"),
        ("1. Mai 2026", "other_date"),
        ("May 1, 2026", "other_date"),
        ("+44 20 7946 0958", "phone"),
        ("555-010-9999", "phone"),
        ("+14155550132", "phone"),
        ("tel:+14155550132", "phone"),
        ("+12.50", "decimal"),
        ("+100", "decimal"),
        ("#1001", "text"),
        ("50%", "text"),
        ("(555) 010-9999", "phone"),
        ("a text", "text"),
        ("10-20", "text"),
        ("12:30:45", "text"),
        ("x" * 2_000, "text"),
        ("2026-05-01T10:00:00.123Z", "time"),
        ("2026-05-01 12:00:00 +0200", "time"),
        ("Fri, 01 May 2026 12:00:00 +0200", "time"),
        ("https://shop.example.com/a?b=c d", "url"),
        ("https://shop.example.com/" + "a" * 2_000, "url"),
        ("Mozilla/5.0 (X11; Linux)", "user_agent"),
        ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "uuid"),
    ],
)
def test_a_text_has_the_shape_that_a_person_sees(text: str, shape: str) -> None:
    assert shape_of(text) == shape


def test_every_shape_is_tried() -> None:
    marks = test_a_text_has_the_shape_that_a_person_sees.pytestmark  # type: ignore[attr-defined]
    assert {shape for _, shape in marks[0].args[1]} == set(SHAPES)


@pytest.mark.parametrize("text", ["1" * 500, "1." * 250, "a@" * 250, ":" * 500, "1 " * 250, "+1 " * 160])
def test_a_shape_is_found_in_steps_in_proportion_to_the_text(text: str) -> None:
    assert shape_of(f"{text}!") == "text"
    for _, written in _WRITTEN:
        if "(?=" not in written and "(?P=" not in written:  # the oracle does not look ahead or back
            steps_of(f"^(?:{written})$", f"{text}!", 30 * len(text))


@given(_EVENTS)
def test_each_sample_is_valid(events: list[dict[str, Any]]) -> None:
    schema = source_schema(events)
    jsonschema.Draft202012Validator.check_schema(schema)
    for event in events:
        jsonschema.validate(event, schema)
    jsonschema.validate({"never seen": 1}, {**schema, "required": []})
    assert read_type(schema).closed is False
    assert json.loads(json.dumps(schema)) == schema


@given(_EVENTS, st.randoms())
def test_the_order_of_events_changes_nothing_that_counts(events: list[dict[str, Any]], random: Any) -> None:
    def counts(schema: dict[str, Any]) -> Any:
        return {
            key: counts(part) if isinstance(part, dict) else _sorted(part)
            for key, part in schema.items()
            if key != "example"
        }

    shuffled = list(events)
    random.shuffle(shuffled)
    assert counts(sample_schema(events)) == counts(sample_schema(shuffled))


def _sorted(part: Any) -> Any:
    return sorted(part, key=repr) if isinstance(part, list) else part


def test_types_are_united_and_what_is_always_there_is_required() -> None:
    schema = source_schema([{"a": 1, "b": "x", "d": None}, {"a": 2.5, "b": None, "c": [1, "2"], "d": None}])
    assert schema["x-samples"] == {"events": 2}
    assert schema["required"] == ["a"]
    fields = schema["properties"]
    assert fields["a"]["type"] == "number"
    assert fields["b"]["type"] == ["string", "null"]
    assert fields["c"]["items"]["type"] == ["integer", "string"]
    assert fields["c"]["items"]["x-seen"]["of"] == 2
    assert "type" not in fields["d"]  # only null was seen: nothing is known
    assert fields["b"]["x-seen"] == {"present": 1, "of": 2, "texts": {"text": 1}, "values": [["x", 1]]}


def test_optional_attributes_are_counted_within_their_object() -> None:
    schema = source_schema([{"o": {"a": 1}}, {"o": {}}, {}])
    assert schema["properties"]["o"]["x-seen"] == {"present": 2, "of": 3}
    assert schema["properties"]["o"]["properties"]["a"]["x-seen"]["of"] == 2


def test_formats_are_said_where_all_texts_have_one() -> None:
    assert _seen(["2026-05-01T10:00:00Z", ""])["format"] == "date-time"
    assert "format" not in _seen(["2026-05-01T10:00:00Z", "2026-05-01 10:00:00"])
    assert _seen(["2026-05-01 10:00:00"])["x-seen"]["example"] == "2026-05-01 10:00:00"


def test_numbers_and_numeric_texts_have_a_range() -> None:
    said = _seen(["10.5", 7, "0900"])["x-seen"]
    assert (said["least"], said["most"], said["fractions"]) == (7, 900, 1)
    assert "least" not in _seen([2**80])["x-seen"]


def test_few_values_are_kept_and_many_are_not() -> None:
    assert _seen(["a", "b", "a"])["x-seen"]["values"] == [["a", 2], ["b", 1]]
    assert _seen([1, True, "1"])["x-seen"]["values"] == [[True, 1], [1, 1], ["1", 1]]
    assert "values" not in _seen([f"v{number}" for number in range(MOST_VALUES + 1)])["x-seen"]
    assert "values" not in _seen(["x" * (LONGEST_VALUE + 1)])["x-seen"]
    assert "values" not in _seen(["7c9e6679-7425-40de-944b-e07fc1f90ae7"] * 9)["x-seen"]


@pytest.mark.parametrize(
    ("values", "distinct"),
    [
        ([f"v{number}" for number in range(300)], 300),
        (["a", *(f"v{number}" for number in range(9)), "a"], 10),
        (["a", "b", "a"], None),
        ([1, 2, "1", "2"], 4),
        (["a"], None),
    ],
)
def test_values_that_nearly_all_differ_are_counted(values: list[Any], distinct: int | None) -> None:
    assert _seen(values)["x-seen"].get("distinct") == distinct


def test_values_are_told_apart_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapper.compiler.schema.sample_schema.MOST_HASHES", 100)
    seen = source_schema([{"a": number, "b": number % 2} for number in range(101)])["properties"]
    assert "distinct" not in seen["a"]["x-seen"]


def test_no_value_of_a_person_is_kept() -> None:
    event = {
        "email": "jane@example.com",
        "reach_me": "jane@example.com",
        "numbers": ["+44 20 7946 0958"],
        "customer": {"name": "Jane", "birth_date": "1990-01-01"},
    }
    schema = source_schema([event] * 3)
    text = json.dumps(schema)
    assert not [word for word in ("jane", "Jane", "7946", "1990") if word in text]
    fields = schema["properties"]
    assert fields["email"]["x-personal"] == fields["reach_me"]["x-personal"] == "email"
    assert fields["numbers"]["x-personal"] == "phone"
    assert fields["customer"]["properties"]["name"]["x-personal"] == "name"
    assert "x-personal" not in fields["customer"]


@pytest.mark.parametrize("value", ["+14155550132", "+44 20 7946 0958", "jane@example.com", "555-010-9999"])
@pytest.mark.parametrize("around", ["{}", "call {} now", "ref: {}, paid"])
@pytest.mark.parametrize("others", [[], ["12.50"] * 3, ["2026-05-01"] * 3, ["ok"] * 3])
def test_no_address_is_kept_whatever_is_around_it(value: str, others: list[str], around: str) -> None:
    assert value not in str(_seen([*others, around.format(value), around.format(value)]))


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e308", "9" * 15, "nan", "inf"])
def test_whatever_a_number_is_a_schema_can_be_written(number: str) -> None:
    json.dumps(_seen([number, "1.5"]), allow_nan=False)


def test_what_is_written_holds_only_values_that_repeat() -> None:
    events = [{"kind": "order", "note": f"note {number}", "o": [{"kind": number % 2}]} for number in range(6)]
    schema = to_write(source_schema(events))
    assert schema["properties"]["kind"]["x-seen"]["values"] == [["order", 6]]
    assert "values" not in schema["properties"]["note"]["x-seen"]
    item = schema["properties"]["o"]["items"]["properties"]["kind"]
    assert item["x-seen"]["values"] == [[0, 3], [1, 3]]


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        ("Order Completed", True),
        ("Home & Garden > Kitchen > Pots and Pans", True),
        ("free shipping over 50 EUR", True),
        ("leave it at the back door please", False),
        ("gate code 1234, third floor on the left", False),
        ("Ring twice. The dog bites", False),
        ("Nur an Frau Schmidt abgeben!", False),
        ("a line\nand another", False),
    ],
)
def test_free_text_is_no_vocabulary_however_often_it_repeats(value: str, is_kept: bool) -> None:
    events = [{"kind": value}, {"kind": "other"}] * 20
    assert (
        value in json.dumps(to_write(source_schema(events)), ensure_ascii=False).replace("\\n", "\n")
    ) is is_kept


@pytest.mark.parametrize(
    "keys",
    [["4711", "4712"], ["a@b.example", "c@d.example"], ["2026-05-01", "2026-05-02"]],
    ids=["ids", "addresses", "days"],
)
def test_keys_that_are_values_make_a_dictionary(keys: list[str]) -> None:
    made = source_schema({"by": {key: {"n": number}}} for number, key in enumerate(keys))["properties"]["by"]
    assert "properties" not in made
    assert made["additionalProperties"]["properties"]["n"]["type"] == "integer"
    assert not any(key in json.dumps(made) for key in keys)


@pytest.mark.parametrize("name", ["jane@example.com", "203.0.113.9", "+44 20 7946 0958"])
def test_a_name_that_is_an_address_is_left_out(name: str) -> None:
    for event in ({name: {"n": 1}}, {name: 1, "total": 2}, {"by": {name: 1}}, {"by": [{name: [1], "x": 1}]}):
        assert name not in json.dumps(source_schema([event]))


def test_a_name_that_nobody_writes_is_passed_over() -> None:
    assert source_schema([{"x" * 10_000: 1}])["properties"] == {}


def test_hundreds_of_varying_keys_make_a_dictionary_and_many_columns_do_not() -> None:
    varying = source_schema({"by": {f"k{number}": number}} for number in range(1_000))["properties"]["by"]
    assert varying["additionalProperties"] == {
        "type": "integer",
        "x-seen": {"present": 1_000, "of": 1_000, "distinct": 1_000, "least": 0, "most": 999, "fractions": 0},
    }
    wide = source_schema([{f"column {number}": number for number in range(900)}] * 3)
    assert len(wide["properties"]) == 900


def test_what_is_too_deep_or_too_much_is_said_to_be_cut() -> None:
    deep: Any = 1
    for _ in range(DEEPEST + 5):
        deep = {"a": [deep]}
    assert source_schema([{"deep": deep}])["x-samples"] == {"events": 1, "cut": True}
    reader = SampleReader()
    for start in range(0, 3 * MOST_PLACES, 150):
        reader.add({f"g{start}": {f"k{number}": 1 for number in range(150)}})
    schema = reader.schema()
    assert schema["x-samples"]["cut"] is True
    assert len(json.dumps(schema)) < 200 * MOST_PLACES


@pytest.mark.parametrize("source", ["segment", "ga4", "shopify", "woocommerce"])
def test_real_events_are_valid(source: str) -> None:
    events = real_events(source)
    schema = source_schema(events)
    for event in events:
        jsonschema.validate(event, schema)
    assert "cut" not in schema["x-samples"]


@settings(max_examples=examples(20))
@given(st.recursive(st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_names_and_any_depth_are_read(value: Any) -> None:
    sample_schema([{"x": value}])


def _hundredfold(total: Callable[[int], Any], price: Callable[[int], Any]) -> dict[str, int]:
    """Which of the totals and prices of nine orders are seen to be in small units."""
    orders = [
        {"total": total(n), "lines": [{"price": price(n), "quantity": 2, "line": 1}]} for n in range(1, 10)
    ]
    schema = sample_schema(orders)["properties"]
    prices = schema["lines"]["items"]["properties"]["price"]
    seen = {"total": schema["total"]["x-seen"], "price": prices["x-seen"]}
    return {name: one["hundredfold"] for name, one in seen.items() if "hundredfold" in one}


@pytest.mark.parametrize(
    ("total", "price", "found"),
    [
        (lambda n: 200 * n, lambda n: n, {"total": 9}),
        (lambda n: 100 * n, lambda n: n, {"total": 9}),
        (lambda n: 2 * n, lambda n: 100 * n, {"price": 9}),
        (lambda n: f"{2 * n}.50", lambda n: f"{100 * n + 25}", {"price": 9}),
        (lambda n: 2 * n, lambda n: n, {}),
        (lambda n: 200 * n + 5, lambda n: n, {}),
        (lambda n: 200, lambda n: 1, {}),
        (lambda n: 200 * n if n > 7 else 3, lambda n: n, {}),
        (lambda n: 200 * n if n > 5 else 3, lambda n: n, {"total": 4}),
        (lambda n: 0, lambda n: 0, {}),
        (lambda n: -200 * n, lambda n: -n, {}),
        (lambda n: "a", lambda n: n, {}),
    ],
)
def test_amounts_in_cents_are_told_by_what_they_add_up_to(
    total: Callable[[int], Any], price: Callable[[int], Any], found: dict[str, int]
) -> None:
    assert _hundredfold(total, price) == found


def test_what_is_added_up_is_bounded() -> None:
    wide = {f"n{number}": number for number in range(200)}
    reader = SampleReader()
    event = {**wide, "lines": [wide] * 3}
    for _ in range(3):
        count, _ = calls(lambda: reader.add(event))
        assert count < 400_000
    assert len(reader._sums._pairs) <= 2_000
