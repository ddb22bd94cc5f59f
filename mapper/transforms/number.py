"""Numbers: exact arithmetic and the ways a number is written."""

from __future__ import annotations

import unicodedata
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.lists import elements_of
from mapper.transforms.meaning import ALL, NUMERIC_SIZE, ONLY_A_PERSON, SAME_SIZE, Grown
from mapper.transforms.numeral import (
    EXACT,
    FLOAT_DIGITS,
    FLOATS_EXACT_BELOW,
    MOST_DIGITS,
    MOST_EXACT_DIGITS,
    NUMERIC,
    Number,
    is_plain,
    json_number,
    number_of,
    plain,
)
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import strip_edges
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, of

# Text where a fraction has more digits than a float holds.
_NUMBER = of("number", "integer", "string", "null")
_TEXT = of("string")

# A quotient that ends, and one that does not or has too many digits.
_TRAPPED = [Inexact, InvalidOperation, DivisionByZero, Overflow]
_QUOTIENT = Context(prec=MOST_EXACT_DIGITS, traps=_TRAPPED)
_ROUNDED = Context(prec=FLOAT_DIGITS, rounding=ROUND_HALF_EVEN)
# A float holds no more decimals that a person wrote.
_MOST_PLACES = 15
_CURRENCY_LETTERS = 3
# How stock exchanges write pence; all other spellings of the letters are pounds.
_PENCE, _PENCE_CODE = "GBp", "GBX"
_TOO_FINE = "a fraction of more than 15 digits, too many for a JSON number; `round` it first"
# What is written between groups of digits besides the plain sign.
_LOOKALIKES = {" ": "\u00a0\u2009\u202f", "'": "\u2019\u02bc"}


# A price has four decimals at most, and its product with a count or a rate no more than 15 digits in all: a
# float holds these.
_PLACES_OF_PARTS = 4
_PARTS = 10_000
_ABOVE_PRICES, _ABOVE_COUNTS, _ABOVE_PARTS = 1e7, 1000, 10**15


def _parts_of(price: float) -> int | None:
    """The price in ten-thousandths; None where it is not a whole number of them, or is no usual price."""
    if not 0 <= price < _ABOVE_PRICES:
        return None
    parts = int(price * _PARTS + 0.5)
    return parts if parts / _PARTS == price else None


def _check_decimal(point: str | None = None, group: str | None = None) -> None:
    if point is not None and (len(point) != 1 or point.isalnum()):
        raise Invalid("`point` must be one character, not a letter or digit")
    if group and (len(group) != 1 or group.isalnum() or group == (point or ".")):
        raise Invalid("`group` must be one character, not a letter or digit, and not the same as `point`")


_WRITTEN = (
    Parameter(
        "point", _TEXT, required=False, role="steers", also="decimalpoint decimalseparator decimalmark"
    ),
    Parameter("group", _TEXT, required=False, role="steers", also="thousands thousandsseparator grouping"),
)


@transform(
    NUMERIC,
    of("string", "null", format="decimal"),
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    parameters=_WRITTEN,
    examples=[
        (72.39, "72.39"),
        ("27.50", "27.5"),
        (10.0, "10"),
        (1e21, "1000000000000000000000"),
        ("$27.50", Invalid("not a number")),
        ("$1,299.00", {"group": ","}, "1299"),
        ("1.299,50 \u20ac", {"point": ",", "group": "."}, "1299.5"),
        ("1,5", {"group": ","}, Invalid("digits not in groups of three")),
    ],
    pattern=r"^-?[0-9]+(\.[0-9]+)?$",
    check=_check_decimal,
    also=Also("float tofloat double money currencyamount"),
)
def decimal(value: Json, point: str | None = None, group: str | None = None) -> str | None:
    """A number as plain decimal text: no exponent, no trailing zeros.

    Floats are rounded to 15 significant digits. Text must be a plain number, unless `point` (the decimal
    separator, default `.`) or `group` (the thousands separator, default none) is set; then a currency sign
    or code at either end is removed too.
    """
    if type(value) is str and not (point is None and group is None):
        stated = strip_edges(value)
        value = _plain_numeral(stated, point or ".", group or "") if stated else ""
    written = f"{value:.15g}" if type(value) is float else value
    if type(written) is str and len(written) <= MOST_DIGITS and is_plain(written):
        return written
    number = number_of(value)
    return None if number is None else plain(number)


def _plain_numeral(written: str, point: str, group: str) -> str:
    """A number as people write it -> digits, a point and a sign."""
    sign, rest = _without_sign(written)
    body = _without_currency(rest)
    if not sign:
        sign, body = _without_sign(body)
    for lookalike in _LOOKALIKES.get(group, ""):
        body = body.replace(lookalike, group)
    whole, _, fraction = body.partition(point)
    if group and group in whole:
        whole = _ungrouped(whole.split(group))
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit():
        raise Invalid("not a number")
    return f"{sign}{whole or '0'}.{fraction or '0'}"


