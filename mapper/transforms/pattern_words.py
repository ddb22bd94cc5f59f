"""A pattern in words, as editors say it, and the kinds of its parts."""

from __future__ import annotations

from mapper.transforms.patterns import ANY_TEXT, Gap, PatternPart, PatternPiece, PlainText, TextPattern

KIND_WORDS = {
    "digits": "digits",
    "letters": "letters of any script",
    "word": "letters, digits and `_`",
    "slug": "letters, digits, `_` and `-`",
    "hex": "hexadecimal digits",
    "space": "white space",
    ANY_TEXT: "any text, at least one character",
}


def in_words(pattern: TextPattern) -> str:
    """The meaning of a pattern, as Markdown."""
    case = ", in any case" if pattern.any_case else ""
    return f"The whole text{case}: {'; '.join(_words(one, pattern.text) for one in pattern.pieces)}"


def _words(piece: PatternPiece, text: str) -> str:
    if isinstance(piece, PlainText):
        return f"`{piece.text}`"
    if isinstance(piece, Gap) and not piece.least:
        return "any text, or none"
    name = f"**{piece.name}**: " if piece.name else ""
    return name + (KIND_WORDS[ANY_TEXT] if isinstance(piece, Gap) else _characters(piece, text))


def _characters(part: PatternPart, text: str) -> str:
    if part.has_plain_kind:
        return "any characters but `/`, `?` and `#`"
    kind = text[part.start : part.end - 1].partition(":")[2]
    what = KIND_WORDS.get(kind.partition(" ")[0]) or f"characters of `{kind[: kind.rindex(']') + 1]}`"
    if part.most is None:
        return what
    return f"{part.least if part.has_length else f'{part.least} to {part.most}'} {what}"
