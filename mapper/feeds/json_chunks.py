"""Chunks -> blocks of the JSON values in them: objects, and the elements of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from mapper.feeds.block import Broken, DecodedBlock, Placed, fed
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.safe_text import SafeText

# In a block: a chunk may hold as many as it has bytes.
_MOST_VALUES = 2048


def cut_values(chunks: Iterable[bytes]) -> Iterator[DecodedBlock]:
    """Objects, and the elements of arrays, wherever their lines break."""
    splitter = _Splitter()
    for chunk in chunks:
        found = splitter.split(chunk)
        for at in range(0, len(found), _MOST_VALUES):
            yield DecodedBlock(found[at : at + _MOST_VALUES])
    if last := splitter.end():
        yield DecodedBlock(last)


def _next(marks: bytes) -> re.Pattern[bytes]:
    """The next of some marks, past whole texts and all else; a `"` begins a text that the chunk cuts off."""
    return re.compile(rb'(?:[^"%b]++|"(?:[^"\\]++|\\.)*+")*+(["%b])' % (marks, marks), re.DOTALL)


# Where values begin and end: between them, between the elements of an array, and inside one.
_BETWEEN, _IN_ARRAY, _INSIDE = _next(rb"\[\]{}\n"), _next(rb"\[\]{},"), _next(rb"\[\]{}")
# A text as far as a chunk has it: up to its quotation mark, or a backslash that the chunk ends with.
_TEXT = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


_BLANK = re.compile(rb"\s+")


@dataclass(slots=True)
class _Splitter:
    """Cuts JSON into its values by brackets and quotation marks, without parsing it.

    line: of the first byte of `parts`. parts: the value being read, no more of it than shows that it is too
    long. depth: the brackets open in it. in_array: it is an element of an outermost array. is_due: one must
    be next, since a comma precedes it.
    """

    line: int = 1
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    newlines: int = 0
    depth: int = 0
    in_array: bool = False
    is_due: bool = False
    in_text: bool = False
    escaped: bool = False

    def split(self, chunk: bytes) -> list[Placed]:
        """The values that end in this chunk."""
        found: list[Placed] = []
        start, at = 0, int(self.escaped)
        self.escaped = False
        while True:
            if not (self.length or self.depth or self.in_array or start != at):
                start = at = self._skip_blank(chunk, at)
            if (mark := self._next_mark(chunk, at)) is None:
                break
            at = mark.end()
            ends = self._meet(mark[1], chunk, start, mark.start(1))
            if ends == "no":
                continue
            self._keep(chunk[start : mark.end() if ends == "behind" else mark.start(1)])
            found += self._close() or self._missing(mark[1])
            self.is_due = mark[1] == b","
            start = at
        self._keep(chunk[start:])
        return found

    def end(self) -> list[Placed]:
        """The rest when no more comes; an array that is not closed is cut off."""
        line = self.line + self.newlines
        found = self._close()
        if self.in_array and not any(isinstance(fed(*one), Broken) for one in found):
            found.append((line, Broken(line, "malformed", SafeText("not JSON: unexpected end of the array"))))
        return found

    def _skip_blank(self, chunk: bytes, at: int) -> int:
        """The next text that is not blank, between values; blank lines are only counted."""
        blank = _BLANK.match(chunk, at)
        end = at if blank is None else blank.end()
        self.line += chunk.count(b"\n", at, end)
        return end

    def _next_mark(self, chunk: bytes, at: int) -> re.Match[bytes] | None:
        if self.in_text:
            text = _TEXT.match(chunk, at)
            at = at if text is None else text.end()
            self.escaped = chunk[at : at + 1] == b"\\"
            if self.escaped or at == len(chunk):
                return None
            self.in_text = False
            at += 1
        marks = _INSIDE if self.depth else _IN_ARRAY if self.in_array else _BETWEEN
        return marks.match(chunk, at)

    def _meet(self, mark: bytes, chunk: bytes, start: int, at: int) -> Literal["no", "before", "behind"]:
        """Whether the value ends, before or after this mark."""
        if mark == b'"':
            self.in_text = True
        elif self.depth:
            self.depth += 1 if mark in b"[{" else -1
            return "no" if self.depth or self.in_array else "behind"
        elif mark == b"\n":
            return "behind"
        elif mark == b"," or (mark == b"]" and self.in_array):
            self.in_array = mark == b","
            return "before"
        elif mark == b"[" and not self.in_array and not (self._text() + chunk[start:at]).strip():
            self.in_array = True
            return "before"
        elif mark in b"[{":
            self.depth = 1
        return "no"

    def _missing(self, mark: bytes) -> list[Placed]:
        """The mistake of nothing before a mark: an array may be empty, an element may not."""
        if mark == b"," or (mark == b"]" and self.is_due):
            reason = SafeText("not JSON: an element of the array is missing")
            return [(self.line, Broken(self.line, "malformed", reason))]
        return []

    def _keep(self, part: bytes) -> None:
        if self.length <= LONGEST_EVENT:
            self.parts.append(part)
        self.length += len(part)
        self.newlines += part.count(b"\n")

    def _text(self) -> bytes:
        return b"".join(self.parts)

    def _close(self) -> list[Placed]:
        """The value that was read, if it is not blank; the next one begins."""
        text = self._text()
        begun = text.lstrip()
        line = self.line + text.count(b"\n", 0, len(text) - len(begun))
        self.line += self.newlines
        self.parts, self.length, self.newlines, self.depth = [], 0, 0, 0
        return [(line, begun)] if begun else []