def _without_sign(written: str) -> tuple[str, str]:
    if written[:1] in ("-", "+", "\u2212"):
        return ("" if written[0] == "+" else "-"), written[1:].lstrip()
    return "", written


def _without_currency(written: str) -> str:
    """A number less a currency sign or an ISO 4217 code before or after it."""
    if written[:3].upper() in MINOR_UNITS:
        written = written[3:]
    elif written[-3:].upper() in MINOR_UNITS:
        written = written[:-3]
    elif written and unicodedata.category(written[0]) == "Sc":
        written = written[1:]
    elif written and unicodedata.category(written[-1]) == "Sc":
        written = written[:-1]
    return strip_edges(written)


def _ungrouped(groups: list[str]) -> str:
    """Digits without the separators of groups; India writes groups of two before the last."""
    first, *middle, last = groups
    if not 1 <= len(first) <= 3 or len(last) != 3 or any(len(one) not in (2, 3) for one in middle):
        raise Invalid("digits not in groups of three")
    return "".join(groups)


@transform(
    NUMERIC,
    of("number", "integer", "null"),
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    parameters=_WRITTEN,
    examples=[
        ("27.50", 27.5),
        (72.39, 72.39),
        ("10.0", 10),
        ("1.299,50 \u20ac", {"point": ",", "group": "."}, 1299.5),
        ("$27.50", Invalid("not a number")),
        ("0.1234567890123456", Invalid(_TOO_FINE)),
    ],
    check=_check_decimal,
    also=Also("tonumber"),
)
def number(value: Json, point: str | None = None, group: str | None = None) -> int | float | None:
    """A number or numeric text as a JSON number, for fields that take no text.

    Floats are rounded to 15 significant digits; a text with a fraction of more digits is invalid. `point`
    and `group` read amounts as `decimal` does.
    """
    written = value if point is None and group is None else decimal(value, point, group)
    read = None if written is None else number_of(written)
    if read is None or isinstance(read, int):
        return read
    made = json_number(read, value)
    if isinstance(made, str):
        raise Invalid(_TOO_FINE)
    return made


@transform(
    NUMERIC,
    of("integer", "null"),
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    examples=[
        (2, 2),
        (2.0, 2),
        ("2", 2),
        ("2.5", Invalid("not a whole number")),
        ("two", Invalid("not a number")),
    ],
    also=Also("int toint tointeger parseint"),
)
def integer(value: Json) -> int | None:
    """A number or numeric text as a whole number; fractions are invalid, not rounded."""
    number = number_of(value)
    if type(value) is float and abs(value) >= FLOATS_EXACT_BELOW:
        raise Invalid("the number is too large to keep all its digits; send it as a string")
    if number is None or isinstance(number, int):
        return number
    if number != number.to_integral_value():
        raise Invalid("not a whole number")
    return int(number)


def _check_places(digits: int = 0) -> None:
    if not 0 <= digits <= _MOST_PLACES:
        raise Invalid(SafeText("`digits` must be a number from 0 to {}", _MOST_PLACES))


_PLACES = (
    Parameter(
        "digits",
        of("integer"),
        required=False,
        role="steers",
        default=0,
        also="places decimals precision scale",
    ),
)


