"""The typed form: it takes events as texts, and gives what the careful form gives of what they hold.

On all mappings it is held to the careful form in test_interpreter.py.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper import Program, compile_mapping, compile_text
from mapper.runtime.decode import DEEPEST_EVENT, LONGEST_EVENT, decode, decode_event, encode
from mapper.runtime.importable import NAMES
from mapper.runtime.program import FIRST_EVENTS, MOST_MISSES
from mapper.values.types import Invalid
from tests.compiler.test_fast_form import _EVENTS, _ROOT, _WITHOUT, _whole
from tests.compiler.test_interpreter import of_file
from tests.oracles.golden import program_of
from tests.oracles.list_readings import EVENT, READINGS, mapping_reading
from tests.support.command import SEGMENT
from tests.support.depth import some
from tests.support.effort import calls

# A frame that is made in one form by two functions is made in the other by one.
_SPARE = 2

# Their parts are made of the event as it is.
_IN_PARTS = {"let-in-split", "split-whole-and-index"}
# A field of theirs has no fast form, or a let reads the event as it is: events would be decoded twice.
_TWICE = {
    "ga4-server",
    "rule-default-of-every-shape",
    "rule-let",
    "rule-zip",
    "shopify-orders",
    "value-object-from-an-expression",
    "warehouse-orders",
}

_MAPPING = """version: 1
target: pinterest/conversions-v5
let:
  person: account.owner
  lines: {from: [cart.lines, {from: "[cart]", when: cart.sku}]}
payload:
  action_source: {const: offline}
  event_id: '"order-id"'
  event_time: '"class"'
  user_data: {em: $person.email, fn: '$person."from"', ct: '$person."__class__"'}
  custom_data:
    currency: cart.currency
    contents: {each: $lines, item: {id: sku, item_name: '"größe"', item_price: price.amount}}
    num_items: total($lines[].quantity)
    order_id: cart.lines[0].sku
