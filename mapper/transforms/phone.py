"""Phone numbers: digits with country code, and nothing else.

By rules of its own, so that every machine makes the same digest; the tests compare them with those of the
`phonenumbers` package.
"""

from __future__ import annotations

import re
import unicodedata

from mapper.transforms.calling_codes import (
    CALLING_CODES,
    MAIN_CALLING_CODES,
    CallingCode,
    calling_code_of,
)
from mapper.transforms.countries import country_code
from mapper.transforms.digest import clean, is_digest
from mapper.transforms.registry import Parameter, transform
from mapper.transforms.text import TEXTUAL, ascii_digits, deleting, text
from mapper.types import Invalid, Json, of

# A longer text is no phone number, whatever stands around its digits.
_LONGEST = 80
# ITU-T E.164; below 7 digits no number is dialled from abroad.
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
# With so many digits, and a calling code at their start, a number is taken to hold its country code.
_FEWEST_WITH_COUNTRY = 11
# A number with so few digits behind what is dialled for abroad was not dialled for abroad.
_FEWEST_ABROAD = 10
# What is dialled before a calling code in countries that do not dial 00.
_DIALLED_ABROAD = {"1": "011", "61": "0011", "81": "010"}

_PUNCTUATION = deleting(" \t\n-.()/+\u2010\u2011\u2012\u2013\u2014\u2212[]_*")
_EXTENSION = re.compile(r"\s?[;,]?\s?(?:x|#|extension|extn|ext)\s?[.:=]?\s?[0-9]{1,7}$|;.*$")

NO_COUNTRY_CODE = (
    "a phone number without a country code: its hash matches nobody (`phone: {country: ...}` completes it)"
)


def _check_country(country: Json = None) -> None:
    if country is not None and _calling_code(country) is None:
        raise Invalid("`country` is an ISO 3166-1 code or a calling code")


@transform(
    TEXTUAL,
    of("string", "null", format="phone"),
    parameters=[Parameter("country", TEXTUAL, required=False, nullable=True)],
    examples=[
        ("+1 (415) 555-2671", "14155552671"),
        ("0044 20 7946 0018", "442079460018"),
        ("+44 (0)20 7946 0018", "442079460018"),
        ("tel:+1-415-555-2671;ext=123", "14155552671"),
        ("020 7946 0018", {"country": "GB"}, "442079460018"),
        ("415 555 2671", {"country": 1}, "14155552671"),
        ("1-800-FLOWERS", Invalid("letters in a phone number")),
        ("12345", Invalid("5 digits: a phone number has 7 to 15")),
    ],
    noting=True,
    check=_check_country,
)
def phone(value: Json, country: Json = None, *, remarks: list[str] | None = None) -> str | None:
    """A phone number's digits with country code, without leading zeros.

    `tel:` and an extension are cut; a trunk zero behind the country code is dropped; digits of other
    scripts become 0 to 9. Without a country code (no `+` or `00`, and too short to hold one) it passes
    and is noted; `country` (ISO 3166-1 code or calling code) completes such numbers. A digest made before
    stays as it is.
    """
    number = clean(value)
    if number is None or is_digest(number):
        return number
    if len(number) > _LONGEST:
        raise Invalid("too long for a phone number")
    digits, plus = _digits(number)
    entry = None if country is None else _calling_code(country)
    dialled = "00" if entry is None else _DIALLED_ABROAD.get(entry.code, "00")
    abroad = plus or digits.startswith("00")
    if not plus and digits.startswith(dialled) and len(digits) - len(dialled) >= _FEWEST_ABROAD:
        digits, abroad = digits[len(dialled) :], True
    if entry is not None and not abroad:
        return _counted(_completed(digits, entry))
    number = _counted(digits.lstrip("0"))
    if abroad:
        return _without_trunk(number)
    if remarks is not None and _lacks_country(digits):
        remarks.append(NO_COUNTRY_CODE)
    return number


def _digits(number: str) -> tuple[str, bool]:
    """A number's digits, and whether a plus sign says that they begin with a country code."""
    if not number.isascii():
        number = ascii_digits(unicodedata.normalize("NFKC", number))
    number = number.lower().removeprefix("tel:").strip()
    if number.endswith(".0") and number[:-2].lstrip("+").isdigit():
        number = number[:-2]  # a number that went through a spreadsheet
    plus = number.lstrip("([").startswith("+")
    if plus or number.translate(_PUNCTUATION).startswith("00"):
        number = number.replace("(0)", "", 1)
    digits = number.translate(_PUNCTUATION)
    if not digits.isdigit():
        digits = _EXTENSION.sub("", number).translate(_PUNCTUATION)
        if any(map(str.isalpha, digits)):
            raise Invalid("letters in a phone number")
        digits = "".join(filter(str.isdecimal, digits))
    return digits, plus


def _counted(digits: str) -> str:
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise Invalid(f"{len(digits)} digits: a phone number has {_FEWEST_DIGITS} to {_MOST_DIGITS}")
    return digits


def _calling_code(country: Json) -> CallingCode | None:
    """The calling code of a country, given by its code or name, or by the calling code itself."""
    written = text(country).strip().lstrip("+")
    if len(written) > _LONGEST:
        return None
    if written.isdigit():
        return MAIN_CALLING_CODES.get(written)
    alpha_2 = country_code(written)
    return CALLING_CODES.get(written.upper() if alpha_2 is None else alpha_2)


def _completed(digits: str, country: CallingCode) -> str:
    """National digits with the country code before them; digits that hold it already stay."""
    code, trunk, lengths = country.code, country.trunk, country.lengths
    fits = len(digits) in lengths
    # Where the trunk prefix is 0, no national number begins with it, and few are written without it.
    certain = trunk == "0" or not fits
    if trunk and certain and digits.startswith(trunk) and len(digits) - len(trunk) in lengths:
        return code + digits[len(trunk) :]
    if digits.startswith(code) and (certain or digits[len(code) :].startswith("0")):
        whole = _without_trunk(digits)
        if len(whole) - len(code) in lengths:
            return whole
    if not fits:
        raise Invalid("too many or too few digits for a phone number of the stated country")
    return code + digits


def _without_trunk(digits: str) -> str:
    """An international number less a trunk zero that was left behind its country code."""
    country = calling_code_of(digits)
    if country is None or country.trunk != "0":
        return digits
    national = digits[len(country.code) :]
    if national.startswith("0") and len(national) - 1 in country.lengths:
        return country.code + national[1:]
    return digits


def _lacks_country(digits: str) -> bool:
    return digits.startswith("0") or len(digits) < _FEWEST_WITH_COUNTRY or calling_code_of(digits) is None
