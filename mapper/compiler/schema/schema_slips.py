"""A word of a schema that is none -> the one that a slip of the pen made it of.

Schemas have words of other tools, so that less is taken for a slip here than in a mapping.
"""

from __future__ import annotations

from functools import lru_cache

# So many letters may differ in a word of so many.
_LONG = 8
_MOST_IN_LONG = 2


@lru_cache(maxsize=4096)
def slip_of(word: str, known: tuple[str, ...], most_in_long: int = _MOST_IN_LONG) -> str | None:
    """The known word that differs least, by one letter or by two that changed places; a long one by two."""
    near = sorted((_distance(word, one), one) for one in known if _may_be_near(word, one, most_in_long))
    if not near or word == near[0][1]:
        return None
    distance, found = near[0]
    return found if distance <= (most_in_long if min(len(word), len(found)) >= _LONG else 1) else None


@lru_cache(maxsize=4096)
def spelling_of(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that another one is but for capitals, dashes, underscores and the prefix `x-`."""
    bare = _bare(word)
    return next((one for one in known if one != word and _bare(one) == bare), None)


def _bare(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold())).removeprefix("x")


def _may_be_near(word: str, one: str, most: int) -> bool:
    """Whether two words may differ by so few letters: one that differs is at most two of those they have."""
    return abs(len(one) - len(word)) <= most and len(_letters(word) ^ _letters(one)) <= 2 * most


@lru_cache(maxsize=4096)
def _letters(word: str) -> frozenset[str]:
    return frozenset(word)


def _distance(one: str, other: str) -> int:
    """The fewest letters to add, take away, replace, or to swap with the next, that make one word another."""
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for at, letter in enumerate(one, 1):
        older: list[int] = before
        before, row = row, [at]
        for to, mark in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != mark))
            if at > 1 and to > 1 and (letter, one[at - 2]) == (other[to - 2], mark):
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
    return row[-1]
