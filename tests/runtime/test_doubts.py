"""What is almost certainly a mistake, and shows only in an event: noted once a rule, in all forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapper.runtime.doubts import NO_OPERAND, NO_ORDER, NO_SECTION, NO_VALUE, OTHER_TYPE
from tests.compiler.test_interpreter import compiled

_BASE = """
version: 1
target: pinterest/conversions-v5
let: {LETS}
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  user_data: {em: email}
  custom_data: {order_id: id, FIELD}
REST
"""
_OTHERWISE = "otherwise: {send: checkout}"
_EVENT = {"id": "1", "time": 1777629600, "email": "ada@example.net"}


def _noted(
    event: dict[str, Any], field: str = "", rest: str = _OTHERWISE, lets: str = ""
) -> list[tuple[str, str]]:
    """The paths and messages of notes, the same in all forms and by the interpreter."""
    text = _BASE.replace("LETS", lets).replace("FIELD", field).replace("REST", rest)
    subject = compiled(text, "case", [])
    subject.hold(_EVENT | event, None)
    (outcome,) = subject.program.apply(_EVENT | event)
    return [(note.path, note.message) for note in outcome.notes]


_SKIP = "skip: [{when: CONDITION, because: test}]\notherwise: {send: checkout}"


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize(
    ("value", "noted"),
    [
        ("5", True),
        ("x", True),
        (True, True),
        ([1], True),
        ({"a": 1}, True),
        ("", True),
        (5, False),
        (None, False),
    ],
)
def test_an_order_is_of_numbers(operator: str, value: Any, noted: bool) -> None:
    rest = _SKIP.replace("CONDITION", f'"total {operator} `7` && `false`"')
    assert _noted({"total": value}, rest=rest) == ([("skip", NO_ORDER)] if noted else [])
    assert _noted({}, rest=rest) == []


@pytest.mark.parametrize(
    ("condition", "value", "noted"),
    [
        ("kind == `1`", "1", True),
        ("kind != `1`", "1", True),
        ("kind == `1`", "1.0", True),
        ("kind == `1`", "2", False),
        ("kind == `1`", 1, False),
        ("kind == `1`", True, False),
        ("kind == '1'", 1, True),
        ("kind == '1'", "1", False),
        ("kind == '1'", 2, False),
        ("kind == `true`", "true", True),
        ("kind == `true`", True, False),
        ("kind == `true`", "yes", False),
        ("kind == 'false'", False, True),
        ("kind == 'web'", 1, False),
        ("kind == other", "7", True),
        ("kind == other", 7, False),
        ("kind == `null`", "null", False),
    ],
)
def test_a_text_is_no_number_that_is_written_like_it(condition: str, value: Any, noted: bool) -> None:
    field = f'content_name: {{const: x, when: "{condition}"}}'
    assert _noted({"kind": value, "other": 7}, field) == (
        [("custom_data.content_name", OTHER_TYPE)] if noted else []
    )


@pytest.mark.parametrize(
    ("event", "noted"), [({"a": 1}, True), ({"b": "2"}, True), ({}, False), ({"a": 1, "b": "2"}, False)]
)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
def test_an_operand_that_is_absent_costs_the_other(name: str, event: dict[str, Any], noted: bool) -> None:
    due = [("custom_data.predicted_ltv", NO_OPERAND)] if noted else []
    assert _noted(event, f'currency: {{const: EUR}}, predicted_ltv: "{name}(a, b)"') == due
    # A step has its value; only its argument can be lost beside it.
    by_step = f"currency: {{const: EUR}}, predicted_ltv: {{from: a, apply: {{{name}: $b}}}}"
    assert _noted(event, by_step, lets="b: b") == (due if "a" in event else [])


def test_a_constant_operand_is_nothing_that_is_lost() -> None:
    assert _noted({}, 'currency: {const: EUR}, predicted_ltv: "multiply(a, `100`)"') == []


_LOOKUP = "apply: {lookup: {table: {a: A}, default: B}}"


@pytest.mark.parametrize(
    ("rule", "noted"),
    [
        (f"{{from: x, {_LOOKUP}}}", True),
        (f"{{from: x, {_LOOKUP}, default: C}}", False),
        (f"{{from: [{{from: x, {_LOOKUP}}}, y]}}", False),
        (f"{{from: [y, {{from: x, {_LOOKUP}}}]}}", True),
        (f"{{from: [y, {{from: x, {_LOOKUP}}}], default: C}}", False),
        (f"{{case: [{{when: present(id), then: {{from: x, {_LOOKUP}}}}}]}}", True),
        ("{from: x, apply: {lookup: {table: {a: A}}}}", False),
        (f"{{from: x, apply: [lowercase, {_LOOKUP.partition(' ')[2]}]}}", True),
        ("$let", True),
    ],
)
def test_the_default_of_a_lookup_is_not_for_an_absent_value(rule: str, noted: bool) -> None:
    lets = f"let: {{from: x, {_LOOKUP}}}" if "$let" in rule else ""
    field = f"content_name: {rule}"
    assert _noted({}, field, lets=lets) == ([("custom_data.content_name", NO_VALUE)] if noted else [])
    assert _noted({"x": "a"}, field, lets=lets) == _noted({"x": "z"}, field, lets=lets) == []


def test_an_answer_that_is_absent_is_what_when_missing_is_for() -> None:
    consent = f"consent: {{granted: {{from: x, {_LOOKUP}}}, when_missing: granted, when_denied: skip}}"
    assert _noted({}, "content_name: id", rest=f"{consent}\n{_OTHERWISE}") == []


@pytest.mark.parametrize(
    ("constants", "value", "noted"),
    [
        ("1", "1", True),
        ("1", 1, False),
        ("1", 2, False),
        ("'1'", 1, True),
        ("true", "true", True),
        ("[order, 1]", "1", True),
        ("[order, 1]", "order", False),
        ("order", 1, False),
    ],
)
def test_a_section_of_another_type_is_noted_where_no_section_takes_the_event(
    constants: str, value: Any, noted: bool
) -> None:
    rest = f"match: type\nevents:\n  - {{is: {constants}, send: checkout}}\notherwise: {{send: custom}}"
    assert _noted({"type": value}, rest=rest) == ([("match", NO_SECTION)] if noted else [])


def test_a_doubt_is_noted_once_for_each_rule_of_an_event() -> None:
    field = 'content_ids: "items[?p > `1`].x", search_string: "items[?p > `1`].x | [0]", content_name: $big'
    items = [{"p": str(number), "x": "a"} for number in range(50)]
    contents = ', contents: {each: items, where: "p > `1`", item: {id: x}}'
    event = {"items": items, "total": "5"}
    assert _noted(event, field + contents, lets='big: {from: title, when: "total > `1`"}') == [
        ("custom_data.content_ids", NO_ORDER),
        ("custom_data.search_string", NO_ORDER),
        ("$big", NO_ORDER),
        ("custom_data.contents", NO_ORDER),
    ]


_TWICE = "events:\n  - {when: id, send: lead, continue: true}\n  - {when: id, send: signup}"


@pytest.mark.parametrize(
    ("field", "path", "why"),
    [
        ('contents: {each: items, where: "p > `1`", item: {id: x}}', "contents", NO_ORDER),
        ('content_name: {case: [{when: "total > `1`", then: id}]}', "content_name", NO_ORDER),
        ('content_name: {from: id, when: "total == `5`"}', "content_name", OTHER_TYPE),
        ("content_name: $big", "content_name", NO_ORDER),
        ('value: "add(total, tax)"', "value", NO_OPERAND),
        ("content_name: {from: tax, apply: {lookup: {table: {a: b}, default: c}}}", "content_name", NO_VALUE),
    ],
)
def test_each_payload_of_an_event_has_the_doubts_of_its_own(field: str, path: str, why: str) -> None:
    text = _BASE.replace("LETS", 'big: "total > `1` && id"' if "$big" in field else "")
    subject = compiled(text.replace("FIELD", field).replace("REST", _TWICE), "case", [])
    event = _EVENT | {"total": "5", "items": [{"p": "2", "x": "a"}, {"p": "3", "x": "b"}]}
    subject.hold(event, None)
    told = [[(one.path, one.message) for one in made.notes] for made in subject.program.apply(event)]
    assert told == [[(f"custom_data.{path}", why)]] * 2


def test_no_note_holds_a_value() -> None:
    said = json.dumps([str(one) for one in (NO_ORDER, OTHER_TYPE, NO_OPERAND, NO_SECTION, NO_VALUE)])
    assert "{" not in said


def test_what_is_compared_by_numbers_alone_costs_nothing() -> None:
    rest = _SKIP.replace("CONDITION", '"length(items) > `1`"')
    text = _BASE.replace("LETS", "").replace("FIELD", "").replace("REST", rest)
    assert "_noted" not in compiled(text, "case", []).program.code.text
