"""Two texts, line by line -> the pieces that they share, and those in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

# What two texts of many lines have in common takes minutes to find: so many pairs are compared.
_MOST_PAIRS = 10**6
# So many lines are shown before and after those that differ.
_AROUND = 3


@dataclass(frozen=True, slots=True)
class ComparedLines:
    """Lines of both texts. same: whether they are the same lines."""

    same: bool
    old: slice
    new: slice


def compared(old: Sequence[str], new: Sequence[str]) -> Iterator[ComparedLines]:
    """The pieces of two texts, in their order."""
    shorter = min(len(old), len(new))
    first = _common(old, new, shorter)
    last = _common(old[::-1], new[::-1], shorter - first)
    yield ComparedLines(True, slice(0, first), slice(0, first))
    ends = len(old) - last, len(new) - last
    if (ends[0] - first) * (ends[1] - first) > _MOST_PAIRS:
        yield ComparedLines(False, slice(first, ends[0]), slice(first, ends[1]))
    else:
        matcher = SequenceMatcher(None, old[first : ends[0]], new[first : ends[1]], autojunk=False)
        for kind, start, stop, begin, end in matcher.get_opcodes():
            yield ComparedLines(
                kind == "equal", slice(first + start, first + stop), slice(first + begin, first + end)
            )
    yield ComparedLines(True, slice(ends[0], len(old)), slice(ends[1], len(new)))


def _common(old: Sequence[str], new: Sequence[str], most: int) -> int:
    """The number of lines at the beginning that are the same."""
    return next((at for at in range(most) if old[at] != new[at]), most)


def rows_compared(file: str, page: str) -> list[dict[str, Any]]:
    """The lines in which a file and the text on the page differ, each with its number, with some around them.

    of: the text that has the line, "both" where it is the same. left_out: the lines of both that are not
    shown.
    """
    texts = file.splitlines(), page.splitlines()
    rows: list[dict[str, Any]] = []
    for piece in compared(*texts):
        if piece.same:
            rows += _rows("both", piece.new, texts[1])
        else:
            rows += _rows("file", piece.old, texts[0])
            rows += _rows("page", piece.new, texts[1])
    differ = [at for at, row in enumerate(rows) if row["of"] != "both"]
    near = {at for one in differ for at in range(one - _AROUND, one + _AROUND + 1)}
    return list(_near(rows, near))


def _rows(of: str, piece: slice, lines: Sequence[str]) -> list[dict[str, Any]]:
    return [{"of": of, "number": at + 1, "text": lines[at]} for at in range(piece.start, piece.stop)]


def _near(rows: Sequence[dict[str, Any]], near: set[int]) -> Iterator[dict[str, Any]]:
    left_out = 0
    for at, row in enumerate(rows):
        if at not in near:
            left_out += 1
            continue
        if left_out:
            yield {"left_out": left_out}
            left_out = 0
        yield row
    if left_out:
        yield {"left_out": left_out}
