"""Phone numbers: digits with country code, and nothing else.

With its own rules, so that every machine makes the same digest; the tests compare them with those of the
`phonenumbers` package.
"""

from __future__ import annotations

import re

from mapper.transforms.calling_codes import CALLING_CODES, MAIN_CALLING_CODES, CallingCode
from mapper.transforms.countries import country_code
from mapper.transforms.dialling import (
    fits_its_country,
    holds_its_country,
    international,
    keeps_zero,
    without_trunk,
)
from mapper.transforms.digest import clean, is_digest
from mapper.transforms.meaning import ANY_SIZE, ONLY_A_PERSON
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import EDGE, TEXTUAL, ascii_digits, deleting, text
from mapper.transforms.unicode_forms import normal
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, Type, of

# A longer text is no phone number, whatever surrounds its digits.
_LONGEST = 80
# ITU-T E.164; below 7 digits no number is dialled from abroad.
FEWEST_DIGITS, MOST_DIGITS = 7, 15

_PUNCTUATION = deleting(" \t\n-.()/+\u2010\u2011\u2012\u2013\u2014\u2212[]_")
# What spreadsheets and quotes put before a number.
_BEFORE = EDGE + "'\"=([\u2018\u2019\u201c\u201d"
_SCHEME = re.compile(r"^(?:tel|sms|callto|whatsapp|p):")
# Marks in place of digits that were taken out.
_MASKS = frozenset("*?\u2022\u25cf\u2588")
# Separators of two numbers; a number itself may have a slash or a comma in it.
_BETWEEN = re.compile(r"[,;/|&\n]")
# How an extension is written, in the languages that phone systems are sold in. A German
# `Durchwahl` is none: it is dialled as a part of the number.
_EXTENSION = re.compile(
    r"[\s;,/-]*(?:e?xt(?:ensi[o\u00f3]n)?n?|x|#|\u0434\u043e\u0431(?:\u0430\u0432\u043e\u0447\u043d\u044b\u0439)?|anexo|ramal"
    r"|int(?:erno)?|poste|toestel|wewn?|dahili|\u5185\u7ebf|\u5185\u7dda|\u5206\u673a|\u5206\u6a5f|\ub0b4\uc120)"
    r"\s?[.:=]?\s?[0-9]{1,7}\s?#?$"
    # A pause, and the digits dialled after it.
    r"|(?:;|,,|[pw](?=[0-9]{1,7}$)).*$|^(?P<number>[^,]*),\s?[0-9]{1,5}$"
)

NO_COUNTRY_CODE = "the phone number has no country code, so its hash cannot match; give `phone` a `country`"
ODD_LENGTH = (
    "the phone number has a wrong length for its country, or no known country code; its hash may not match"
)


UNKNOWN_COUNTRY = "the phone number has no country code; give `phone` a `country`"


def _check_country(country: Json = None, plus: bool = False, country_required: bool = False) -> None:
    if country is not None and _calling_code(country) is None:
        raise Invalid("`country` must be an ISO 3166-1 code or a calling code")


def _type_of_phone(country: Json = None, plus: bool = False, country_required: bool = False) -> Type:
    asked = [name for name, is_asked in (("plus", plus), ("country", country_required)) if is_asked]
    return of("string", "null", format=f"phone with {' and '.join(asked)}" if asked else "phone")


