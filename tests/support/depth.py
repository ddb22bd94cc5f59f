"""How deep the tests look: quick after each change, usual before it is shared, full before it lands.

TEST_DEPTH names the depth. What is drawn at random is always the same in quick and usual runs; at full depth
TEST_SEED chooses it, and the same seed chooses the same.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Collection, Sequence
from enum import Enum
from typing import TypeVar
from zlib import crc32

Row = TypeVar("Row")


class Depth(Enum):
    """How much of their tables and how many examples the tests take."""

    QUICK = "quick"
    USUAL = "usual"
    FULL = "full"


DEPTH = Depth(os.environ.get("TEST_DEPTH") or "usual")
SEED = int(os.environ.get("TEST_SEED") or 0)
_EXAMPLES = {Depth.QUICK: 20, Depth.USUAL: 5, Depth.FULL: 1}
_ROWS_OF_A_QUICK_RUN = 8
_FEWEST = 2
_NAMED = [word for word in sys.argv if "::" in word]


def is_named(test: str) -> bool:
    """Whether the command line names a test, which then runs at any depth."""
    return any(test == word or test.startswith((f"{word}[", f"{word}::")) for word in _NAMED)


def examples(count: int, usual: int | None = None) -> int:
    """How many of `count` examples a test draws: all at full depth, a fifth or `usual` of them otherwise.

    A quick run takes a twentieth, or a quarter of `usual`.
    """
    if DEPTH is Depth.FULL:
        return count
    if usual is not None:
        return min(max(usual // (4 if DEPTH is Depth.QUICK else 1), 1), count)
    return min(max(count // _EXAMPLES[DEPTH], _FEWEST), count)


def some(
    rows: Collection[Row],
    usual: int | None = None,
    always: Collection[Row] = (),
    *,
    full: int | None = None,
) -> list[Row]:
    """The rows of a table that a test runs: all at full depth, `usual` of them and `always` otherwise.

    They are equally far apart, and begin elsewhere in each module, so that together the modules meet all of
    what they share. A quick run takes one of eight of these. All are there where the command line names one.
    full: so many at full depth, chosen by TEST_SEED, where each takes seconds.
    """
    every = list(rows)
    wanted = len(every) if usual is None else usual
    if DEPTH is Depth.QUICK:
        wanted = -(-wanted // _ROWS_OF_A_QUICK_RUN)
    if DEPTH is Depth.FULL and full is not None and not any(word.endswith("]") for word in _NAMED):
        module = sys._getframe(1).f_globals["__name__"]
        drawn = by_seed(module).sample(range(len(every)), min(full, len(every)))
        return [row for at, row in enumerate(every) if at in drawn or row in always]
    if DEPTH is Depth.FULL or wanted >= len(every) or any(word.endswith("]") for word in _NAMED):
        return every
    first = crc32(sys._getframe(1).f_globals["__name__"].encode())
    chosen = {(first + at * len(every) // wanted) % len(every) for at in range(wanted)}
    return [row for at, row in enumerate(every) if at in chosen or row in always]


def seeds(count: int, usual: int | None = None) -> Sequence[int]:
    """Numbers to draw by, as many as `examples` says: others for each TEST_SEED at full depth."""
    first = SEED * 1_000_000 if DEPTH is Depth.FULL else 0
    return range(first, first + examples(count, usual))


def by_seed(name: object) -> random.Random:
    """A test's own generator of random numbers, by TEST_SEED at full depth, and always the same otherwise."""
    return random.Random(f"{SEED} {name}" if DEPTH is Depth.FULL and SEED else f"{name}")
