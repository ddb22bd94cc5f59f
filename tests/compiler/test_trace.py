"""Explaining an event: the section that takes it, and what each row reads, makes and sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import compile_mapping, read_schema
from mapper.authoring import Decision, Row, Table, analyse_file, record_mapping, trace_decisions, trace_event
from tests.oracles.golden import KNOWN_BY_THE_HOST

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_MAPPING = """
name: trace
version: 1
target: pinterest/conversions-v5
let:
  mail: {from: [customer.email, contact]}
consent:
  granted: ads
  when_missing: granted
  when_denied: {strip: [custom_data.order_id], set: {opt_out: true}}
payload:
  action_source: {const: web}
  event_id: {from: customer.email, apply: fingerprint}
  event_time: at
  user_data:
    em: $mail
    ph: {from: phone, apply: {phone: {country: $land}}}
  custom_data:
    order_id: number
    value: {from: [net, gross]}
    currency: {from: currency, default: EUR}
    search_string: {case: [{when: boolean(a), then: b}, {else: c}]}
    content_ids: {each: lines, item: sku}
match: kind
events:
  - {is: 1, send: checkout}
  - {is: x, skip: nothing}
""".replace("let:\n", "let:\n  land: {from: country, default: DE}\n")


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """The mapping as a file."""
    path = tmp_path / "trace.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    return path


def _trace(mapping: Path, **event: Any) -> dict[str, Row]:
    """The rows of the fields, by path."""
    table = _table(mapping, **event)
    return {row.path: row for row in table.rows if row.depth == 0}


def _table(mapping: Path, **event: Any) -> Table:
    (table,) = trace_event(
        mapping, {"kind": 1, "at": 1777629600, "customer": {"email": "Ada@Example.com"}, **event}
    )
    return table


def test_a_row_has_what_is_read_what_each_step_makes_and_what_is_sent(mapping: Path) -> None:
    rows = _trace(mapping, phone="030 1234567", number=17)
    assert rows["custom_data.order_id"].read == 17
    assert rows["custom_data.order_id"].value == "17"
    phone = rows["user_data.ph"]
    assert [(step.text, step.inserted, step.value) for step in phone.steps[:3]] == [
        ("clean", True, "030 1234567"),
        ("digest", True, "030 1234567"),
        ("phone(country: $land)", False, "49301234567"),
    ]


def test_a_row_says_why_nothing_is_sent_or_what_stands_in(mapping: Path) -> None:
    rows = _trace(mapping, net="1,5", lines="a")
    assert rows["custom_data.order_id"].why == "absent: the event has no `number`"
    assert rows["custom_data.value"].why.startswith("invalid: ")
    assert rows["custom_data.content_ids"].why.startswith("invalid: ")
    # The object has no value from the event, so its default is not sent either.
    lost = "left out because no field of its object comes from the event"
    assert (rows["custom_data.currency"].value, rows["custom_data.currency"].why) == (None, lost)
    rows = _trace(mapping, number=1)
    assert (rows["custom_data.currency"].value, rows["custom_data.currency"].why) == ("EUR", "default")


def test_alternatives_and_arms_that_are_not_reached_say_so(mapping: Path) -> None:
    table = _table(mapping, net=1, gross=2, a=True, b="B", c="C")
    parts = {row.source: (row.value, row.why) for row in table.rows if row.depth}
    assert parts["net"] == ("1", "")
    assert parts["gross"] == (None, "not reached")
    assert parts["b"] == ("B", "")
    assert parts["c"] == (None, "not reached")


def test_the_section_is_found_by_json_equality_as_the_program_does(mapping: Path) -> None:
    assert _table(mapping, kind=1.0).title == "checkout"
    assert trace_event(mapping, {"kind": True}) == ()
    assert trace_event(mapping, {"kind": "x"}) == ()


def test_a_row_is_personal_where_its_field_or_its_source_is(mapping: Path) -> None:
    rows = _trace(mapping)
    assert rows["user_data.em"].personal
    assert rows["event_id"].personal
    assert not rows["custom_data.order_id"].personal


def test_what_consent_takes_away_is_not_in_the_table_as_sent(mapping: Path) -> None:
    rows = _trace(mapping, ads=False, number=1)
    assert (rows["custom_data.order_id"].value, rows["custom_data.order_id"].why) == (None, "consent denied")
    assert rows["opt_out"].value is True


@pytest.mark.parametrize(
    ("name", "events"),
    [("segment-ecommerce", "segment_[os]*"), ("ga4-server", "ga4_sgtm_p*"), ("shopify-orders", "shopify*")],
)
def test_the_table_of_an_event_agrees_with_its_payload(name: str, events: str) -> None:
    analysis = analyse_file(_ROOT / "mappings" / f"{name}.yaml")
    assert analysis.tables
    for file in sorted((_ROOT / "tests/cases/events").glob(f"{events}.json")):
        event = json.loads(file.read_bytes())
        (outcome,) = analysis.program.apply(event, KNOWN_BY_THE_HOST)
        traced = analysis.trace(event, KNOWN_BY_THE_HOST).tables
        if outcome.payload is None or not traced:
            continue
        (table,) = traced
        sent = {row.path: row.value for row in table.rows if row.depth == 0 and row.value is not None}
        for field, value in sent.items():
            found: Any = outcome.payload
            for part in field.split("."):
                found = found.get(part, {}) if isinstance(found, dict) else None
            assert found == value, field


_ASKED = """
name: asked
version: 1
target: pinterest/conversions-v5
let:
  user: {from: [context.traits, traits]}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: hash}
  custom_data: {order_id: EXPRESSION}
