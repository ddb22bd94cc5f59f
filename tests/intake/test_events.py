"""The events in a request: the very bytes of each, and each for itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.feeds import Broken
from mapper.intake.entry import Entry
from mapper.intake.events import events_of
from mapper.intake.request import ReceivedEvent, RequestRefusal
from mapper.intake.slices import elements, fields, first_element
from mapper.runtime.decode import decode
from mapper.values.types import Invalid
from tests.support.intakes import entry_of, entry_of_sender, posted

pytestmark = pytest.mark.quick

_T = {"T": "x", "KLAVIYO_SECRET": "x", "FIREHOSE_KEY": "x"}


def _entry(keys: str) -> Entry:
    return entry_of(f"token: {{value: $T}}\n{keys}", _T)


_OBJECT, _ARRAY, _EITHER = _entry("body: object"), _entry("body: array"), _entry("body: either")
_LINES, _DATA = _entry("body: lines"), _entry("unwrap: data[]")
_RECORDS = entry_of_sender("firehose", _T)
_MESSAGE = _entry("unwrap: message.data\ndecode: base64")
_ALL = (_OBJECT, _ARRAY, _EITHER, _LINES, _DATA, _RECORDS, _MESSAGE)


def _texts(entry: Entry, body: str | bytes) -> list[bytes | Broken]:
    found = events_of(entry, posted(body))
    assert not isinstance(found, RequestRefusal), found
    return [one.text for one in found]


def _refused(entry: Entry, body: str | bytes) -> tuple[int, str]:
    found = events_of(entry, posted(body))
    assert isinstance(found, RequestRefusal), found
    return found.status, found.kind


def _base64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize(
    ("entry", "body", "texts"),
    [
        (_OBJECT, '{"a": 10.0}', ['{"a": 10.0}']),
        (_OBJECT, ' \n{"a":"\\u00e9"}\r\n', ['{"a":"\\u00e9"}']),
        (_OBJECT, '\ufeff{"a":1}', ['{"a":1}']),
        (_EITHER, '{"a":1}', ['{"a":1}']),
        (_EITHER, '[{"a":1}]', ['{"a":1}']),
        (_ARRAY, '[ {"b":1, "a": 1.0} ,{"é":"é"},3]', ['{"b":1, "a": 1.0}', '{"é":"é"}', "3"]),
        (_ARRAY, "[]", []),
        (_ARRAY, '[{"a":"]},{"},{"b":"\\"]"}]', ['{"a":"]},{"}', '{"b":"\\"]"}']),
        (_LINES, '{"a":1}\n\n {"b":2}\r\n', ['{"a":1}', '{"b":2}']),
        (_DATA, '{"meta":{},"data":[{"x":1},{"x": 2}]}', ['{"x":1}', '{"x": 2}']),
        (_MESSAGE, f'{{"message":{{"data":"{_base64("{}")}"}}}}', ["{}"]),
        (_MESSAGE, f'{{"message":{{"data":"{_base64(chr(10).join(["{}", "[1]"]))}"}}}}', ["{}", "1"]),
    ],
)
def test_the_events_of_a_body_are_its_very_bytes(entry: Entry, body: str, texts: list[str]) -> None:
    assert _texts(entry, body) == [text.encode() for text in texts]


@pytest.mark.parametrize(
    ("entry", "body", "why"),
    [
        *[
            (entry, body, (400, "not_json"))
            for entry in (_OBJECT, _ARRAY, _EITHER)
            for body in ("", "x", "{", "[")
        ],
        (_OBJECT, '{"a":1} {"b":2}', (400, "not_json")),
        (_OBJECT, '{"a":1', (400, "not_json")),
        (_ARRAY, '[{"a":1},', (400, "not_json")),
        (_ARRAY, '[{"a":1},]', (400, "not_json")),
        (_ARRAY, '[{"a":1}] x', (400, "not_json")),
        (_ARRAY, '[{"a":1}{"b":1}]', (400, "not_json")),
        (_ARRAY, "[x,y]", (400, "not_json")),
        (_LINES, "x\ny", (400, "not_json")),
        (_OBJECT, "[]", (400, "wrong_shape")),
        (_ARRAY, "{}", (400, "wrong_shape")),
        (_EITHER, "3", (400, "wrong_shape")),
        (_DATA, "{}", (400, "wrong_shape")),
        (_DATA, '{"data":null}', (400, "wrong_shape")),
        (_DATA, '{"data":{"a":1}}', (400, "wrong_shape")),
        (_DATA, "[]", (400, "wrong_shape")),
        (_DATA, '{"data":[', (400, "not_json")),
        (_MESSAGE, '{"message":{}}', (400, "wrong_shape")),
        (_OBJECT, "name=value", (400, "not_json")),
        (_ARRAY, "[" * 100_000, (400, "not_json")),
        (_DATA, '{"data":' * 100_000, (400, "not_json")),
    ],
)
def test_a_body_that_is_no_json_or_of_another_shape_is_refused(
    entry: Entry, body: str, why: tuple[int, str]
) -> None:
    assert _refused(entry, body) == why


@pytest.mark.parametrize(
    ("entry", "body", "texts"),
    [
        (_ARRAY, '[{"a":1},{"a":"\\ud83d"},{"a":2}]', ['{"a":1}', '{"a":"\\ud83d"}', '{"a":2}']),
        (_ARRAY, '[{"a":NaN},{"a":2}]', ['{"a":NaN}', '{"a":2}']),
        (_ARRAY, '[{"a":"line\nbreak"},{"a":2}]', ['{"a":"line\nbreak"}', '{"a":2}']),
        (_DATA, '{"data":[{"a":Infinity},{"a":2}],"x":"\\udc00"}', ['{"a":Infinity}', '{"a":2}']),
        (_OBJECT, '{"a":"\\ud83d"}', ['{"a":"\\ud83d"}']),
    ],
)
def test_a_value_that_json_does_not_have_costs_its_own_event_alone(
    entry: Entry, body: str, texts: list[str]
) -> None:
    assert _texts(entry, body) == [text.encode() for text in texts]


def test_a_record_that_cannot_be_decoded_is_broken_and_the_others_are_not() -> None:
    records: list[Any] = [
        {"data": _base64('{"a":1}')},
        {"data": "no base64!"},
        {},
        {"data": 3},
        {"data": None},
        "x",
        {"data": ""},
        {"data": _base64('{"b":1}{"c":1}\n{"d":1}')},
        {"data": _base64(b"\xff\xfe")},
        {"data": _base64('{"e":1}').replace("=", "")},
    ]
    texts = _texts(_RECORDS, json.dumps({"requestId": "r", "records": records}))
    assert [one if isinstance(one, bytes) else one.line for one in texts] == [
        *(b'{"a":1}', 2, 3, 4, 5, 6),
        *(b'{"b":1}', b'{"c":1}', b'{"d":1}', b"\xff\xfe", 11),
    ]
    broken = [one for one in texts if isinstance(one, Broken)]
    assert {one.kind for one in broken} == {"malformed"}
    assert broken[0].reason == "event 2 of the request: not a string of base64"


def test_base64_with_escapes_is_read() -> None:
    """`+` and `/` are written as escapes by some serializers."""
    encoded = _base64('{"a":"~~~???ÿÿ"}')
    assert {"+", "/"} & {*encoded}
    for plus, slash in (("\\u002B", "\\/"), ("+", "\\u002f")):
        escaped = encoded.replace("+", plus).replace("/", slash)
        assert _texts(_MESSAGE, f'{{"message":{{"data":"{escaped}"}}}}') == ['{"a":"~~~???ÿÿ"}'.encode()]


def test_more_than_the_limits_allow_is_refused() -> None:
    entry = _entry("body: array\nlimits: {body: 20 B, events: 2}")
    assert _texts(entry, "[1,2]") == [b"1", b"2"]
    assert _refused(entry, "[1,2,3]") == (413, "too_many_events")
    assert _refused(entry, f"[{' ' * 20}]") == (413, "too_large")


def _ids(entry: Entry, body: str, headers: dict[str, str] | None = None) -> list[bytes | None]:
    found = events_of(entry, posted(body, headers))
    assert not isinstance(found, RequestRefusal)
    return [one.delivery for one in found]


def test_a_delivery_is_named_by_a_header_the_body_or_each_event() -> None:
    by_header = _entry("body: either\ndelivery_id: {header: x-id}")
    assert _ids(by_header, "[{},{}]", {"x-id": "d-1"}) == [b"d-1", b"d-1"]
    assert _ids(by_header, "{}", {"x-id": " "}) == [None]
    assert _ids(by_header, "{}") == [None]
    by_body = _entry("unwrap: events[]\ndelivery_id: {body: meta.id}")
    assert _ids(by_body, '{"meta":{"id":"d"},"events":[{},{}]}') == [b'"d"', b'"d"']
    by_event = _entry("body: array\ndelivery_id: {event: meta.id}")
    assert _ids(by_event, '[{"meta":{"id":1}},{"meta":{}},{"meta":{"id":{}}},{"meta":{"id":""}},3]') == [
        *(b"1", None, None, None, None),
    ]


def test_a_retry_has_the_ids_that_the_first_try_had() -> None:
    body = json.dumps({"requestId": "r-1", "records": [{"data": _base64("{}")}, {"data": "!"}]})
    headers = {"x-amz-firehose-request-id": "r-1"}
    assert _ids(_RECORDS, body, headers) == _ids(_RECORDS, body, headers) == [b"r-1", b"r-1"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
_MARKS = st.text(st.sampled_from('[]{},:"\\ 1aNué\n\ud83d'), max_size=24).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(st.binary(max_size=60) | _MARKS | _JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_makes_it_raise_and_each_event_is_a_part_of_its_body(body: bytes) -> None:
    for entry in _ALL:
        found = events_of(entry, posted(body))
        if isinstance(found, RequestRefusal):
            assert found.status == 400
            continue
        assert all(isinstance(one, ReceivedEvent) for one in found)
        at = 0
        for one in found:
            if isinstance(one.text, bytes) and not entry.is_base64:
                at = body.index(one.text, at) + len(one.text)


@given(st.lists(_JSON, max_size=6), st.sampled_from([None, 1]), st.booleans())
def test_each_element_is_written_as_it_was(values: list[Any], indent: int | None, ascii_only: bool) -> None:
    """Those that JSON has, and those that Python writes besides: NaN and halves of characters."""
    texts = [json.dumps(one, indent=indent, ensure_ascii=ascii_only) for one in values]
    body = f"[{' , '.join(texts)}]".encode("utf-8", "surrogatepass")
    expected = [text.encode("utf-8", "surrogatepass") for text in texts]
    assert elements(body) == expected
    assert first_element(body) == expected[0] if expected else True
    wrapped = b'{"a":{"data":%b},"b":1}' % body
    assert fields(wrapped)["a"] == b'{"data":%b}' % body
    assert fields(fields(wrapped)["a"])["data"] == body


@given(_MARKS)
def test_the_lenient_reading_agrees_with_json_where_there_is_json(text: bytes) -> None:
    try:
        value = decode(text)
    except Invalid:
        return
    if isinstance(value, list):
        assert [decode(one) for one in elements(text)] == value
    if isinstance(value, dict):
        assert {name: decode(one) for name, one in fields(text).items()} == value
