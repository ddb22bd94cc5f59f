"""The fast form: when it takes events, what it leaves over, and how it is shown.

What it gives is held to the careful form, and both to the plan, in test_interpreter.py.
"""

from __future__ import annotations

import builtins
import json
import re
from dataclasses import replace
from pathlib import Path
from symtable import symtable
from typing import Any

import pytest

from mapper import Program, compile_mapping, compile_text
from mapper.runtime.program import FIRST_EVENTS, MOST_MISSES, Warmup, load, load_module
from tests.oracles.golden import program_of
from tests.support.command import MAPPING, SEGMENT, call
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_EVENTS = [
    json.loads(path.read_bytes()) for path in sorted((_ROOT / "tests/cases/events").glob("segment_*.json"))
]
_WHOLE = sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")])
# Whole mappings that have none: events are split, or several sections take one, or the host is asked.
# They merge the source event into each of its parts, and what is read of it again is counted.
_WITHOUT = {"ga4-measurement-protocol", "split"}
# A field that turned out to be unfit leaves behind what had been written for its first parts.
_TRIED = {"value-object-from-an-expression"}
_ORDER: dict[str, Any] = {
    "type": "order",
    "id": "o-1",
    "at": "2026-05-01T10:00:00Z",
    "email": "ada@example.com",
    "total": 72.39,
}


_TIMES = {"id": "1", "at": 1777629600, "email": "ada@example.com"}


def _whole(field: str, above: str = "", below: str = "otherwise: {send: lead}") -> str:
    """A mapping whose `custom_data` is this, with what stands above its payload, and its sections."""
    return f"""version: 1
target: pinterest/conversions-v5
{above}
payload:
  action_source: {{const: offline}}
  event_id: id
  event_time: at
  user_data: {{em: email}}
  custom_data: {field}
{below}
"""


def _warm(program: Program, event: dict[str, Any]) -> Warmup:
    """The pace of a program that has seen as many events as the fast form comes after."""
    for _ in range(FIRST_EVENTS):
        program.apply(event)
    return program._pace


def test_the_fast_form_takes_events_after_the_first_few_hundred() -> None:
    program = compile_text(MAPPING)
    first = program.apply(_ORDER)
    pace = _warm(program, _ORDER)
    assert pace.fast is not None
    assert program.apply(_ORDER) == first
    assert pace.hits > 0
    assert pace.misses == 0


def test_it_takes_all_sample_events_of_segment() -> None:
    program = compile_mapping(SEGMENT)
    expected = [program.apply(event) for event in _EVENTS]
    pace = _warm(program, _EVENTS[0])
    hits = pace.hits
    assert [program.apply(event) for event in _EVENTS] == expected
    assert (pace.hits - hits, pace.misses) == (len(_EVENTS), 0)


def test_an_invalid_value_is_noted_and_the_event_still_taken() -> None:
    program = compile_text(MAPPING)
    pace = _warm(program, _ORDER)
    event = {**_ORDER, "email": "ada", "total": "a lot"}
    (outcome,) = program.apply(event)
    assert outcome.rejection is not None
    assert [(one.kind, one.path) for one in outcome.notes] == [
        ("invalid", "user_data.em"),
        ("invalid", "custom_data.value"),
    ]
    assert outcome == compile_text(MAPPING).apply(event)[0]
    assert pace.misses == 0


_IN_PARTS = _whole(
    "{order_id: $whole.order, content_name: {from: $index, apply: text}, search_string: q}",
    "split: parts",
    """match: kind
events:
  - {is: both, send: lead, continue: true}
  - {is: [both, one], send: signup}
  - {is: none, skip: of no interest}""",
)


def test_parts_of_an_event_that_several_sections_take_are_taken() -> None:
    program, careful = compile_text(_IN_PARTS).prepare(), compile_text(_IN_PARTS)
    kinds = ("both", "one", "none", "other")
    parts = [{**_TIMES, "kind": kind, "q": ["not", "one"]} for kind in kinds]
    taken: list[dict[str, Any]] = [{"order": 7, "parts": parts}, {"parts": []}, {}]
    for event in taken:
        assert program.apply(event) == careful.apply(event)
    assert (program._pace.hits, program._pace.misses) == (3, 0)
    left_over: list[dict[str, Any]] = [{"parts": [*parts, "no object"]}, {"parts": 5}]
    for event in left_over:
        assert program.apply(event) == careful.apply(event)
    assert program._pace.misses == 2


def test_it_is_given_up_where_it_leaves_most_events_over() -> None:
    program = compile_text(MAPPING)
    pace = _warm(program, _ORDER)
    odd = {**_ORDER, "test": "neither yes nor no"}
    expected = compile_text(MAPPING).apply(odd)
    for _ in range(MOST_MISSES):
        assert program.apply(odd) == expected
    assert pace.fast is None
    assert program.apply(odd) == expected
    assert program.apply(_ORDER) == compile_text(MAPPING).apply(_ORDER)


