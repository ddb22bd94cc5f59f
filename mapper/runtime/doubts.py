"""Operators that note what is almost certainly a mistake of a mapping, and shows only in an event.

JMESPath gives null or false where a text is compared with a number, and a calculation gives null where an
operand is absent. The answer stays what it is; that it came so is noted, once for each rule of an event.
"""

from __future__ import annotations

from typing import Any

from mapper.runtime.operators import at_least, at_most, equal, greater, less
from mapper.transforms.numeral import number_of
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

NO_ORDER = SafeText("compares by order a value that is not a number, which never holds: write to_number(...)")
OTHER_TYPE = SafeText("compares a text with a number or boolean written like it, which are never equal")
NO_OPERAND = SafeText("has no value, since one operand of a calculation is absent")
NO_SECTION = SafeText("is written like a value of `is` but has another type, which does not fit it")
NO_VALUE = SafeText("is absent, which the default of lookup is not for: give the rule a default")
DOUBTS = (NO_ORDER, OTHER_TYPE, NO_OPERAND, NO_SECTION, NO_VALUE)
_NUMBERS = (int, float)


def doubt(note_texts: list[Any], why: SafeText) -> None:
    """Say it once of what is being worked out."""
    if why not in note_texts:
        note_texts.append(why)


def _ordered(answer: bool | None, left: Any, right: Any, note_texts: list[Any]) -> bool | None:
    if answer is None and not (left is None or right is None):
        doubt(note_texts, NO_ORDER)
    return answer


def less_noted(left: Any, right: Any, note_texts: list[Any]) -> bool | None:
    """`left < right`; noted where one of them is there and is no number."""
    return _ordered(less(left, right), left, right, note_texts)


def at_most_noted(left: Any, right: Any, note_texts: list[Any]) -> bool | None:
    """`left <= right`; noted where one of them is there and is no number."""
    return _ordered(at_most(left, right), left, right, note_texts)


def greater_noted(left: Any, right: Any, note_texts: list[Any]) -> bool | None:
    """`left > right`; noted where one of them is there and is no number."""
    return _ordered(greater(left, right), left, right, note_texts)


def at_least_noted(left: Any, right: Any, note_texts: list[Any]) -> bool | None:
    """`left >= right`; noted where one of them is there and is no number."""
    return _ordered(at_least(left, right), left, right, note_texts)


def equal_noted(left: Json, right: Json, note_texts: list[Any]) -> bool:
    """JSON equality; noted where a text and a number or boolean are written alike."""
    if equal(left, right):
        return True
    if written_alike(left, right):
        doubt(note_texts, OTHER_TYPE)
    return False


def written_alike(left: Json, right: Json) -> bool:
    """Whether one of two values is a text, and the other a number or boolean that is written like it."""
    if (type(left) is str) is (type(right) is str):
        return False
    text, value = (left, right) if type(left) is str else (right, left)
    if type(value) is bool:
        return text == ("true" if value else "false")
    if type(value) not in _NUMBERS:
        return False
    try:
        return number_of(text) == number_of(value)
    except Invalid:
        return False


def any_alike(value: Json, constants: list[Json]) -> bool:
    """Whether a value is written like one of some constants, and is of another type."""
    return any(written_alike(value, one) for one in constants)


def doubts_once(note_texts: list[Any]) -> list[Any]:
    """Texts to note, of which a doubt is said once."""
    return [one for place, one in enumerate(note_texts) if one not in DOUBTS or one not in note_texts[:place]]


def not_looked_up(note_texts: list[Any]) -> None:
    """Null, of an absent value that a `lookup` with a default was meant for; noted."""
    doubt(note_texts, NO_VALUE)


def lacking_argument(note_texts: list[Any], name: str) -> None:
    """Null for an argument that is invalid and can be absent, which is noted. name: what messages call it."""
    note_texts.append(f"{name} is invalid, and counts as absent")


def lost(note_texts: list[Any], *operands: Json) -> None:
    """Null, where an operand is absent; noted if another one is there."""
    if any(one is not None for one in operands):
        doubt(note_texts, NO_OPERAND)
