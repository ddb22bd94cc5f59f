"""Operators of other languages that mean nothing here, or something else -> how this is said in JMESPath.

Those that `operator_rewriting.py` reads without doubt are not in these tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.advice.other_languages.lexemes import lexemes_of
from mapper.values.frozen import dataclass

_NO_BITS = "there are no operations on bits"
_NO_ASSIGNMENT = "there is no assignment: a rule is one value"
_NO_REMAINDER = "there is no remainder operator"
_MEMBER = "to read an attribute of an object, write `a.b`"
_FIRST_OF_TWO = "for the first of two values, write `a || b`"
_OPPOSITE = "to compare for inequality, write `a != b`; to compare with the opposite, `a == (!b)`"
_SAID = {
    "<=>": "to compare two values, write `a == b`; there is no comparison that gives -1, 0 or 1",
    "**": "there is no power operator; `.*` reads the values of an object",
    "//": f"{_FIRST_OF_TWO}; to divide, `divide(a, b)`; a comment of YAML begins with `#`",
    "~": "to join strings, write `concat(a, b)`; to compare with a pattern, `matches(text, '*part*')`",
    "=!": _OPPOSITE,
    "@>": "to look for a value in a list, write `contains(list, value)`",
    "...": "to put objects together, write `merge(a, b)`; lists, `[a, b][]`",
    **dict.fromkeys(("<<", ">>", ">>>"), _NO_BITS),
    **dict.fromkeys(("++", "--"), f"{_NO_ASSIGNMENT}; to add one, write ``add(a, `1`)``"),
    **dict.fromkeys(("+=", "-=", "*=", "/="), f"{_NO_ASSIGNMENT}; to add, write `add(a, b)`"),
    **dict.fromkeys(("||=", "??=", "?="), f"{_NO_ASSIGNMENT}; {_FIRST_OF_TWO}"),
    "mod": _NO_REMAINDER,
    "rem": _NO_REMAINDER,
    "div": "to divide, write `divide(a, b)`",
    "xor": "for one of two conditions, write `(a && !b) || (!a && b)`",
}
_NO_SEARCH = "a path names each step, as `items[*].sku`: nothing is searched for at all levels"
_BEFORE_ALL = {"~": _NO_BITS, "...": _SAID["..."], "..": _NO_SEARCH}
_AS = {"=<": "<=", "><": "!=", "^=": "!=", "|>": "|", "!.": "."}
# What is said where the text cannot be read as another language either.
_AT_LAST = {
    "->": _MEMBER,
    "=>": "to compare, write `a >= b`; to choose one of several values, use `case` with `when` and `then`",
}
_SIGNS = frozenset("<>=!~|&*/+-.@?^:%")


@dataclass(frozen=True, slots=True)
class ForeignOperator:
    """An operator in a text. has_left: a value is before it."""

    written: str
    start: int
    has_left: bool


def said_of_operators(text: str) -> str | None:
    """The hint for a text with an operator that has no counterpart, or several; None for others."""
    for one in _operators(text):
        of_jq = one.written == "//" and text.lstrip().startswith(".")
        said = None if of_jq else (_SAID if one.has_left else _BEFORE_ALL).get(one.written)
        if said is not None:
            return said
    return None


def said_at_last(text: str) -> str | None:
    """The hint for an operator where nothing else makes sense of the text; None for others."""
    return next((_AT_LAST[one.written] for one in _operators(text) if one.written in _AT_LAST), None)


def with_own_operators(text: str) -> str | None:
    """A text with the operators that have another name here; None where it has none."""
    changed = [one for one in _operators(text) if one.has_left and one.written in _AS]
    for one in reversed(changed):
        text = text[: one.start] + _AS[one.written] + text[one.start + len(one.written) :]
    return text if changed else None


def _operators(text: str) -> Iterator[ForeignOperator]:
    """The signs that are written together, and the words between two values."""
    start, end, has_left = 0, 0, False
    lexemes = [*lexemes_of(text), ("end", len(text), len(text))]
    for place, (kind, begin, after) in enumerate(lexemes):
        if kind == "mark" and _SIGNS.issuperset(text[begin:after]):
            start, end = (start if begin == end and start < end else begin), after
            continue
        if start < end:
            yield ForeignOperator(text[start:end], start, has_left)
        start = end = 0
        has_left = kind != "mark" or text[begin:after] in ")]}"
        is_between = kind == "word" and 0 < place < len(lexemes) - 2
        if is_between and {lexemes[place - 1][0], lexemes[place + 1][0]}.isdisjoint(("mark",)):
            yield ForeignOperator(text[begin:after].lower(), begin, True)