@pytest.mark.parametrize(
    "path",
    some(_WHOLE, 15),
    ids=lambda path: path.stem,
)
def test_every_mapping_has_a_fast_form_but_those_that_merge_an_event_into_its_parts(path: Path) -> None:
    program = program_of(path)
    assert (program.fast_text == "") == (path.stem in _WITHOUT)
    for text in (program.fast_text, program.typed_text):
        names = re.findall(r"^def (?!fast\b)(\w+)", text, re.MULTILINE)
        unused = [name for name in names if len(re.findall(rf"\b{name}\b", text)) == 1]
        assert unused == [] or path.stem in _TRIED


@pytest.mark.parametrize("path", some(_WHOLE, 15), ids=lambda path: path.stem)
def test_no_function_reads_a_local_of_another(path: Path) -> None:
    program = program_of(path)
    careful = set(load_module(program.code.text, "careful"))
    for text in (program.fast_text, program.typed_text):
        known = careful | {"PLACES", "decode_typed", *dir(builtins)} | _classes(text)
        module = symtable(text, "fast", "exec")
        known |= {one.get_name() for one in module.get_symbols() if one.is_assigned() or one.is_imported()}
        for function in module.get_children():
            assert {one.get_name() for one in function.get_symbols() if one.is_global()} <= known


def _classes(text: str) -> set[str]:
    """The classes of the typed form, and an object of each with nothing in it."""
    classes = re.findall(r"^    '(\w+)': \{", text.partition("SHAPES")[2], re.MULTILINE)
    return {*classes, *(f"NO_{one.upper()}" for one in classes)}


def _nested(depth: int) -> str:
    value = "x"
    for at in range(depth):
        value = f"{{each: x{at}, item: {value}}}"
    return f"let: {{deep: {value}}}"


_SEVERAL = """match: e
events:
  - {is: a, send: lead}
  - {is: b, send: signup}"""
_MANY = [f"a{at}" for at in range(150)]
# What Python nests no further, or the fast form has no words for.
_LARGE = {
    "many alternatives": _whole(f"{{order_id: {{from: [{', '.join(_MANY)}]}}}}"),
    "many arms": _whole(
        f"{{order_id: {{case: [{', '.join(f'{{when: {one}, then: {one}}}' for one in _MANY)}]}}}}"
    ),
    "loops in loops": _whole("{order_id: to_string($deep)}", _nested(25)),
    "what sections share and it cannot say": _whole(
        "{contents: {each: items, item: {item_name: {case: "
        "[{when: x, then: {each: $event.b, item: 'contains($event.b, x)', apply: first}}]}}}}",
        "",
        _SEVERAL,
    ),
    "an object that sections share and it cannot say": _whole(
        "{case: [{when: $index, then: {value: x}}]}", "", _SEVERAL
    ).replace("$index", "'$event.a[?contains($event.b, @)]'"),
}


@pytest.mark.parametrize("name", _LARGE)
def test_a_mapping_of_any_shape_takes_as_many_events_as_come(name: str) -> None:
    program = compile_text(_LARGE[name])
    event = {**_TIMES, "e": "b", "a149": "o-1", "items": [{"x": "y"}]}
    expected = program.apply(event)
    assert expected[0].payload is not None
    pace = _warm(program, event)
    assert pace.fast is not None
    assert program.apply(event) == expected
    assert pace.misses == 0


def _sections(count: int) -> str:
    sections = [
        f"{{is: e{at}, send: lead, payload: {{custom_data: {{order_id: o{at}}}}}}}" for at in range(count)
    ]
    return "\n  - ".join(["match: e\nevents:", *sections])


_CONSTANTS = """{
    order_id: "extract(order, '*/{id:digits}')",
    content_brand: {from: brand, apply: [trim, lowercase, {keep: letters}]},
    content_name: {from: page, apply: {rewrite: {pattern: '/{name}', to: '{name}!'}}},
    content_category: "lookup(page, `{\\"/7\\": \\"seven\\"}`, 'other')",
    opt_out_type: "shop | to_string(matches(order, ['*/7', 'x*']))",
    search_string: "to_string(matches(page, ['/7', 'x*']))"}"""
_ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    "/7",
    " A\u00c9 7 ",
    "x/7",
    "\ud800",
    7,
    7.5,
    1e300,
    True,
    [],
    ["/7", None],
    {},
)


def test_what_constants_come_to_is_worked_out_once_and_gives_the_same() -> None:
    program = compile_text(_whole(_CONSTANTS), guard=False).prepare()
    head, _, body = program.fast_text.partition("\n\n\ndef ")
    assert head.count("prepared(") == 5
    assert not re.findall(r"\b(?:extract|lookup|rewrite)\(", body)
    for value in _ODD:
        for name in ("order", "brand", "page", "shop"):
            event = {
                **_TIMES,
                "order": "a/7",
                "brand": "B",
                "page": "/7",
                "shop": {"order": "x"},
                name: value,
            }
            careful = program._apply_carefully(event, None)
            assert repr(program.apply_decoded(event)) == repr(careful), event
    assert program._pace.hits > 0


