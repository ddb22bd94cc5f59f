"""What a mapping reads again for each element is paid for, and what would take too long is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import compile_mapping, compile_text
from mapper.authoring import trace_event
from mapper.compiler.jmespath.expression import parse_expression
from mapper.compiler.jmespath.repeated_reads import Outside, charges_of
from mapper.runtime.budget import Budget
from mapper.runtime.functions import to_string
from mapper.texts.named_text import Text
from mapper.transforms.digest import fingerprint
from mapper.transforms.weight import (
    FREE_CHARACTERS,
    FREE_ELEMENTS,
    MOST_CHARACTERS,
    MOST_ELEMENTS,
    overspent,
    weigh,
)
from mapper.values.types import Invalid
from tests.support.depth import examples, some
from tests.support.effort import calls

_ROOT = Path(__file__).parents[2]
_CORPUS = sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")])
# What each element or part reads of the whole event stands in these on purpose.
_NESTED = {
    "ga4-measurement-protocol",
    "let-in-split",
    "let-within-each",
    "rule-each-index-and-event",
    "rule-let",
    "shopify-orders",
    "split",
    "split-whole-and-index",
    "woocommerce-orders",
}
_SIZE = 100_000
# Python's functions that an event of this size may enter, whatever is asked of it: some for each element.
_MOST_CALLS = 25 * _SIZE
_EVENT: dict[str, Any] = {
    "id": "e-1",
    "time": 1777629600,
    "email": "ada@example.com",
    "a": [str(number) for number in range(_SIZE)],
    "b": [str(-number) for number in range(1, _SIZE)],
    "items": [{"p": number} for number in range(_SIZE)],
    "m": [[1] * 100] * 1000,
    "text": "x" * 500_000,
}
_DOUBLED = " | ".join(["[@, @]"] * 9)

# The field, its value, and what stands above the payload.
_QUADRATIC = {
    "contains": ("content_ids", '"a[?contains($event.b, @)]"', ""),
    "a projection in a projection": ("content_ids", '"items[].to_string(sum($event.items[].p))"', ""),
    "what each element holds, opened": ("content_ids", '"items[].{x: $event.a} | [].x[]"', ""),
    "lists made for each element, opened": ("num_items", '"map(&$event.a, items) | [] | length(@)"', ""),
    "a loop at elements from outside": ("num_items", '"items[].sum($event.m[].sum(@)) | sum(@)"', ""),
    "a text from outside, in a text": ("content_ids", '"items[].concat(p, $event.text)"', ""),
    "a text from outside, as it is": ("content_ids", '"map(&$event.text, items)"', ""),
    "join": ("content_ids", "\"items[].join('', $event.b)\"", ""),
    "merge": ("content_ids", '"items[].merge($event, @).id"', ""),
    "a let": ("content_ids", '"a[?contains($list, @)]"', "let: {list: b}"),
    "a let of a let": ("content_ids", '"a[?contains($last, @)]"', "let: {last: $list, list: b}"),
    "each with where": (
        "contents",
        '{each: items, where: "contains($event.a, text(p))", item: {id: text(p)}}',
        "",
    ),
    "each": ("contents", '{each: items, item: {item_price: "sum($prices)"}}', 'let: {prices: "items[].p"}'),
    "a step's list": (
        "contents",
        "{each: a, item: {id: {from: '@', apply: {null_if: $list}}}}",
        "let: {list: b}",
    ),
    "a step's text": ("content_ids", "{from: a, apply: {concat: [$long]}}", "let: {long: text}"),
    "copies, opened": ("num_items", f'"a | {_DOUBLED} {"[]" * 9} | length(@)"', ""),
    "copies, hashed": ("order_id", f'{{from: "a | {_DOUBLED}", apply: fingerprint}}', ""),
}
_LINEAR = {
    "a projection": ("content_ids", '"items[].text(p)"'),
    "a filter": ("content_ids", '"items[?p > `5`].text(p)"'),
    "each": ("contents", "{each: items, item: {id: text(p), item_price: p}}"),
    "loops at the elements": ("num_items", '"m[*].sum(@) | sum(@)"'),
    "several functions": ("num_items", '"add(count(a), count(b))"'),
    "a constant list": ("content_ids", "\"a[?contains(['1', '2', '3'], @)]\""),
    "the number of the element": ("contents", '{each: items, where: "$index < `9`", item: {id: text(p)}}'),
}


def _mapping(field: str, value: str, above: str = "") -> str:
    return f"""version: 1
target: pinterest/conversions-v5
{above}
payload:
  action_source: {{const: offline}}
  event_id: id
  event_time: time
  user_data: {{em: email}}
  custom_data:
    {field}: {value}