otherwise: {send: checkout}
"""


@pytest.mark.parametrize(
    ("expression", "event", "why"),
    [
        ("number", {}, "the event has no `number`"),
        ("number", {"number": None}, "`number` is null"),
        ("number", {"number": " "}, "`number` is blank"),
        ("order.number", {}, "the event has no `order`"),
        ("order.number", {"order": None}, "`order` is null"),
        ("order.number", {"order": {}}, "`order` has no `number`"),
        ("order.number", {"order": "x"}, "`order` is text, which has no `number`"),
        ("order.number", {"order": {"number": ""}}, "`order.number` is blank"),
        ("a.b.c", {"a": {"b": []}}, "`a.b` is empty"),
        ("lines[0].id", {}, "the event has no `lines`"),
        ("lines[0].id", {"lines": []}, "`lines` has no [0]: it is empty"),
        ("lines[-2].id", {"lines": [1]}, "`lines` has no [-2]: its length is 1"),
        ("lines[0].id", {"lines": {"id": 1}}, "`lines` is an object, not a list"),
        ("lines[0].id", {"lines": [{}]}, "`lines[0]` has no `id`"),
        ("lines[?a == 'x'].id | [0]", {"lines": [{"a": "y"}]}, "no element matches `lines[?a == 'x'].id`"),
        ("lines[?a == 'x'].id | [0]", {"lines": [{"a": "x"}]}, "no matching element of `lines` has `id`"),
        ("lines[].id | [0]", {"lines": []}, "`lines` is empty"),
        ("lines[].id | [0]", {"lines": [{}]}, "no element of `lines` has `id`"),
        ("lines[].id | [0]", {"lines": None}, "`lines` is null"),
        ("a || b", {"a": False}, "`a` is false; the event has no `b`"),
        ("a || b", {"a": ""}, "`a` is blank; the event has no `b`"),
        ("a || b || c", {}, "the event has no `a`, no `b`, no `c`"),
        ("(a && b) || c", {"a": False}, "`a` is false; the event has no `c`"),
        ("a && b", {"a": True}, "the event has no `b`"),
        ("not_null(a, b)", {}, "the event has no `a`, no `b`"),
        ("$user.id", {}, "`$user` is absent: the event has no `context`, no `traits`"),
        ("$user.id", {"traits": {"x": 1}}, "`$user` has no `id`"),
        ("$event.number", {}, "the event has no `number`"),
        ("$meta.line", {}, "`$meta` is null"),
        ("concat(a, '-', b)", {"a": "x"}, "`concat`: its `parts` is absent (the event has no `b`)"),
        ("concat(a, '-', b)", {"b": "x"}, "the event has no `a`"),
        ("max_by(lines, &n).id", {"lines": []}, "`max_by` gives nothing"),
        (
            "extract(page, '/product/{sku}')",
            {"page": "/product/ada@example.com/7"},
            "`extract` gives nothing, no match: `{sku}` stops at `/`; write `{sku:text}`",
        ),
    ],
)
def test_a_row_says_which_part_of_an_expression_is_the_first_that_is_missing(
    tmp_path: Path, expression: str, event: dict[str, Any], why: str
) -> None:
    path = tmp_path / "asked.yaml"
    path.write_text(_ASKED.replace("EXPRESSION", json.dumps(expression)))
    (table,) = trace_event(path, {"id": 1, "at": 1777629600, **event})
    assert {row.path: row.why for row in table.rows}["custom_data.order_id"] == f"absent: {why}"


def test_a_step_that_leaves_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "asked.yaml"
    path.write_text(_ASKED.replace("EXPRESSION", "{from: number, apply: {null_if: [none]}}"))
    (table,) = trace_event(path, {"id": 1, "at": 1777629600, "number": "none"})
    why = {row.path: row.why for row in table.rows}["custom_data.order_id"]
    assert why == "absent: `null_if(values: none)` gives null"
    path.write_text(_ASKED.replace("EXPRESSION", "{from: number, apply: {extract: 'N-{n:digits}'}}"))
    (table,) = trace_event(path, {"id": 1, "at": 1777629600, "number": "N-7a"})
    why = {row.path: row.why for row in table.rows}["custom_data.order_id"]
    told = "no match: the text goes on after `{n:digits}`; write `*` to leave its end open"
    assert why == f"absent: `extract(pattern: N-{{n:digits}})` gives null, {told}"


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        (None, "absent: `round(digits: $places)` has an absent argument"),
        ("two", "invalid: `digits` of `round` takes a whole number, not a string"),
        ([2], "invalid: `digits` of `round` takes a whole number, not a list"),
        (2, ""),
    ],
)
def test_a_step_that_the_event_gives_no_fit_argument_says_so(tmp_path: Path, digits: Any, why: str) -> None:
    path = tmp_path / "asked.yaml"
    rule = "{from: number, apply: {round: {digits: $places}}}"
    path.write_text(_ASKED.replace("EXPRESSION", rule).replace("let:\n", "let:\n  places: digits\n"))
    event = {"id": 1, "at": 1777629600, "number": 2.345, "digits": digits, "hash": "ada@example.com"}
    (table,) = trace_event(path, event)
    assert {row.path: row.why for row in table.rows}["custom_data.order_id"] == why
    (outcome,) = compile_mapping(path).apply(event)
    assert ("custom_data" in (outcome.payload or {})) == (why == "")


_LISTED = """
name: listed
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: hash}
  custom_data:
    contents: LIST
