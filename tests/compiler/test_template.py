"""`template`: exact places in its braces, its work, what editors are told, personal values in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mapper
from mapper import authoring, compile_text
from mapper.compiler.explain.trace import Trace
from mapper.texts.fixing import edited
from mapper.transforms import TRANSFORMS
from mapper.transforms.template_text import LONGEST_TEMPLATE, TemplateFault, layout_of, template_parts
from mapper.values.types import Invalid
from tests.support.effort import calls

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
let:
  shop: properties
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: traits.email}
  custom_data: {content_name: {template: '{brand} - {name}'}}
otherwise: {send: custom}
"""
_EVENT = {"id": "1", "at": 1777629600, "traits": {"email": "a@b.co"}}
_SHORT = st.text(alphabet='{}[]"\\\\a$ .', max_size=12)


def _with(template: str) -> str:
    return _MAPPING.replace("'{brand} - {name}'", template)


@pytest.mark.parametrize("entry", ["brand.", "lowercas(brand)", "$nobody", "brand-name", "a ||"])
@pytest.mark.parametrize(
    "written", ["'It''s {0} {name}'", '"\\u00fc {0} {name}"', "'{{{0}}}'", ">-\n        x\n        {0}"]
)
def test_a_mistake_is_at_its_place_within_its_braces(entry: str, written: str) -> None:
    template = written.replace("{0}", f"{{{entry}}}")
    text = _with(template) if template[0] in "'\"" else _block(template)
    errors = [one for one in mapper.check_text(text) if one.severity == "error"]
    assert errors
    begin = text.index(entry)
    for one in errors:
        assert begin <= one.span.start <= one.span.end <= begin + len(entry) + 1


def _block(template: str) -> str:
    return _MAPPING.replace(
        "{content_name: {template: '{brand} - {name}'}}", f"\n    content_name:\n      template: {template}"
    )


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("entry", ["brand-name", "$.brand", "brand name", ".brand", "brand?.id"])
def test_a_fix_within_braces_keeps_the_quotes_of_the_template(entry: str, quote: str) -> None:
    text = _with(f"{quote}{{{entry}}} - {{name}}{quote}")
    (error,) = (one for one in mapper.check_text(text) if one.severity == "error")
    fixed = edited(text, error.fixes[0].edits)
    assert not [one for one in mapper.check_text(fixed) if one.severity == "error"]
    read = authoring.analyse(fixed).trace({**_EVENT, "name": "n"}).flows
    assert len(read) == 1


def test_a_variable_in_braces_is_found_by_its_place() -> None:
    text = _with("'{$shop.brand} - {name}'")
    definition = authoring.analyse(text).definition(text.index("$shop") + 2)
    assert definition is not None
    assert text[definition.start : definition.end] == "shop"


@pytest.mark.parametrize(
    ("written", "offered", "withheld"),
    [
        ("'{br|'", "brand", "name"),
        ("'{brand} - {na|'", "name", "brand"),
        ("'{{{na|'", "name", "brand"),
        ("'{brand}[ ({$sh|'", "$shop", "brand"),
        ("'{$shop.pr|'", "price", "name"),
        ("'{brand} - na|'", "", "name"),
        ("'{{na|'", "", "name"),
        ("'{brand}na|'", "", "name"),
    ],
)
def test_paths_are_offered_within_braces_alone(written: str, offered: str, withheld: str) -> None:
    text = _with(written)
    at = text.index("|")
    event = {**_EVENT, "brand": "b", "name": "n", "properties": {"price": 1}}
    begun = authoring.analyse(_MAPPING).edited(text.replace("|", ""))
    words = [one.word for one in begun.complete(at, event)]
    assert (offered in words) is bool(offered)
    assert withheld not in words


def test_a_value_is_followed_to_each_path_in_braces() -> None:
    event = {**_EVENT, "brand": "b", "name": "n"}
    (flows,) = authoring.analyse(_MAPPING).trace(event).flows
    reads = {flow.path: flow.reads for flow in flows}
    assert set(reads["custom_data.content_name"]) == {"brand", "name"}


