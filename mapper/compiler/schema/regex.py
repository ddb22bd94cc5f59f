"""The text of a regular expression -> its parts, as far as they are among the plain ones.

Plain are characters, classes, groups, branches, repetition, and the ends of text and words. What looks
around, looks back, or changes how the rest is read is none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges in order, none beside or within another one."""
    made: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(last, made[-1][1]))
        else:
            made.append((first, last))
    return tuple(made)


def others(ranges: Ranges) -> Ranges:
    """All characters that are in none of some ranges, which are joined."""
    made, at = [], 0
    for first, last in ranges:
        if at < first:
            made.append((at, first - 1))
        at = last + 1
    return (*made, (at, _LAST)) if at <= _LAST else tuple(made)


class Characters(NamedTuple):
    """surely: the characters that are taken. perhaps: those, and what only the tables of Unicode tell."""

    surely: Ranges
    perhaps: Ranges

    def __or__(self, more: Characters) -> Characters:
        """The characters of both."""
        return Characters(joined(self.surely + more.surely), joined(self.perhaps + more.perhaps))

    def __invert__(self) -> Characters:
        """All other characters."""
        return Characters(others(self.perhaps), others(self.surely))

    def meets(self, other: Characters) -> bool:
        """Whether one character may be in both."""
        return any(
            first <= other_last and other_first <= last
            for first, last in self.perhaps
            for other_first, other_last in other.perhaps
        )


def just(*ranges: tuple[int, int]) -> Characters:
    """The characters of some ranges."""
    one = joined(ranges)
    return Characters(one, one)


def _known(ranges: Ranges, beyond: Ranges) -> Characters:
    return Characters(ranges, joined((*ranges, *beyond)))


