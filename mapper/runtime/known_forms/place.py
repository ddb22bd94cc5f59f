"""Quick forms of a person's place: city, state, postcode and country."""

from __future__ import annotations

from string import ascii_lowercase

from mapper.runtime.known_forms.hashing import (
    NOTHING,
    SHORTEST_DIGEST,
    SMALL,
    SMALL_LATIN,
    changed,
    hash_of,
    through,
)
from mapper.runtime.known_forms.letters import small_letters
from mapper.transforms.countries import COUNTRY_CODES
from mapper.transforms.digest import clean, digest, sha256
from mapper.transforms.place import POSTCODE_WITH_LETTERS, city, country, postcode, state
from mapper.values.types import Json

# For `bytes.translate`: letters made small, and ASCII that is neither letter nor digit. A `{` may begin a
# template: it becomes 0, as all letters beyond Latin-1 do.
_CITY_LETTERS = changed(SMALL_LATIN, [ord("{")], 0)
_CITY_SIGNS = bytes(one for one in range(0x80) if not chr(one).isalnum() and chr(one) != "{")
_CITIES_OF_NOTHING = frozenset(word.translate(_CITY_LETTERS, _CITY_SIGNS) for word in NOTHING)
_LONGEST_POSTCODE = 12
_ZERO = ord("0")


def city_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `city`, `sha256`."""
    if type(value) is str and len(value) < SHORTEST_DIGEST:
        try:
            letters = value.encode().translate(_CITY_LETTERS, _CITY_SIGNS)
        except UnicodeEncodeError:
            return through(value, clean, digest, city, sha256)
        if letters.isalpha() or (letters and 0 not in letters and not letters.isdigit()):
            if letters not in _CITIES_OF_NOTHING:
                return [hash_of(letters).hexdigest()]
        elif (small := small_letters(value)) is not None:
            return [hash_of("".join(filter(str.isalpha, small)).encode()).hexdigest()]
    return through(value, clean, digest, city, sha256)


def state_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `state`, `sha256`."""
    if type(value) is str:
        if value in STATES:
            return [STATES[value]]
        if not STATES:
            STATES.update(_read_states())
            return state_digests(value)
    return through(value, clean, digest, state, sha256)


def postcode_digests(value: Json, note_texts: list[str]) -> list[Json] | None:
    """`postcode`, `sha256`; at sight digits, and ASCII letters with them."""
    if type(value) is str and 0 < len(value) <= _LONGEST_POSTCODE and value.isascii():
        kept = value.encode().translate(SMALL, b" -")
        if kept.isdigit():
            if kept[0] != _ZERO or kept.strip(b"0"):
                return [hash_of(kept).hexdigest()]
        # Letters before a hyphen may be the sign of a country.
        elif kept.isalnum() and not kept.isalpha() and "-" not in value:
            note_texts.append(POSTCODE_WITH_LETTERS)
            return [hash_of(kept).hexdigest()]
    return _postcode_by_steps(value, note_texts)


# Apart, since a function that a closure sees into starts slower.
def _postcode_by_steps(value: Json, note_texts: list[str]) -> list[Json] | None:
    return through(value, lambda element: postcode(element, note_texts=note_texts), sha256)


def country_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `country`, `sha256`."""
    if type(value) is str:
        if value in COUNTRIES:
            return [COUNTRIES[value]]
        if not COUNTRIES:
            COUNTRIES.update(_read_countries())
            return country_digests(value)
    return through(value, clean, digest, country, sha256)


# Digests by code. Filled where the first one is met.
STATES: dict[str, str] = {}
COUNTRIES: dict[str, str] = {}


def _read_states() -> dict[str, str]:
    """Every code of two letters is taken for that of a state."""
    return _spelt({first + second: first + second for first in ascii_lowercase for second in ascii_lowercase})


def _read_countries() -> dict[str, str]:
    return _spelt({written: code.lower() for written, code in COUNTRY_CODES.items()})


def _spelt(codes: dict[str, str]) -> dict[str, str]:
    """The digest of each plain form, by the ways in which a code for it is mostly written."""
    made: dict[str, str] = {}
    for code, plain in codes.items():
        hashed = hash_of(plain.encode()).hexdigest()
        made[code.lower()] = made[code.upper()] = made[code.title()] = hashed
    return made