def test_what_sections_share_is_written_once() -> None:
    consent = "consent: {granted: agreed, when_missing: granted, when_denied: skip}"
    above = f"let: {{items: {{from: [list, other]}}}}\n{consent}"
    field = "{value: v, currency: c, contents: {each: $items, item: {id: x}}}"
    two, fifty = (compile_text(_whole(field, above, _sections(count))) for count in (2, 50))

    for text in (fifty.fast_text, fifty.typed_text):
        # What most texts are, and what others are, is put in apart.
        assert [text.count(f"['{name}'] =") for name in ("event_time", "em", "currency")] == [1, 1, 2]
        assert text.count("consent_lacking(") == text.count("items is None") == 1
    assert len(fifty.typed_text) < 10 * len(two.typed_text)


def test_one_that_would_take_too_long_to_make_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    text = _whole("{order_id: o}", "", "match: e\nevents:\n  - {is: e1, send: lead}")
    lines = len(compile_text(text).fast_text.splitlines())
    monkeypatch.setattr("mapper.compiler.emit.fast.point._MOST_LINES", lines // 2)
    program = compile_text(text)
    event = {**_TIMES, "e": "e1", "a1": {"b1": "1"}}
    expected = program.apply(event)
    assert program.fast_text == ""
    assert _warm(program, event).fast is None
    assert program.apply(event) == expected


_NAME = "{when: \"contains(q, 'x')\", then: {order_id: id}}"


@pytest.mark.parametrize(
    ("field", "event"),
    [
        (f"{{from: [{{value: v, currency: c}}, {{case: [{_NAME}]}}]}}", {"v": "bad", "q": 5}),
        (
            f"{{from: [{{value: v, order_id: {{from: o, required: true}}}}, {{case: [{_NAME}]}}]}}",
            {"v": "bad", "q": 5},
        ),
        (
            "{contents: {each: items, item: {id: {from: x, apply: phone}}}}",
            {"items": [{"x": "07700 900123"}]},
        ),
    ],
    ids=["an alternative", "a required field of one", "a field of an item"],
)
def test_what_is_noted_within_a_value_is_noted_once_at_its_place(field: str, event: dict[str, Any]) -> None:
    program = compile_text(_whole(field))
    expected = program.apply({**_TIMES, **event})
    pace = _warm(program, _TIMES)
    assert program.apply({**_TIMES, **event}) == expected
    assert expected[0].notes
    assert pace.misses == 0


_NUMBERED = "{ph: {from: [x, {from: y, apply: {phone: {country: GB}}}]}, "
_NUMBERED += "country: {from: [x, 'postcode(y)']}, zp: {from: [x, y, z]}, em: email}"


@pytest.mark.parametrize(
    "event",
    [
        {"y": "abc"},
        {"y": ["abc"]},
        {"y": {"a": 1}},
        {"y": ["abc", "07700 900123"]},
        {"x": -0.0, "y": "abc"},
        {"x": -0.0, "y": "abc", "z": "12345"},
        {"x": -0.0, "z": "abc"},
        {"x": 0, "y": []},
        {"x": 12345},
    ],
    ids=json.dumps,
)
def test_alternatives_are_noted_of_their_places_and_where_one_is_sent(event: dict[str, Any]) -> None:
    program = compile_text(_whole("{order_id: id}").replace("{em: email}", _NUMBERED))
    expected = program.apply({**_TIMES, **event})
    pace = _warm(program, _TIMES)
    assert program.apply({**_TIMES, **event}) == expected
    assert pace.misses == 0


def test_a_list_may_be_gone_through_with_the_event_beside_it() -> None:
    program = compile_text(_whole("{content_ids: 'items[?kind == $event.a].id'}"))
    event = {**_TIMES, "items": [{"kind": "x", "id": "1"}, {"kind": "y", "id": "2"}], "a": "x"}
    expected = program.apply(event)
    assert _warm(program, event).fast is not None
    assert program.apply(event) == expected


def test_a_mistake_in_making_it_costs_no_event() -> None:
    def mistaken(typed: bool) -> str:
        raise RecursionError

    made = compile_text(MAPPING)
    for broken in ("def fast(:", "x = unknown"):
        program = load(replace(made.code, fast=broken))
        assert program.apply(_ORDER) == made.apply(_ORDER)
    program = load(made.code, make_fast=mistaken)
    assert _warm(program, _ORDER).fast is None
    assert program.apply(_ORDER) == made.apply(_ORDER)


def test_it_is_made_also_where_two_threads_count_the_last_event() -> None:
    program = compile_text(MAPPING)
    pace = program._pace
    pace.waiting = 0  # as another thread leaves it, which looks only now whether it is
    pace.wait()
    assert pace.fast is not None


def test_it_is_shown_by_explain(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    program = compile_mapping(path)
    for form, text, head in (
        ("fast", program.fast_text, "def fast(event, meta):"),
        ("typed", program.typed_text, "def fast(json_text, meta):"),
    ):
        ran = call("explain", str(path), "--code", form)
        assert ran.exit_code == 0
        assert head in ran.stdout
        assert ran.stdout == text
