"""A person's values in their normal forms, and their digests, by hand. ValueError: the value is invalid."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any

from handwritten_plain import ASCII_EDGE, EDGE

from mapper.transforms.calling_codes import CALLING_CODES, MAIN_CALLING_CODES
from mapper.transforms.countries import COUNTRY_CODES
from mapper.transforms.phone import phone
from mapper.transforms.place import country, postcode, state
from mapper.values.types import Invalid, Json

Form = Callable[[str], "str | None"]

_PLACEHOLDERS = frozenset({"null", "undefined", "none", "nan", "n/a", "[object object]"})
# Nobody is called so, in any field; nor is anybody whose digest is that of such a word.
_NOTHING = ("", " ", "\n", "0", "unknown", "true", "false", "test@test.com", "[object Object]", "NaN")
_NOBODY = frozenset(
    spelt
    for word in (*_NOTHING, "00000000-0000-0000-0000-000000000000", *_PLACEHOLDERS)
    for spelt in (word, word.lower(), word.upper(), word.capitalize())
)
_DIGESTS_OF_NOBODY = frozenset(sha256(word.encode()).hexdigest() for word in _NOBODY)
_OTHER_DIGESTS = frozenset({32, 40, 56, 96, 128})  # MD5, SHA-1, SHA-224, SHA-384, SHA-512
_NO_IDS = _OTHER_DIGESTS - {32, 40}  # ids have these lengths too
_DIGESTS = _OTHER_DIGESTS | {44, 64}
_HEX = "0123456789abcdefABCDEF"


def digest_of(value: str, form: Form) -> str | None:
    """The SHA-256 digest of a value in its form; none of a text that means nothing."""
    text = value.strip(ASCII_EDGE) if value.isascii() else unicodedata.normalize("NFC", value).strip(EDGE)
    if not text:
        return None
    length = len(text)
    if length <= 15:
        if text.lower() in _PLACEHOLDERS:
            return None
    elif length >= 32 and (made := _made_before(text, length, form)) is not None:
        return None if made in _DIGESTS_OF_NOBODY else made
    if "{{" in text and "}}" in text:
        return None
    formed = form(text)
    if not formed or formed in _NOBODY:
        return None
    return sha256(formed.encode()).hexdigest()


def _made_before(text: str, length: int, form: Form) -> str | None:
    """A digest that was made before, in small letters."""
    if length == 44 and text[-1] == "=" and text.isascii():
        try:
            octets = b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        except ValueError:
            return None
        return octets.hex() if len(octets) == 32 else None
    if length == 64 and not text.strip(_HEX):
        return text.lower()
    if length in (_NO_IDS if form is customer_id else _OTHER_DIGESTS) and not text.strip(_HEX):
        raise ValueError("another digest than SHA-256")
    return None


def lower(text: str) -> str:
    """Small letters, composed again."""
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def by_the_book(transform: Callable[..., Json], value: Json) -> Any:
    """The result of the project's own transform for a shape that is too rare to be written out here."""
    try:
        return transform(value)
    except Invalid as invalid:
        raise ValueError(invalid.reason) from None


# Typographic apostrophes and hyphens as the plain ones; without what is not seen, but for joiners.
_NAME_SIGNS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, set(EDGE) - set(ASCII_EDGE) - {"\u200c", "\u200d"})),
    **{ord(space): " " for space in EDGE if space.isspace()},
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011"), "-"),
}


def name_form(text: str) -> str:
    if text.isalpha() and "\u02bc" not in text:
        return lower(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_NAME_SIGNS))
    return " ".join(lower(text).split()) if any(map(str.isalpha, text)) else ""


def name_digest(value: str) -> str | None:
    if value.isalpha() and value.isascii() and len(value) < 32 and (word := value.lower()) not in _NOBODY:
        return sha256(word.encode()).hexdigest()
    return digest_of(value, name_form)


_NOT_IN_EMAIL = frozenset(EDGE + '<>(),:;[]\\"')


_NOT_IN_DOMAIN = frozenset("!#$%&'*+/=?^`{|}~@")


def email_form(text: str) -> str:
    local, _, domain = text.partition("@")
    domain = domain.removesuffix(".")
    if not local or "" in domain.split(".") or not _NOT_IN_DOMAIN.isdisjoint(domain) or len(text) > 320:
        raise ValueError("not an email address")
    if not _NOT_IN_EMAIL.isdisjoint(text):
        raise ValueError("not an email address")
    return lower(f"{local}@{domain}")


_PLAIN_EMAIL = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,3}").fullmatch


def email_digest(value: str) -> str | None:
    address = value.strip().lower()
    if _PLAIN_EMAIL(address) and address not in _NOBODY:
        return sha256(address.encode()).hexdigest()
    return digest_of(value, email_form)


def _without(characters: str) -> dict[int, str | None]:
    """A table for `str.translate`. With all of ASCII in it, for a character that it lacks is slow."""
    return {number: chr(number) for number in range(0x80)} | dict.fromkeys(map(ord, characters))


_PHONE_SIGNS = _without(" -.()/+")
_ZERO = ord("0")


def phone_form(text: str) -> str:
    digits = text.translate(_PHONE_SIGNS) if text.isascii() else ""
    if text[0] == "+" and digits.isdigit() and len(digits) < 14 and "(0)" not in text and text[-2:] != ".0":
        for length in (1, 2, 3):
            country = MAIN_CALLING_CODES.get(digits[:length])
            if country is not None:
                national = digits[length:]
                if len(national) in country.lengths and national[0] != "0" and country.code != "54":
                    return digits
    return by_the_book(phone, text) or ""


