"""The quick form of phone numbers."""

from __future__ import annotations

import string

from mapper.runtime.known_forms.hashing import SHORTEST_DIGEST, hash_of, through
from mapper.transforms.calling_codes import CallingCode, calling_code_of
from mapper.transforms.digest import clean, digest, sha256
from mapper.transforms.phone import FEWEST_DIGITS, MOST_DIGITS, phone
from mapper.values.types import Json

_SAME = bytes(range(0x100))
# How many digits numbers have that begin with these: three digits where the calling code has one or two, else
# four. A country's are put in where its first number is met; known: the calling codes of those.
_LENGTHS: dict[bytes, frozenset[int]] = {}
_KNOWN: set[str] = set()


def phone_digests(value: Json, note_texts: list[str]) -> list[Json] | None:
    """`clean`, `digest`, `phone`, `sha256`; at sight `+1 (415) 555-2671`, whole and without a trunk zero."""
    if type(value) is str and 0 < len(value) < SHORTEST_DIGEST and value[0] == "+" and value.isascii():
        digits = value.encode().translate(_SAME, b"+ -")
        # `(0)` is a trunk's zero, and `.0` what a spreadsheet writes after a number.
        if not digits.isdigit() and "(0)" not in value and ".0" not in value:
            digits = digits.translate(_SAME, b".()")
        lengths = _LENGTHS.get(digits[:3]) or _LENGTHS.get(digits[:4])
        if lengths is not None and len(digits) in lengths and digits.isdigit():
            return [hash_of(digits).hexdigest()]
        if lengths is None and _is_new(digits):
            return phone_digests(value, note_texts)
    return _by_steps(value, note_texts)


# Apart, since a function that a closure sees into starts slower.
def _by_steps(value: Json, note_texts: list[str]) -> list[Json] | None:
    return through(value, clean, digest, lambda element: phone(element, note_texts=note_texts), sha256)


def _is_new(digits: bytes) -> bool:
    """Whether a number is the first of its country; the lengths of all of that country are known then."""
    country = calling_code_of(digits[:3].decode())
    if country is None or country.code in _KNOWN:
        return False
    # After a zero there may be a number less the trunk's prefix.
    beginnings = [country.code + first for first in string.digits[country.trunk == "0" :]]
    if len(country.code) == 1:
        beginnings = [beginning + last for beginning in beginnings for last in string.digits]
    _LENGTHS.update(dict.fromkeys(map(str.encode, beginnings), _whole_lengths(country)))
    _KNOWN.add(country.code)
    return True


def _whole_lengths(country: CallingCode) -> frozenset[int]:
    """The numbers of digits that numbers of a country have, its code included."""
    lengths = (len(country.code) + length for length in country.lengths)
    return frozenset(length for length in lengths if FEWEST_DIGITS <= length <= MOST_DIGITS)
