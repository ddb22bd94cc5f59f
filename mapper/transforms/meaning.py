"""The words for what a transform, or a function, leaves of a value, and what its arguments are for.

They are said once, beside the code; checks, `explain` and the masks of personal values read them there.
"""

from __future__ import annotations

from typing import Literal

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

ALL: tuple[Meaning, ...] = ("unit", "kind", "text", "person", "part")
ALL_OF_A_TEXT: tuple[Meaning, ...] = ("unit", "kind", "text", "person")
ONLY_A_PERSON: tuple[Meaning, ...] = ("person",)
NOTHING: tuple[Meaning, ...] = ()
