"""How many steps a matcher that tries one way after the other takes: an oracle for what a pattern costs.

Written after Python's own parser of patterns, so it shares nothing with the checker that it judges.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# Without stubs, since no other module has a use for them.
constants: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_DEEPEST = 20_000


class TooMany(Exception):
    """More steps than were allowed."""


class _Counter:
    def __init__(self, most: int) -> None:
        self.steps, self.most = 0, most

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise TooMany


def steps_of(pattern: str, text: str, most: int) -> int:
    """The steps to search for a pattern in a text. Raises TooMany."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEPEST))
    try:
        return _steps_of(pattern, text, most)
    finally:
        sys.setrecursionlimit(before)


def _steps_of(pattern: str, text: str, most: int) -> int:
    parts, counter = list(parser.parse(pattern)), _Counter(most)
    for start in range(len(text) + 1):
        counter.step()
        if next(_ends(parts, 0, text, start, counter), None) is not None:
            break
    return counter.steps


def _ends(parts: list[Any], number: int, text: str, at: int, counter: _Counter) -> Iterator[int]:
    """Where the parts from one on may end, in the order in which they are tried."""
    if number == len(parts):
        yield at
        return
    for end in _one(parts[number], text, at, counter):
        yield from _ends(parts, number + 1, text, end, counter)


def _one(part: Any, text: str, at: int, counter: _Counter) -> Iterator[int]:
    counter.step()
    kind, given = part
    if kind is constants.SUBPATTERN:
        yield from _ends(list(given[3]), 0, text, at, counter)
    elif kind is constants.BRANCH:
        for branch in given[1]:
            yield from _ends(list(branch), 0, text, at, counter)
    elif kind in (constants.MAX_REPEAT, constants.MIN_REPEAT):
        yield from _repeated(given, kind is constants.MIN_REPEAT, text, at, counter)
    elif kind is constants.AT:
        if _holds(given, text, at):
            yield at
    elif at < len(text) and _takes(part, text[at]):
        yield at + 1


def _repeated(given: Any, lazy: bool, text: str, at: int, counter: _Counter, done: int = 0) -> Iterator[int]:
    fewest, most, inner = given
    if lazy and done >= fewest:
        yield at
    if most is constants.MAXREPEAT or done < most:
        for end in _ends(list(inner), 0, text, at, counter):
            if end > at or done < fewest:
                yield from _repeated(given, lazy, text, end, counter, done + 1)
    if not lazy and done >= fewest:
        yield at


def _holds(where: Any, text: str, at: int) -> bool:
    if where in (constants.AT_BEGINNING, constants.AT_BEGINNING_STRING):
        return at == 0
    if where in (constants.AT_END, constants.AT_END_STRING):
        return at == len(text)
    word = [
        0 <= place < len(text) and (text[place].isalnum() or text[place] == "_") for place in (at - 1, at)
    ]
    return (word[0] != word[1]) is (where is constants.AT_BOUNDARY)


def _takes(part: Any, letter: str) -> bool:
    kind, given = part
    if kind is constants.LITERAL:
        return bool(ord(letter) == given)
    if kind is constants.NOT_LITERAL:
        return bool(ord(letter) != given)
    if kind is constants.ANY:
        return letter != "\n"
    assert kind is constants.IN
    inverted = given[0] == (constants.NEGATE, None)
    return any(_is_in(one, letter) for one in given if one[0] is not constants.NEGATE) is not inverted


def _is_in(one: Any, letter: str) -> bool:
    kind, given = one
    if kind is constants.RANGE:
        return bool(given[0] <= ord(letter) <= given[1])
    if kind is constants.CATEGORY:
        name = str(given).removeprefix("CATEGORY_")
        holds = {
            "DIGIT": letter.isdecimal(),
            "SPACE": letter.isspace(),
            "WORD": letter.isalnum() or letter == "_",
        }[name.removeprefix("NOT_")]
        return holds is not name.startswith("NOT_")
    return bool(ord(letter) == given)