otherwise: {send: checkout}
"""


def _event(**more: Any) -> dict[str, Any]:
    line = {"sku": "s-1", "größe": "XL", "quantity": 2, "price": {"amount": "2.50", "unread": [1]}}
    cart = {"currency": "EUR", "lines": [line, {**line, "sku": "s-2"}], "note": "nobody reads this"}
    owner = {"email": "ada@example.com", "from": "Ada", "__class__": "Paris", "age": 36}
    event = {"order-id": "o-1", "class": 1777629600, "account": {"owner": owner}, "cart": cart}
    return {**event, **more}


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_text(_MAPPING).prepare()


@pytest.fixture(scope="module")
def careful() -> Program:
    return compile_text(_MAPPING)


def _missed(program: Program, text: bytes) -> int:
    """How many events the typed form left over: 0 or 1."""
    before = program._typed.misses
    program.apply_json(text)
    return program._typed.misses - before


@pytest.mark.parametrize(
    "path",
    some(sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")]), 15),
    ids=lambda path: path.stem,
)
def test_every_mapping_has_a_typed_form_that_has_a_fast_one_and_does_not_split_events(path: Path) -> None:
    program = program_of(path)
    assert (program.typed_text == "") == (path.stem in _WITHOUT | _IN_PARTS | _TWICE)


def test_it_takes_all_sample_events_of_segment() -> None:
    program, careful = compile_mapping(SEGMENT).prepare(), compile_mapping(SEGMENT)
    for event in _EVENTS:
        text = json.dumps(event).encode()
        assert program.apply_json(text) == careful.apply(event)
    assert (program._typed.hits, program._typed.misses) == (len(_EVENTS), 0)


def test_it_comes_after_the_first_few_hundred_events() -> None:
    program, text = compile_text(_MAPPING), json.dumps(_event()).encode()
    first = program.apply_json(text)
    for _ in range(FIRST_EVENTS):
        assert program.apply_json(text) == first
    assert program._typed.hits > 0
    assert program._pace.waiting == FIRST_EVENTS  # nobody asked for the form that takes objects


_OWN_ID = _whole("{order_id: o}").replace("event_id: id", "event_id: {from: [id, fingerprint(@)]}")
_NO_ID = b'{"at": 1777629600, "email": "ada@example.com", "other": %s}'


def test_what_asks_for_the_event_as_it_is_has_it_decoded_once_more() -> None:
    program, careful = compile_text(_OWN_ID).prepare(), compile_text(_OWN_ID)
    text = _NO_ID % b'{"a": [1, 2.5]}'
    assert _missed(program, text) == 0
    assert program.apply_json(text) == careful.apply(json.loads(text))


def test_an_event_that_cannot_be_decoded_once_more_is_refused_as_it_is_from_the_first() -> None:
    program, careful = compile_text(_OWN_ID).prepare(), compile_text(_OWN_ID)
    for one in (program, careful):
        with pytest.raises(Invalid) as caught:
            one.apply_json(_NO_ID % b'"\xff"')
        assert caught.value.kind == "invalid_unicode"
    assert program.apply_json(b'{"id": "1", ' + (_NO_ID % b'"\xff"')[1:])[0].payload is not None


@pytest.mark.parametrize("meta", [None, {}, {"received_at": "2026-05-01T10:00:00Z"}, {"received_at": "x"}])
def test_the_host_is_asked_also_where_a_field_is_made_carefully(meta: dict[str, Any] | None) -> None:
    text = _whole("{order_id: o, content_name: {from: $meta.received_at, apply: timestamp}}")
    mapping = text.replace("event_time: at", "event_time: {from: [at, $meta.received_at]}")
    program, careful = compile_text(mapping).prepare(), compile_text(mapping)
    for event in (
        {"id": "1", "email": "ada@example.com"},
        {"id": "1", "email": "ada@example.com", "at": [1, 2]},
    ):
        expected = careful.apply(event, meta)
        assert program.apply_json(json.dumps(event).encode(), meta) == expected
        assert program.apply(event, meta) == expected
        assert (program._typed.misses, program._pace.misses) == (0, 0)


def test_fields_of_any_name_are_read(program: Program) -> None:
    (outcome,) = program.apply_json(json.dumps(_event()).encode())
    assert outcome.payload is not None
    assert outcome.payload["event_id"] == "o-1"
    assert set(outcome.payload["user_data"]) == {"em", "fn", "ct"}
    assert outcome.payload["custom_data"]["contents"] == [
        {"id": "s-1", "item_name": "XL", "item_price": "2.5"},
        {"id": "s-2", "item_name": "XL", "item_price": "2.5"},
    ]
    assert outcome.payload["custom_data"]["num_items"] == 4


@pytest.mark.parametrize("odd", [None, "", "text", 0, 1.5, True, [], [{}], {}, {"lines": {"a": 1}}])
@pytest.mark.parametrize("where", ["account", "cart", "account.owner", "cart.lines", "order-id"])
def test_what_is_no_object_is_none_as_in_the_careful_form(
    program: Program, careful: Program, where: str, odd: Any
) -> None:
    event = _event()
    *above, last = where.split(".")
    holder = event[above[0]] if above else event
    holder[last] = odd
    text = json.dumps(event).encode()
    assert _missed(program, text) == 0
    assert program.apply_json(text) == careful.apply(event)


@pytest.mark.parametrize("odd", [None, "text", 1, 1.5, True, [], [{"sku": "s"}]])
@pytest.mark.parametrize("place", [0, 2])
def test_an_item_that_is_no_object_is_left_to_the_careful_form(
    program: Program, careful: Program, odd: Any, place: int
) -> None:
    event = _event()
    event["cart"]["lines"].insert(place, odd)
    text = json.dumps(event).encode()
    assert _missed(program, text) == (type(odd) is list)
    assert program.apply_json(text) == careful.apply(event)


def test_an_object_in_place_of_the_list_is_taken_for_one_item(program: Program, careful: Program) -> None:
    event = _event(cart={"currency": "EUR", "sku": "s-9", "quantity": 3})
    text = json.dumps(event).encode()
    assert _missed(program, text) == 0
    (outcome,) = program.apply_json(text)
    assert [outcome] == careful.apply(event)
    assert outcome.payload is not None
    assert outcome.payload["custom_data"]["num_items"] == 3


_UNREAD = b'{"order-id":"o-1","class":1777629600,"account":{"owner":{"email":"ada@example.com"}},"unread":%s}'


@pytest.mark.parametrize(
    "unread",
    [
        b'"\\ud800"',
        b'"\\x"',
        b'"\t"',
        b"01",
        b"NaN",
        b"[1,]",
        b"nul",
        b"[" * 5_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'"' + b"x" * LONGEST_EVENT + b'"',
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_what_nobody_reads_is_refused_where_it_is_no_json(program: Program, unread: bytes) -> None:
    text = _UNREAD % unread
    with pytest.raises(Invalid) as expected:
        decode_event(text)
    with pytest.raises(Invalid) as refused:
        program.apply_json(text)
    assert (refused.value.kind, refused.value.reason) == (expected.value.kind, expected.value.reason)


_ANYTHING = [
    b'"\xff"',
    b'{"\xff":1}',
    b'"\xed\xa0\x80"',
    b"9" * 4_301,
    b"[" * DEEPEST_EVENT + b"]" * DEEPEST_EVENT,
    b'{"a":' * DEEPEST_EVENT + b"1" + b"}" * DEEPEST_EVENT,
    b"1e999",
    b"[-1.8e308]",
    b'"\\ud83d\\ude00 \\" \\\\"',
    b"[" + b",".join([b'{"a":[]}'] * 400) + b"]",
]


@pytest.mark.parametrize("unread", _ANYTHING, ids=lambda text: ascii(text[:12]))
def test_what_nobody_reads_may_be_anything_else(program: Program, unread: bytes) -> None:
    text = _UNREAD % unread
    assert _missed(program, text) == 0
    outcomes = program.apply_json(text)
    assert outcomes == program.apply(decode_event(_UNREAD % b"1"))
    assert outcomes[0].payload is not None


@pytest.mark.parametrize("unread", _ANYTHING, ids=lambda text: ascii(text[:12]))
def test_that_does_not_depend_on_how_many_events_came_before(unread: bytes) -> None:
    text, expected = _UNREAD % unread, compile_text(_MAPPING).apply(decode_event(_UNREAD % b"1"))
    program = compile_text(_MAPPING)
    assert program.apply_json(text) == expected
    program._typed.fast = None  # as where it left too many events over
    assert program.apply_json(text) == expected


def test_what_is_read_is_looked_at(program: Program) -> None:
    for text, kind in (
        (b'{"order-id":"\xff","class":1}', "invalid_unicode"),
        (b'{"order-id":' + b"9" * 4_301 + b"}", "malformed"),
        (b'{"cart":{"lines":' + b"[" * DEEPEST_EVENT + b"]" * DEEPEST_EVENT + b"}}", "malformed"),
    ):
        for one in (program, compile_text(_MAPPING)):
            with pytest.raises(Invalid) as refused:
                one.apply_json(text)
            assert refused.value.kind == kind


@pytest.mark.parametrize("text", [b"[]", b"null", b'"x"', b"1", b"", b"{", b'{"a"}'])
def test_what_is_no_event_is_refused(program: Program, text: bytes) -> None:
    with pytest.raises(Invalid):
        program.apply_json(text)


def test_a_number_too_large_for_a_float_is_read_as_text(program: Program, careful: Program) -> None:
    text = b'{"order-id":1e999,"class":1777629600,"account":{"owner":{"email":"ada@example.com"}}}'
    assert decode(b"[1e999, -2E400, 1.5]") == ["1e999", "-2E400", 1.5]
    (outcome,) = program.apply_json(text)
    assert [outcome] == careful.apply_json(text)
    assert outcome.payload is not None
    assert outcome.payload["event_id"] == "1e999"


def test_it_is_given_up_where_it_leaves_most_events_over() -> None:
    program = compile_text(_MAPPING).prepare()
    event = _event()
    event["cart"]["lines"].append([])
    text = json.dumps(event).encode()
    expected = compile_text(_MAPPING).apply(event)
    for _ in range(MOST_MISSES):
        assert program.apply_json(text) == expected
    assert program._typed.fast is None
    assert program.apply_json(text) == expected


_NESTED = st.recursive(
    st.none() | st.text(alphabet='[]{}"\\ax', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"', max_size=2), inner, max_size=3)
    ),
    max_leaves=40,
)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(_NESTED, st.integers(DEEPEST_EVENT - 8, DEEPEST_EVENT))
def test_depth_is_told_from_the_brackets_that_stand_in_no_text(value: Any, around: int) -> None:
    text = b'["]",' * around + json.dumps(value, ensure_ascii=False).encode() + b"]" * around
    if around + _depth(value) > DEEPEST_EVENT:
        with pytest.raises(Invalid, match="nested deeper"):
            decode(text)
    else:
        decode(text)


def test_alternatives_ask_whether_an_object_is_there() -> None:
    text = _whole("{order_id: $one.id}", above="let: {one: {from: [a, b]}}")
    program, careful = compile_text(text).prepare(), compile_text(text)
    for one, expected in (({}, "x"), ({"other": 1}, None)):
        event = {"id": "1", "at": 1777629600, "email": "ada@example.com", "a": one, "b": {"id": "x"}}
        (outcome,) = program.apply_json(json.dumps(event).encode())
        assert [outcome] == careful.apply(event)
        assert outcome.payload is not None
        assert outcome.payload.get("custom_data") == (expected and {"order_id": expected})


# Where a value could be taken for what it is not: what is read of it, and events that tell.
_TOLD: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "a list or an object at a let with nothing in it": (
        _whole("{num_items: 'length($a.[p, q])', order_id: 'to_string($a.{p: p})'}", "let: {a: x}"),
        [{"x": {}}, {"x": {"p": 1}}, {"x": None}, {}],
    ),
    "elements without a let that has nothing in it": (
        _whole(
            "{content_ids: {each: '[$a, b][*]', item: {from: x, default: no-x}}, order_id: $a.x}",
            "let: {a: a}",
        ),
        [{"a": {}, "b": {"x": "1"}}, {"a": {"x": "1"}}],
    ),
    "a list opened that is made of values": (
        _whole("{order_id: 'to_string($rows[].x)'}", "let: {rows: '[a, b]'}"),
        [{"a": {"x": 1}}, {"a": [{"x": 1}], "b": {"x": 2}}, {"a": 1}],
    ),
    "a list opened that is made of fields of elements": (
        _whole("{order_id: 'to_string(l[*].y | @[].z)'}"),
        [{"l": [{"y": {"z": 1}}, {"y": {"z": 3}}]}, {"l": [{"y": [{"z": 1}]}, {"y": {"z": 3}}]}],
    ),
    "objects in lists of lists": (
        _whole("{order_id: 'l[0][0].y', content_ids: 'l[0][*].y'}"),
        [{"l": [[{"y": "a"}, {"y": "b"}]]}, {"l": [{"y": "a"}]}, {"l": [[1]]}],
    ),
    "fields that are called as types are": (
        _whole("{order_id: object.list, content_name: str.dict, content_ids: 'list[*].object'}"),
        [{"object": {"list": "1"}, "str": {"dict": "2"}, "list": [{"object": "3"}, {"object": {}}]}],
    ),
}


@pytest.mark.parametrize("name", _TOLD)
def test_each_value_is_read_as_what_it_is(name: str) -> None:
    text, events = _TOLD[name]
    program, careful = compile_text(text).prepare(), compile_text(text)
    for one in events:
        event = {"id": "1", "at": 1777629600, "email": "ada@example.com", **one}
        assert program.apply_json(json.dumps(event).encode()) == careful.apply(event)
    assert (program._typed.hits, program._typed.misses) == (len(events), 0)


# What each item reads of the event is paid for, and costs nothing where it is short.
_READ_AGAIN = _whole(
    "{contents: {each: lines, where: 'present($coin)', item: {id: sku, item_name: 'concat($coin, sku)', "
    "item_price: 'minor_units(p, $event.order.coin)'}}}",
    "let: {coin: order.coin}",
)


@pytest.mark.parametrize(
    "coin",
    ["EUR", "x" * 64, "x" * 65, "x" * 600_000, "", None, 7, 1.5, True, [], ["EUR"], {}, {"a": "EUR"}, 10**30],
)
def test_what_each_item_reads_of_the_event_is_read_at_once_where_it_is_short(coin: Any) -> None:
    program, careful = compile_text(_READ_AGAIN).prepare(), compile_text(_READ_AGAIN)
    event = {
        "id": "1",
        "at": 1777629600,
        "email": "ada@example.com",
        "order": {"coin": coin},
        "lines": [{"sku": f"s-{number}", "p": 1250} for number in range(4)],
    }
    assert program.apply_json(json.dumps(event).encode()) == careful.apply(event)
    overspent = type(coin) is str and len(coin) > 300_000
    assert (program._typed.hits, program._typed.misses) == ((0, 1) if overspent else (1, 0))


@pytest.mark.parametrize("form", ["fast_text", "typed_text"])
def test_such_a_field_has_a_fast_form(form: str) -> None:
    text = getattr(compile_text(_READ_AGAIN), form)
    (contents,) = [line for line in text.splitlines() if "'contents', " in line]
    assert contents.startswith("        frame.optional")  # behind an exception only


@pytest.mark.parametrize(("name", "kept"), [("text", "json_text"), ("whole", "whole_event")])
def test_no_parameter_has_the_name_of_what_a_form_imports(name: str, kept: str) -> None:
    """A list of texts was made by a function that its parameter hid: each event was decoded twice."""
    assert name in NAMES
    assert kept not in NAMES


_EVERY = sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")])


def _bound(function: ast.FunctionDef) -> set[str]:
    stored = {
        one.id for one in ast.walk(function) if isinstance(one, ast.Name) and type(one.ctx) is ast.Store
    }
    return stored | {one.arg for one in function.args.args}


@pytest.mark.parametrize("path", some(_EVERY, 15), ids=lambda path: path.stem)
def test_no_function_hides_what_its_module_imports(path: Path) -> None:
    program = of_file(path).fast
    for text in (program.fast_text, program.typed_text):
        tree = ast.parse(text)
        for function in (one for one in tree.body if isinstance(one, ast.FunctionDef)):
            assert _bound(function).isdisjoint(NAMES), function.name


def _costs(program: Program, event: Any, meta: dict[str, Any] | None) -> tuple[int, int]:
    """The functions that the typed form enters, and decoding and the fast one."""
    text = encode(event)
    program.apply_json(text, meta)
    # The least of some: what is called when Python collects garbage counts, too.
    typed = min(calls(lambda: program.apply_json(text, meta))[0] for _ in range(3))
    fast = min(calls(lambda: program.apply(decode_event(text), meta))[0] for _ in range(3))
    return typed, fast


@pytest.mark.parametrize("path", some(_EVERY, 20), ids=lambda path: path.stem)
def test_the_typed_form_does_no_more_than_decoding_and_the_fast_form(path: Path) -> None:
    subject = of_file(path)
    if not subject.fast.typed_text:
        return
    for event, meta in subject.events:
        typed, fast = _costs(subject.fast, event, meta)
        assert typed <= fast + _SPARE


@pytest.mark.parametrize("reading", READINGS)
def test_a_list_may_be_read_in_several_ways(reading: str) -> None:
    program = compile_text(mapping_reading(reading), guard=False)
    assert program.typed_text
    typed, fast = _costs(program.prepare(), EVENT, None)
    assert typed < fast
    assert program._typed.misses == 0
