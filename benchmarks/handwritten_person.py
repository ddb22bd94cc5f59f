"""A person's values in their normal forms, and their digests, by hand. ValueError: the value is invalid."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from hashlib import sha256

from handwritten_plain import ASCII_EDGE, EDGE

from mapper.transforms.calling_codes import MAIN_CALLING_CODES
from mapper.transforms.countries import COUNTRY_CODES, COUNTRY_NAMES
from mapper.transforms.states import STATE_NAMES

Form = Callable[[str], "str | None"]

_PLACEHOLDERS = frozenset({"null", "undefined", "none", "nan", "n/a", "[object object]"})
# Nobody is called so, whatever field it stands in; nor is anybody whose digest is that of such a word.
_NOTHING = ("", " ", "\n", "0", "unknown", "true", "false", "test@test.com", "[object Object]", "NaN")
_NOBODY = frozenset(
    spelt
    for word in (*_NOTHING, "00000000-0000-0000-0000-000000000000", *_PLACEHOLDERS)
    for spelt in (word, word.lower(), word.upper(), word.capitalize())
)
_DIGESTS_OF_NOBODY = frozenset(sha256(word.encode()).hexdigest() for word in _NOBODY)
_OTHER_DIGESTS = frozenset({32, 40, 56, 96, 128})  # MD5, SHA-1, SHA-224, SHA-384, SHA-512
_HEX = "0123456789abcdefABCDEF"


def digest_of(value: str, form: Form) -> str | None:
    """The SHA-256 digest of a value in its form; none of what stands for nothing."""
    text = value.strip(ASCII_EDGE) if value.isascii() else unicodedata.normalize("NFC", value).strip(EDGE)
    if not text:
        return None
    length = len(text)
    if length <= 15:
        if text.lower() in _PLACEHOLDERS:
            return None
    elif length >= 32 and (made := _made_before(text, length)) is not None:
        return None if made in _DIGESTS_OF_NOBODY else made
    if "{{" in text and "}}" in text:
        return None
    formed = form(text)
    if not formed or formed in _NOBODY:
        return None
    return sha256(formed.encode()).hexdigest()


# For what has few values, none of which tells a person: a country, a state, a gender.
kept_digest_of = lru_cache(maxsize=4096)(digest_of)


def _made_before(text: str, length: int) -> str | None:
    """A digest that was made before, in small letters."""
    if length == 44 and text[-1] == "=" and text.isascii():
        try:
            octets = b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        except ValueError:
            return None
        return octets.hex() if len(octets) == 32 else None
    if length == 64 and not text.strip(_HEX):
        return text.lower()
    if length in _OTHER_DIGESTS and not text.strip(_HEX):
        raise ValueError("another digest than SHA-256")
    return None


def lower_form(text: str) -> str:
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_NOT_IN_EMAIL = frozenset(EDGE + '<>(),:;[]\\"')


def email_form(text: str) -> str:
    local, _, domain = text.partition("@")
    if not local or not domain or "@" in domain or not _NOT_IN_EMAIL.isdisjoint(text):
        raise ValueError("not an email address")
    return lower_form(text)


def _without(characters: str) -> dict[int, str | None]:
    """A table for `str.translate`. With all of ASCII in it, for a character that it lacks is slow."""
    return {number: chr(number) for number in range(0x80)} | dict.fromkeys(map(ord, characters))


_PHONE_SIGNS = _without(" \t\n-.()/+\u2010\u2011\u2012\u2013\u2014\u2212[]_*")
_EXTENSION = re.compile(r"\s?[;,]?\s?(?:x|#|extension|extn|ext)\s?[.:=]?\s?[0-9]{1,7}$|;.*$")


def phone_form(text: str) -> str:
    if len(text) > 80:
        raise ValueError("too long")
    if not text.isascii():
        text = _ascii_digits(unicodedata.normalize("NFKC", text))
    text = text.lower().removeprefix("tel:").strip()
    if text.endswith(".0") and text[:-2].lstrip("+").isdigit():
        text = text[:-2]
    digits = text.translate(_PHONE_SIGNS)
    plus = text.lstrip("([").startswith("+")
    abroad = plus or digits.startswith("00")
    if abroad and "(0)" in text:
        text = text.replace("(0)", "", 1)
        digits = text.translate(_PHONE_SIGNS)
    if not digits.isdigit():
        digits = _EXTENSION.sub("", text).translate(_PHONE_SIGNS)
        if any(map(str.isalpha, digits)):
            raise ValueError("letters")
        digits = "".join(filter(str.isdecimal, digits))
        abroad = plus or digits.startswith("00")
    number = digits.lstrip("0")
    if not plus and digits.startswith("00") and len(digits) >= 12:
        number = digits[2:].lstrip("0")
    if not 7 <= len(number) <= 15:
        raise ValueError("no phone number has so many digits")
    return _without_trunk(number) if abroad else number


def _without_trunk(number: str) -> str:
    """A number less the zero that is only dialled inside its country."""
    for length in (1, 2, 3):
        country = MAIN_CALLING_CODES.get(number[:length])
        if country is not None:
            national = number[length:]
            trunk = country.trunk == "0" and national.startswith("0")
            return country.code + national[1:] if trunk and len(national) - 1 in country.lengths else number
    return number


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


_GENDERS = {
    **dict.fromkeys(("f", "female", "woman", "women", "girl", "lady"), "f"),
    **dict.fromkeys(("m", "male", "man", "men", "boy", "gentleman"), "m"),
    **dict.fromkeys(("n", "nonbinary", "nb", "enby", "neutral", "genderneutral"), "n"),
}
_GENDER_SIGNS = _without(" -_.\u2010\u2011\u2013")


def gender_form(text: str) -> str:
    letter = _GENDERS.get(text.lower().translate(_GENDER_SIGNS))
    if letter is None:
        raise ValueError("not one of f, m, n")
    return letter


_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[Tt ].*)?", re.DOTALL)


def birth_date_form(text: str) -> str:
    text = _ascii_digits(text)
    if len(text) == 8 and text.isdigit():
        born = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    elif (match := _DATE.fullmatch(text)) is not None:
        born = date(int(match[1]), int(match[3]), int(match[4]))
    else:
        raise ValueError("a date in no stated order")
    if not 1850 <= born.year <= 2099:
        raise ValueError("nobody's year of birth")
    return f"{born.year}{born.month:02}{born.day:02}"


_NO_LETTERS = _without("".join(chr(one) for one in range(0x80) if not chr(one).isalnum()))


def city_form(text: str) -> str:
    text = lower_form(text)
    if text.isascii():
        return text.translate(_NO_LETTERS)
    return "".join(one for one in text if one.isalnum() or unicodedata.category(one)[0] == "M")


def _name_key(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.lower()).replace("&", "and").removeprefix("the ")
    return "".join(filter(str.isalnum, text))


def state_form(text: str) -> str:
    if text[:3].upper() in ("US-", "CA-"):
        text = text[3:]
    key = text.lower() if len(text) == 2 else _name_key(text)
    if len(key) == 2 and key.isascii() and key.isalpha():
        return key
    if (code := STATE_NAMES.get(key)) is None:
        raise ValueError("no state")
    return code


_DIGITS_APART = _without(" -\u00a0\u2010\u2011\u2012\u2013\u2014\u2212")


def postcode_form(text: str) -> str:
    if not text.isascii():
        text = _ascii_digits(unicodedata.normalize("NFKC", text))
    if text.endswith(".0") and text[:-2].isdigit():
        text = text[:-2]
    digits = text.translate(_DIGITS_APART)
    return digits if digits.isdigit() else "".join(filter(str.isalnum, text.lower()))


def country_form(text: str) -> str:
    code = COUNTRY_CODES.get(text.upper())
    if code is None:
        key = _name_key(text)
        code = COUNTRY_CODES.get(key.upper()) or COUNTRY_NAMES.get(key)
    if code is None:
        raise ValueError("no country")
    return code.lower()