@transform(
    TEXTUAL,
    of("string", "null", format="phone"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[
        Parameter(
            "country",
            TEXTUAL,
            required=False,
            role="steers",
            nullable=True,
            also="region countrycode cc defaultcountry defaultregion callingcode prefix locale",
        ),
        Parameter("plus", of("boolean"), required=False, role="steers", default=False, constant=True),
        Parameter(
            "country_required", of("boolean"), required=False, role="steers", default=False, constant=True
        ),
    ],
    examples=[
        ("+1 (415) 555-2671", "14155552671"),
        ("0044 20 7946 0018", "442079460018"),
        ("+44 (0)20 7946 0018", "442079460018"),
        ("tel:+1-415-555-2671;ext=123", "14155552671"),
        ("020 7946 0018", {"country": "GB"}, "442079460018"),
        ("415 555 2671", {"country": 1}, "14155552671"),
        ("030 901820", {"country": "DE"}, "4930901820"),
        ("0044 20 7946 0018", {"plus": True}, "+442079460018"),
        ("020 7946 0018", {"country_required": True}, Invalid(UNKNOWN_COUNTRY)),
        ("1-800-FLOWERS", Invalid("the phone number contains letters")),
        ("12345", Invalid("5 digits; a phone number has 7 to 15")),
    ],
    noting=True,
    check=_check_country,
    typed=_type_of_phone,
    keeps_digests=True,
    also=Also("e164 telephone"),
)
def phone(
    value: Json,
    country: Json = None,
    plus: bool = False,
    country_required: bool = False,
    *,
    note_texts: list[str] | None = None,
) -> str | None:
    """A phone number's digits with country code, without leading zeros.

    `tel:` and an extension are removed, as is a trunk zero after the country code; digits of other scripts
    become 0 to 9. A number without a country code (no `+` or `00`, and too short to hold one) is kept with
    a note; set `country` (ISO 3166-1 code or calling code) to complete it. A number too long or too short
    for its country gets a note too. An existing digest is kept. `plus: true` puts a `+` before the digits.
    With `country_required: true` a number without a country code is invalid.
    """
    number = clean(value)
    if number is None or is_digest(number):
        return number
    if len(number) > _LONGEST:
        raise Invalid("too long for a phone number")
    digits, is_international = _digits(number)
    made = international(digits, is_international, None if country is None else _calling_code(country))
    if made is not None:
        note = "" if fits_its_country(made) else ODD_LENGTH
    elif holds_its_country(digits):
        made, note = without_trunk(digits), ""
    elif country_required:
        raise Invalid(UNKNOWN_COUNTRY)
    else:
        made, note = digits.lstrip("0"), NO_COUNTRY_CODE
    if not FEWEST_DIGITS <= len(made) <= MOST_DIGITS:
        text = "{} digits; a phone number has {} to {}"
        raise Invalid(SafeText(text, len(made), FEWEST_DIGITS, MOST_DIGITS))
    if note and note_texts is not None:
        note_texts.append(note)
    return f"+{made}" if plus else made


def _digits(number: str) -> tuple[str, bool]:
    """A number's digits, and whether a plus sign says that they begin with a country code."""
    if not number.isascii():
        number = ascii_digits(normal("NFKC", number))
    number = _SCHEME.sub("", number.lower().lstrip(_BEFORE)).lstrip(_BEFORE)
    if number.endswith(".0") and number[:-2].lstrip("+").isdigit():
        number = number[:-2]  # a number that went through a spreadsheet
    plus = number.startswith("+")
    if plus or number.translate(_PUNCTUATION).startswith("00"):
        number = _without_bracketed_zero(number)
    digits = number.translate(_PUNCTUATION)
    if not digits.isdigit() or len(digits) >= 2 * FEWEST_DIGITS:
        digits = _other_digits(number)
    # No country code begins with 0: such a plus precedes a national number, or the number as dialled.
    return digits, plus and not digits.startswith("0")


def _without_bracketed_zero(number: str) -> str:
    """`+44 (0)20` without the zero, which is not dialled from abroad; `+39 (0)6` with it, for there it is."""
    head, zero, _ = number.partition("(0)")
    if not zero or keeps_zero(head.translate(_PUNCTUATION)):
        return number
    return number.replace("(0)", "", 1)


def _other_digits(number: str) -> str:
    """The digits of a number that holds more than digits and punctuation; Invalid if that is no number."""
    if not _MASKS.isdisjoint(number):
        raise Invalid("the phone number has digits masked out")
    parts = [sum(map(str.isdecimal, part)) for part in _BETWEEN.split(number)]
    if sum(count >= FEWEST_DIGITS for count in parts) > 1:
        raise Invalid("more than one phone number")
    digits = _EXTENSION.sub(r"\g<number>", number).translate(_PUNCTUATION)
    if any(map(str.isalpha, digits)):
        raise Invalid("the phone number contains letters")
    return "".join(filter(str.isdecimal, digits))


def _calling_code(country: Json) -> CallingCode | None:
    """The calling code of a country, given by its code or name, or by the calling code itself."""
    written = text(country).strip().lstrip("+")
    if len(written) > _LONGEST:
        return None
    if written.isdigit():
        return MAIN_CALLING_CODES.get(written)
    alpha_2 = country_code(written)
    return CALLING_CODES.get(written.upper() if alpha_2 is None else alpha_2)
