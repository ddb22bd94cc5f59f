"""Quick forms of hashed fields: the digests of a value, or of each of several, all different.

No digest and no personal value is kept from one event to the next; the tables here are constants.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from importlib import import_module
from typing import Any

from mapper.runtime.checks import absent
from mapper.transforms.calling_codes import calling_code_of
from mapper.transforms.countries import COUNTRY_CODES
from mapper.transforms.digest import DIGESTS_OF_NOTHING, PLACEHOLDERS, clean, digest, sha256
from mapper.transforms.lists import unique
from mapper.transforms.person import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    advertising_id,
    birth_date,
    email,
    gender,
    name,
)
from mapper.transforms.phone import phone
from mapper.transforms.place import POSTCODE_WITH_LETTERS, city, country, postcode, state
from mapper.types import Json


def _fastest_hash() -> Callable[[bytes], Any]:
    """SHA-256 as Python itself has it: for texts as short as these OpenSSL's takes a fifth longer."""
    for module in ("_sha2", "_sha256"):
        with suppress(ImportError):
            return import_module(module).sha256  # type: ignore[no-any-return]  # what a module has
    return hashlib.sha256


_hash = _fastest_hash()

_LETTER = re.compile(r"[a-z]").search
# No shorter text is a digest.
_SHORTEST_DIGEST = 32
# No text of these lengths may be hashed before it is known to be no digest (hex or base64).
_DIGEST_LENGTHS = frozenset({32, 40, 44, 56, 64, 96, 128})
# A `{` may begin a template that nobody filled in. What is left is an address as `email` takes it.
_EMAIL = re.compile(r'[^\x00-\x20\x7f<>(),:;\[\]\\"@{]{1,64}@[a-z0-9_-]+(?:\.[a-z0-9_-]+){0,9}').fullmatch
_LONGEST_PLAIN_EMAIL = 320
# For `bytes.translate`: letters made small, and ASCII that is neither letter nor digit.
_SMALL = bytes(range(0x41)) + bytes(range(0x61, 0x7B)) + bytes(range(0x5B, 0x100))
_SIGNS = bytes(one for one in range(0x80) if not chr(one).isalnum())
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))
_PLACEHOLDER_BYTES = frozenset(one.encode() for one in PLACEHOLDERS)
_PHONE_SIGNS = b" -.()"
_LONGEST_POSTCODE = 12

Step = Callable[[Json], Json]


def _each(value: Json, *steps: Step) -> list[Json] | None:
    """What the steps give for a value, or for each of a list, all different; None where nothing is left."""
    if absent(value):
        return None
    made: list[Json] = []
    for element in value if type(value) is list else [value]:
        if absent(element):
            continue
        for step in steps:
            element = step(element)
            if element is None:
                break
        else:
            made.append(element)
    return unique(made) if made else None


def _digests(plain: str) -> list[Json] | None:
    """A text's digest. Forms that most events need have these lines in place of a call."""
    made = _hash(plain.encode()).hexdigest()
    return None if made in DIGESTS_OF_NOTHING else [made]


def email_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `email`, `sha256`."""
    if type(value) is str and value.isascii():
        address = value.strip().lower()
        if len(address) <= _LONGEST_PLAIN_EMAIL and _EMAIL(address):
            made = _hash(address.encode()).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]
    return _each(value, clean, digest, email, sha256)


def name_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `name`, `sha256`."""
    if type(value) is str:
        if value.isascii():
            written = value.strip().lower()
            odd = "{" in written or "  " in written or not _LETTER(written)
            if odd or not written.isprintable() or written in PLACEHOLDERS:
                return _each(value, clean, digest, name, sha256)
        else:
            written = name(value) or ""
        if 0 < len(written) < _SHORTEST_DIGEST:
            made = _hash(written.encode()).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]
    return _each(value, clean, digest, name, sha256)