_NATIONAL_LENGTHS = {
    code.encode(): country.lengths for code, country in MAIN_CALLING_CODES.items() if code != "54"
}


def phone_digest(value: str, country: str | None = None) -> str | None:
    """The digest of a phone number; country: its code of two letters, for a number in its national form."""
    if value[:1] == "+" and value.isascii():
        digits = value[1:].encode().translate(None, b" -")
        if digits.isdigit() and len(digits) < 14:
            for length in (1, 2, 3):
                lengths = _NATIONAL_LENGTHS.get(digits[:length])
                if lengths is not None:
                    if len(digits) - length in lengths and digits[length] != _ZERO:
                        return sha256(digits).hexdigest()
                    break
    if country is None:
        return digest_of(value, phone_form)
    if (number := _completed(value, country)) is not None:
        return sha256(number.encode()).hexdigest()
    return digest_of(value, partial(phone_form_in, country=country))


def phone_form_in(text: str, country: str | None) -> str:
    return by_the_book(partial(phone, country=country), text) or ""


def _completed(value: str, country: str) -> str | None:
    """A number in a country's plain national form with its calling code before it; None for any other."""
    dialled = CALLING_CODES.get(country)
    if dialled is None or dialled.code in ("54", "81") or not value.isascii() or value[-2:] == ".0":
        return None
    digits = value.translate(_PHONE_SIGNS) if value[:1] != "+" else ""
    has_trunk = dialled.trunk == "0" and digits[:1] == "0" != digits[1:2]
    if has_trunk or (dialled.code == "1" and digits[:1] not in "01"):
        national = digits[has_trunk:]
        if national.isdigit() and len(digits) < 14 and len(national) in dialled.lengths:
            return dialled.code + national
    return None


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
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    letter = _GENDERS.get(text.lower().translate(_GENDER_SIGNS))
    if letter is None:
        raise ValueError("not one of f, m, n")
    return letter


# Countries, states and genders have few values, none of which tells a person: their digests are kept.
@lru_cache(maxsize=4096)
def gender_digest(value: str) -> str | None:
    return digest_of(value, gender_form)


_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[Tt ].*)?", re.DOTALL)


def birth_date_form(text: str) -> str:
    text = _ascii_digits(text)
    if len(text) == 10 and text[4] == text[7] == "-":
        born = date.fromisoformat(text)
    elif len(text) == 8 and text.isdigit():
        born = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    elif (match := _DATE.fullmatch(text)) is not None:
        born = date(int(match[1]), int(match[3]), int(match[4]))
    else:
        raise ValueError("a date in no stated order")
    if not 1850 <= born.year <= 2099:
        raise ValueError("nobody's year of birth")
    return born.isoformat().replace("-", "")


def birth_date_digest(value: str) -> str | None:
    return digest_of(value, birth_date_form)


_NO_LETTERS = _without("".join(chr(one) for one in range(0x80) if not chr(one).isalnum()))


_CITIES_OF_NOBODY = frozenset(map(str.encode, _NOBODY))


def city_form(text: str) -> str:
    text = lower(text)
    if (word := text.replace(" ", "")).isalpha():
        return word
    if text.isascii():
        kept = text.translate(_NO_LETTERS)
    else:
        kept = "".join(one for one in text if one.isalnum() or unicodedata.category(one)[0] == "M")
    return kept if kept.isalpha() or any(map(str.isalpha, kept)) else ""


def city_digest(value: str) -> str | None:
    if value.isascii() and len(value) < 32:
        letters = value.lower().encode().translate(None, b" .'-")
        if letters.isalpha() and letters not in _CITIES_OF_NOBODY:
            return sha256(letters).hexdigest()
    return digest_of(value, city_form)


def state_form(text: str) -> str:
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text.lower()
    return by_the_book(state, text) or ""


@lru_cache(maxsize=4096)
def state_digest(value: str) -> str | None:
    return digest_of(value, state_form)


_DIGITS_APART = _without(" -")


def postcode_form(text: str) -> str:
    if text.isascii():
        digits = text.translate(_DIGITS_APART)
        if digits.isdigit() and digits.strip("0"):
            return digits
    return by_the_book(postcode, text) or ""


def postcode_digest(value: str) -> str | None:
    if value.isascii() and len(value) <= 12:
        kept = value.lower().encode().translate(None, b" -")
        if kept.isdigit():
            if kept.strip(b"0"):
                return sha256(kept).hexdigest()
        elif kept.isalnum() and not kept.isalpha() and "-" not in value:
            return sha256(kept).hexdigest()
    return digest_of(value, postcode_form)


def postcode_or_false(value: Any) -> Any:
    """The value itself; False, which is never text, for a number that is no postcode, also in a list."""
    if type(value) is list:
        return [postcode_or_false(one) for one in value]
    return value if type(value) not in (int, float) or (value >= 0 and value == int(value)) else False


def country_form(text: str) -> str:
    code = COUNTRY_CODES.get(text.upper())
    return (by_the_book(country, text) or "") if code is None else code.lower()


@lru_cache(maxsize=4096)
def country_digest(value: str) -> str | None:
    return digest_of(value, country_form)


_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+").fullmatch


def customer_id(text: str) -> str:
    """An id as it is."""
    return text


def id_digest(value: str) -> str | None:
    if _PLAIN_ID(value) and len(value) not in _DIGESTS and value.lower() not in _NOBODY:
        return sha256(value.encode()).hexdigest()
    return digest_of(value, customer_id)
