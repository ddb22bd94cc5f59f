"""Attributes by names that are worked out, small decisions, times as text: against other ways."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper import authoring, compile_text
from mapper.transforms import TRANSFORMS
from mapper.values.types import Invalid
from tests.support.depth import examples
from tests.support.effort import calls

_get, _items_of, _flatten = (TRANSFORMS[name].function for name in ("get", "items_of", "flatten"))
_KEYS = st.text("ab_.", min_size=1, max_size=2)
_TREES = st.recursive(
    st.integers(0, 3) | st.none() | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(value=st.dictionaries(_KEYS, _TREES, max_size=3))
@settings(max_examples=examples(200))
def test_an_object_is_what_its_items_make(value: dict[str, Any]) -> None:
    assert TRANSFORMS["from_items"].function(_items_of(value)) == (value or None)
    assert all(_get(value, key) == held for key, held in value.items())


def _leaves(value: dict[str, Any], way: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for key, held in value.items():
        found += _leaves(held, (*way, key)) if isinstance(held, dict) else [((*way, key), held)]
    return found


@given(value=st.dictionaries(_KEYS, _TREES, max_size=3), separator=st.sampled_from(("_", ".", "", "--")))
@settings(max_examples=examples(200))
def test_a_flat_object_has_every_value_under_the_names_that_lead_to_it(
    value: dict[str, Any], separator: str
) -> None:
    expected: dict[str, Any] = {}
    for way, held in _leaves(value):
        expected.setdefault(separator.join(way), held)
    deepest = max((len(way) for way, _ in _leaves(value)), default=0)
    if deepest <= 8:
        assert _flatten(value, separator) == (expected or None)


def test_what_is_too_deep_or_has_too_long_names_is_invalid() -> None:
    deep: Any = 1
    for _ in range(8):
        deep = {"a": deep}
    assert _flatten(deep) == {"_".join("a" * 8): 1}
    with pytest.raises(Invalid, match="more than 8 levels"):
        _flatten({"a": deep})
    with pytest.raises(Invalid, match="65,536 characters"):
        _flatten({"n" * 1000: {str(at): at for at in range(100)}})
    with pytest.raises(Invalid, match="65,536 characters"):  # names of empty objects are joined, too
        _flatten({"n" * 1000: {str(at): {} for at in range(100)}})


_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "+05:30")
_EARLIEST, _LATEST = -62_000_000_000, 250_000_000_000


@given(seconds=st.integers(-20_000_000_000, 99_000_000_000), zone=st.sampled_from(_ZONES))
@settings(max_examples=examples(200))
def test_a_time_is_written_as_pythons_own_codes_write_it(seconds: int, zone: str) -> None:
    format = "%m %d %H %I %M %S %p %a %A %b %B %y %%"
    known = ZoneInfo(zone) if zone[0] != "+" else datetime.strptime("+0530", "%z").tzinfo
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(known)
    assert TRANSFORMS["format_time"].function(seconds, format, zone) == moment.strftime(format)
    written = TRANSFORMS["format_time"].function(seconds, "%Y-%m-%dT%H:%M:%S%z", zone)
    offset = moment.utcoffset() or timedelta()
    if offset.seconds % 60 == 0:
        assert TRANSFORMS["timestamp"].function(written) == seconds


_NETWORKS = ("10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32", "::1/128", "192.0.2.7")


@given(
    address=st.ip_addresses(v=4) | st.sampled_from(("10.1.2.3", "2001:db8::7", "::1", "192.0.2.7")),
    networks=st.lists(st.sampled_from(_NETWORKS), min_size=1, max_size=3),
)
@settings(max_examples=examples(200))
def test_an_address_is_in_a_network_as_python_says(address: Any, networks: list[str]) -> None:
    found = any(ip_address(str(address)) in ip_network(one) for one in networks)
    assert TRANSFORMS["in_network"].function(str(address), networks) == found


def test_buckets_are_steady_and_about_as_full() -> None:
    bucket = TRANSFORMS["bucket"].function
    counted = Counter(bucket(f"user-{at}", 10) for at in range(10_000))
    assert set(counted) == set(range(10))
    assert 900 < min(counted.values()) <= max(counted.values()) < 1_100
    assert bucket(" user-1 ", 100) == bucket("user-1", 100) == 94
    assert bucket(7, 100) == bucket("7", 100)


_MAPPING = """
version: 1
target: pinterest/conversions-v5
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: mail}
  custom_data: {%s}
