"""Quick forms of what is known of a person: addresses, names, ids, gender and birth date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import ascii_lowercase

from mapper.runtime.known_forms.hashing import (
    NOTHING,
    SHORTEST_DIGEST,
    SMALL_LATIN,
    changed,
    hash_of,
    through,
)
from mapper.runtime.known_forms.letters import small_letters
from mapper.transforms.digest import REFUSED_LENGTHS, clean, digest, sha256
from mapper.transforms.person import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    advertising_id,
    birth_date,
    email,
    gender,
    name,
)
from mapper.values.types import Json


def _letters(numbers: Iterable[int]) -> bytes:
    """A table for `bytes.translate` that makes these bytes a letter, and all others none."""
    return changed(bytes(0x100), numbers, ord("a"))


# ASCII that `email` takes, of no more characters than it takes. A `{` may begin a template that nobody filled
# in. No two parts share a character, so that none is gone back over (`+` after a count).
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`|}~.-]{1,64}+@[a-z0-9_-]{1,63}+\.[a-z0-9_-]{1,63}+(?:\.[a-z0-9_-]{1,63}+){0,2}+"
).fullmatch
_EMAIL_OF_NOBODY = "test@test.com"
# For `bytes.translate`, and then `isalpha`, which is faster than a pattern: what may be in an id, and in a
# name of one word, is a letter here. A space may be at the end, and a `{` begin a template.
_ID_SIGNS = _letters(set(range(0x21, 0x7F)) - {ord("{")})
_NAME_SIGNS = _letters({*ascii_lowercase.encode(), *b"'-.", 0xC3, *range(0xA0, 0xC0)})
_FIRST_LETTER = ord("a")
# UTF-8 of words in small letters with a sign between them.
_NAME = re.compile(rb"[a-z\xc3\xa0-\xbf]+(?:(?:[ '-]|\. ?)[a-z\xc3\xa0-\xbf]+)*").fullmatch
# No text of these lengths may be hashed before it is known to be no digest (hex or base64).
_DIGEST_LENGTHS = REFUSED_LENGTHS["keep_ids"] | {44, 64}
# A text of these is neither a digest nor a word for nothing.
_SURE_LENGTHS = frozenset(range(1, 0x100)) - _DIGEST_LENGTHS - {len(word) for word in NOTHING}
# Days of a leap year only are left to the steps.
_DAYS_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS = {
    f"-{month:02}-{day:02}": b"%02d%02d" % (month, day)
    for month, days in enumerate(_DAYS_OF_MONTHS, 1)
    for day in range(1, days + 1)
}
_YEARS = {str(year): b"%d" % year for year in range(EARLIEST_YEAR, LATEST_YEAR + 1)}
# What JavaScript and others write after a date that has no time.
_MIDNIGHTS = frozenset({"T00:00:00.000Z", "T00:00:00Z"})


def email_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `email`, `sha256`."""
    if type(value) is str:
        address = value.strip().lower()
        if _EMAIL(address) and address != _EMAIL_OF_NOBODY:
            return [hash_of(address.encode()).hexdigest()]
    return through(value, clean, digest, email, sha256)


def name_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `name`, `sha256`."""
    if type(value) is str and len(value) < SHORTEST_DIGEST:
        try:
            written = value.encode().translate(SMALL_LATIN)
        except UnicodeEncodeError:
            return through(value, clean, digest, name, sha256)
        if (
            written.isalpha()
            or (written.translate(_NAME_SIGNS).isalpha() and written[0] >= _FIRST_LETTER)
            or _NAME(written)
        ):
            if written not in NOTHING:
                return [hash_of(written).hexdigest()]
        elif (small := small_letters(value)) is not None:
            return [hash_of(small.encode()).hexdigest()]
    return through(value, clean, digest, name, sha256)


def id_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest: {other: keep_ids}`, `sha256`: capitals stay."""
    if type(value) is str and value.isascii():
        written = value.encode()
        length = len(written)
        if written.translate(_ID_SIGNS).isalpha() and (
            length in _SURE_LENGTHS or (length not in _DIGEST_LENGTHS and written.lower() not in NOTHING)
        ):
            return [hash_of(written).hexdigest()]
    return through(value, clean, _digest_or_id, sha256)


def _digest_or_id(value: Json) -> str | None:
    return digest(value, "keep_ids")


def gender_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `gender`, `sha256`."""
    if type(value) is str and value in GENDERS:
        return [GENDERS[value]]
    return through(value, clean, digest, gender, sha256)


def birth_date_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `birth_date`, `sha256`; at sight `1990-02-28`, and midnight of that day."""
    if type(value) is str:
        year = _YEARS.get(value[:4])
        day = _DAYS.get(value[4:])
        if day is None and value[10:] in _MIDNIGHTS:
            day = _DAYS.get(value[4:10])
        if year is not None and day is not None:
            return [hash_of(year + day).hexdigest()]
    return through(value, clean, digest, birth_date, sha256)


def advertising_id_digests(value: Json) -> list[Json] | None:
    """`clean`, `digest`, `advertising_id`, `sha256`."""
    return through(value, clean, digest, advertising_id, sha256)


GENDERS = {
    written: str(sha256(gender(word)))
    for word in ("f", "female", "m", "male", "n")
    for written in (word, word.upper(), word.capitalize())
}
