"""A named text and half-open character spans in it: what every position in the project is made of."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate
from typing import Literal, TypeAlias

from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeError, SafeText
from mapper.values.short import short

_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_WIDE = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Text:
    """A text with the name a person knows it by (a path, or `<stdin>`)."""

    name: str
    content: str

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The start of each line. Found when it is first asked for: of most texts nobody does."""
        if "\r" in self.content:
            return (0, *(match.end() for match in _LINE_BREAK.finditer(self.content)))
        lines = self.content.split("\n")
        return (0, *accumulate(len(line) + 1 for line in lines[:-1]))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both from 1, in Unicode characters."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The characters of a line (numbered from 1) without its line break."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.content)
        return self.content[start:end].rstrip("\r\n")

    @cached_property
    def utf16(self) -> Utf16Positions:
        """The same text as JavaScript and language servers count it."""
        return Utf16Positions(self)

    def span(self, start: int, end: int) -> Span:
        """The characters from `start` up to, not including, `end`."""
        return Span(self, start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` (exclusive) of a text; empty where `start == end`."""

    text: Text
    start: int
    end: int

    def __repr__(self) -> str:
        return f"Span({short(self.text.name)}, {self.start}, {self.end})"

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.text.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1, in Unicode characters."""
        return self.text.position(self.start)[1]

    @property
    def place(self) -> str:
        """`file:line:column`, as compilers write it."""
        line, column = self.text.position(self.start)
        return f"{self.text.name}:{line}:{column}"

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return Span(self.text, self.start, other.end)

    def is_within(self, other: Span) -> bool:
        """Whether all of its characters are in another span."""
        return self.text is other.text and other.start <= self.start and self.end <= other.end

    def overlaps(self, other: Span) -> bool:
        """Whether it and another span have characters in common."""
        return self.text is other.text and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Utf16Positions:
    """Places of a text in UTF-16 code units: a character beyond U+FFFF, as most emoji, counts as two.

    Offsets count from 0. A place within such a character is where it begins, one after the end is the end.
    """

    text: Text

    @cached_property
    def _wide(self) -> tuple[int, ...]:
        """The places of the characters of two code units."""
        return tuple(match.start() for match in _WIDE.finditer(self.text.content))

    @cached_property
    def _after_wide(self) -> tuple[int, ...]:
        """The code units up to the end of each of them."""
        return tuple(start + number + 2 for number, start in enumerate(self._wide))

    def units(self, offset: int) -> int:
        """The code units before a character offset."""
        return offset + bisect_left(self._wide, offset)

    def offset(self, units: int) -> int:
        """The character offset after so many code units."""
        before = bisect_right(self._after_wide, units)
        is_within = before < len(self._wide) and units == self._after_wide[before] - 1
        return min(units - before - is_within, len(self.text.content))

    def position(self, offset: int) -> tuple[int, int]:
        """Line, and code units before it in the line, both from 0, of a character offset."""
        line, _ = self.text.position(offset)
        return line - 1, self.units(offset) - self.units(self.text.starts[line - 1])

    def offset_at(self, line: int, units: int) -> int:
        """The character offset of a place in a line, both from 0; at most the end of the line."""
        if line >= len(self.text.starts):
            return len(self.text.content)
        start = self.text.starts[line]
        within = self.offset(self.units(start) + units)
        return min(within, start + len(self.text.line(line + 1)))


Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded", "in single", "in double"]
"""How a YAML file writes a scalar; or the quotes of the scalar that a text is only a part of."""
Locate: TypeAlias = Callable[[int, int], Span]
"""From characters of a text, as it is read, to the span in the file that it is written in."""


def line_start(content: str, at: int) -> int:
    """The start of the line of a character offset."""
    return max(content.rfind("\n", 0, at), content.rfind("\r", 0, at)) + 1


class UnreadableFile(Exception):
    """A file that a mapping names and that cannot be used: says why, and what to do."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that a program was made of, or one that was looked for and not found.

    real: where its path led to, through links. digest: of its bytes; None where there was no such file.
    """

    path: str
    real: str
    digest: bytes | None


def digest_of(content: bytes) -> bytes:
    """A digest that tells the bytes of a file from all others."""
    return hashlib.sha256(content).digest()


class NotUtf8(SafeError):
    """A file in another encoding."""


def decode_text(name: str, content: bytes) -> Text:
    """The text of a file that is UTF-8. Raises NotUtf8 for any other, with the first byte that is not."""
    try:
        return Text(name, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = SafeText("{}: not UTF-8, at byte {} in line {}", SafeText.known(name), error.start, line)
        raise NotUtf8(said) from None
