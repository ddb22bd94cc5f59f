"""What of a mapping has acted for some events, counted, told and written for viewers of coverage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError, run_tests
from mapper.authoring import RuleCoverage, coverage_of
from mapper.cli.report.rule_coverage import as_lcov, covered_json, covered_line, untested_lines
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


def _never_line(found: RuleCoverage) -> str:
    return "".join(untested_lines(found))


def _tested(path: Path, event: Any, **expectation: Any) -> RuleCoverage:
    """The coverage by one test, as `mapper test --coverage` counts it."""
    test = {"name": "a test", "given": event, **expectation}
    path.write_text(f"{_MAPPING}tests: [{json.dumps(test)}]\n", encoding="utf-8")
    report = run_tests(path, coverage=True)
    assert report.ok, report
    assert report.coverage is not None
    return report.coverage


def test_limited_consent_counts_where_the_mapping_says_what_it_means(path: Path) -> None:
    path.write_text(_MAPPING.replace("  when_denied: skip\n", "  when_denied: skip\n  when_limited: skip\n"))
    assert "consent limited (:5)" in _never_line(_of(path, _ORDER))
    assert "consent limited (:5)" not in _never_line(_of(path, {**_ORDER, "consent": "limited"}))


def test_each_point_is_told_with_its_place(path: Path) -> None:
    found = _of(path, {**_ORDER, "lines": [{"sku": "A"}]})

    assert covered_line(found) == "rules 9 of 12 · sections 1 of 2 · arms 6 of 16"
    assert _never_line(found).removeprefix("never acted: ").split(", ") == [
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

    assert _never_line(found) == ""
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


_FULL = {**_ORDER, "lines": [{"sku": "A"}, {"sku": ""}], "number": "7"}
# An expectation, and the fields whose rules it tests.
_NAMED: list[tuple[dict[str, Any], set[str]]] = [
    ({"expect": {}}, set()),
    ({"expect": {"event_name": "checkout"}}, set()),
    ({"expect": {"event_id": "1"}}, {"event_id"}),
    ({"expect": {"custom_data": {}}}, set()),
    ({"expect": {"user_data": {"em": [{"hash": "jane@example.com"}]}}}, {"user_data.em"}),
    (
        {"expect": {"custom_data": {"value": "5", "order_id": "7"}}},
        {"custom_data.value", "custom_data.order_id"},
    ),
    ({"expect": {"custom_data": {"contents": [{}]}}}, {"custom_data.contents"}),
    (
        {"expect": {"custom_data": {"contents": [{"id": "A"}]}}},
        {"custom_data.contents", "custom_data.contents[].id"},
    ),
]


@pytest.mark.parametrize(("expectation", "fields"), _NAMED)
def test_a_rule_is_tested_where_an_expectation_names_its_field(
    path: Path, expectation: dict[str, Any], fields: set[str]
) -> None:
    found = _tested(path, _FULL, **expectation)
    acted = {point: count for point, count in _of(path, _FULL).counts if count}
    deciding = ("section", "consent", "skip", "match")

    tested = {point for point, count in found.counts if count}
    assert {one.name for one in tested if one.kind not in deciding} == fields
    assert tested | set(found.reached) == acted.keys()
    assert not tested & set(found.reached)
    assert any(one.kind == "section" for one in tested) == bool(expectation["expect"])


def test_a_whole_payload_tests_all_that_made_it(path: Path) -> None:
    whole = {
        "event_name": "checkout",
        "event_id": "1",
        "event_time": 1777629600,
        "action_source": "web",
        "event_source_url": "https://shop.example.com/",
        "user_data": {"em": [{"hash": "jane@example.com"}]},
    }
    event = {**_PLAIN, "type": "order", "gross": 5}
    assert _tested(path, event, expect=whole).reached  # `value` and `currency: USD` are not named

    whole["custom_data"] = {"currency": "USD", "value": "5"}
    assert not _tested(path, event, expect=whole, exact=True).reached


@pytest.mark.parametrize(
    ("event", "expect", "tested"),
    [
        ({"test": True}, {"skip": "a test"}, {"a test"}),
        ({**_ORDER, "consent": "no"}, {"skip": "consent"}, {"consent"}),
        ({**_ORDER, "at": "never"}, {"reject": ["event_time"]}, {"consent", "checkout"}),
    ],
)
def test_skips_and_rejections_test_their_causes(
    path: Path, event: Any, expect: Any, tested: set[str]
) -> None:
    found = _tested(path, event, expect=expect)
    assert {point.name for point, count in found.counts if count} == tested


@pytest.mark.parametrize(
    ("expect", "is_tested"),
    [
        ({"custom_data": {"value": "5"}}, True),
        ({"event_id": "1"}, False),
        ({"custom_data": {"currency": "EUR"}}, False),
    ],
)
def test_a_let_is_tested_where_a_field_made_with_it_is_named(
    path: Path, expect: Any, is_tested: bool
) -> None:
    text = _MAPPING.replace("skip:\n", "let: {sum: gross, total: $sum}\nskip:\n").replace(
        "then: gross", "then: $total"
    )
    test = {"name": "a test", "given": _ORDER, "expect": expect}
    path.write_text(f"{text}tests: [{json.dumps(test)}]\n", encoding="utf-8")

    (found,) = [run_tests(path, coverage=True).coverage]
    assert found is not None
    lets = {point.name: count for point, count in found.counts if point.kind == "let"}
    assert lets == {"$sum": int(is_tested), "$total": int(is_tested)}


@pytest.mark.parametrize(
    "then",
    ["either(gross)", "{from: gross, apply: either}", "$sum", "outer(gross)", "{from: gross, apply: outer}"],
)
@pytest.mark.parametrize(
    ("expect", "is_tested"), [({"custom_data": {"value": "5"}}, True), ({"event_id": "1"}, False)]
)
def test_a_function_is_tested_where_a_field_made_with_it_is_named(
    path: Path, then: str, expect: Any, is_tested: bool
) -> None:
    functions = "functions: {either(v): {from: [{from: $v, when: $v == `0`}, $v]}, outer(v): either($v)}"
    text = _MAPPING.replace("skip:\n", f"{functions}\nlet: {{sum: either(gross)}}\nskip:\n")
    test = {"name": "a test", "given": _ORDER, "expect": expect}
    tests = f"tests: [{json.dumps(test)}]\n"
    path.write_text(text.replace("then: gross", f"then: {then}") + tests, encoding="utf-8")

    (found,) = [run_tests(path, coverage=True).coverage]
    assert found is not None
    counts = {(point.kind, point.part): count for point, count in found.counts if point.name == "either()"}
    assert counts["alternative", "from[1]"] == int(is_tested)


def test_what_acted_for_a_test_that_does_not_name_it_is_told(path: Path) -> None:
    lines = [*untested_lines(_tested(path, _ORDER, expect={"custom_data": {"order_id": None}}))]
    assert [line.partition(":")[0] for line in lines] == ["never acted", "reached, not tested"]
    assert lines[1].startswith("reached, not tested: event_id (:11), event_time (:12), ")


def test_the_ready_mappings_name_what_they_test() -> None:
    """Their coverage, as far as one file may be run alone."""
    coverage = run_tests("mappings/woocommerce-orders.yaml", coverage=True).coverage
    assert coverage is not None
    assert [*untested_lines(coverage)] == []


def test_all_that_never_acted_is_told_by_its_file(path: Path) -> None:
    base = path.with_name("base.yaml")
    head = "version: 1\ntarget: pinterest/conversions-v5\nskip:\n"
    base.write_text(head + "".join(f"  - {{when: s{one}, because: b{one}}}\n" for one in range(60)))
    own = _MAPPING.replace("skip:\n  - {when: test, because: a test}\n", "")
    path.write_text(f"extends: base.yaml\n{own}", encoding="utf-8")

    lines = [*untested_lines(_of(path, _ORDER))]
    [inherited] = [line for line in lines if line.startswith("never acted in ") and "base.yaml: " in line]
    assert all(f'skip "b{one}" (:{one + 4})' in inherited for one in range(60))
    assert not any(" more" in line for line in lines)
