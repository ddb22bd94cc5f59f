"""NDJSON, JSON, stdin -> source events, streaming: a block of them for each chunk that was read.

A broken line or element costs itself only: it comes out as Broken, in its place, and the feed goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from mapper.runtime.decode import LONGEST_EVENT, decode_event
from mapper.types import Invalid

Format = Literal["ndjson", "json"]

# Large enough for few system calls, small enough to stay in the processor's cache.
_CHUNK = 256 * 1024
_BOM = b"\xef\xbb\xbf"
_LINE_FORMATS = (".ndjson", ".jsonl", ".jsonlines", ".ldjson")


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One JSON object and the line it begins on, from 1."""

    line: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """What stood where an event was due: its line, and why it is none.

    kind: `malformed`, `invalid_unicode` or `too_large`. reason holds nothing of the text.
    """

    line: int
    kind: str
    reason: str


Fed: TypeAlias = SourceEvent | Broken


class Binary(Protocol):
    """A file of bytes that gives what is there without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


def read_blocks(file: Binary, format: Format | None = None, name: str = "") -> Iterator[list[Fed]]:
    """The events of a file in its order, in a block for each chunk that was read.

    format: `ndjson` (an event a line), `json` (objects, and arrays of them, one after another), or None:
    by the file's name, and where that does not say, by its first line. Raises OSError as the file does.
    """
    chunks = _without_bom(iter(lambda: file.read1(_CHUNK), b""))
    if format is None and Path(name).suffix.lower() in _LINE_FORMATS:
        format = "ndjson"
    if format is None:
        format, chunks = _look(chunks, name)
    yield from _lines(chunks) if format == "ndjson" else _values(chunks)


def read_events(file: Binary, format: Format | None = None, name: str = "") -> Iterator[Fed]:
    """As `read_blocks`, one by one."""
    for block in read_blocks(file, format, name):
        yield from block


def _without_bom(chunks: Iterator[bytes]) -> Iterator[bytes]:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= len(_BOM):
            break
    if start := start.removeprefix(_BOM):
        yield start
    yield from chunks


def _look(chunks: Iterator[bytes], name: str) -> tuple[Format, Iterator[bytes]]:
    """The format by the first line that is not blank, and the chunks as they were.

    `[` begins an array and a lone `{` a value of several lines. Else each line is an event, but for a file
    called `.json` whose first line is not a whole one.
    """
    start = b""
    for chunk in chunks:
        start += chunk
        if b"\n" in start.lstrip() or len(start) > LONGEST_EVENT:
            break
    first = start.lstrip().partition(b"\n")[0].strip()
    whole = _fed(first, 1)
    spread = first[:1] == b"[" or first == b"{" or (name.lower().endswith(".json") and type(whole) is Broken)
    return "json" if spread else "ndjson", _chain(start, chunks)


def _chain(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if start:
        yield start
    yield from chunks


def _fed(text: bytes, line: int) -> Fed:
    try:
        return SourceEvent(line, decode_event(text))
    except Invalid as invalid:
        return Broken(line, invalid.kind, invalid.reason)


def _lines(chunks: Iterable[bytes]) -> Iterator[list[Fed]]:
    """An event a line. Of a line that is too long no more is kept than shows that it is."""
    number, rest, rest_length = 0, [b""], 0
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        if rest_length <= LONGEST_EVENT:
            rest.append(first)
        rest_length += len(first)
        if not others:
            continue
        whole = [b"".join(rest), *others]
        rest = [whole.pop()]
        rest_length = len(rest[0])
        yield [_fed(line, at) for at, line in enumerate(whole, number + 1) if line and not line.isspace()]
        number += len(whole)
    last = b"".join(rest)
    if last and not last.isspace():
        yield [_fed(last, number + 1)]


def _values(chunks: Iterable[bytes]) -> Iterator[list[Fed]]:
    """Objects, and the elements of arrays, wherever their lines break."""
    splitter = _Splitter()
    for chunk in chunks:
        if block := splitter.split(chunk):
            yield block
    if last := splitter.end():
        yield last


def _next(marks: bytes) -> re.Pattern[bytes]:
    """The next of some marks behind whole texts and all else; a `"` begins a text that the chunk cuts off."""
    return re.compile(rb'(?:[^"%b]++|"(?:[^"\\]++|\\.)*+")*+(["%b])' % (marks, marks), re.DOTALL)


# Where values begin and end: between them, between the elements of an array, and inside one.
_BETWEEN, _IN_ARRAY, _INSIDE = _next(rb"\[\]{}\n"), _next(rb"\[\]{},"), _next(rb"\[\]{}")
# A text as far as a chunk has it: up to its quotation mark, or a backslash that the chunk ends with.
_TEXT = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


@dataclass(slots=True)
class _Splitter:
    """Cuts JSON into its values by brackets and quotation marks, without parsing it.

    line: of the first byte of `parts`. parts: the value being read, no more of it than shows that it is too
    long. depth: the brackets open in it. in_array: it is an element of an outermost array. is_due: one must
    stand here, since a comma stands before it.
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

    def split(self, chunk: bytes) -> list[Fed]:
        """The values that end in this chunk."""
        found: list[Fed] = []
        start, at = 0, int(self.escaped)
        self.escaped = False
        while (mark := self._next_mark(chunk, at)) is not None:
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

    def end(self) -> list[Fed]:
        """What is left when no more comes; an array that is not closed is cut off."""
        line = self.line + self.newlines
        found = self._close()
        if self.in_array and not any(type(one) is Broken for one in found):
            found.append(Broken(line, "malformed", "not JSON: the array ends too early"))
        return found

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
        """Whether the value ends, before or behind this mark."""
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

    def _missing(self, mark: bytes) -> list[Fed]:
        """What to say where nothing stands before a mark: an array may be empty, an element may not."""
        if mark == b"," or (mark == b"]" and self.is_due):
            return [Broken(self.line, "malformed", "not JSON: an element of the array is missing")]
        return []

    def _keep(self, part: bytes) -> None:
        if self.length <= LONGEST_EVENT:
            self.parts.append(part)
        self.length += len(part)
        self.newlines += part.count(b"\n")

    def _text(self) -> bytes:
        return b"".join(self.parts)

    def _close(self) -> list[Fed]:
        """The value that was read, if it is not blank; the next one begins."""
        text = self._text()
        begun = text.lstrip()
        line = self.line + text.count(b"\n", 0, len(text) - len(begun))
        self.line += self.newlines
        self.parts, self.length, self.newlines, self.depth = [], 0, 0, 0
        return [_fed(begun, line)] if begun else []
