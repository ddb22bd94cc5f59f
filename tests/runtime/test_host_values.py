"""Events as hosts make them: values of Python become their JSON values, and others say where they are."""

from __future__ import annotations

import json
from collections import OrderedDict, UserDict, namedtuple
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from gc import get_referents
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
import pytest

from mapper.runtime.foreign import is_plain, json_value
from mapper.runtime.outcome import Outcome
from tests.compiler.test_interpreter import Subject, compiled

_ID = UUID("3f1c8ad2-1d0e-4a41-9c3f-0d8f6b3f4a11")
_AT = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))


class _Kind(Enum):
    ORDER = "order"
    NESTED = (1, "a")


class _Text(str):
    def __str__(self) -> str:
        return "something else"


class _Level(IntEnum):
    HIGH = 3


class _Scalar:
    """As numpy's scalars are, which need not be installed: `dtype`, `item` and `tolist`."""

    dtype = "int64"

    def __init__(self, held: Any) -> None:
        self._held = held

    def item(self) -> Any:
        return self._held

    def tolist(self) -> Any:
        return self._held


class _ShortFloat:
    """As numpy's floats of 32 bits are: their own text has fewer digits than the number of Python."""

    dtype = "float32"

    def __str__(self) -> str:
        return "19.99"

    def tolist(self) -> float:
        return 19.989999771118164


class _Nanoseconds:
    """As numpy's times of nanoseconds are."""

    dtype = "datetime64[ns]"

    def astype(self, kind: str) -> _Scalar:
        assert kind == "datetime64[us]"
        return _Scalar(datetime(2026, 5, 1, 10, 0, 0, 123456))

    def tolist(self) -> int:
        return 1777629600123456789


class _NoTime(datetime):
    """As the time of pandas that is none."""

    __hash__ = datetime.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return "NaT"


_NA = type("NAType", (), {})()
_Row = namedtuple("_Row", ["sku", "price"])  # what a database hands over
_VALUES: list[tuple[Any, Any]] = [
    (Decimal("72.39"), 72.39),
    (Decimal("10.00"), 10),
    (Decimal("1E+3"), 1000),
    (Decimal("-0.5"), -0.5),
    (Decimal("12345678901234567.89"), "12345678901234567.89"),
    (_AT, "2026-05-01T12:00:00+02:00"),
    (datetime(2026, 5, 1, 10), "2026-05-01T10:00:00"),
    (date(1990, 2, 28), "1990-02-28"),
    (time(10, 30), "10:30:00"),
    (_ID, str(_ID)),
    (b"ada@example.com", "ada@example.com"),
    (bytearray(b"a"), "a"),
    (memoryview(b"a"), "a"),
    (_Kind.ORDER, "order"),
    (_Kind.NESTED, [1, "a"]),
    (_Level.HIGH, 3),
    (_Text("as it is"), "as it is"),
    (("a", "b"), ["a", "b"]),
    ({"b", "a"}, ["a", "b"]),
    (frozenset({2, 1}), [1, 2]),
    (_Row("s", Decimal("2.50")), ["s", 2.5]),
    (OrderedDict(a=1), {"a": 1}),
    (MappingProxyType({"a": (1,)}), {"a": [1]}),
    (UserDict(a=1), {"a": 1}),
    ({_Kind.ORDER: 1}, {"order": 1}),
    ({7: 1, _ID: 2}, {"7": 1, str(_ID): 2}),
    (_Scalar(7), 7),
    (_Scalar([1.5, [2]]), [1.5, [2]]),
    (_Scalar(_AT), "2026-05-01T12:00:00+02:00"),
    (_ShortFloat(), 19.99),
    (_Nanoseconds(), "2026-05-01T10:00:00.123456"),
    (_NoTime(1970, 1, 1), None),
    (_NA, None),
]
_REFUSED = [object(), timedelta(1), b"\xff", 1j, iter([]), len, _Scalar(object()), {1: 2, (1,): 3}]
_MAPPING = """
version: 1
target: pinterest/conversions-v5
let: {items: {from: [lines, {from: '[@]', when: sku}]}}
skip: [{when: "paid > `1000000`", because: too much}]
payload:
  action_source: {const: web}
  event_id: {from: [id, fingerprint(@)]}
  event_time: at
  event_source_url: {const: "https://shop.example/"}
  user_data: {em: mail, external_id: user, db: born}
  custom_data:
    value: {from: [paid, total]}
    content_ids: "deep.list[?a > `2` || a == 'order'].to_string(a)"
    content_brand: deep.list[].a[] | [0]
    content_category: deep.map.*.b | [0]
    content_name: {const: high, when: "deep.kind == `3`"}
    currency: {const: EUR}
    order_id: {from: order, when: "paid > `2` || present(order)"}
    num_items: count($items)
    contents: {each: $items, where: sku, item: {id: sku, item_price: price, quantity: {from: q, default: 1}}}
match: "not_null(deep.kind, kind)"
events: [{is: order, send: checkout}, {is: [3, '3'], send: lead}]
otherwise: {send: custom}
"""
_PLAIN: dict[str, Any] = {
    "id": "e-1",
    "at": 1777629600,
    "mail": "ada@example.com",
    "user": "u-7",
    "kind": "order",
    "paid": 72.39,
    "order": "o-1",
    "lines": [{"sku": "a", "price": 1.5, "q": 2}, {"sku": "b"}],
}


