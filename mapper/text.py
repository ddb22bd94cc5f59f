"""A named text and half-open character spans in it: what every position in the project is made of."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeAlias

from mapper.frozen import dataclass
from mapper.safe_text import SafeError, SafeText

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Text:
    """A text with the name a person knows it by (a path, or `<stdin>`)."""

    name: str
    content: str

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each line begins. Found when it is first asked for: of most texts nobody does."""
        return (0, *(match.end() for match in _LINE_BREAK.finditer(self.content)))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both from 1, in Unicode characters."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The characters of a line (numbered from 1) without its line break."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.content)
        return self.content[start:end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        """The characters from `start` up to, not including, `end`."""
        return Span(self, start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` (exclusive) of a text; empty where `start == end`."""

    text: Text
    start: int
    end: int

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


Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]
"""How a YAML file writes a scalar."""
Locate: TypeAlias = Callable[[int, int], Span]
"""From characters of a text, as it is read, to the span in the file that it is written in."""


def line_start(content: str, at: int) -> int:
    """Where the line of a character offset begins."""
    return max(content.rfind("\n", 0, at), content.rfind("\r", 0, at)) + 1


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that a program was made of, or one that was looked for and not found.

    real: where its path led to, through links. digest: of its bytes; None where there was no such file.
    """

    path: str
    real: str
    digest: bytes | None


def digest_of(content: bytes) -> bytes:
    """What tells the bytes of a file from all others."""
    return hashlib.sha256(content).digest()


def decode_text(name: str, content: bytes) -> Text:
    """The text of a file that is UTF-8. Raises OSError for any other, with the first byte that is not."""
    try:
        return Text(name, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SafeError(SafeText("{}: not UTF-8, at byte {}", SafeText.known(name), error.start)) from None
