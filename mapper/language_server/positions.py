"""Offsets of a text <-> positions of the protocol, counted as the client and the server agreed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from lsprotocol.types import Location, Position, Range

from mapper import Span
from mapper.authoring import Text


@dataclass(frozen=True, slots=True)
class Positions:
    """The way positions in a line are counted.

    encoding: `utf-8` counts bytes, `utf-16` code units, `utf-32` characters.
    """

    encoding: str = "utf-16"

    def position(self, text: Text, offset: int) -> Position:
        """The position of a character offset."""
        line, column = text.position(offset)
        if self.encoding == "utf-16":
            return Position(*text.utf16.position(offset))
        if self.encoding == "utf-8":
            start = text.starts[line - 1]
            return Position(line - 1, len(_bytes(text.content[start:offset])))
        return Position(line - 1, column - 1)

    def offset(self, text: Text, position: Position) -> int:
        """The character offset of a position; of one after the end of its line, the end of the line.

        A position within a character is where that begins.
        """
        if self.encoding == "utf-16":
            return text.utf16.offset_at(position.line, position.character)
        if position.line >= len(text.starts):
            return len(text.content)
        start, line = text.starts[position.line], text.line(position.line + 1)
        if self.encoding == "utf-8" and not line.isascii():
            ends = accumulate(len(_bytes(character)) for character in line)
            within = (number for number, end in enumerate(ends) if end > position.character)
            return start + next(within, len(line))
        return start + min(position.character, len(line))

    def range(self, span: Span) -> Range:
        """The range of some characters."""
        return Range(self.position(span.text, span.start), self.position(span.text, span.end))

    def location(self, span: Span, uri: str) -> Location:
        """The place of some characters of the text that is at an address."""
        return Location(uri, self.range(span))


def _bytes(text: str) -> bytes:
    # A client can send half of a surrogate pair, which JSON writes as an escape.
    return text.encode("utf-8", "surrogatepass")
