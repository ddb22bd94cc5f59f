"""Places: city, state, postcode and country of a person, as a destination asks for them before their hash."""

from __future__ import annotations

import unicodedata

from mapper.transforms.countries import COUNTRY_CODES, code_key, country_code, name_key
from mapper.transforms.digest import digest, is_digest, is_placeholder
from mapper.transforms.meaning import ANY_SIZE, ONLY_A_PERSON
from mapper.transforms.person import composed_lower, personal
from mapper.transforms.registry import Parameter, transform
from mapper.transforms.states import STATE_NAMES
from mapper.transforms.text import TEXTUAL, ascii_digits, deleting
from mapper.transforms.unicode_forms import normal
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, Type, of

_TEXT = of("string")
_DIGITS_APART = deleting(" -\u00a0\u2010\u2011\u2012\u2013\u2014\u2212")

_NO_LETTER = deleting("".join(chr(one) for one in range(0x80) if not chr(one).isalnum()))

# Signs of countries that are written before a postcode and are no part of it: `D-10115`. By ISO 3166-1 or as
# cars bear them.
_SIGNS_OF_COUNTRIES = """
    A AT B BE CH CZ D DE DK E EE ES F FI FIN FR GR H HR HU I IT L LI LT LU LV MC MD N NL NO P PL PT RO S SE
    SI SK SM TR UA
"""
_SIGNS = frozenset(_SIGNS_OF_COUNTRIES.split())

# By `other` of `state`: what becomes of a state that is none of the US or of Canada.
_OTHER_STATES = ("refuse", "text")
_UNKNOWN_STATE = "not a two-letter code or name of a US state or Canadian province"
_OTHER = Type(frozenset({"string"}), constants=_OTHER_STATES)
# A ZIP code, and with the four digits that narrow it down.
_ZIP, _ZIP_PLUS_4 = 5, 9

POSTCODE_WITH_LETTERS = (
    "the postcode contains letters; they are kept, so that two postcodes do not become one"
)
POSTCODE_NUMBER = "the postcode is a number; leading zeros may be lost"