otherwise: {{send: lead}}
"""


def _charged(text: str, outside: Outside) -> list[str]:
    """The parts of an expression that have to be paid for."""
    expression = parse_expression(text, Text("expression", text).span).expression
    assert expression is not None
    charges = charges_of(expression.root, expression.parsed.nodes, outside).by_node
    return [text[node.start : node.end] for node in expression.walk() if id(node) in charges]


@pytest.mark.parametrize("name", some(_QUADRATIC, 4))
def test_what_is_read_again_for_each_element_ends_soon_with_a_note(name: str) -> None:
    program = compile_text(_mapping(*_QUADRATIC[name]))
    count, (outcome,) = calls(lambda: program.apply(_EVENT))
    assert count < _MOST_CALLS
    assert outcome.payload is not None
    spent = [note for note in outcome.notes if "for each element of a list" in note.message]
    assert len(spent) == 1
    assert spent[0].path.startswith(f"custom_data.{_QUADRATIC[name][0]}")
    assert spent[0].place.startswith("<text>:10:")


@pytest.mark.parametrize("name", _LINEAR)
def test_what_grows_with_the_event_pays_nothing(name: str) -> None:
    program = compile_text(_mapping(*_LINEAR[name]))
    (outcome,) = program.apply(_EVENT)
    assert ".budget." not in program.code.text
    assert outcome.payload is not None
    assert outcome.payload["custom_data"]
    assert outcome.notes == ()


@pytest.mark.parametrize("path", some(_CORPUS, 15), ids=lambda path: path.stem)
def test_only_what_is_nested_on_purpose_pays_in_the_corpus(path: Path) -> None:
    assert (".budget." in compile_mapping(path).code.text) == (path.stem in _NESTED)


@pytest.mark.parametrize(
    ("text", "charged"),
    [
        ("a[?contains($event.b, @)]", ["$event.b"]),
        ("a[?contains(b, @)]", []),
        ("contains($event.b, a)", []),
        ("a[?$event.flag == 'x']", []),
        ("a[?$event.b == $event.c]", ["$event.b"]),
        ("a[?b == $event.c]", []),
        ("a[].length($event.b)", []),
        ("a[].[$index, b]", []),
        ("a[].sum($event.b[?c].d)", ["$event.b[?c].d", "$event.b"]),
        ("map(&join(',', $event.b), a)", ["$event.b"]),
        ("a[].sort_by($event.b, &c)[0].d", ["$event.b"]),
        ("a[].not_null(b, $event.c) | length(@)", []),
        ("a[].{x: $event.b} | [].x[]", ["[].x[]", "[].x", "[]", ""]),
    ],
)
def test_only_the_part_that_is_read_again_is_paid_for(text: str, charged: list[str]) -> None:
    assert _charged(text, Outside(large=frozenset({"event"}))) == charged


def test_at_an_element_of_each_all_from_outside_is_read_again() -> None:
    outside = Outside(large=frozenset({"event", "list"})).inside()
    assert _charged("contains($list, id)", outside) == ["$list"]
    assert _charged("sum(prices[].net)", outside) == []


def test_a_required_field_that_reads_too_much_rejects_the_event() -> None:
    mapping = _mapping("value", "1").replace(
        "event_id: id", 'event_id: "items[].to_string(sum($event.items[].p)) | [0]"'
    )
    (outcome,) = compile_text(mapping).apply(_EVENT)
    assert outcome.rejection is not None
    assert [(one.path, one.message[:17]) for one in outcome.rejection.reasons] == [
        ("event_id", "reads more than 1")
    ]


def test_a_mapping_may_read_up_to_the_limit() -> None:
    program = compile_text(_mapping("content_ids", '"a[?contains($event.b, @)]"'))
    elements = [str(number) for number in range(100)]
    for length, notes in (
        (MOST_ELEMENTS // 100 + FREE_ELEMENTS, 0),
        (MOST_ELEMENTS // 100 + FREE_ELEMENTS + 1, 1),
    ):
        (outcome,) = program.apply(
            {**_EVENT, "a": elements, "b": elements * 20 if not length else ["0"] * length}
        )
        assert len(outcome.notes) == notes


def test_the_parts_of_a_split_event_share_what_may_be_read_again() -> None:
    above = 'split: "items[].{p: p}"'
    mapping = _mapping("content_ids", '"$whole.a[?contains($whole.b, @)]"', above)
    for name in ("id", "time", "email"):
        mapping = mapping.replace(f": {name}\n", f": $whole.{name}\n").replace(
            f": {name}}}", f": $whole.{name}}}"
        )
    parts = {**_EVENT, "items": [{"p": 1}] * 50}
    outcomes = compile_text(mapping).apply(parts)
    assert len(outcomes) == 50
    # All parts have one id, which is noted as well.
    notes = [[note for note in one.notes if note.path != "event_id"] for one in outcomes]
    assert all(one.payload is not None for one in outcomes)
    assert {*map(len, notes)} == {1}


def test_explaining_an_event_says_what_reads_too_much(tmp_path: Path) -> None:
    path = tmp_path / "budget.yaml"
    path.write_text(_mapping(*_QUADRATIC["contains"]), encoding="utf-8")
    (table,) = trace_event(path, _EVENT)
    whys = {row.path: row.why for row in table.rows}
    assert whys["custom_data.content_ids"].startswith("invalid: reads more than")
    assert whys["event_id"] == ""


def test_a_rule_within_each_says_once_that_it_reads_too_much() -> None:
    program = compile_text(_mapping(*_QUADRATIC["each"]))
    assert len(program.apply(_EVENT)[0].notes) == 1


@pytest.mark.parametrize("work", [to_string, fingerprint])
def test_a_text_of_a_list_is_bounded_before_it_is_written(work: Callable[[Any], Any]) -> None:
    doubled: list[Any] = ["x" * 1000] * 1000
    for _ in range(10):
        doubled = [doubled, doubled]
    with pytest.raises(Invalid, match="characters"):
        work(doubled)


def test_a_value_is_weighed_no_further_than_what_is_left() -> None:
    doubled: list[Any] = [1]
    for _ in range(60):
        doubled = [doubled, doubled]
    assert weigh(doubled, 1000, 1000)[0] < 0
    assert weigh({"abc": ["x" * 10, {"d": 1}]}, 10, 20) == (10 - 1 - 2 - 1, 20 - 3 - 10 - 1)
    assert weigh("x" * 100, 10, MOST_CHARACTERS, 64) == (10, MOST_CHARACTERS - 36)


_READ_AGAIN = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "a", "x" * 64, "x" * 65, "x" * 200]),
    lambda one: st.lists(one, max_size=6) | st.dictionaries(st.sampled_from(["a", "b", "k" * 70]), one),
    max_leaves=12,
)


def _weighed(value: Any, elements: int, characters: int, free: int = 0) -> tuple[int, int]:
    """The weight of a value counted to its end."""
    if type(value) is str:
        return elements, characters - max(len(value) - free, 0)
    if type(value) is list or type(value) is dict:
        elements -= len(value)
        for one in [*value, *value.values()] if type(value) is dict else value:
            elements, characters = _weighed(one, elements, characters, free)
    return elements, characters


@given(_READ_AGAIN, st.sampled_from([-1, 0, 1, 3, 5, 1000]), st.sampled_from([-1, 0, 1, 3, 200, 1000]))
@settings(max_examples=examples(1500))
def test_what_is_seen_at_once_to_be_free_is(value: Any, elements: int, characters: int) -> None:
    spent, left = Budget({}), _weighed(value, elements + FREE_ELEMENTS, characters, FREE_CHARACTERS)
    spent.elements, spent.characters = elements, characters
    expected = min(elements, left[0]), left[1]
    if type(value) is not list and type(value) is not dict:
        # A text alone is stopped by its own characters only.
        expected = elements, left[1]
        is_overspent = left[1] < characters and left[1] < 0
    else:
        is_overspent = min(expected) < 0
    if is_overspent:
        with pytest.raises(Invalid):
            spent.spend_all(value)
    else:
        spent.spend_all(value)
        assert (spent.elements, spent.characters) == expected


@given(_READ_AGAIN, st.sampled_from([-1, 0, 1, 3, 5, 1000]), st.sampled_from([-1, 0, 200]))
@settings(max_examples=examples(1500))
def test_lists_are_paid_for_with_the_lists_in_them(value: Any, elements: int, characters: int) -> None:
    plain, spent = Budget({}), Budget({})
    for budget in (plain, spent):
        budget.elements, budget.characters = elements, characters
    said = [_said(work) for work in (lambda: spent.spend_lists(value), lambda: _pay_for_lists(plain, value))]
    assert said[0] == said[1]
    assert (spent.elements, spent.characters) == (plain.elements, plain.characters)


def _pay_for_lists(budget: Budget, value: Any) -> None:
    """Pay for a list and the lists in it, one after the other."""
    budget.spend(value)
    if type(value) is list:
        budget.elements -= sum(len(one) for one in value if type(one) is list)
        if budget.elements < 0:
            raise overspent("characters" if budget.characters < 0 else "elements")


def _said(work: Callable[[], None]) -> str:
    try:
        work()
    except Invalid as invalid:
        return str(invalid.reason)
    return ""


def test_the_budget_lets_short_values_pass_and_stops_at_long_ones() -> None:
    budget = Budget({})
    budget.spend([1] * FREE_ELEMENTS)
    budget.spend_all("x" * 64)
    assert (budget.elements, budget.characters) == (MOST_ELEMENTS, MOST_CHARACTERS)
    with pytest.raises(Invalid, match="reads more than 100,000 elements"):
        budget.spend_lists([[1] * 60_000, [1] * 60_000])