otherwise: {send: checkout}
"""
_EACH = """
      each: lines
      where: kind != 'gift'
      item: {id: {from: [sku, code]}, item_price: "minor_units(price, currency)", item_name: email}
"""


def _listed(tmp_path: Path, rule: str, **event: Any) -> dict[str, Row]:
    path = tmp_path / "listed.yaml"
    path.write_text(_LISTED.replace("LIST", rule))
    (table,) = trace_event(path, {"id": 1, "at": 1777629600, **event})
    return {f"{row.path} {row.source}": row for row in table.rows}


def test_items_are_shown_by_their_places_with_the_reason_of_each_absence(tmp_path: Path) -> None:
    lines: list[Any] = [
        {"sku": "a", "price": 1250, "currency": "EUR"},
        {"kind": "gift"},
        {"price": 5, "currency": None},
        "text",
        *({"sku": str(number)} for number in range(4)),
    ]
    rows = _listed(tmp_path, _EACH.replace("email", "title"), lines=lines)
    price = rows["custom_data.contents[].item_price minor_units(price, currency)"]
    assert [(one.place, one.value, one.why) for one in price.items] == [
        (0, "12.5", ""),
        (2, None, "absent: `minor_units`: its `currency` is absent (`currency` is null)"),
        (3, None, "absent: the item is text, which has no `price`"),
    ]
    assert price.more == 4
    code = rows["custom_data.contents[].id code"]
    assert [one.why for one in code.items] == [
        "not reached",
        "absent: the item has no `code`",
        "absent: the item is text, which has no `code`",
    ]
    whole = rows["custom_data.contents each lines, where kind != 'gift'"]
    assert [(one.place, one.why) for one in whole.items] == [
        (1, "left out: its `where` is false"),
        (2, "left out: none of its fields has a value"),
        (3, "left out: none of its fields has a value"),
    ]


def test_lists_that_are_zipped_have_items_too(tmp_path: Path) -> None:
    rule = "{zip: {id: ids, quantity: counts}}"
    rows = _listed(tmp_path, rule, ids=["a", "b"], counts=[2, None])
    quantity = next(row for name, row in rows.items() if name.startswith("custom_data.contents[].quantity"))
    assert [(one.place, one.value) for one in quantity.items] == [(0, 2), (1, None)]
    assert quantity.items[1].why.startswith("absent: ")
    missing = next(
        iter(row for row in _listed(tmp_path, rule).values() if row.path == "custom_data.contents")
    )
    assert missing.why == "absent: `id`: the event has no `ids`; `quantity`: the event has no `counts`"


def test_an_item_s_value_is_personal_by_the_name_it_has_in_its_list(tmp_path: Path) -> None:
    rule = _EACH.replace("item_name: email", "item_name: {from: email, personal: allowed}")
    rows = _listed(tmp_path, rule, lines=[{"sku": "a", "email": "a@b.co"}])
    assert rows["custom_data.contents[].item_name email"].personal
    assert not rows["custom_data.contents[].id sku"].personal


_DECIDED = """
name: decided
version: 1
target: pinterest/conversions-v5
skip:
  - {when: boolean(test), because: a test}
  - {when: "email == 'qa@example.com'", because: ours}