@transform(
    _TEXT,
    of("string", "null", format="city"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    examples=[
        ("San Francisco", "sanfrancisco"),
        ("St. John's", "stjohns"),
        ("S\u00e3o Paulo", "s\u00e3opaulo"),
        ("---", None),
    ],
    keeps_digests=True,
)
def city(value: Json) -> str | None:
    """A city in lower case without spaces or punctuation; accents and all scripts are kept.

    A value without letters gives null.
    """
    written = personal(value, "a city")
    if written is None or is_digest(written):
        return written
    return _letters(written)


def _letters(written: str) -> str | None:
    """A name in lower case without spaces or punctuation; None where no letter is left."""
    written = composed_lower(written)
    kept = written.translate(_NO_LETTER) if written.isascii() else "".join(filter(_is_letter, written))
    return kept if any(map(str.isalpha, kept)) and not is_placeholder(kept) else None


def _is_letter(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark that belongs to a letter."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _check_state(other: str = "refuse") -> None:
    if other not in _OTHER_STATES:
        raise Invalid("`other` must be `refuse` or `text`")


def _state_type(other: str = "refuse") -> Type:
    return of("string", "null", format="state" if other == "refuse" else "region")


@transform(
    _TEXT,
    of("string", "null", format="state"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    closed=True,
    parameters=[Parameter("other", _OTHER, required=False, role="steers", default="refuse", constant=True)],
    examples=[
        ("CA ", "ca"),
        ("California", "ca"),
        ("Qu\u00e9bec", "qc"),
        ("US-NY", "ny"),
        ("BR-SP", "sp"),
        ("Bavaria", Invalid(_UNKNOWN_STATE)),
        ("Baden-W\u00fcrttemberg", {"other": "text"}, "badenw\u00fcrttemberg"),
    ],
    check=_check_state,
    typed=_state_type,
    keeps_digests=True,
)
def state(value: Json, other: str = "refuse") -> str | None:
    """A state's two-letter code in lower case; US states and Canadian provinces also by name.

    A code may follow its country (`US-NY`); case, dots, accents and spaces do not matter. With `other: text`
    a state of another country is kept, in lower case without spaces or punctuation, as `city` writes it.
    """
    _check_state(other)
    written = personal(value, "a state")
    if written is None or is_digest(written):
        return written
    if written[2:3] == "-" and written[:2].upper() in COUNTRY_CODES:
        written = written[3:]
    key = code_key(written)
    if len(key) == 2 and key.isalpha():
        return key.lower()
    code = STATE_NAMES.get(name_key(written))
    if code is None and other == "refuse":
        raise Invalid(_UNKNOWN_STATE)
    return _letters(written) if code is None else code


def _check_postcode(digits: int | None = None) -> None:
    if digits is not None and (type(digits) is not int or digits != _ZIP):
        raise Invalid(SafeText("`digits` must be {}", _ZIP))


def _postcode_type(digits: int | None = None) -> Type:
    return of("string", "null", format="postcode" if digits is None else "short_postcode")


@transform(
    TEXTUAL,
    of("string", "null", format="postcode"),
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    parameters=[Parameter("digits", of("integer"), required=False, role="steers", constant=True)],
    examples=[
        ("94107-1234", "941071234"),
        ("94107-1234", {"digits": 5}, "94107"),
        ("K1A 0B1", "k1a0b1"),
        ("D-10115", "10115"),
        (2139, "2139"),
        ("Berlin", Invalid("a postcode needs a digit")),
    ],
    noting=True,
    check=_check_postcode,
    typed=_postcode_type,
    keeps_digests=True,
)
def postcode(value: Json, digits: int | None = None, *, note_texts: list[str] | None = None) -> str | None:
    """The digits of a postcode; letters are kept in lower case, with a note.

    A country prefix such as `D-` is removed. A number gets a note too, since a leading zero may be lost.
    Zeros alone give null. `digits: 5` cuts a US ZIP code with four more digits, nine in all, to the first
    five; other postcodes stay as they are.
    """
    _check_postcode(digits)
    # The number as it came: what `clean` makes of it no longer says that it was one.
    written = digest(value)
    if written is None or is_digest(written):
        return written
    if type(value) is not str:
        if not written.isdigit():
            raise Invalid("a negative number or one with a fraction is not a postcode")
        if note_texts is not None:
            note_texts.append(POSTCODE_NUMBER)
    if not written.isascii():
        written = ascii_digits(normal("NFKC", written))
    if written.endswith(".0") and written[:-2].isdigit():
        written = written[:-2]  # a number that went through a spreadsheet
    sign, dash, after = written.partition("-")
    if dash and sign.upper() in _SIGNS and after.translate(_DIGITS_APART).isdigit():
        written = after
    kept = written.translate(_DIGITS_APART)
    if not kept.isdigit():
        kept = "".join(filter(str.isalnum, written.lower()))
    if not kept.strip("0"):
        return None
    if not any(map(str.isdecimal, kept)):
        raise Invalid("a postcode needs a digit")
    if kept.isdecimal():
        return kept[:digits] if len(kept) == _ZIP_PLUS_4 else kept
    if note_texts is not None:
        note_texts.append(POSTCODE_WITH_LETTERS)
    return kept


@transform(
    _TEXT,
    of("string", "null", format="country"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    closed=True,
    examples=[
        ("US", "us"),
        ("USA", "us"),
        ("United States", "us"),
        ("C\u00f4te d\u2019Ivoire", "ci"),
        ("Deutschland", "de"),
        ("Atlantis", Invalid("not an ISO 3166-1 country code or the name of a country")),
    ],
    keeps_digests=True,
)
def country(value: Json) -> str | None:
    """A country's ISO 3166-1 two-letter code in lower case, from a code or a name.

    Names are read in English, German, French, Spanish, Italian, Polish, Dutch and Portuguese.
    """
    written = personal(value, "a country")
    if written is None or is_digest(written):
        return written
    code = country_code(written)
    if code is None:
        raise Invalid("not an ISO 3166-1 country code or the name of a country")
    return code.lower()
