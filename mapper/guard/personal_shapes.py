"""A value -> whether it has the form of a phone number, a name, a token ...; each in linear time."""

from __future__ import annotations

import re
from collections.abc import Callable

LETTERS = re.compile(r"[^\W\d_]+")
DIGITS = re.compile(r"\d")
# With what people write before it, between its digits, and after it: `tel:`, `DE `, `ext. 5`.
_NUMBER = re.compile(
    r"(?:[a-z]{2,8}:|[a-z]{2}\s+)?([\s\d()+./*~\u2010-\u2015-]*)"
    r"(?:(?:x|ext|extn|extension|poste|dw|#)[\s.:]*\d{1,6}\s*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[\s.,'\u2019()_&/\"-]+[^\W\d_]+)*[\s.,)\"]*")
_FULL_NAME = re.compile(r"[^\W\d_]+[.,]?(?:[\s._][^\W\d_]+[.,]?){1,4}")
# Of scripts with a sign for each word, one says enough.
_IDEOGRAPHS = "\u2e80"
_DATE = re.compile(r"[\s0-9./:TZ+-]*|\s*[0-9]{1,2}[\s.-]*[^\W\d_]{3,12}[\s.,-]*[0-9]{4}\s*")
# Written by no person: with a digit, or a capital after a small letter.
_CODED = re.compile(r"(?=\S*[0-9]|\S*[a-z][A-Z])\S{6,}")
# A house number beside a street, in either order.
_POSTAL = re.compile(r"(?:\A|[\s+,])[0-9]{1,4}[a-z]?(?:\Z|[\s+,])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LENGTH_OF_UUID = 36
_RUN = re.compile(r"[A-Za-z0-9]{6,}")
# Base64 for addresses has these within it, between small letters and capitals; where they are many, they are
# between words.
_JOINT = re.compile(r"[-_]")
_MIXED = re.compile(r"[a-z][A-Z]")
# Between digits, small letters and capitals, but for the one after the first letter of a name.
_CHANGE = re.compile(r"(?<=[a-z])[A-Z0-9]|(?<=[0-9])[A-Za-z]|(?<=[A-Z])(?:[0-9]|[A-Z][a-z])")
_SYLLABLES = re.compile(r"[A-Za-z]?[a-z]{3,}|[A-Z]{4,}")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_CLUSTER = re.compile(
    r"(?!chr|ckl|ght|ldr|lls|lth|mbl|mpl|nch|ndl|ndr|ngl|ngs|nst|ntr|rch|rld|rst|rth|sch|scr|shm|spl|spr|str|tch|thr)"
    r"[bcdfghjklmnpqrstvwxz]{3}|q(?!u)|[jvx][bcdfghjklmnpqrstvwxz]|[bcdfghjkmnpqtvwxz][jqx]",
    re.IGNORECASE,
)
# So much of a random text is not read as words.
_LEAST_UNREAD = 0.4
# So many of its letters and digits at least are of another kind than the one before; of a text that a person
# wrote so many at most.
_LEAST_RANDOM, _MOST_WRITTEN = 0.12, 0.22


def is_token(text: str, least: int) -> bool:
    """Whether a text has at least so many letters and digits that a machine made at random."""
    if len(text) < least or (text.isalpha() and text.islower()):
        return False
    if len(text) >= _LENGTH_OF_UUID and _UUID.search(text):
        return True
    if _MIXED.search(text) and 7 * len(_JOINT.findall(text)) <= len(text):
        text = _JOINT.sub("", text)
    return sum(len(run[0]) for run in _RUN.finditer(text) if _is_random(run[0])) >= least


def _is_random(run: str) -> bool:
    """Whether letters and digits alternate more than in a word, a number or the name of an article."""
    changes = len(_CHANGE.findall(run))
    if changes < max(2, _LEAST_RANDOM * len(run)):
        return False
    if changes > _MOST_WRITTEN * len(run):
        return True
    read = sum(len(one) for one in _SYLLABLES.findall(run) if _VOWEL.search(one) and not _CLUSTER.search(one))
    return len(run) - read >= _LEAST_UNREAD * len(run)


def is_postal(value: str) -> bool:
    """Whether a value is a street with a house number."""
    return _POSTAL.search(value) is not None and any(len(word) > 2 for word in LETTERS.findall(value))


def _digits(value: str) -> int:
    return len(DIGITS.findall(value))


def _is_mail(value: str) -> bool:
    return len(value) > 1 and LETTERS.search(value) is not None


def _is_phone(value: str) -> bool:
    found = _NUMBER.fullmatch(value)
    return found is not None and 7 <= _digits(found[1]) <= 15


def _is_name(value: str) -> bool:
    return (len(value) > 1 or value > _IDEOGRAPHS) and _NAME.fullmatch(value) is not None


def _is_address(value: str) -> bool:
    return any(len(word) > 1 for word in LETTERS.findall(value))


def _is_date(value: str) -> bool:
    return _digits(value) >= 4 and _DATE.fullmatch(value) is not None


def _is_number(value: str) -> bool:
    return _digits(value) >= 4


def _is_token(value: str) -> bool:
    return len(value) >= 6


def _is_full_name(value: str) -> bool:
    return _FULL_NAME.fullmatch(value) is not None and any(len(word) > 2 for word in LETTERS.findall(value))


def _is_person(value: str) -> bool:
    return _is_full_name(value) or is_token(value, 16)


def _is_place(value: str) -> bool:
    return _digits(value) >= 3 or _is_name(value)


def _is_short_token(value: str) -> bool:
    return is_token(value, 8)


def _is_long_token(value: str) -> bool:
    return is_token(value, 16)


def _is_coded(value: str) -> bool:
    return _CODED.fullmatch(value) is not None


# By the names in `x-guard`. Each is asked of at most as many characters as `signs` reads of a value.
LOOKS: dict[str, Callable[[str], bool]] = {
    "mail": _is_mail,
    "phone": _is_phone,
    "name": _is_name,
    "address": _is_address,
    "birth": _is_date,
    "number": _is_number,
    "any": bool,
    "token": _is_token,
    "drawn": _is_short_token,
    "long_drawn": _is_long_token,
    "coded": _is_coded,
    "person": _is_person,
    "place": _is_place,
    "postal": is_postal,
}
