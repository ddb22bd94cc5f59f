"""Chunks -> blocks of the JSON values in them: objects, and the elements of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from mapper.feeds.block import Broken, DecodedBlock, Placed, fed
from mapper.feeds.chunks import chained
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.safe_text import SafeText

_STRAY = SafeText("not JSON: no key follows the array of entries")
_UNREAD = "the rest of the file, from here on, was not read: {}"
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


def cut_elements(chunks: Iterator[bytes], line: int) -> Iterator[list[Placed]]:
    """The elements of one array in an object, after its `[`, those that end in each chunk, and no more.

    line: of the `[`. Of an element that is too long for an event no more is kept than shows that it is.
    """
    splitter = _Splitter(line, in_array=True, alone=True)
    for chunk in chunks:
        yield splitter.split(chunk)
        if not splitter.in_array:
            yield _stray(splitter.line, chained(splitter.rest, chunks))
            return
    yield splitter.end()


def _stray(line: int, chunks: Iterable[bytes]) -> list[Placed]:
    """The mistake of what cannot follow an array in an object; `line` is that of its `]`.

    A bracket too many ends an array early, and what would be its other elements is not read.
    """
    start = b""
    for chunk in chunks:
        start = b"".join((start + chunk).split())[:2]
        if start[:1] == b"}" or start == b',"':
            return []
        if len(start) > 1 or start not in (b"", b","):
            return [(line, Broken(line, "malformed", SafeText(_UNREAD, _STRAY)))]
    return []


def _unclosed(line: int, text: bytes | Broken) -> Placed:
    read = fed(line, text)
    if isinstance(read, Broken):
        return line, Broken(line, read.kind, SafeText(_UNREAD, read.reason))
    return line, text


def _next(marks: bytes) -> re.Pattern[bytes]:
    """The next of some marks, past whole texts and all else; a `"` begins a text that the chunk cuts off."""
    return re.compile(rb'(?:[^"%b]++|"(?:[^"\\]++|\\.)*+")*+(["%b])' % (marks, marks), re.DOTALL)


# Where values begin and end: between them, between the elements of an array, and inside one.
_BETWEEN, _IN_ARRAY, _INSIDE = _next(rb"\[\]{}\n"), _next(rb"\[\]{},"), _next(rb"\[\]{}")
# A text as far as a chunk has it: up to its quotation mark, or a backslash that the chunk ends with.
TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


_BLANK = re.compile(rb"\s+")


@dataclass(slots=True)
class _Splitter:
    """Cuts JSON into its values by brackets and quotation marks, without parsing it.

    line: of the first byte of `parts`. parts: the value being read, no more of it than shows that it is too
    long. depth: the brackets open in it. in_array: it is an element of an outermost array. is_due: one must
    be next, since a comma precedes it. alone: only the array that is open is read; rest: what follows it in
    its last chunk.
    """

    line: int = 1
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    newlines: int = 0
    depth: int = 0
    in_array: bool = False
    is_due: bool = False
    alone: bool = False
    in_text: bool = False
    escaped: bool = False
    rest: bytes = b""

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
            if self.alone and not self.in_array:
                self.rest = chunk[at:]
                return found
        self._keep(chunk[start:])
        return found

    def end(self) -> list[Placed]:
        """The rest when no more comes; an array that is not closed is cut off.

        A value that is not closed reaches to the end, since no one knows where the next one begins.
        """
        line, is_open = self.line + self.newlines, self.in_array or self.depth > 0 or self.in_text
        found = [_unclosed(*one) if is_open else one for one in self._close()]
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
            text = TEXT.match(chunk, at)
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