@pytest.fixture(scope="module")
def subject() -> Subject:
    return compiled(_MAPPING, "host", [])


def _both(subject: Subject, event: Any) -> list[list[Outcome]]:
    return [subject.program.apply(event), subject.fast.apply(event)]


def _altered(value: Any) -> Iterator[dict[str, Any]]:
    """The event with a value in place of each part of it, and inside of its lists."""
    for name in _PLAIN:
        yield {**_PLAIN, name: value}
    for name in ("sku", "price", "q"):
        yield {**_PLAIN, "lines": [{"sku": "a", name: value}, {"sku": "b"}]}
    yield {**_PLAIN, "lines": [value, {"sku": "b"}]}
    yield {**_PLAIN, "deep": {"kind": value, "list": [{"a": value}], "map": {"a": {"b": value}}}}


@pytest.mark.parametrize(("value", "expected"), _VALUES, ids=lambda one: type(one).__name__)
def test_a_value_of_python_counts_as_its_json_value(value: Any, expected: Any) -> None:
    made = json_value(value)
    assert json.dumps(made) == json.dumps(expected)
    assert type(made) is type(expected)


@pytest.mark.parametrize(("value", "expected"), _VALUES, ids=lambda one: type(one).__name__)
def test_an_event_gives_what_its_json_gives(subject: Subject, value: Any, expected: Any) -> None:
    for given, plain in zip(_altered(value), _altered(expected), strict=True):
        before = repr(given)
        for outcomes in _both(subject, given):
            assert outcomes == subject.program.apply(plain), given
            json.dumps([outcome.payload for outcome in outcomes])
        assert repr(given) == before


@pytest.mark.parametrize("value", _REFUSED, ids=lambda one: type(one).__name__)
def test_a_value_that_json_has_nothing_for_rejects_the_event_and_says_where(
    subject: Subject, value: Any
) -> None:
    given = {**_PLAIN, "lines": [{"sku": "a"}, {"sku": {"ada@example.com": value}}]}
    for (outcome,) in _both(subject, given):
        assert outcome.rejection is not None
        ((_, path, place, message),) = outcome.rejection.reasons
        assert (path, place) == ("", "")
        assert message.startswith("an event must be a JSON object, with no ")
        assert message.rstrip("`").endswith(", as at `lines[1].sku.*" + "[0]" * isinstance(value, _Scalar))


def test_an_object_of_another_class_may_be_the_event(subject: Subject) -> None:
    for event in (OrderedDict(_PLAIN), MappingProxyType(_PLAIN), UserDict(_PLAIN)):
        assert _both(subject, event) == _both(subject, dict(_PLAIN))


def test_a_plain_event_is_taken_as_it_is(subject: Subject) -> None:
    event = {**_PLAIN, "more": [2**80, "\ud800", {}, [], None, True, 1e300]}
    for outcomes in _both(subject, event):
        assert outcomes == subject.program.apply(_PLAIN)


def test_a_time_without_a_zone_says_so(subject: Subject) -> None:
    for (outcome,) in _both(subject, {**_PLAIN, "at": datetime(2026, 5, 1, 10)}):
        assert outcome.rejection is not None
        assert "offset" in outcome.rejection.reasons[0].message
    for (outcome,) in _both(subject, {**_PLAIN, "at": datetime(2026, 5, 1, 10, tzinfo=UTC)}):
        assert outcome.payload is not None
        assert outcome.payload["event_time"] == 1777629600