otherwise: {send: custom}
"""


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("order_id: \"get(user, 'email')\"", "M401"),
        ("order_id: \"get(user, 'plan')\"", None),
        ("order_id: {from: user, apply: {get: email}}", "M401"),
        ("order_id: {from: user, apply: {get: {key: email}}}", "M401"),
        ("order_id: {from: user, apply: {get: [email]}}", "M401"),
        ("order_id: {from: user, apply: {get: plan}}", None),
        ('order_id: "get(user, name)"', "M401"),
        ('order_id: "get(extra, name).email"', "M401"),
        ("order_id: \"get(customer, 'name')\"", "M439"),
        ('order_id: "items_of(user)[0].value"', "M401"),
        ("order_id: \"pick(extra, 'e*')[0]\"", "M401"),
        ("order_id: \"pick(extra, 'first_{x}')[0]\"", "M401"),
        ("order_id: \"pick(extra, 'Email{:digits}')[0]\"", "M401"),
        ("order_id: \"pick(user, 'plan_*')[0]\"", None),
        ("order_id: \"pick(user, '*')[0]\"", "M401"),
        ("order_id: \"pick(user, '{x}')[0]\"", "M401"),
        ("order_id: {from: user, apply: [{pick: 'e*'}, first]}", "M401"),
        ("order_id: {from: user, apply: [{pick: {pattern: 'plan_*'}}, first]}", None),
        ("order_id: \"pick(@, 'contexts_acme_product_{v:digits}')[].sku | [0]\"", None),
        ("order_id: \"pick(@, 'contexts_acme_user_{v:digits}')[].email | [0]\"", "M401"),
        ('order_id: "flatten(user).a"', None),
        ('order_id: "flatten(user).email"', "M401"),
        ('order_id: "flatten(extra).user_email"', "M401"),
        ('order_id: "values(flatten(user))[0]"', "M401"),
        ('order_id: "flatten(extra).a"', None),
        ('num_items: "bucket(user.email, `10`)"', None),
    ],
)
def test_a_personal_attribute_is_personal_by_any_name(field: str, code: str | None) -> None:
    found = [one.code for one in mapper.check_text(_MAPPING % field) if one.severity != "advice"]
    assert found == ([code] if code else [])


def test_a_name_that_a_closed_object_lacks_is_told() -> None:
    found = mapper.check_text(
        _MAPPING % 'order_id: "get({a: x}, \'a\')", content_name: "items_of({a: x})[0].kye"'
    )
    assert [one.code for one in found if one.severity == "error"] == ["M125"]


_SOURCE = """
{"type": "object", "additionalProperties": false, "properties": {
  "id": {"type": "string"}, "at": {"type": "integer"}, "mail": {"type": "string", "x-personal": true},
  "details": {"type": "object", "additionalProperties": false, "properties": {
    "ref": {"type": "string", "x-personal": true}, "color": {"type": "string"}, "colors": {"type": "integer"},
    "inner": {"type": "object", "properties": {"code": {"type": "string", "x-personal": true}}}}}}}
"""


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('order_id: "details.* | [0]"', "M401"),
        ('order_id: "details.*.code | [0]"', "M401"),
        ('order_id: "get(details, id)"', "M401"),
        ("order_id: \"pick(details, 'r*')[0]\"", "M401"),
        ("order_id: \"pick(details, 'in*')[].code | [0]\"", "M401"),
        ("order_id: \"pick(details, 'in*') | to_string(@)\"", "M401"),
        ("order_id: \"pick(details, 'co*')[0]\"", None),
        ("order_id: \"pick(details, 'colour_*')[0]\"", "M125"),
        ("order_id: {from: details, apply: [{pick: 'colour_*'}, first]}", "M125"),
        ("num_items: \"length(pick(details, 'colors')[0])\"", "M204"),
    ],
)
def test_a_pattern_of_names_is_held_against_the_schema_of_the_source(
    field: str, code: str | None, tmp_path: Path
) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/event.json").write_text(_SOURCE, encoding="utf-8")
    mapping = _MAPPING.replace("payload:", "source: event\npayload:", 1) % field
    found = mapper.check_text(mapping, beside=tmp_path / "m.yaml")
    assert [one.code for one in found if one.severity != "advice"] == ([code] if code else [])


@given(value=st.dictionaries(_KEYS, _TREES, max_size=5), pattern=st.sampled_from(("a*", "*b", "{x:[ab]}_*")))
@settings(max_examples=examples(100))
def test_what_is_picked_is_what_has_a_name_that_matches(value: dict[str, Any], pattern: str) -> None:
    matches = TRANSFORMS["matches"].function
    items = [one for one in _items_of(value) if one["value"] is not None and matches(one["key"], pattern)]
    assert TRANSFORMS["pick"].function(value, pattern) == [one["value"] for one in items]


def test_an_attribute_whose_name_a_pattern_describes_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(_MAPPING % "content_ids: \"pick(@, 'p_*')[].sku\"", encoding="utf-8")
    event: Any = {
        "id": "1",
        "p_1": [{"sku": "A", "color": "red"}],
        "p_2": {"sku": "B"},
        "q_1": 7,
        "mail": None,
    }
    assert authoring.record_mapping(file).unread(event, str) == {"p_1[].color", "q_1"}


def test_stages_that_double_their_input_are_refused() -> None:
    stages = "[].items_of(@)" * 12
    found = mapper.check_text(_MAPPING % f'num_items: "length(items_of(@){stages})"')
    assert "M117" in [one.code for one in found]


@pytest.mark.parametrize(
    "field", ["length(pick(d, '*9'))", "length(items_of(d))", "length(keys(flatten(d)))"]
)
def test_the_work_grows_as_the_object_does(field: str) -> None:
    program = compile_text(_MAPPING % f'num_items: "{field}"')

    def work(size: int) -> int:
        event = {
            "id": "1",
            "at": 1777629600,
            "mail": "a@b.co",
            "d": {f"a{at}": {"x": at} for at in range(size)},
        }
        return calls(lambda: program.apply(event))[0]

    assert work(4_000) < 4.5 * work(1_000)
