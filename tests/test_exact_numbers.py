"""Numbers and times by properties: exact arithmetic, plain text, and one moment however it is written."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import compile_text
from mapper.runtime.decode import decode_event, encode
from mapper.transforms import TRANSFORMS
from mapper.types import Invalid, Json

_INTEGERS = st.integers(-(10**90), 10**90)
# An amount of up to seven digits with two places, and how it is written.
_CENTS = st.integers(-9_999_999, 9_999_999)
_ZONES = ("America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
_MAPPING = """
name: sums
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  event_source_url: url
  user_data: {client_ip_address: ip, client_user_agent: agent}
  custom_data: {value: "add(a, b)", currency: {const: EUR}, order_id: number}
otherwise: {send: checkout}
"""


def _gives(name: str, value: Json, **arguments: Json) -> Json:
    made: Json = TRANSFORMS[name].function(value, **arguments)
    return made


def _amount(cents: int) -> str:
    return f"{'-' * (cents < 0)}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _exactly(made: Json) -> Fraction:
    """The number that is written for a value in JSON."""
    return Fraction(json.dumps(made))


@given(left=_INTEGERS, right=_INTEGERS)
@settings(max_examples=200)
def test_integers_of_any_size_are_exact_as_numbers_and_as_text(left: int, right: int) -> None:
    for one, other in ((left, right), (str(left), right), (left, str(right))):
        assert _gives("add", one, number=other) == left + right
        assert _gives("subtract", one, number=other) == left - right
        assert _gives("multiply", one, by=other) == left * right
        assert _gives("total", [one, other, None, ""]) == left + right
    assert _gives("decimal", left) == _gives("decimal", str(left)) == _gives("text", left) == str(left)
    assert _gives("integer", str(left)) == left


@given(left=_CENTS, right=_CENTS, as_text=st.booleans())
@settings(max_examples=300)
def test_amounts_are_exact_as_floats_and_as_text(left: int, right: int, as_text: bool) -> None:
    one, other = (_amount(cents) if as_text else cents / 100 for cents in (left, right))
    assert _exactly(_gives("add", one, number=other)) == Fraction(left + right, 100)
    assert _exactly(_gives("subtract", one, number=other)) == Fraction(left - right, 100)
    assert _exactly(_gives("multiply", one, by=other)) == Fraction(left * right, 10_000)
    assert _exactly(_gives("total", [one, other])) == Fraction(left + right, 100)
    assert _exactly(_gives("minor_units", left, currency="EUR")) == Fraction(left, 100)
    if right:
        quotient = _gives("divide", one, by=other)
        assert _exactly(quotient) == Fraction(Context(prec=15).divide(Decimal(left), Decimal(right)))


@given(value=st.floats() | st.integers() | st.text("0123456789.eE+-NaIinf ", max_size=12))
@settings(max_examples=400)
def test_no_number_comes_out_with_an_exponent_or_as_none(value: Json) -> None:
    try:
        written = _gives("decimal", value)
        sums = [_gives("add", value, number=0.1), _gives("multiply", value, by=3), _gives("total", [value])]
    except Invalid:
        return
    assert written is None or re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", str(written))
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        assert Fraction(str(written)) == (Fraction(value) if whole else Fraction(f"{value:.15g}"))
    assert all(made is None or (isinstance(made, (int, float)) and math.isfinite(made)) for made in sums)


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [("0.1", "0.2", "0.3"), ('"10.50"', '"4.5"', "15"), ("9007199254740993", "1", "9007199254740994")],
)
def test_a_sum_in_a_payload_is_exact_and_an_id_keeps_its_digits(a: str, b: str, value: str) -> None:
    rest = '"id": "1", "at": 1777629600, "url": "https://x.example/", "ip": "203.0.113.7", "agent": "a"'
    event = decode_event(f'{{{rest}, "a": {a}, "b": {b}, "number": 18446744073709551617}}'.encode())
    (outcome,) = compile_text(_MAPPING).apply(event)
    assert outcome.payload is not None
    data = json.loads(encode(outcome.payload))["custom_data"]
    assert (data["value"], data["order_id"]) == (value, "18446744073709551617")


@given(
    seconds=st.integers(-2_000_000_000, 4_000_000_000),
    zone=st.sampled_from(_ZONES),
    fraction=st.text("0123456789", max_size=40),
)
@settings(max_examples=300)
def test_a_moment_is_one_however_it_is_written(seconds: int, zone: str, fraction: str) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    behind = f".{fraction}" if fraction else ""
    for written in (f"{moment:%Y-%m-%dT%H:%M:%S}{behind}Z", f"{moment:%Y%m%dT%H%M%S}{behind}+0000"):
        assert _gives("timestamp", written) == seconds
    local = moment.astimezone(ZoneInfo(zone))
    bare = f"{local:%Y-%m-%d %H:%M:%S}"
    first = int(local.replace(fold=0).timestamp())
    assert _gives("timestamp", bare + behind, zone=zone) == first
    assert first == seconds or (local.fold == 1 and first < seconds)
    offset = local.utcoffset()
    if offset is not None and offset.seconds % 60 == 0:
        assert _gives("timestamp", f"{bare}{behind} {local:%z}", zone="Asia/Tokyo") == seconds


@given(seconds=st.integers(10**8, 4 * 10**9), below=st.integers(0, 999))
def test_a_number_is_one_moment_in_each_unit(seconds: int, below: int) -> None:
    for number in (seconds, seconds * 10**3 + below, seconds * 10**6 + below, seconds * 10**9 + below):
        assert _gives("timestamp", number) == _gives("timestamp", f" {number}.9 ") == seconds
