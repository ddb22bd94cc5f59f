"""What a pattern matches, worked out step by step as `docs/language.md` says it."""

from __future__ import annotations

import re

from mapper.transforms.pattern_rules import PatternBlock, blocks, read_pattern
from mapper.transforms.patterns import PatternPart, PlainText


def matched_parts(pattern: str, text: str, any_case: bool = False) -> dict[str, str] | None:
    """The texts of the named parts; None where the pattern does not describe the text."""
    *inner, last = blocks(read_pattern(pattern, any_case))
    found: dict[str, str] = {}
    at = 0
    for block in (*inner, last):
        if block.gap is None:
            end = _block(block, text, at, any_case, found)
            if end is None or (block is last and end < len(text)):
                return None
            at = end
            continue
        places = range(at + block.gap.least, len(text) + 1)
        if block is last and not block.pieces:
            places = places[-1:]
        for place in places:
            end = _block(block, text, place, any_case, found)
            if end is not None and (block is not last or end == len(text)):
                break
        else:
            return None
        if block.gap.name:
            found[block.gap.name] = text[at:place]
        at = end
    return found


def _block(block: PatternBlock, text: str, at: int, any_case: bool, found: dict[str, str]) -> int | None:
    """Where a block ends that begins at a place; None where it does not fit there."""
    for number, piece in enumerate(block.pieces):
        if isinstance(piece, PlainText):
            if not _same(text[at : at + len(piece.text)], piece.text, any_case):
                return None
            at += len(piece.text)
            continue
        if number == 0 and block.gap is not None and at and _takes(piece, text[at - 1], any_case):
            return None
        after = block.pieces[number + 1] if number + 1 < len(block.pieces) else None
        end = _end_of_part(piece, after, text, at, any_case)
        if end is None:
            return None
        if piece.name:
            found[piece.name] = text[at:end]
        at = end
    return at


def _end_of_part(
    part: PatternPart, after: PlainText | PatternPart | None, text: str, at: int, any_case: bool
) -> int | None:
    most = at
    while most < len(text) and (part.most is None or most - at < part.most):
        if not _takes(part, text[most], any_case):
            break
        most += 1
    if most - at < part.least:
        return None
    if isinstance(after, PlainText) and not part.has_length and _takes(part, after.text[0], any_case):
        for end in range(at + part.least, most + 1):
            if _same(text[end : end + len(after.text)], after.text, any_case):
                return end
        return None
    return most


def _takes(part: PatternPart, character: str, any_case: bool) -> bool:
    if not any_case:
        return part.characters.has(character)
    return re.fullmatch(part.characters.one, character, re.IGNORECASE) is not None


def _same(one: str, other: str, any_case: bool) -> bool:
    return re.fullmatch(re.escape(other), one, re.IGNORECASE if any_case else 0) is not None
