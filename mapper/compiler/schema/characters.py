"""Sets of characters, as ranges: those that a class of a pattern takes for sure, and those that it may."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF
_BEYOND_ASCII: Ranges = ((0x80, _LAST),)


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
