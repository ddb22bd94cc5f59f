"""The rules by which a pattern takes a time that grows as its text does, and no faster.

A block is what is between two gaps (`*`, `{x:text}`). The first one is tried at one place only, the others at
each place after the gap before them. In such a block a character is read at most once for each part: if it
is read inside a part without a fixed length, the last character before it that this part does not take is
a known one of the text before the part, so the part began at one place, and so did all before it. What is
of a fixed length, and plain text, is read again at each place, so there may not be much of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from mapper.transforms.character_sets import CharacterSet
from mapper.transforms.patterns import (
    Gap,
    PatternFault,
    PatternPart,
    PatternPiece,
    PlainText,
    TextPattern,
    parse_pattern,
)
from mapper.values.frozen import dataclass

# Plain text that is searched for, with the parts of fixed length in it.
MOST_SEARCHED = 64
# Sets of more characters than this are taken to share one with any other large set.
_MOST_TRIED = 512


@dataclass(frozen=True, slots=True)
class PatternBlock:
    """The block between two gaps. gap: the one before it; None before the first block."""

    gap: Gap | None
    pieces: tuple[PlainText | PatternPart, ...]


@lru_cache(maxsize=1024)
def read_pattern(text: str, any_case: bool = False) -> TextPattern:
    """The pattern of a text, which keeps all rules. Raises PatternFault."""
    pattern = parse_pattern(text, any_case)
    for block in blocks(pattern):
        for fault in _faults(block, pattern):
            raise fault
    return pattern


def blocks(pattern: TextPattern) -> tuple[PatternBlock, ...]:
    """The blocks of a pattern, in order; the first and the last may be empty."""
    made: list[PatternBlock] = []
    gap: Gap | None = None
    pieces: list[PlainText | PatternPart] = []
    for one in pattern.pieces:
        if isinstance(one, Gap):
            made.append(PatternBlock(gap, tuple(pieces)))
            gap, pieces = one, []
        else:
            pieces.append(one)
    return (*made, PatternBlock(gap, tuple(pieces)))


def takes(characters: CharacterSet, character: str, any_case: bool) -> bool:
    """Whether a part takes a character."""
    if not any_case:
        return characters.has(character)
    return _folding(characters.one)(character) is not None


@lru_cache(maxsize=64)
def _folding(one: str) -> Callable[[str], object]:
    return re.compile(one, re.IGNORECASE).match


def text_after(part: PatternPart, after: PlainText | PatternPart | None, any_case: bool) -> PlainText | None:
    """The text that a part must look for, since it takes the first character of that; None of none."""
    if not isinstance(after, PlainText) or part.has_length:
        return None
    return after if takes(part.characters, after.text[0], any_case) else None


def _faults(block: PatternBlock, pattern: TextPattern) -> Iterator[PatternFault]:
    pieces = block.pieces
    if block.gap is not None and not pieces and block.gap is not pattern.pieces[-1]:
        yield _two_gaps(block.gap, pattern)
    searched = 0
    for before, one, after in zip((None, *pieces), pieces, (*pieces[1:], None), strict=False):
        if isinstance(one, PlainText):
            searched += len(one.text)
            continue
        searched += one.least if one.has_length else 0
        yield from _after_part(before, one, block, pattern)
        yield from _after_text(before, one, block, pattern)
        sought = text_after(one, after, pattern.any_case)
        if sought is not None and len(sought.text) > MOST_SEARCHED:
            reason = f"more than {MOST_SEARCHED} characters are searched for after a part"
            yield _fault(reason, sought, "make the text shorter")
    if block.gap is not None and searched > MOST_SEARCHED:
        shown = _shown(block.gap, pattern)
        reason = f"more than {MOST_SEARCHED} characters are searched for after `{shown}`"
        yield _fault(reason, pieces[0], "make the text shorter, or put another `*` into it")


def _two_gaps(gap: Gap, pattern: TextPattern) -> PatternFault:
    after = pattern.pieces[pattern.pieces.index(gap) + 1]
    touching = f"`{_shown(gap, pattern)}` and `{_shown(after, pattern)}` touch"
    reason = f"{touching}: nothing says where one ends"
    hint = "keep one of them, or put a text between them"
    return PatternFault("rules", reason, (gap.start, after.end), hint)


def _after_part(
    before: PlainText | PatternPart | None, one: PatternPart, block: PatternBlock, pattern: TextPattern
) -> Iterator[PatternFault]:
    """A part directly after a part: where the first one ends must be known."""
    if not isinstance(before, PatternPart) or (before.has_length and (block.gap is None or one.has_length)):
        return
    if _share(before.characters, one.characters, pattern.any_case):
        touching = f"`{_shown(before, pattern)}` and `{_shown(one, pattern)}` touch"
        reason = f"{touching} and share characters: nothing says where one ends"
        hint = "put a text between them, or give the first a length or another kind"
        if before.has_length:
            hint = "put a text between them, give both a length, or take `*` away"
        yield PatternFault("rules", reason, (before.start, one.end), hint)


def _after_text(
    before: PlainText | PatternPart | None, one: PatternPart, block: PatternBlock, pattern: TextPattern
) -> Iterator[PatternFault]:
    """A part after a text that is searched for: where it begins must be known."""
    if block.gap is None or one.has_length or not isinstance(before, PlainText):
        return
    if all(takes(one.characters, character, pattern.any_case) for character in before.text):
        gap, part = _shown(block.gap, pattern), _shown(one, pattern)
        reason = f"after `{gap}`, `{part}` could begin in many places, because it matches `{before.text}` too"
        hint = (
            f"give `{part}` a kind that excludes these characters, or a length, or put a separator before it"
        )
        yield PatternFault("rules", reason, (one.start, one.end), hint)


def _shown(piece: PatternPiece, pattern: TextPattern) -> str:
    return pattern.text[piece.start : piece.end]


def _fault(reason: str, at: PatternPiece, hint: str) -> PatternFault:
    return PatternFault("rules", reason, (at.start, at.end), hint)


def _share(one: CharacterSet, other: CharacterSet, any_case: bool) -> bool:
    """Whether two sets share a character. Where that would take long to tell, they are taken to do."""
    if not any_case:
        return one.shares(other)
    for first, second in ((one, other), (other, one)):
        few = _few(first)
        if few is not None:
            return any(takes(second, character, True) for character in few)
    return True


def _few(characters: CharacterSet) -> Sequence[str] | None:
    """The characters of a small set, in every case; None of a large one."""
    if characters.kind in ("digits", "hex", "space"):
        found = [one for one in map(chr, range(0x3001)) if characters.has(one)]
    elif characters.kind or characters.negated:
        return None
    else:
        ranges = characters.ranges
        if sum(last - first + 1 for first, last in ranges) > _MOST_TRIED:
            return None
        found = [chr(one) for first, last in ranges for one in range(first, last + 1)]
    cases = (form for one in found for form in (one, one.lower(), one.upper(), one.casefold()))
    return [one for one in dict.fromkeys(cases) if len(one) == 1]