NONE = just()
# All that `str.isspace` holds for.
SPACE = just(
    *((9, 13), (28, 32), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
    *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
)
_NO_SPACE = others(joined((*SPACE.surely, (0, 0x7F))))
DIGIT = _known(((48, 57),), _NO_SPACE)
WORD = _known(((48, 57), (65, 90), (95, 95), (97, 122)), _NO_SPACE)
NO_LINE_BREAK = ~just((10, 10))


_MOST_CHARACTERS = 1_000
_DEEPEST = 20
_SETS = {"d": DIGIT, "w": WORD, "s": SPACE, "D": ~DIGIT, "W": ~WORD, "S": ~SPACE}
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_ENDS = {"b": "b", "B": "B", "A": "^", "Z": "$"}
_HEXADECIMAL = {"x": 2, "u": 4}
_COUNT = re.compile(r"\{(?:([0-9]{1,6})(,?)|(,))([0-9]{1,6})?\}")
_OPEN = re.compile(r"\((?:\?:|\?P<[A-Za-z_][A-Za-z0-9_]*>|(?!\?))")


class NotPlain(ValueError):
    """A pattern that cannot be read: says why, with its text."""


class Single(NamedTuple):
    """One character out of a set."""

    text: str
    characters: Characters


class End(NamedTuple):
    """An end of the text or of a word, which takes no character. at: `^`, `$`, `b` or `B`."""

    text: str
    at: str


class Sequence(NamedTuple):
    """Parts one after the other."""

    text: str
    parts: tuple[RegexPart, ...]


class Branches(NamedTuple):
    """One of several parts, whichever matches."""

    text: str
    parts: tuple[RegexPart, ...]


class Repeated(NamedTuple):
    """A part so many times; `most` is None where there is no end to it."""

    text: str
    part: RegexPart
    fewest: int
    most: int | None


RegexPart: TypeAlias = Single | End | Sequence | Branches | Repeated


def parse(text: str) -> RegexPart:
    """The parts of a pattern. Raises NotPlain."""
    if len(text) > _MOST_CHARACTERS:
        raise NotPlain(f"it has more than {_MOST_CHARACTERS:,} characters")
    reader = _Reader(text)
    part = reader.branches(0)
    if reader.at < len(text):
        raise NotPlain("a `)` closes nothing")
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise NotPlain(f"it is no regular expression of Python: {error}") from None
    return part


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def branches(self, depth: int) -> RegexPart:
        if depth > _DEEPEST:
            raise NotPlain(f"groups are nested deeper than {_DEEPEST}")
        start, parts = self.at, [self._sequence(depth)]
        while self._next("|"):
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Branches(self.text[start : self.at], tuple(parts))

    def _sequence(self, depth: int) -> RegexPart:
        start, parts = self.at, []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated(depth))
        return parts[0] if len(parts) == 1 else Sequence(self.text[start : self.at], tuple(parts))

    def _repeated(self, depth: int) -> RegexPart:
        start = self.at
        part = self._one(depth)
        count = self._count()
        if count is None:
            return part
        if isinstance(part, End):
            raise NotPlain(f"`{self.text[start : self.at]}` repeats an end of a text")
        self._next("?")  # as few as can be: which of the two is tried first is the same for time
        if self.text[self.at : self.at + 1] in ("*", "+", "?", "{") and self.at < len(self.text):
            raise NotPlain(f"`{self.text[start : self.at + 1]}` repeats a repetition")
        return Repeated(self.text[start : self.at], part, *count)

    def _count(self) -> tuple[int, int | None] | None:
        for sign, count in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(sign):
                return count
        found = _COUNT.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        fewest, comma, open_, most = found.groups()
        if open_ or comma:
            return int(fewest or 0), int(most) if most else None
        return int(fewest), int(fewest)

    def _one(self, depth: int) -> RegexPart:
        start, first = self.at, self.text[self.at]
        if first == "(":
            return self._group(depth)
        self.at += 1
        if first == "[":
            characters = self._class()
        elif first == "\\":
            escaped = self._escaped()
            if isinstance(escaped, str):
                return End(self.text[start : self.at], escaped)
            characters = escaped
        elif first in "^$":
            return End(first, first)
        elif first in "*+?{":
            raise NotPlain(f"`{first}` repeats nothing; the character itself is `\\{first}`")
        else:
            characters = NO_LINE_BREAK if first == "." else just((ord(first), ord(first)))
        return Single(self.text[start : self.at], characters)

    def _group(self, depth: int) -> RegexPart:
        start = self.at
        opened = _OPEN.match(self.text, self.at)
        if opened is None:
            raise NotPlain(f"`{self.text[self.at : self.at + 3]}` is not read here")
        self.at = opened.end()
        part = self.branches(depth + 1)
        if not self._next(")"):
            raise NotPlain("a `(` is not closed")
        return part._replace(text=self.text[start : self.at])

    def _escaped(self) -> Characters | str:
        """The meaning of an escape: characters, or an end."""
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _ENDS and letter:
            return _ENDS[letter]
        if letter in _SETS:
            return _SETS[letter]
        if letter in _CONTROLS:
            return just((_CONTROLS[letter], _CONTROLS[letter]))
        if letter in _HEXADECIMAL:
            digits = self.text[self.at : self.at + _HEXADECIMAL[letter]]
            self.at += len(digits)
            if re.fullmatch(r"[0-9A-Fa-f]+", digits):
                return just((int(digits, 16), int(digits, 16)))
        elif letter and not letter.isalnum():
            return just((ord(letter), ord(letter)))
        raise NotPlain(f"`\\{letter}` is not read here")

    def _class(self) -> Characters:
        """The characters of a class, after its `[`."""
        inverted = self._next("^")
        found = NONE
        begun = self.at
        while self.at == begun or self.text[self.at : self.at + 1] != "]":
            if self.at >= len(self.text):
                raise NotPlain("a `[` is not closed")
            one = self._in_class()
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in (
                "]",
                "",
            ):
                self.at += 1
                if self.text.startswith("-", self.at):
                    raise NotPlain("within `[ ]` the character `-` is written `\\-`")
                one = just((_only(one), _only(self._in_class())))
            found |= one
        self.at += 1
        return ~found if inverted else found

    def _in_class(self) -> Characters:
        letter = self.text[self.at : self.at + 1]
        if letter == "[" or self.text[self.at : self.at + 2] in ("--", "&&", "||", "~~"):
            raise NotPlain(f"within `[ ]` the character `{letter}` is written `\\{letter}`")
        self.at += 1
        if letter != "\\":
            return just((ord(letter), ord(letter)))
        if self.text[self.at : self.at + 1] == "b":
            self.at += 1
            return just((8, 8))
        escaped = self._escaped()
        if isinstance(escaped, str):
            raise NotPlain("within `[ ]` there are only characters")
        return escaped

    def _next(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True


def _only(characters: Characters) -> int:
    """The one character of a set, as an end of a range."""
    if len(characters.perhaps) == 1 and characters.perhaps[0][0] == characters.perhaps[0][1]:
        return characters.perhaps[0][0]
    raise NotPlain("a range within `[ ]` goes from one character to another one")