consent:
  granted: {all: [ads, marketing]}
  when_missing: granted
  when_denied: {strip: [custom_data.order_id]}
  when_limited: {set: {opt_out: true}}
payload: {action_source: {const: web}, event_id: id, event_time: at, user_data: {em: email}}
match: kind
events:
  - {is: view, send: page_visit}
  - {is: order, when: present(paid), send: checkout, payload: {custom_data: {order_id: number}}}
  - {is: [a, b], skip: nothing}
  - {is: order, send: add_to_cart}
"""


def _decided(tmp_path: Path, **event: Any) -> tuple[Decision, ...]:
    path = tmp_path / "decided.yaml"
    path.write_text(_DECIDED)
    (decisions,) = trace_decisions(
        path, {"id": 1, "at": 1777629600, "kind": "order", "email": "a@b.co", **event}
    )
    return decisions


def test_what_was_asked_of_an_event_is_told_in_order(tmp_path: Path) -> None:
    asked = _decided(tmp_path)
    assert [(one.part, one.source, one.told) for one in asked] == [
        ("skip", "boolean(test)", "false"),
        ("skip", "email == '70a84243…'", "false"),  # an address in a mapping is a person's too
        ("match", "kind", ""),
        ("section", "page_visit: is view", "not matched"),
        ("section", "checkout: is order and when present(paid)", "not matched"),
        ("section", "skip: is a, b", "not matched"),
        ("section", "add_to_cart: is order", "matched"),
        ("consent", "ads and marketing", "missing, treated as granted"),
    ]
    assert (asked[2].value, asked[2].personal) == ("order", False)
    assert [(one.text, one.value, one.personal) for one in asked[1].reads] == [("email", "a@b.co", True)]
    assert [(one.text, one.why) for one in asked[4].reads] == [("paid", "absent")]
    assert [one.line for one in asked] == [6, 7, 14, 16, 17, 18, 19, 9]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"ads": True, "marketing": "yes"}, "granted"),
        ({"ads": True, "marketing": "no"}, "denied: sent without custom_data.order_id"),
        ({"ads": "perhaps", "marketing": 1}, "unreadable: sent without custom_data.order_id"),
        ({"ads": True}, "missing, treated as granted"),
        ({"ads": True, "marketing": "limited"}, "limited: sent with opt_out"),
        ({"ads": "limited"}, "limited: sent with opt_out"),
        ({"ads": "limited", "marketing": "no"}, "denied: sent without custom_data.order_id"),
    ],
)
def test_consent_is_told_as_it_was_understood(tmp_path: Path, answers: dict[str, Any], told: str) -> None:
    assert _decided(tmp_path, **answers)[-1].told == told


def test_what_limited_consent_sets_is_in_the_table(tmp_path: Path) -> None:
    path = tmp_path / "decided.yaml"
    path.write_text(_DECIDED)
    event = {"id": 1, "at": 1777629600, "kind": "order", "email": "a@b.co", "ads": "limited"}
    (table,) = trace_event(path, event)
    rows = [(row.path, row.value, row.why) for row in table.rows]
    assert rows[-1] == ("opt_out", True, "consent limited")
    path.write_text(_DECIDED.replace("{set: {opt_out: true}}", "skip"))
    (table,) = trace_event(path, event)
    assert {(row.value, row.why) for row in table.rows} == {(None, "consent limited")}


def test_a_skip_rule_that_holds_ends_what_is_asked(tmp_path: Path) -> None:
    asked = _decided(tmp_path, test=True)
    assert [(one.part, one.told) for one in asked] == [("skip", "true: skipped, a test")]
    assert [one.told for one in _decided(tmp_path, kind="b")][-1] == "matched: skipped, nothing"


def test_each_event_of_a_split_is_decided_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "decided.yaml"
    path.write_text(_DECIDED + "split: parts\n")
    parts = [{"kind": "view"}, {"kind": "b"}]
    decisions = trace_decisions(path, {"parts": parts})
    assert [[one.value for one in part if one.part == "match"] for part in decisions] == [["view"], ["b"]]


_LABELLED = """\
version: 1
target: pinterest/conversions-v5
source: shop
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  event_source_url: {const: "https://shop.example/"}
  user_data: {em: hash}
  custom_data:
    contents:
      each: LIST
      item: {id: {from: code, personal: allowed, apply: [{lookup: {table: {a: b}, default: c}}]}}
