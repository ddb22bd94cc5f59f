"""A mapping -> which of the scored signals each of its sections can send."""

from __future__ import annotations

from pathlib import Path

import pytest

import mapper
from mapper import authoring
from mapper.authoring import Coverage
from mapper.cli.report import coverage_line

_HEAD = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
"""


def _covered(rest: str) -> tuple[Coverage, ...]:
    review = authoring.review_text(_HEAD + rest)
    assert not [one.message for one in review.found if one.severity != "advice"]
    return review.coverage


def test_a_signal_is_one_that_a_rule_can_give() -> None:
    (one,) = _covered(
        "  user_data: {em: email, click_id: {from: click, when: '`false`'}}\n"
        "  custom_data: {content_ids: {const: [a]}, value: {from: total, when: present(paid)}}\n"
        "otherwise: {send: checkout}\n"
    )
    assert one.names == ("checkout",)
    assert one.sent == ("user_data.em", "event_id", "custom_data.value", "custom_data.contents[].id")
    assert one.of == 11


@pytest.mark.parametrize(
    ("contents", "sent"),
    [
        ("{each: items, item: {id: sku}}", True),
        ("{each: items, item: {item_name: name}}", False),
        ("{case: [{when: present(items), then: {each: items, item: {id: sku}}}]}", True),
        ("[{id: sku}]", True),
        ("[{item_name: name}]", False),
        ("'items[].{id: sku}'", True),
        ("'items[].{item_name: name}'", False),
        ("items", True),
        ("{const: [{id: a}]}", True),
        ("{const: [{item_name: a}]}", False),
    ],
)
def test_a_signal_below_a_list_is_one_of_any_element(contents: str, sent: bool) -> None:
    custom = f"  custom_data: {{search_string: q, contents: {contents}}}\n"
    rest = f"  user_data: {{em: email}}\n{custom}otherwise: {{send: lead}}\n"
    (one,) = _covered(rest)
    assert ("custom_data.contents[].id" in one.sent) is sent


def test_sections_with_the_same_signals_are_told_together_in_the_order_written() -> None:
    covered = _covered(
        "  user_data: {em: email}\n"
        "match: type\n"
        "events:\n"
        "  - {is: a, send: lead}\n"
        "  - {is: b, send: search, payload: {event_source_url: url}}\n"
        "  - {is: c, send: signup}\n"
        "  - {is: d, skip: not of interest}\n"
        "  - {is: e, send: {from: name}}\n"
    )
    assert [one.names for one in covered] == [("lead", "signup", ""), ("search",)]


def test_a_mapping_with_errors_is_not_covered() -> None:
    assert authoring.review_text(_HEAD + "otherwise: {send: lead}\n").coverage == ()


def test_the_front_door_gives_the_coverage_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(_HEAD + "  user_data: {em: email}\notherwise: {send: lead}\n")
    assert [one.names for one in mapper.coverage(path)] == [("lead",)]
    path.write_text(_HEAD + "otherwise: {send: lead}\n")
    with pytest.raises(mapper.CompileError):
        mapper.coverage(path)


def test_a_line_says_what_is_sent_and_what_is_not() -> None:
    covered = [
        Coverage(("checkout",), ("event_id",), ("user_data.em", "custom_data.contents[].id")),
        Coverage(("a", "b", "c", "d", "e", ""), ("event_id", "user_data.em"), ()),
    ]
    assert coverage_line("shop.yaml", covered) == (
        "shop.yaml: checkout 1 of 3 signals (no em, contents[].id) · a, b, c and 3 more: 2 of 2"
    )