def test_an_event_that_holds_itself_is_rejected_soon(subject: Subject) -> None:
    event: dict[str, Any] = {**_PLAIN, "at": "never"}
    event["lines"] = [event, {"sku": event, "more": [event, event]}]
    for (outcome,) in _both(subject, event):
        assert outcome.rejection is not None


def test_an_event_that_fails_when_it_is_read_is_rejected(subject: Subject) -> None:
    class Failing(dict[str, Any]):
        def items(self) -> Any:
            raise OSError("ada@example.com")

    for (outcome,) in _both(subject, Failing(_PLAIN)):
        assert outcome.rejection is not None
        assert "ada" not in outcome.rejection.reasons[0].message


_OF_META = """
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: $meta.received_at
  event_source_url: {const: "https://shop.example/"}
  user_data: {em: mail}
  custom_data: {order_id: "$meta.line > `1` && id"}
otherwise: {send: custom}
"""


@pytest.mark.parametrize(("value", "expected"), _VALUES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("name", ["received_at", "line"])
def test_what_the_host_knows_counts_as_its_json_value(name: str, value: Any, expected: Any) -> None:
    subject = compiled(_OF_META, "meta", [])
    known = {"received_at": 1777629600, "line": 2}
    event = {"id": "1", "mail": "ada@example.com"}
    for program in (subject.program, subject.fast):
        of_json = program.apply(event, {**known, name: json.loads(json.dumps(expected))})
        assert program.apply(event, {**known, name: value}) == of_json
        assert program.apply_json(json.dumps(event).encode(), {**known, name: value}) == of_json


@pytest.mark.parametrize("value", _REFUSED, ids=lambda one: type(one).__name__)
def test_what_the_host_knows_and_json_has_nothing_for_rejects_the_event(value: Any) -> None:
    subject = compiled(_OF_META, "meta", [])
    known = {"received_at": value}
    for outcomes in (subject.fast.apply({"id": "1"}, known), subject.fast.apply_json(b'{"id": "1"}', known)):
        (outcome,) = outcomes
        assert outcome.rejection is not None
        assert [one.message for one in outcome.rejection.reasons] == [
            "$meta holds a value that JSON does not have"
        ]


def test_whether_an_event_is_of_json_alone_is_seen_at_once() -> None:
    assert all(map(is_plain, [{}, _PLAIN, {"a": [{"b": [[], {}, [1, None, True, 1.5]]}]}]))
    for value in (OrderedDict(), (), b"", Decimal(1), _Level.HIGH, {1: 2}, {"a": 1, 1: 2}, {_Text("a"): 1}):
        for event in ({"a": value}, {"a": [value]}, {"a": {"b": [[], {"c": value}]}}):
            assert not is_plain(event)


def test_so_it_is_of_what_other_decoders_make() -> None:
    """Orjson makes the table of an object with more than eight keys for keys of any kind."""
    wide = orjson.loads(json.dumps({f"key{number}": {"a": [number]} for number in range(20)}))
    assert len(get_referents(wide)) == 40
    assert is_plain(wide)
    assert is_plain({"a": [wide, _PLAIN]})
    for key in (1, None, True, 1.5, _Text("a"), b"", ("a",)):
        other = orjson.loads(orjson.dumps(wide))
        other[key] = 1
        for event in (other, {"a": other}, {"a": [wide, {key: 1}]}):
            assert not is_plain(event), key


def test_values_of_numpy_are_those_that_were_written() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed; `make engines` does it")
    event = {
        "price": numpy.float32(19.99),
        "prices": numpy.array([0.1, 19.99], dtype="float32"),
        "at": numpy.datetime64("2026-05-01T10:00:00.123456789", "ns"),
        "none": numpy.datetime64("NaT"),
        "count": numpy.int64(2**60),
        "is": numpy.bool_(True),
        "table": numpy.array([[1, 2], [3, 4]]),
        "alone": numpy.array(1.5, dtype="float32"),
    }
    assert json_value(event) == {
        "price": 19.99,
        "prices": [0.1, 19.99],
        "at": "2026-05-01T10:00:00.123456",
        "none": None,
        "count": 2**60,
        "is": True,
        "table": [[1, 2], [3, 4]],
        "alone": 1.5,
    }