otherwise: {send: checkout}
"""
_SOURCE = """{"type": "object", "properties": {"orders": {"type": "array", "items": {"type": "object",
"properties": {"line": {"type": "object", "properties": {"code": {"type": "string", "x-personal": true}}}}}}}}
"""


@pytest.mark.parametrize(
    "items", ["orders[].line", "{each: orders, item: line}", "{from: ['orders[].line']}"]
)
def test_what_a_source_marks_as_personal_is_so_for_items(tmp_path: Path, items: str) -> None:
    (tmp_path / "schemas" / "pinterest").mkdir(parents=True)
    ours = read_schema("pinterest/conversions-v5")
    (tmp_path / "schemas" / "pinterest" / "conversions-v5.json").write_text(json.dumps(ours))
    (tmp_path / "schemas" / "shop.json").write_text(_SOURCE)
    path = tmp_path / "shop.yaml"
    path.write_text(_LABELLED.replace("LIST", items))
    event = {"id": "1", "at": 1777629600, "orders": [{"line": {"code": "somebody"}}]}
    (table,) = trace_event(path, event)
    assert [row.personal for row in table.rows if row.path.endswith("contents[].id")] == [True]
    recorded = record_mapping(path)
    recorded.apply(event)
    points = [recorded.points[number] for number, value in recorded.log.missed if value == "somebody"]
    assert points
    assert recorded.personal.issuperset(points)