@transform(
    NUMERIC,
    _NUMBER,
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    parameters=_PLACES,
    examples=[(2.5, 3), (2.675, {"digits": 2}, 2.68), (-2.5, -3), ("19.999", {"digits": 2}, 20)],
    check=_check_places,
    also=Also(calls="tofixed"),
)
def round_(value: Json, digits: int = 0) -> int | float | str | None:
    """Round to a number of decimal places; halves round away from zero."""
    parts = _parts_of(value) if type(value) is float else None
    if parts is None or type(digits) is not int or not 0 <= digits <= _PLACES_OF_PARTS:
        return _placed(value, digits, ROUND_HALF_UP)
    places: int = 10**digits
    unit = _PARTS // places
    rounded = (parts + unit // 2) // unit
    return rounded // places if rounded % places == 0 else rounded / places


@transform(
    NUMERIC,
    _NUMBER,
    keeps=("unit", "kind", "person"),
    grows=SAME_SIZE,
    parameters=_PLACES,
    examples=[(2.9, 2), (2.679, {"digits": 2}, 2.67), ("-2.9", -2)],
    check=_check_places,
)
def truncate(value: Json, digits: int = 0) -> int | float | str | None:
    """Cut a number to a number of decimal places, without rounding."""
    return _placed(value, digits, ROUND_DOWN)


def _placed(value: Json, digits: int, rounding: str) -> int | float | str | None:
    _check_places(digits)
    number = number_of(value)
    if number is None or type(number) is int:
        return number
    step = Decimal(1).scaleb(-digits)
    return json_number(Decimal(number).quantize(step, rounding=rounding, context=EXACT), value)


def _places_of(currency: str) -> int:
    """The number of digits of a currency's minor units. Raises Invalid where it is none."""
    code = currency.strip() if type(currency) is str else ""
    if len(code) != _CURRENCY_LETTERS or (places := MINOR_UNITS.get(code.upper())) is None:
        raise Invalid("not an ISO 4217 currency code")
    return places


def _check_currency(currency: str) -> None:
    _places_of(currency)


_CURRENCY = (Parameter("currency", _TEXT, required=True, role="steers", also="ccy cur currencycode code"),)


@transform(
    NUMERIC,
    _NUMBER,
    keeps=ONLY_A_PERSON,
    grows=NUMERIC_SIZE,
    parameters=_CURRENCY,
    examples=[
        (7239, {"currency": "USD"}, 72.39),
        (7239, {"currency": "JPY"}, 7239),
        ("7239", {"currency": "bhd"}, 7.239),
    ],
    check=_check_currency,
)
def minor_units(value: Json, currency: str) -> int | float | str | None:
    """Convert minor units (cents) to whole units of a currency: 7239 cents are 72.39 US dollars.

    ISO 4217 gives the number of minor units of each currency.
    """
    places = _places_of(currency)
    number = number_of(value)
    return None if number is None else json_number(Decimal(number).scaleb(-places, context=EXACT), value)


@transform(
    NUMERIC,
    _NUMBER,
    keeps=("unit", "kind", "person"),
    grows=NUMERIC_SIZE,
    parameters=_CURRENCY,
    examples=[
        (909.0909, {"currency": "JPY"}, 909),
        ("0.125", {"currency": "EUR"}, 0.12),
        (16.66666, {"currency": "usd"}, 16.67),
        (0.0625, {"currency": "KWD"}, 0.062),
    ],
    check=_check_currency,
)
def round_money(value: Json, currency: str) -> int | float | str | None:
    """Round an amount to the digits that its currency has; a half goes to the even digit.

    ISO 4217 gives the number of digits of each currency: 1000 yen without a tax of 10 % are 909.
    """
    return _placed(value, _places_of(currency), ROUND_HALF_EVEN)


@transform(
    _TEXT,
    of("string", "null", format="currency"),
    keeps=ONLY_A_PERSON,
    grows=Grown(3),
    closed=True,
    examples=[
        ("usd", "USD"),
        (" EUR ", "EUR"),
        ("dollars", Invalid("not an ISO 4217 currency code")),
        ("GBp", Invalid("pence, not pounds: divide the amounts by 100 and give `GBP`")),
    ],
    pattern="^[A-Z]{3}$",
)
def currency(value: Json) -> str | None:
    """The ISO 4217 code in capitals.

    `GBp` and `GBX` are invalid: exchanges write them for pence, a hundredth of `GBP`.
    """
    if type(value) is not str:
        raise Invalid("not an ISO 4217 currency code")
    written = strip_edges(value)
    code = written.upper()
    if not code:
        return None
    if written == _PENCE or code == _PENCE_CODE:
        raise Invalid("pence, not pounds: divide the amounts by 100 and give `GBP`")
    if code not in MINOR_UNITS:
        raise Invalid("not an ISO 4217 currency code")
    return code


NEGATIVE = "a negative number: a refund or a correction is no event of its own to the service"


@transform(
    NUMERIC,
    NUMERIC,
    keeps=ALL,
    grows=SAME_SIZE,
    examples=[(3, 3), ("-27.5", "-27.5"), (-1, -1), ("", "")],
    noting=True,
    passing=True,
)
def note_negative(value: Json, *, note_texts: list[str] | None = None) -> Json:
    """A number unchanged; a negative one gets a note."""
    number = number_of(value)
    if number is not None and number < 0 and note_texts is not None:
        note_texts.append(NEGATIVE)
    return value


def _both(value: Json, other: Json) -> tuple[Number, Number] | None:
    """Both numbers; None where one is blank text."""
    left, right = number_of(value), number_of(other)
    return None if left is None or right is None else (left, right)


_ADDEND = (Parameter("number", NUMERIC, required=True, role="value"),)
_FACTOR = (Parameter("by", NUMERIC, required=True, role="value"),)


def _check_addend(number: Json) -> None:
    number_of(number)


def _check_factor(by: Json) -> None:
    number_of(by)


@transform(
    NUMERIC,
    _NUMBER,
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    parameters=_ADDEND,
    examples=[(0.1, {"number": 0.2}, 0.3), ("10.50", {"number": "4.5"}, 15)],
    check=_check_addend,
    also=Also(calls="plus"),
)
def add(value: Json, number: Json) -> int | float | str | None:
    """The exact sum of two numbers, of up to 38 digits; more are invalid.

    A fraction from text, and an integer with more than 15 digits, is given as text, which every number may
    be; one from floats has 15 digits, which is all that they carry.
    """
    both = _both(value, number)
    return None if both is None else json_number(_sum(*both), value, number)


def _sum(left: Number, right: Number) -> Number:
    return left + right if type(left) is type(right) is int else EXACT.add(Decimal(left), Decimal(right))


@transform(
    NUMERIC,
    _NUMBER,
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    parameters=_ADDEND,
    examples=[(0.3, {"number": 0.1}, 0.2), ("100", {"number": 7.5}, 92.5)],
    check=_check_addend,
    also=Also(calls="minus sub"),
)
def subtract(value: Json, number: Json) -> int | float | str | None:
    """The exact difference of two numbers, of up to 38 digits, as `add` gives sums."""
    both = _both(value, number)
    if both is None:
        return None
    left, right = both
    if type(left) is type(right) is int:
        return json_number(left - right)
    return json_number(EXACT.subtract(Decimal(left), Decimal(right)), value, number)


def _product_at_sight(price: float, by: Json) -> int | float | None:
    """The exact product of a price and a count or a rate; None where it needs a closer look."""
    parts, all_parts = _parts_of(price), _PARTS
    others: int | None = by if type(by) is int and 0 <= by < _ABOVE_COUNTS else None
    if type(by) is float:
        others, all_parts = _parts_of(by), _PARTS * _PARTS
    if parts is None or others is None or parts * others >= _ABOVE_PARTS:
        return None
    parts *= others
    return parts // all_parts if parts % all_parts == 0 else parts / all_parts


@transform(
    NUMERIC,
    _NUMBER,
    keeps=ONLY_A_PERSON,
    grows=NUMERIC_SIZE,
    parameters=_FACTOR,
    examples=[(19.99, {"by": 3}, 59.97), ("0.1", {"by": "0.1"}, 0.01)],
    check=_check_factor,
    also=Also(calls="times mul product"),
)
def multiply(value: Json, by: Json) -> int | float | str | None:
    """The exact product of two numbers, of up to 38 digits, as `add` gives sums."""
    if type(value) is float and (product := _product_at_sight(value, by)) is not None:
        return product
    both = _both(value, by)
    if both is None:
        return None
    left, right = both
    return json_number(EXACT.multiply(Decimal(left), Decimal(right)), value, by)


def _check_divide(by: Json) -> None:
    if number_of(by) == 0:
        raise Invalid("division by zero")


@transform(
    NUMERIC,
    _NUMBER,
    keeps=ONLY_A_PERSON,
    grows=NUMERIC_SIZE,
    parameters=_FACTOR,
    examples=[
        (59.97, {"by": 3}, 19.99),
        (1, {"by": 3}, 0.333333333333333),
        (1, {"by": 0}, Invalid("division by zero")),
    ],
    check=_check_divide,
    also=Also(calls="div dividedby"),
)
def divide(value: Json, by: Json) -> int | float | str | None:
    """The quotient of two numbers: exact if it ends within 38 digits, else rounded to 15 significant ones.

    A half is rounded to the even digit. Floats give at most 15 digits.
    """
    both = _both(value, by)
    if both is None:
        return None
    _check_divide(by)
    left, right = map(Decimal, both)
    try:
        quotient = _QUOTIENT.divide(left, right)
    except Inexact:
        quotient = _ROUNDED.divide(left, right)
    return json_number(quotient, value, by)


@transform(
    of("array"),
    of("number", "integer", "string"),
    keeps=("unit", "person"),
    grows=NUMERIC_SIZE,
    examples=[
        ([0.1, 0.2], 0.3),
        (["2", 3, None, ""], 5),
        ([], 0),
        ([1, "two"], Invalid("not a number")),
    ],
    whole=True,
)
def total(value: Json) -> int | float | str:
    """The exact sum of a list's numbers, as `add` gives it, without absent ones; 0 if there is none."""
    elements, whole = elements_of(value), 0
    for element in elements:
        if type(element) is not int:
            break
        whole += element
    else:
        return json_number(whole)
    made: Number = 0
    for element in elements:
        number = None if element is None else number_of(element)
        if number is not None:
            made = _sum(made, number)
    return json_number(made, *elements)
