"""The hash and the way through a form's steps that the quick forms of hashed fields share.

No digest and no personal value is kept from one event to the next; the tables here are constants.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

from mapper.runtime.known_forms.surprise import MANY, Surprise
from mapper.runtime.limits import absent
from mapper.transforms.digest import WORDS_OF_NOTHING
from mapper.transforms.lists import unique
from mapper.values.types import Invalid, Json

_Change = Callable[[Json], Json]


def _fastest_hash() -> Callable[[bytes], Any]:
    """SHA-256 as Python itself has it: for texts as short as these OpenSSL's takes a fifth longer."""
    with suppress(ImportError):
        # To look for a module that is not there takes a millisecond.
        module = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256")
        return module.sha256  # type: ignore[no-any-return]  # a module's attributes have no types
    return hashlib.sha256


hash_of = _fastest_hash()

# No shorter text is a digest.
SHORTEST_DIGEST = 32
# What is never hashed, as plain text: a form that may be one of these leaves it to its steps.
NOTHING = frozenset(word.encode() for word in WORDS_OF_NOTHING)

# For `bytes.translate`: letters made small.
SMALL = bytes(range(0x41)) + bytes(range(0x61, 0x7B)) + bytes(range(0x5B, 0x100))


def changed(table: bytes, numbers: Iterable[int], to: int) -> bytes:
    """A table for `bytes.translate` with the same byte in place of several."""
    made = bytearray(table)
    for number in numbers:
        made[number] = to
    return bytes(made)


# Of UTF-8: the letters of ASCII and of Latin-1, whose first byte is 0xC3, made small. The signs for times and
# divided by are among these; they and the first bytes of all other characters become 0. Latin-1 is in
# Unicode's composed form, however it is put together.
_LATIN_1 = 0xC3
_CAPITALS = {number: number + 0x20 for number in range(0x80, 0x9F)}
SMALL_LATIN = bytes(_CAPITALS.get(number, number) for number in SMALL)
SMALL_LATIN = changed(SMALL_LATIN, (0x97, 0xB7), 0)
SMALL_LATIN = changed(SMALL_LATIN, set(range(0xC0, 0x100)) - {_LATIN_1}, 0)


def through(value: Json, *steps: _Change) -> list[Json] | None:
    """The results of the steps for a value, or for each of a list, all different; None where nothing is left.

    Raises Invalid for a value, and Surprise for a list with such a one, of which the rest may be sent.
    """
    if absent(value):
        return None
    if type(value) is not list:
        made = _through(value, steps)
        return None if made is None else [made]
    if len(value) > MANY:
        raise Surprise
    try:
        several = [_through(element, steps) for element in value if not absent(element)]
    except Invalid:
        raise Surprise from None
    return unique([one for one in several if one is not None]) or None


def _through(value: Json, steps: Iterable[_Change]) -> Json:
    for step in steps:
        value = step(value)
        if value is None:
            return None
    return value
