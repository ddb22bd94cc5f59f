"""Dialling: a number's digits as people write them -> the digits that are dialled from abroad.

Knows the prefixes of a number: for calls abroad, a trunk prefix, and what once was one.
"""

from __future__ import annotations

from mapper.transforms.calling_codes import CallingCode, calling_code_of
from mapper.values.types import Invalid

# With so many digits, and a calling code at their start, a number is taken to hold its country code.
_FEWEST_WITH_COUNTRY = 11
# A number with so few digits after the prefix for calls abroad was not dialled for abroad.
_FEWEST_ABROAD = 10

# What is dialled before a calling code besides 00, by the calling code of the country where it is dialled.
_DIALLED_ABROAD = {
    "1": ("011",),
    "7": ("810",),
    "53": ("119",),
    "55": ("0014", "0015", "0021", "0031", "0041"),
    "57": ("005", "007", "009"),
    "61": ("0011",),
    "62": ("001", "007", "008"),
    "65": ("001",),
    "66": ("001",),
    "81": ("010",),
    "82": ("001", "002", "00700"),
    "234": ("009",),
    "375": ("810",),
    "592": ("001",),
    "852": ("001",),
    "855": ("001", "007"),
    "886": ("002",),
    "976": ("001",),
    "992": ("810",),
    "993": ("810",),
}

# What once was dialled before a national number and still is written: in Mexico until 2019, in Lithuania
# until 2023.
_FORMER_TRUNKS = {"52": ("1", "01", "044", "045"), "370": ("8",)}

# No trunk prefix: here numbers that begin with zero keep it after the calling code.
_ZERO_STAYS = frozenset({"39", "225", "241", "242", "378"})

_ARGENTINA = "54"


def international(digits: str, plus: bool, country: CallingCode | None) -> str | None:
    """The digits that are dialled from abroad; None where neither a sign, a prefix nor a country tells them.

    Raises Invalid where a number cannot be one of the stated country.
    """
    abroad = digits if plus else _dialled_abroad(digits, country)
    if abroad is not None:
        return without_trunk(abroad.lstrip("0"))
    return None if country is None else _completed(digits, country)


def _dialled_abroad(digits: str, country: CallingCode | None) -> str | None:
    """The digits after the prefix for calls abroad; of several prefixes the one that leaves a number."""
    own = () if country is None else _DIALLED_ABROAD.get(country.code, ())
    after = [digits[len(prefix) :] for prefix in (*own, "00") if digits.startswith(prefix)]
    for rest in after:
        if fits_its_country(rest):
            return rest
    if digits.startswith("00"):
        return digits
    return next((rest for rest in after if len(rest) >= _FEWEST_ABROAD), None)


def fits_its_country(digits: str) -> bool:
    """Whether a number has as many digits after its calling code as those of that country."""
    country = calling_code_of(digits)
    if country is None:
        return False
    national = digits[len(country.code) :]
    return len(national) in country.lengths or _less_trunk(national, country) is not None


def holds_its_country(digits: str) -> bool:
    """Whether a number without sign and prefix is long enough to be taken to hold its country code."""
    return len(digits) >= _FEWEST_WITH_COUNTRY and digits[0] != "0" and fits_its_country(digits)


def keeps_zero(head: str) -> bool:
    """Whether a zero after a calling code, the digits before it, is part of the number."""
    return head.lstrip("0") in _ZERO_STAYS


def without_trunk(digits: str) -> str:
    """An international number less a trunk prefix that was left after its calling code."""
    country = calling_code_of(digits)
    if country is None:
        return digits
    national = _less_trunk(digits[len(country.code) :], country)
    return digits if national is None else country.code + national


def _less_trunk(national: str, country: CallingCode) -> str | None:
    """A national number less its trunk prefix; None if it has none.

    Where the prefix is 0, no national number begins with it. Where it is another digit, only what is too long
    has it.
    """
    if country.code == _ARGENTINA and (mobile := _argentine(national)) is not None:
        return mobile
    for trunk in (country.trunk, *_FORMER_TRUNKS.get(country.code, ())):
        certain = trunk == "0" or len(national) not in country.lengths
        if trunk and certain and national.startswith(trunk) and len(national) - len(trunk) in country.lengths:
            return national[len(trunk) :]
    return None


def _argentine(national: str) -> str | None:
    """The number to dial from abroad for an Argentine mobile number written as there; None if it is not.

    In the country, 15 follows the area code; from abroad, 9 precedes it.
    """
    bare = national.removeprefix("0")
    if len(bare) != 12:
        return None
    for length in (2,) if bare.startswith("11") else (3, 4):
        if bare[length : length + 2] == "15":
            return f"9{bare[:length]}{bare[length + 2 :]}"
    return None


def _completed(digits: str, country: CallingCode) -> str:
    """National digits with the country code before them; digits that hold it already stay."""
    national = _less_trunk(digits, country)
    if national is not None:
        return country.code + national
    fits = len(digits) in country.lengths and not (country.trunk == "0" and digits.startswith("0"))
    if digits.startswith(country.code) and (not fits or _is_certain(digits, country)):
        whole = without_trunk(digits)
        if len(whole) - len(country.code) in country.lengths:
            return whole
    if not fits:
        raise Invalid("too many or too few digits for a phone number in the stated country")
    return country.code + digits


def _is_certain(digits: str, country: CallingCode) -> bool:
    """Whether digits that may be national hold their country code: few write them without the trunk zero."""
    return country.trunk == "0" or digits[len(country.code) :].startswith("0")
