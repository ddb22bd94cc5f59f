"""The quick form of phone numbers."""

from __future__ import annotations

from mapper.runtime.quick.hashing import SHORTEST_DIGEST, hash_of, through
from mapper.transforms.calling_codes import MAIN_CALLING_CODES, CallingCode
from mapper.transforms.digest import clean, digest, sha256
from mapper.transforms.phone import FEWEST_DIGITS, MOST_DIGITS, phone
from mapper.types import Json

_SAME = bytes(range(0x100))
_SIGNS = b"+ -.()"
# How many digits numbers have that begin with these: three digits where the calling code has one or two, else
# four. Filled where the first number is met.
_LENGTHS: dict[bytes, frozenset[int]] = {}


def phone_digests(value: Json, remarks: list[str]) -> list[Json] | None:
    """`clean`, `digest`, `phone`, `sha256`; at sight `+1 (415) 555-2671`, whole and without a trunk zero."""
    if type(value) is str and 0 < len(value) < SHORTEST_DIGEST and value[0] == "+" and value.isascii():
        digits = value.encode().translate(_SAME, _SIGNS)
        lengths = _LENGTHS.get(digits[:3]) or _LENGTHS.get(digits[:4])
        if (
            lengths is not None
            and len(digits) in lengths
            and digits.isdigit()
            # A trunk's zero, and what a spreadsheet writes behind a number.
            and "(0)" not in value
            and ".0" not in value
        ):
            return [hash_of(digits).hexdigest()]
        if not _LENGTHS:
            _LENGTHS.update(_read_lengths())
            return phone_digests(value, remarks)
    return _by_steps(value, remarks)


# Apart, since a function that a closure sees into starts slower.
def _by_steps(value: Json, remarks: list[str]) -> list[Json] | None:
    return through(value, clean, digest, lambda element: phone(element, remarks=remarks), sha256)


def _read_lengths() -> dict[bytes, frozenset[int]]:
    made: dict[bytes, frozenset[int]] = {}
    for code, country in MAIN_CALLING_CODES.items():
        lengths = _whole_lengths(country)
        # Behind a zero there may be a number less the trunk's prefix.
        for first in range(1 if country.trunk == "0" else 0, 10):
            beginning = f"{code}{first}"
            rest = [f"{last}" for last in range(10)] if len(beginning) == 2 else [""]
            made |= {f"{beginning}{last}".encode(): lengths for last in rest}
    return made


def _whole_lengths(country: CallingCode) -> frozenset[int]:
    """How many digits numbers of a country have, its code included."""
    lengths = (len(country.code) + length for length in country.lengths)
    return frozenset(length for length in lengths if FEWEST_DIGITS <= length <= MOST_DIGITS)