def id_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `sha256`: capitals stay."""
    if type(value) is str and value.isascii():
        written = value.strip()
        if (
            written
            and len(written) not in _DIGEST_LENGTHS
            and written.isprintable()
            and "{" not in written
            and (len(written) > _LONGEST_PLACEHOLDER or written.lower() not in PLACEHOLDERS)
        ):
            made = _hash(written.encode()).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]
    return _each(value, clean, digest, sha256)


def phone_digests(value: Json, remarks: list[str]) -> list[Json] | None:
    """`clean`, `digest`, `phone`, `sha256`; at sight `+1 (415) 555-2671`, no zero where a trunk's may be."""
    if type(value) is str and value[:1] == "+" and value.isascii() and value[-2:] != ".0":
        digits = value[1:].encode().translate(None, _PHONE_SIGNS)
        if digits.isdigit() and b"0" not in digits[:4] and "(0)" not in value and _is_whole(digits.decode()):
            made = _hash(digits).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]

    def noted(element: Json) -> Json:
        return phone(element, remarks=remarks)

    return _each(value, clean, digest, noted, sha256)


def _is_whole(digits: str) -> bool:
    """Whether digits are a number as its country has them."""
    country = calling_code_of(digits)
    return (
        country is not None and 7 <= len(digits) <= 15 and len(digits) - len(country.code) in country.lengths
    )


def gender_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `gender`, `sha256`."""
    made = _GENDERS.get(value) if type(value) is str else None
    return _each(value, clean, digest, gender, sha256) if made is None else [made]


def birth_date_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `birth_date`, `sha256`."""
    if type(value) is str and len(value) == 10 and value[4] == value[7] == "-" and value.isascii():
        try:
            year = date.fromisoformat(value).year
        except ValueError:
            pass
        else:
            if EARLIEST_YEAR <= year <= LATEST_YEAR:
                return _digests(value[:4] + value[5:7] + value[8:])
    return _each(value, clean, digest, birth_date, sha256)


def city_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `city`, `sha256`."""
    if type(value) is str and value.isascii() and len(value) < _SHORTEST_DIGEST:
        letters = value.encode().translate(_SMALL, _SIGNS)
        # `n/a`, `[object Object]` and `{{city}}` hold one of these.
        odd = "/" in value or "[" in value or "{" in value
        if letters and not odd and not letters.isdigit() and letters not in _PLACEHOLDER_BYTES:
            made = _hash(letters).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]
    elif type(value) is str and len(value) < _SHORTEST_DIGEST:
        written = city(value)
        if written is not None and written not in PLACEHOLDERS:
            return _digests(written)
    return _each(value, clean, digest, city, sha256)


def state_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `state`, `sha256`."""
    if type(value) is str and len(value) == 2 and value.isascii() and value.isalpha():
        return _digests(value.lower())
    return _each(value, clean, digest, state, sha256)


def postcode_digests(value: Json, remarks: list[str]) -> list[Json] | None:
    """`postcode`, `sha256`; at sight digits, and ASCII letters with them."""
    if type(value) is str and value.isascii() and 0 < len(value) <= _LONGEST_POSTCODE:
        kept = value.encode().translate(_SMALL, b" -")
        plain = kept.isdigit() or (kept.isalnum() and not kept.isalpha() and "-" not in value)
        if plain and kept.strip(b"0"):
            if not kept.isdigit():
                remarks.append(POSTCODE_WITH_LETTERS)
            made = _hash(kept).hexdigest()
            return None if made in DIGESTS_OF_NOTHING else [made]

    def noted(element: Json) -> Json:
        return postcode(element, remarks=remarks)

    return _each(value, noted, sha256)


def country_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `country`, `sha256`."""
    made = _COUNTRIES.get(value) if type(value) is str else None
    return _each(value, clean, digest, country, sha256) if made is None else [made]


def advertising_id_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `advertising_id`, `sha256`."""
    return _each(value, clean, digest, advertising_id, sha256)


def _digest_of(value: str, step: Step) -> str:
    return str(sha256(step(value)))


_GENDERS = {
    written: _digest_of(written, gender)
    for word in ("f", "female", "m", "male", "n")
    for written in (word, word.upper(), word.capitalize())
}
_COUNTRIES = {
    written: _digest_of(written, country) for code in COUNTRY_CODES for written in (code, code.lower())
}
