"""The words for what a transform, or a function, leaves of a value, and what its arguments are for.

They are said once, beside the code; checks, `explain` and the masks of personal values read them there.
"""

from __future__ import annotations

from typing import Literal

from mapper.values.frozen import dataclass
from mapper.values.types import Json

Meaning = Literal["unit", "kind", "text", "person", "part"]
"""One thing that may be left of a value.

unit: an amount is in the same unit. kind: it still is what the attribute's name says. text: the same
characters, but for case and white space, or none. person: something of a person may be left. part: the
result is the value itself or made of its elements, so that a path goes on after it.
"""
Purpose = Literal["value", "put", "steers"]
"""The purpose of an argument.

value: the result may be it, as it may be the value. put: it, or a text that holds it, may be the result, but
it is not treated as the value is. steers: it only says what to do.
"""
Makes = Literal["", "decoded", "spread", "attribute"]
"""The way in which the parts of a result are named.

decoded: by names that are in a text or a table. spread: a text that has all of the value's parts. attribute:
it is the attribute of the value whose name is the first argument.
"""

OnNull = Literal["null", "false", "value"]
"""The result for null: null, without being called; false; or a value of its own."""
LooksAt = Literal["all", "parts", "elements", "shorter", "size", "nothing"]
"""How much of a value is gone through, so that it takes longer the larger the value is.

all: all that is in it. parts: as much, but parts of it are in the result as they are. elements: its elements
or attributes, not what is in them, and these are in the result. shorter: no more of it than of its argument.
size: nothing, and nothing of it is in the result. nothing: nothing, and it or a part of it is the result.
"""


@dataclass(frozen=True, slots=True)
class Grown:
    """The most bytes of JSON that a result has, by those of the value and of the arguments put into it.

    times: how many times as many. A number that is given has LONGEST_NUMBER bytes, since it may be written
    out. 0: it is as long however long the value is; infinite: any length is possible. plus: how many more.
    is_number: it is a number or a word, and has LONGEST_NUMBER bytes more. one_of: constants of which it is
    one; none: it is made of what is given. copies: how often the same part of the value may be in it; an
    expression that copies too often is refused.
    """

    times: float
    plus: int = 0
    is_number: bool = False
    copies: int = 1
    one_of: tuple[Json, ...] = ()


LONGEST_NUMBER = 345
"""The most bytes of a number as text, unless the event has as many."""

SHORT = Grown(0, is_number=True)
"""It is a number or a word, however long the value is."""
NUMERIC_SIZE = Grown(1, is_number=True)
"""It is a number, with no more digits than are given or than a number has."""
SAME_SIZE = Grown(1)
"""It is no longer than what is given."""
ANY_SIZE = Grown(float("inf"))
"""It may be of any length, and is measured."""

ALL: tuple[Meaning, ...] = ("unit", "kind", "text", "person", "part")
ALL_OF_A_TEXT: tuple[Meaning, ...] = ("unit", "kind", "text", "person")
ONLY_A_PERSON: tuple[Meaning, ...] = ("person",)
NOTHING: tuple[Meaning, ...] = ()