def test_the_reason_of_an_absent_template_names_the_value_that_it_lacks() -> None:
    text = _with("'[{size} ]{brand} - {name}'")
    row = _row(authoring.analyse(text).trace({**_EVENT, "brand": "b"}))
    assert "`name`" in row
    assert "size" not in row


def _row(trace: Trace) -> str:
    (table,) = trace.tables
    return next(row.why for row in table.rows if row.path == "custom_data.content_name")


@pytest.mark.parametrize(
    "template", ["'{traits.email}'", "'x[ {traits.email}]'", "'[{brand}[ {traits.email}]]x'"]
)
def test_a_personal_value_is_personal_in_a_template(template: str) -> None:
    found = [one.code for one in mapper.check_text(_with(template)) if one.severity != "advice"]
    assert set(found) - {"M413"} == {"M401"}


def test_the_work_of_a_template_does_not_grow_with_its_values() -> None:
    program = compile_text(_with("'[{a} ]{brand}[ {b}[ {c}]]'"))

    def work(size: int) -> int:
        event = {**_EVENT, **dict.fromkeys(("a", "b", "c", "brand"), "x" * size)}
        count, _ = calls(lambda: program.apply(event))
        return count

    work(10)
    assert work(80_000) < 1.2 * work(20_000)


def test_a_text_of_the_event_that_is_put_into_each_element_is_paid_for() -> None:
    text = _MAPPING.replace("{content_name: {template: '{brand} - {name}'}}", "{content_ids: $ids}").replace(
        "  shop: properties", "  ids: {each: items, item: {template: '{$event.brand}{sku}'}}"
    )
    program = compile_text(text)
    items = [{"sku": number} for number in range(2_000)]
    kept = program.apply({**_EVENT, "items": items[:2], "brand": "b"})[0].payload
    assert kept is not None
    assert kept["custom_data"]["content_ids"] == ["b0", "b1"]
    long = program.apply({**_EVENT, "items": items, "brand": "b" * 80_000})[0].payload
    assert long is not None
    assert len(long["custom_data"]["content_ids"]) < 20


def _fault(template: str) -> TemplateFault | None:
    try:
        layout_of(template)
    except TemplateFault as fault:
        return fault
    return None


@given(template=_SHORT)
def test_any_text_is_a_template_or_has_its_fault_at_a_place(template: str) -> None:
    fault = _fault(template)
    if fault is not None:
        assert 0 <= fault.start < fault.end <= len(template)
        return
    assert "".join(template[part.start : part.end] for part in template_parts(template)) == template


@given(template=_SHORT, values=st.lists(st.sampled_from(["x", None, "", 7, [], "{}"]), max_size=4))
def test_a_template_gives_text_without_its_own_braces(template: str, values: list[Any]) -> None:
    """What it is made of: the texts outside of brackets, in their order."""
    try:
        made = TRANSFORMS["template"].function(template, *values)
        layout, count = layout_of(template)
    except Invalid:
        return
    assert count == len(values)
    outside = [part for part in layout if isinstance(part, str)]
    lacking = any(values[part] in (None, "", []) for part in layout if isinstance(part, int))
    assert made is None or not lacking
    place = 0
    for part in (one.strip() for one in outside if made is not None):
        place = made.index(part, place) + len(part)


@pytest.mark.parametrize(
    "fault", ["{" * 40_000, '{"' + "a" * 40_000, "[" * 40_000, "{a" * 20_000, '{"a"' * 10_000]
)
def test_a_long_text_that_is_no_template_is_refused_at_once(fault: str) -> None:
    count, _ = calls(lambda: mapper.check_text(_with(f"'{fault}'")))
    half, _ = calls(lambda: mapper.check_text(_with(f"'{fault[: len(fault) // 2]}'")))
    assert count < 2.5 * half + 10_000


def test_a_template_has_a_longest_length() -> None:
    found = mapper.check_text(_with(f"'{{brand}}{'x' * LONGEST_TEMPLATE}'"))
    assert "M151" in [one.code for one in found]
