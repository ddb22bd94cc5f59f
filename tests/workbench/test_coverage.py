"""What of a mapping has acted for some events, counted, told and written for viewers of coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError, RuleCoverage, coverage_of
from mapper.cli.report.rule_coverage import as_lcov, covered_json, covered_line, never_line
from mapper.workbench.coverage import label, merged

pytestmark = pytest.mark.quick

_MAPPING = """\
name: shop
version: 1
target: pinterest/conversions-v5
consent:
  granted: consent
  when_missing: granted
  when_denied: skip
skip:
  - {when: test, because: a test}
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  event_source_url: url
  user_data: {em: email}
match: type
events:
  - is: order
    send: checkout
    payload:
      custom_data:
        currency: {from: [currency, shop.currency], default: USD}
        value:
          case:
            - {when: gross, then: gross}
            - {else: net}
        order_id: {from: number, when: paid}
        search_string: {from: medium, apply: {lookup: {table: {a: one, b: two}, default: other}}}
        contents:
          each: lines
          where: sku
          item: {id: sku}
  - is: cart
    send: add_to_cart
    payload: {custom_data: {content_name: name}}
otherwise: skip
"""
_PLAIN = {"id": "1", "at": 1777629600, "url": "https://shop.example.com/", "email": "jane@example.com"}
_ORDER = {**_PLAIN, "type": "order", "shop": {"currency": "EUR"}, "gross": 5, "medium": "b", "paid": True}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "shop.yaml"
    made.write_text(_MAPPING, encoding="utf-8")
    return made


def _of(path: Path, *events: Any) -> RuleCoverage:
    return coverage_of(path, events)


def test_limited_consent_counts_where_the_mapping_says_what_it_means(path: Path) -> None:
    path.write_text(_MAPPING.replace("  when_denied: skip\n", "  when_denied: skip\n  when_limited: skip\n"))
    assert "consent limited (:5)" in never_line(_of(path, _ORDER))
    assert "consent limited (:5)" not in never_line(_of(path, {**_ORDER, "consent": "limited"}))


def test_each_point_is_told_with_its_place(path: Path) -> None:
    found = _of(path, {**_ORDER, "lines": [{"sku": "A"}]})

    assert covered_line(found) == "rules 9 of 12 · sections 1 of 2 · arms 6 of 16"
    assert never_line(found).removeprefix("never acted: ").split(", ") == [
        "consent granted (:5)",
        "consent denied (:5)",
        "consent unreadable (:5)",
        'skip "a test" (:9)',
        "default of currency (:22)",
        "from[0] of currency (:22)",
        "case[1].else of value (:26)",
        "order_id (:27)",
        "when false of order_id (:27)",
        '"a" in the table of search_string (:28)',
        "no entry in the table of search_string (:28)",
        "where false of contents (:31)",
        "add_to_cart (:33 with 1 part in it)",
    ]


def test_all_that_can_act_does_for_the_right_events(path: Path) -> None:
    lines = [{"sku": "A"}, {"sku": ""}]
    found = _of(
        path,
        {**_ORDER, "lines": lines, "number": "7", "currency": "USD", "consent": True},
        {**_ORDER, "paid": False, "medium": "a", "gross": None, "net": 3, "consent": "perhaps"},
        {**_ORDER, "paid": False, "medium": "a", "gross": None, "net": 3, "shop": {}},
        {**_ORDER, "medium": "z"},
        {**_ORDER, "consent": "no"},
        {**_PLAIN, "type": "cart", "name": "Mug"},
        {**_PLAIN, "type": "other"},
        {"test": True},
    )

    assert never_line(found) == ""
    assert found.never == ()
    assert found.percent == 100


def test_events_are_counted_once_however_often_a_point_acts_for_them(path: Path) -> None:
    found = _of(path, {**_ORDER, "lines": [{"sku": "A"}, {"sku": "B"}]}, _ORDER)

    counts = {(point.kind, point.name): count for point, count in found.counts}
    assert counts["rule", "custom_data.contents[].id"] == 1
    assert counts["section", "checkout"] == 2


def test_json_has_every_point(path: Path) -> None:
    found = covered_json(_of(path, _ORDER))

    assert found["sections"] == {"acted": 1, "of": 2}
    assert len(found["points"]) == sum(found[group]["of"] for group in ("rules", "sections", "arms"))
    (point,) = [one for one in found["points"] if one["label"] == "from[1] of currency"]
    assert (point["line"], point["column"], point["events"]) == (22, 37, 1)


def test_lcov_has_the_lines_and_their_branches(path: Path) -> None:
    lines = as_lcov(_of(path, _ORDER, _ORDER)).splitlines()

    assert lines[:2] == ["TN:", f"SF:{path}"]
    assert [one for one in lines if one.startswith("DA:") and one.split(":")[1].split(",")[0] == "22"] == [
        "DA:22,2"
    ]
    assert "BRDA:9,0,0,-" in lines
    assert [one.split(",")[3] for one in lines if one.startswith("BRDA:28,")] == ["2", "0", "2", "0"]
    hit = sum(one.startswith("DA:") and not one.endswith(",0") for one in lines)
    assert f"LH:{hit}" in lines
    assert lines[-1] == "end_of_record"


def test_what_two_mappings_extend_has_acted_where_it_did_for_one(tmp_path: Path) -> None:
    base = _MAPPING.replace("name: shop\n", "partial: true\n").replace("match: type\n", "")
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    for name in ("one", "two"):
        text = (
            f"name: {name}\nversion: 1\ntarget: pinterest/conversions-v5\nextends: base.yaml\nmatch: type\n"
        )
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    one = _of(tmp_path / "one.yaml", _ORDER)
    two = _of(tmp_path / "two.yaml", {**_PLAIN, "type": "cart", "name": "Mug"}, {"test": True})

    both = merged([one, two])

    assert len(both.counts) == len(one.counts) == len(two.counts)
    never = {label(point) for point in both.never}
    assert never == {label(point) for point in one.never} & {label(point) for point in two.never}


def test_a_mapping_with_errors_has_no_coverage(path: Path) -> None:
    path.write_text(_MAPPING.replace("send: checkout", "send: [checkout]"), encoding="utf-8")

    with pytest.raises(CompileError):
        _of(path)
