"""Numerals: a JSON number or numeric text -> its exact value, and back to plain text or to a JSON number.

Floats are taken by their 15 significant digits, which is what a person wrote: 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, Type, kind_name, of

Number = int | Decimal

# What the number transforms take; blank text is absent.
NUMERIC: Type = of("string", "integer", "number")

# From here on neighbouring whole numbers share one float, so a float's digits are no longer what was written.
FLOATS_EXACT_BELOW = 2**53

# Far above any amount or id; keeps the cost of exact arithmetic small.
MOST_DIGITS = 400

# Enough digits that sums, differences and products of two such numbers are exact.
EXACT = Context(prec=4 * MOST_DIGITS)

# What comes of arithmetic has no more digits, zeros at its ends aside; a float holds fewer.
MOST_EXACT_DIGITS = 38
FLOAT_DIGITS = 15
ABOVE_EXACT = 10**MOST_EXACT_DIGITS
_AS_FLOAT = Context(prec=FLOAT_DIGITS)
# Floats of a lower decimal exponent hold fewer digits.
_LEAST_FLOAT = -308

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def number_of(value: Json) -> Number | None:
    """The exact value of a number or numeric text; None of blank text.

    Text is digits with at most one point, a sign and an exponent: `$27.50` and `1,299.00` are no numbers.
    """
    if type(value) is int:
        return value
    if type(value) is str:
        return _number_in(value)
    if type(value) is float:
        return _number_of_float(value)
    raise Invalid(SafeText("expected a number, got {}", kind_name(value)))


def _number_in(value: str) -> Number | None:
    digits = value.strip()
    if not digits:
        return None
    if len(digits) > MOST_DIGITS:
        raise Invalid(SafeText("a number may have at most {} digits", MOST_DIGITS))
    if digits.isascii() and digits.isdigit():
        return int(digits)
    if _NUMBER.fullmatch(digits) is None:
        raise Invalid("not a number")
    return within_reach(Decimal(digits))


def _number_of_float(value: float) -> Number:
    if value.is_integer() and abs(value) < FLOATS_EXACT_BELOW:
        return int(value)
    if value - value != 0:  # infinity and NaN
        raise Invalid("not a finite number")
    return Decimal(f"{value:.15g}")


def within_reach(value: Decimal) -> Decimal:
    """The number itself; raises Invalid where it is too large to write out."""
    if value and value.adjusted() >= MOST_DIGITS:
        raise Invalid(SafeText("a number may have at most {} digits", MOST_DIGITS))
    return value


def is_plain(value: str) -> bool:
    """Whether a text is plain decimal already; not all that are, but those most often written."""
    whole, point, fraction = value.partition(".")
    if not value.isascii() or not whole.isdigit() or (whole[0] == "0" and len(whole) > 1):
        return False
    return not point or (fraction.isdigit() and fraction[-1] != "0")


def plain(value: Number) -> str:
    """Plain decimal text: no exponent, no trailing zeros, no trailing point."""
    if type(value) is int:
        return digits_of(value)
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def digits_of(value: int) -> str:
    """An integer's digits; raises Invalid where there are more than Python writes."""
    try:
        return str(value)
    except ValueError:
        raise Invalid(SafeText("a number may have at most {} digits", MOST_DIGITS)) from None


def json_number(value: Number, *operands: Json) -> int | float | str:
    """The JSON value of a number that was made of others: an integer where it is whole, else a float.

    A fraction of more digits than a float holds is plain decimal text, so that it is exact. It is a float of
    15 digits where operands were floats and none was text, since no more is known then.
    Raises Invalid where more than 38 digits make the number, or it is too large to write out.
    """
    if isinstance(value, int) and -ABOVE_EXACT < value < ABOVE_EXACT:
        return value
    exact = EXACT.normalize(within_reach(Decimal(value)))
    digits, whole = len(exact.as_tuple().digits), _is_whole(exact)
    kinds = set(map(type, operands))
    if float in kinds and str not in kinds and (digits > MOST_EXACT_DIGITS or not whole):
        rounded = _AS_FLOAT.plus(exact)
        return int(rounded) if _is_whole(rounded) else float(rounded)
    if digits > MOST_EXACT_DIGITS:
        raise Invalid("a number of more than 38 digits")
    if whole:
        return int(exact)
    if digits > FLOAT_DIGITS or exact.adjusted() <= _LEAST_FLOAT:
        return fraction_text(exact)
    return float(exact)


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def fraction_text(value: Decimal) -> str:
    """Plain decimal text; raises Invalid where it is too long to write out."""
    if value.adjusted() <= -MOST_DIGITS:
        raise Invalid(SafeText("a number may have at most {} digits", MOST_DIGITS))
    return plain(value)
