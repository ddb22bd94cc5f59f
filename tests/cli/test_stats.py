"""`mapper stats` as a person calls it: formats, exit statuses, and nothing of a person in what it prints."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mapper.authoring import record_mapping, statistics
from mapper.compiling import read_plan
from mapper.project.project import project_of, read_text
from tests.generators.altered import altered
from tests.support.command import MAPPING, ROOT, call, event, ndjson
from tests.support.depth import by_seed, some

_MAPPING = """\
name: shop
version: 1
target: pinterest/conversions-v5
let:
  items: {from: [lines, basket]}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: {from: [customer.email, email]}, fn: {from: given, apply: {lookup: {table: {jo: joan}}}}}
match: type
events:
  - is: order
    send: checkout
    payload:
      custom_data:
        value: total
        currency: {from: [currency, {from: [shop.currency, site.currency]}], default: EUR}
        search_string: {from: medium, apply: {lookup: {table: {cpc: paid}}}}
        contents: {each: $items, item: {id: sku, item_price: price}}
  - {is: view, send: page_visit}
"""
_PRIVATE = "Jane Doe"


def _event(kind: str, number: int, **more: Any) -> dict[str, Any]:
    at = "2026-05-01T10:00:00Z"
    return {"type": kind, "id": number, "at": at, "email": f"jane.doe{number}@example.com", **more}


_EVENTS = [
    _event("order", 1, total=5, lines=[{"sku": "mug", "price": 5, "note": "blue"}], medium="cpc"),
    _event("order", 2, total="x", basket=[{"sku": "cup"}], medium="social", site={"currency": "USD"}),
    _event("order", 3, total=7, medium="jane.doe@example.com", given="Maria", currency="GBP"),
    _event("view", 4, customer={"email": "a@example.com", "tier": "gold"}, **{"jane@example.com": 1}),
    {**_event("view", 5), "email": None},
    _event(_PRIVATE, 6),
]


@pytest.fixture
def files(folder: Path) -> Path:
    Path("shop.yaml").write_text(_MAPPING, encoding="utf-8")
    Path("events.ndjson").write_text(ndjson(*_EVENTS, "{broken"), encoding="utf-8")
    return folder


def _stats(*arguments: str, events: str = "events.ndjson", given: str = "") -> Result:
    return call("stats", "shop.yaml", events, *arguments, stdin=given)


def _json(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_stats("--format", "json", *arguments).stdout)
    return found


def test_the_numbers_are_those_of_the_events(files: Path) -> None:
    found = _json()

    assert [found[key] for key in ("events", "sent", "skipped", "rejected")] == [7, 4, 1, 2]
    by_event = {one["name"]: one for one in found["by_event"]}
    signals = {one["path"]: one["present"] for one in by_event["checkout"]["signals"]}
    assert by_event["checkout"]["payloads"] == 3
    assert (signals["user_data.em"], signals["custom_data.value"]) == (3, 2)
    assert signals["custom_data.contents[].id"] == 2
    paths = {one["path"]: one for one in found["paths"]}
    value = paths["custom_data.value"]
    assert (value["due"], value["present"], value["invalid"], value["distinct"]) == (3, 2, 1, 2)
    assert (paths["user_data.em"]["due"], paths["user_data.em"]["distinct"]) == (4, 4)
    winners = [(one["label"], one["line"], one["events"]) for one in paths["custom_data.currency"]["winners"]]
    assert winners == [("from[0]", 18, 1), ("from[1]", 18, 1), ("default", 18, 1)]
    assert {one["attribute"]: one["events"] for one in found["unread"]} == {
        "lines[].note": 1,
        "customer.tier": 1,
        "*": 1,
    }
    tables = {one["name"]: one for one in found["tables"]}
    search = tables["custom_data.search_string"]
    assert (search["missed"], search["values"]) == (2, [{"value": "social", "count": 1}])
    assert (tables["user_data.fn"]["missed"], tables["user_data.fn"]["values"]) == (1, [])
    assert (tables["match"]["missed"], tables["match"]["line"], tables["match"]["values"]) == (1, 11, [])
    revealed = {one["name"]: one for one in _json("--reveal")["tables"]}
    assert revealed["match"]["values"] == [{"value": _PRIVATE, "count": 1}]
    assert {(one["outcome"], one["reason"], one["count"]) for one in found["outcomes"]} >= {
        ("sent", "", 4),
        ("skipped", "unmapped: names that no section takes", 1),
    }


def test_python_gives_the_same_numbers(files: Path) -> None:
    found = statistics("shop.yaml", _EVENTS)
    printed = _json()

    assert [(one.path, one.due, one.present) for one in found.paths] == [
        (one["path"], one["due"], one["present"]) for one in printed["paths"]
    ]
    assert found.rejected == printed["rejected"] - 1


def test_many_processes_count_the_same(files: Path) -> None:
    many = [_event("order", number, total=number, medium=f"m{number % 7}") for number in range(3000)]
    Path("many.ndjson").write_text(ndjson(*many), encoding="utf-8")

    one = _stats("--format", "json", events="many.ndjson").stdout
    assert json.loads(one)["events"] == 3000
    assert _stats("--format", "json", "--jobs", "2", events="many.ndjson").stdout == one


@pytest.mark.parametrize("form", ["text", "json", "csv", "html"])
def test_no_format_shows_a_value_of_a_person(files: Path, form: str) -> None:
    for revealed in ([], ["--reveal"]):
        done = _stats("--format", form, *revealed)
        assert done.exit_code == 0
        for private in ("example.com", "maria", "a@"):
            assert private not in done.output.lower()
        assert (_PRIVATE in done.output) is bool(revealed)


@pytest.mark.parametrize(
    "path", some(sorted((ROOT / "mappings").glob("*.yaml")), 2, full=8), ids=lambda path: path.stem
)
def test_whatever_ready_mappings_are_given_nothing_personal_is_printed(path: Path, tmp_path: Path) -> None:
    dice = by_seed(path.stem)
    plan = read_plan(read_text(path), project_of(path, None))
    given = [altered(case.given, dice) for case in plan.mapping.tests for _ in range(20)]
    found = statistics(path, given)

    assert found.events == len(given)
    said = str(found).lower()
    assert "@example" not in said
    assert "203.0.113" not in said
    assert found.sent + found.skipped + found.rejected >= found.events
    assert {one.path for one in found.paths} <= {
        rule for _, rules in record_mapping(path).program.code.sections for rule, _ in rules
    }


def test_the_page_is_whole_and_loads_nothing(files: Path) -> None:
    page = _stats("--format", "html").stdout

    body = page.removeprefix("<!doctype html>\n").replace('<meta charset="utf-8">', "")
    assert "default-src 'none'" in body
    for word in ("<script", "http:", "https:", "src=", "@import", "url("):
        assert word not in body.lower()
    tables = body[body.index("<body>") : body.index("</html>")].replace("class=text", 'class="text"')
    ElementTree.fromstring(tables.replace("<br>", "<br/>"))
    assert "prefers-color-scheme: dark" in body
    assert page.count("<svg") > 10


def test_the_share_of_what_is_sent_is_of_the_outcomes_and_reasons_are_a_breakdown(files: Path) -> None:
    events = [_event("order", 1), _event("order", 2), {"type": "order"}, {"type": "order"}]
    Path("four.ndjson").write_text(ndjson(*events), encoding="utf-8")
    page = _stats("--format", "html", events="four.ndjson").stdout
    assert re.findall(r'<rect class="(\w+)" x="[\d.]+" width="([\d.]+)"', page)[::2] == [
        ("sent", "50.00"),
        ("rejected", "50.00"),
    ]
    assert page.count("100 % of rejected") > 1
    assert "<b>50 %</b>" in page


def test_one_event_is_counted_as_one(files: Path) -> None:
    Path("one.ndjson").write_text(ndjson(_event("order", 1)), encoding="utf-8")
    for form, said in (("text", "1 event: "), ("html", ": 1 event</title>"), ("html", "<p>1 event of one")):
        assert said in _stats("--format", form, events="one.ndjson").stdout


def test_names_cannot_leave_their_place_in_a_page_or_a_table(files: Path) -> None:
    hostile = "<img src=x>"
    Path("events.ndjson").write_text(ndjson(_event(hostile, 1), _event("=cmd\x1b[31m", 2)), encoding="utf-8")

    assert hostile not in _stats("--format", "html", "--reveal").stdout
    table = _stats("--format", "csv", "--reveal").stdout
    assert "\x1b" not in table
    rows = list(csv.reader(io.StringIO(table)))
    assert {len(row) for row in rows} == {5}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_a_share_that_is_too_low_fails(files: Path) -> None:
    assert _stats("--fail-under", "user_data.em=100%").exit_code == 0
    done = _stats("--fail-under", "custom_data.value=67", "--fail-under", "custom_data.currency=100")
    assert done.exit_code == 1
    assert "custom_data.value: 66.7 %, must be at least 67.0 %" in done.stderr
    assert "currency:" not in done.stderr


def test_a_share_that_fell_fails(files: Path) -> None:
    Path("before.json").write_text(_stats("--format", "json").stdout, encoding="utf-8")
    assert _stats("--baseline", "before.json").exit_code == 0

    less = [{**one, "medium": None} for one in _EVENTS if one["type"] == "order"]
    Path("events.ndjson").write_text(ndjson(*less), encoding="utf-8")
    done = _stats("--baseline", "before.json")
    assert done.exit_code == 1
    assert "custom_data.search_string: 0.0 %, was 33.3 %" in done.stderr
    assert "user_data.em of page_visit: 0.0 %, was 100.0 %" in done.stderr
    assert "custom_data.value" not in done.stderr
    assert _stats("--baseline", "before.json", "--drop", "100").exit_code == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"paths": [{}]}', '{"paths": 1, "by_event": []}', "{"])
def test_a_baseline_that_is_none_is_refused(files: Path, text: str) -> None:
    Path("before.json").write_text(text, encoding="utf-8")
    done = _stats("--baseline", "before.json")

    assert done.exit_code == 2
    assert "does not hold what `mapper stats --format json` prints" in done.stderr


def test_a_path_that_no_rule_is_for_is_refused_with_one_that_is_near(files: Path) -> None:
    done = _stats("--fail-under", "user_data.emm=60%")

    assert done.exit_code == 2
    assert "did you mean user_data.em?" in done.stderr
    assert _stats("--fail-under", "user_data.em").exit_code == 2
    assert _stats("--fail-under", "user_data.em=101%").exit_code == 2


def test_no_events_and_a_wrong_mapping_have_their_statuses(files: Path) -> None:
    assert _stats(events="-", given="").exit_code == 2
    assert _stats(events="-", given="no json\n").exit_code == 2
    assert _stats(events="-", given=ndjson(_EVENTS[0])).exit_code == 0
    Path("shop.yaml").write_text(_MAPPING.replace("total", "total ||"), encoding="utf-8")
    assert _stats().exit_code == 1


def test_an_object_whose_names_are_values_is_one_line(files: Path) -> None:
    carts = [{"carts": {f"c{dice}-{name}": {"n": 1} for name in range(60)}} for dice in range(40)]
    Path("events.ndjson").write_text(ndjson(*(_event("view", 1, **one) for one in carts)), encoding="utf-8")

    names = [one["attribute"] for one in _json()["unread"]]
    assert len(names) < 110


_ODD = [
    '{"type": "view", "id": 1, "at": "2026-05-01T10:00:00Z", "email": "a@b.example", "x": %s}'
    % ('{"a": ' * 400 + "1" + "}" * 400),
    '{"type": "view", "id": 1, "at": "2026-05-01T10:00:00Z", "email": "a@b.example", "x": %s}' % ("9" * 5000),
    r'{"type": "view", "id": 1, "at": "2026-05-01T10:00:00Z", "email": "a@b.example", "x": "\ud800"}',
    r'{"type": "view", "id": "\ud800", "at": "2026-05-01T10:00:00Z", "email": "a@b.example"}',
    *(
        "[1]",
        "",
        "  ",
        "null",
        '{"type": {"a": 1}}',
        '{"type": "view"',
        "\x00",
        '{"type": "order", "total": 1e999}',
    ),
]


def test_what_becomes_of_events_is_what_a_run_says(files: Path) -> None:
    Path("events.ndjson").write_text(ndjson(*_EVENTS, *_ODD), encoding="utf-8")
    run = call("run", "shop.yaml", "events.ndjson", "-o", "out.ndjson", "--no-cache")
    found = _json()

    head = run.stderr.splitlines()[0]
    assert head == (
        f"{found['events']} events: {found['sent']} to send, {found['skipped']} skipped, "
        f"{found['rejected']} rejected"
    )
    payloads = [json.loads(line) for line in Path("out.ndjson").read_text(encoding="utf-8").splitlines()]
    em = next(one for one in found["paths"] if one["path"] == "user_data.em")
    assert em["present"] == sum("em" in one["user_data"] for one in payloads)


def test_what_is_kept_does_not_grow_with_what_events_bring_along(files: Path) -> None:
    def event(number: int) -> dict[str, Any]:
        more = {f"k{number}": 1, "deep": {f"a{number}": {f"b{number}": [{f"c{number}": 1}]}}}
        return _event("order", number, total=number, medium=f"m{number}", **more)

    sends = _MAPPING.replace("send: checkout", "send: medium")
    Path("shop.yaml").write_text(sends, encoding="utf-8")
    found = statistics("shop.yaml", map(event, range(5000)), reveal=True)

    assert found.events == 5000
    assert len(found.unread) <= 500
    assert len(found.by_event) <= 201
    assert all(len(table.values) <= 200 for table in found.tables)
    assert len(found.outcomes) <= 1010


def test_names_that_otherwise_takes_are_counted_too(files: Path) -> None:
    Path("shop.yaml").write_text(f"{_MAPPING}otherwise: {{send: custom}}\n", encoding="utf-8")
    found = _json("--reveal")

    assert [one["values"] for one in found["tables"] if one["name"] == "match"] == [
        [{"value": _PRIVATE, "count": 1}]
    ]
    assert [one["payloads"] for one in found["by_event"] if one["name"] == "custom"] == [1]


def test_a_name_whose_section_has_a_condition_is_not_one_that_no_section_has(files: Path) -> None:
    """`is: order` is there; its `when` is not true for two orders."""
    text = _MAPPING.replace("- is: order\n", "- is: order\n    when: medium == 'cpc'\n")
    Path("shop.yaml").write_text(text, encoding="utf-8")
    found = _json("--reveal")

    assert [one["count"] for one in found["outcomes"] if one["reason"] == "unmapped: order"] == [2]
    assert [one["values"] for one in found["tables"] if one["name"] == "match"] == [
        [{"value": _PRIVATE, "count": 1}]
    ]


def test_attributes_of_as_many_events_are_in_the_order_of_their_names(files: Path) -> None:
    names = [f"more{number:02}" for number in range(30)]
    Path("events.ndjson").write_text(ndjson(_event("order", 1, **dict.fromkeys(names, 1))), encoding="utf-8")

    assert [one["attribute"] for one in _json()["unread"]] == names


def test_a_baseline_that_is_nested_too_deep_or_has_no_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(MAPPING)
    (tmp_path / "events.ndjson").write_text(ndjson(event(1)))
    (tmp_path / "deep.json").write_text("[" * 200_000)
    for baseline in (tmp_path / "deep.json", "/dev/zero"):
        ran = call("stats", tmp_path / "shop.yaml", tmp_path / "events.ndjson", "--baseline", baseline)
        assert (ran.exit_code, "does not hold what" in ran.stderr) == (2, True)


def test_texts_that_a_pattern_does_not_describe_are_counted_and_never_shown(folder: Path) -> None:
    rules = "{from: page, apply: {extract: '/product/{sku}'}}"
    required = "{from: page, apply: {extract: {pattern: '/p*{n:digits}', required: true}}}"
    rules = f"    order_id: {rules}\n    search_string: {required}\n"
    named = "match: kind\nevents:\n  - {is: {pattern: 'product *'}, when: never, send: lead}\n"
    Path("shop.yaml").write_text(
        "version: 1\ntarget: pinterest/conversions-v5\npayload:\n  action_source: {const: web}\n"
        "  event_id: id\n  event_time: time\n  user_data: {em: mail}\n  custom_data:\n"
        f"{rules}{named}otherwise: {{send: custom}}\n",
        encoding="utf-8",
    )
    event = {"id": "1", "time": 1777629600, "mail": "a@b.co", "kind": "product x"}
    pages = ("/product/7", "/cart/ada", "/product/7/8", None)
    Path("events.ndjson").write_text(ndjson(*({**event, "page": page} for page in pages)), encoding="utf-8")
    tables = {one["name"]: (one["missed"], one["values"]) for one in _json()["tables"]}
    assert tables == {"custom_data.order_id": (2, []), "custom_data.search_string": (1, [])}
    assert "ada" not in _stats().stdout
