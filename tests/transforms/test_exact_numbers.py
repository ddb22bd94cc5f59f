"""Numbers and times by properties: exact arithmetic, plain text, and one moment however it is written."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapper import compile_text
from mapper.runtime.decode import decode_event, encode
from mapper.transforms import TRANSFORMS
from mapper.transforms.number import multiply, round_
from mapper.transforms.numeral import EXACT, json_number, number_of
from mapper.values.types import Invalid, Json
from tests.support.depth import examples

_INTEGERS = st.integers(-(10**90), 10**90)
_MOST_DIGITS = 38
# Numeric text and integers; with floats, which have 15 digits.
_NUMERALS = st.one_of(
    st.integers(-(10**40), 10**40),
    st.decimals(-(10**25), 10**25, allow_nan=False, allow_infinity=False, places=12).map(str),
    st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,3})?([eE]-?[0-9]{1,2})?", fullmatch=True),
)
_FLOATS = st.floats(-1e30, 1e30).filter(lambda one: one == 0 or abs(one) > 1e-100)
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
@settings(max_examples=examples(200))
def test_integers_are_exact_as_numbers_and_as_text(left: int, right: int) -> None:
    for one, other in ((left, right), (str(left), right), (left, str(right))):
        _hold("add", left + right, one, number=other)
        _hold("subtract", left - right, one, number=other)
        _hold("multiply", left * right, one, by=other)
        _hold("total", left + right, [one, other, None, ""])
    assert _gives("decimal", left) == _gives("decimal", str(left)) == _gives("text", left) == str(left)
    assert _gives("integer", str(left)) == left


def _hold(name: str, expected: Fraction | int, value: Json, **arguments: Json) -> None:
    """Assert that a transform gives a number, or is invalid where that has too many digits."""
    digits = _digits(Fraction(expected))
    if digits is None or digits > _MOST_DIGITS:
        with pytest.raises(Invalid, match="more than 38 digits"):
            _gives(name, value, **arguments)
        return
    made = _gives(name, value, **arguments)
    written = made if isinstance(made, str) else json.dumps(made)
    assert Fraction(written) == expected, (name, value, arguments)
    # Text only where a float would not hold it.
    assert isinstance(made, str) == (Fraction(expected).denominator > 1 and digits > 15)
    assert _gives("decimal", made) == _gives("decimal", written)


def _read(value: Json) -> str:
    """The number that is read of a value: a float that is no exact integer has 15 digits."""
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else f"{value:.15g}"


def _digits(number: Fraction) -> int | None:
    """The digits of a number from the first to the last that is no zero; None where they do not end."""
    twos, fives, rest = 0, 0, number.denominator
    while rest % 2 == 0:
        twos, rest = twos + 1, rest // 2
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    if rest != 1:
        return None
    return len(str(abs(number.numerator) * 10 ** max(twos, fives) // number.denominator).strip("0")) or 1


@given(value=_NUMERALS | _FLOATS)
@settings(max_examples=examples(400))
def test_a_number_is_exactly_what_was_written_or_invalid(value: Json) -> None:
    written = Fraction(_read(value))
    digits = _digits(written)
    if isinstance(value, str) and written.denominator > 1 and (digits is None or digits > 15):
        with pytest.raises(Invalid):
            _gives("number", value)
        return
    made = _gives("number", value)
    assert type(made) in (int, float)
    assert _exactly(made) == written
    assert _gives("number", made) == made


@given(left=_NUMERALS, right=_NUMERALS)
@settings(max_examples=examples(400))
def test_sums_differences_and_products_of_text_and_integers_are_exact_or_invalid(
    left: Json, right: Json
) -> None:
    one, other = Fraction(str(left)), Fraction(str(right))
    _hold("add", one + other, left, number=right)
    _hold("subtract", one - other, left, number=right)
    _hold("multiply", one * other, left, by=right)
    _hold("total", one + other, [left, right])
    if one != other != 0:
        _hold("total", one + other + other, [left, None, right, right])


@given(left=_NUMERALS | _FLOATS, right=_NUMERALS | _FLOATS)
@settings(max_examples=examples(400))
def test_a_quotient_is_exact_where_it_ends_and_else_has_15_digits_rounded_half_to_even(
    left: Json, right: Json
) -> None:
    one, other = (Fraction(_read(part)) for part in (left, right))
    if other == 0:
        return
    made = _gives("divide", left, by=right)
    quotient, digits = one / other, _digits(one / other)
    written = Fraction(made if isinstance(made, str) else json.dumps(made))
    floats = any(isinstance(part, float) for part in (left, right))
    only_floats = floats and not any(isinstance(part, str) for part in (left, right))
    if digits is None or digits > _MOST_DIGITS or (digits > 15 and only_floats and quotient.denominator > 1):
        exact = Context(prec=400).divide(Decimal(one.numerator * other.denominator), 1)
        divisor = Decimal(one.denominator * other.numerator)
        assert written == Fraction(Context(prec=15, rounding=ROUND_HALF_EVEN).divide(exact, divisor))
    else:
        assert written == quotient


@given(left=_FLOATS, right=_FLOATS)
def test_floats_carry_15_digits(left: float, right: float) -> None:
    one, other = (Decimal(_read(part)) for part in (left, right))
    for name, parameter, exact in (
        ("add", "number", Context(prec=400).add(one, other)),
        ("subtract", "number", Context(prec=400).subtract(one, other)),
        ("multiply", "by", Context(prec=400).multiply(one, other)),
    ):
        made = _gives(name, left, **{parameter: right})
        assert isinstance(made, (int, float))
        whole = exact == exact.to_integral_value() and (_digits(Fraction(exact)) or 0) <= _MOST_DIGITS
        assert _exactly(made) == Fraction(exact if whole else Context(prec=15).plus(exact))


def test_what_a_float_does_not_hold_comes_out_as_text_and_goes_on_as_a_number() -> None:
    less: Json = _gives("subtract", "100000000000000.00", number=0.01)
    assert less == "99999999999999.99"
    assert _gives("add", less, number="0.01") == 100000000000000
    assert _gives("round", "12345678901234567.891", digits=2) == "12345678901234567.89"
    assert _gives("minor_units", 12345678901234567, currency="USD") == "123456789012345.67"
    assert _gives("decimal", less) == less


@given(left=_CENTS, right=_CENTS, as_text=st.booleans())
@settings(max_examples=examples(300))
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
@settings(max_examples=examples(400))
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
    assert all(math.isfinite(made) for made in sums if isinstance(made, float))
    assert all("e" not in made.lower() for made in sums if isinstance(made, str))


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
@settings(max_examples=examples(300))
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


@given(
    left=st.integers(-(10**9), 10**12),
    right=st.integers(-(10**6), 10**7),
    places=st.integers(0, 6),
    digits=st.integers(0, 6),
)
@example(left=2675, right=10, places=3, digits=2)
@example(left=5, right=5, places=1, digits=0)
@settings(max_examples=examples(400))
def test_products_and_rounded_floats_that_are_known_at_sight_are_those_of_decimals(
    left: int, right: int, places: int, digits: int
) -> None:
    one, other = left / 10**places, right / 10**places
    exact = [number for number in map(number_of, (one, other)) if number is not None]
    product = EXACT.multiply(*map(Decimal, exact))
    assert repr(multiply(one, other)) == repr(json_number(product, one, other)), (one, other)
    rounded = Decimal(exact[0]).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)
    assert repr(round_(one, digits)) == repr(json_number(rounded, one)), (one, digits)
