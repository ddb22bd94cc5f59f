"""Random patterns that the compiler accepts, and texts made to confuse them."""

from __future__ import annotations

import random

from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import Gap, PatternFault, PatternPart, PlainText, TextPattern

_LETTERS = "aabbA-_/1 é"
_KINDS = ("", ":digits", ":letters", ":word", ":slug", ":hex", ":space", ":[ab]", ":[^a]", ":[a-b1]", ":[^/]")
_LENGTHS = ("", "", "", " 1", " 2", " 1-2", " 2-3")


def random_pattern(dice: random.Random, any_case: bool = False) -> TextPattern:
    """A pattern that keeps the rules."""
    while True:
        written = "".join(_piece(dice, number) for number in range(dice.randint(1, 6)))
        try:
            return read_pattern(written, any_case)
        except PatternFault:
            continue


def _piece(dice: random.Random, number: int) -> str:
    kind = dice.random()
    if kind < 0.4:
        return "".join(dice.choices(_LETTERS, k=dice.randint(1, 3)))
    if kind < 0.6:
        return "*"
    if kind < 0.67:
        return f"{{p{number}:text}}"
    chosen = dice.choice(_KINDS)
    length = dice.choice(_LENGTHS) if chosen else ""
    return f"{{{'' if chosen and dice.random() < 0.2 else f'p{number}'}{chosen}{length}}}"


def confusing_text(dice: random.Random, pattern: TextPattern) -> str:
    """A text made of what the pattern takes, in its order for the most part."""
    made = []
    for piece in pattern.pieces:
        if dice.random() < 0.1:
            made.append(random_text(dice))
        if dice.random() > 0.05:
            made.append(_of_piece(dice, piece))
        if dice.random() < 0.1 and made:
            made.append(made[-1])
    return "".join(made)


def random_text(dice: random.Random) -> str:
    """A short text of few different characters."""
    return "".join(dice.choices(_LETTERS, k=dice.randint(0, 5)))


def _of_piece(dice: random.Random, piece: PlainText | PatternPart | Gap) -> str:
    if isinstance(piece, PlainText):
        return piece.text.swapcase() if dice.random() < 0.1 else piece.text
    if isinstance(piece, Gap):
        return random_text(dice)
    taken = [one for one in _LETTERS if piece.characters.has(one)] or ["2"]
    count = dice.randint(piece.least, piece.most or piece.least + 3)
    return "".join(dice.choices(taken, k=count))


def hostile_texts(dice: random.Random, pattern: TextPattern, size: int) -> list[str]:
    """Long texts in which much of the pattern fits at many places, and all of it nowhere, or at the end."""
    parts = [_of_piece(dice, piece) for piece in pattern.pieces]
    seeds = ["".join(parts), *(one for one in parts if one), "".join(parts[:-1]), "a", "ab"]
    texts = []
    for seed in dict.fromkeys(one for one in seeds if one):
        texts.append((seed * (size // len(seed) + 1))[:size])
        texts.append((seed[::-1] * (size // len(seed) + 1))[:size])
    start = "".join(parts[: max(1, len(parts) // 2)])
    return [*texts, *(start + one for one in texts[:4])]
