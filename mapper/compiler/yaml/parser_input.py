"""text -> ParserInput: what a YAML parser can read in its place, and the way back to the text.

An author's mistake is repaired here, in what the parser reads, so that the rest of the file is read too.
Nothing is written to the file; spans always mean the original text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import TypeAlias

from mapper.texts.named_text import Span, Text
from mapper.values.frozen import dataclass

BYTE_ORDER_MARK = "\ufeff"
Replacement: TypeAlias = tuple[int, int, str]
"""Characters `start` up to `end` of the content, and what replaces them."""

_NO_BREAK = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class ParserInput:
    """The content that the parser reads in place of `text`.

    A piece `(here, there)`: from `here` on, the content is the text from `there` on.
    """

    text: Text
    content: str
    pieces: tuple[tuple[int, int], ...]

    def offset(self, here: int) -> int:
        """The offset in the text of an offset in the content; what was put in belongs to what follows it."""
        number = bisect_right(self.pieces, here, key=lambda piece: piece[0]) - 1
        start, there = self.pieces[number]
        last = self.pieces[number + 1][1] if number + 1 < len(self.pieces) else len(self.text.content)
        return min(there + here - start, last)

    def span(self, start: int, end: int) -> Span:
        """The characters of the text that correspond to `start` up to `end` of the content."""
        if self.content is self.text.content and end <= len(self.content):  # unchanged, as most files are
            return Span(self.text, start, end)
        if len(self.pieces) == 1:  # only the mark at its beginning is gone
            there, last = self.pieces[0][1], len(self.text.content)
            return Span(self.text, min(there + start, last), min(there + end, last))
        return Span(self.text, self.offset(start), self.offset(end))

    def replaced(self, replacements: Iterable[Replacement]) -> ParserInput:
        """With other characters at some places, which do not overlap."""
        parts: list[str] = []
        pieces = [(0, self.pieces[0][1])]
        at = length = 0
        for start, end, characters in sorted(replacements):
            pieces += [(length + here - at, there) for here, there in self.pieces if at < here < start]
            parts += (self.content[at:start], characters)
            length += start - at + len(characters)
            pieces.append((length, self.offset(end)))
            at = end
        pieces += [(length + here - at, there) for here, there in self.pieces if at < here]
        return ParserInput(self.text, "".join(parts) + self.content[at:], tuple(pieces))

    def blanked(self, start: int, end: int) -> ParserInput:
        """With spaces in place of some characters; line breaks stay, so no offset moves."""
        blank = _NO_BREAK.sub(" ", self.content[start:end])
        return ParserInput(self.text, self.content[:start] + blank + self.content[end:], self.pieces)


def parser_input(text: Text) -> ParserInput:
    """A text without its byte order mark, which would count as indentation of the first line."""
    if text.content.startswith(BYTE_ORDER_MARK):
        return ParserInput(text, text.content[1:], ((0, 1),))
    return ParserInput(text, text.content, ((0, 0),))
