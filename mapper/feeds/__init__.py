"""NDJSON, JSON, CSV, compressed or not -> source events, streaming: a block of them for each chunk.

A broken line, element or row costs itself only: it comes out as Broken, in its place, and the feed goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Literal, Protocol

from mapper.feeds.block import Block, Broken, Fed, Lines, SourceEvent, Values, fed
from mapper.feeds.lines import whole_lines
from mapper.feeds.values import cut_values
from mapper.runtime.decode import LONGEST_EVENT

__all__ = [
    "Binary",
    "Block",
    "Broken",
    "Fed",
    "Format",
    "Lines",
    "SourceEvent",
    "Values",
    "events_of",
    "is_blank",
    "read_blocks",
    "read_events",
    "read_texts",
]

Format = Literal["ndjson", "json"]

# Large enough for few system calls, small enough to stay in the processor's cache.
_CHUNK = 256 * 1024
_BOM = b"\xef\xbb\xbf"
_LINE_FORMATS = (".ndjson", ".jsonl", ".jsonlines", ".ldjson")


class Binary(Protocol):
    """A file of bytes that gives what is there without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


def read_texts(file: Binary, format: Format | None = None, name: str = "") -> Iterator[Block]:
    """The JSON texts of a file in its order, none of them read, in a block for each chunk.

    format: `ndjson` (an event a line), `json` (objects, and arrays of them, one after another), or None:
    by the file's name, and where that does not say, by its first line. Raises OSError as the file does.
    """
    chunks = _without_bom(iter(lambda: file.read1(_CHUNK), b""))
    if format is None and PurePath(name).suffix.lower() in _LINE_FORMATS:
        format = "ndjson"
    if format is None:
        format, chunks = _look(chunks, name)
    yield from whole_lines(chunks) if format == "ndjson" else cut_values(chunks)


def read_blocks(file: Binary, format: Format | None = None, name: str = "") -> Iterator[list[Fed]]:
    """As `read_texts`, each text read."""
    for block in read_texts(file, format, name):
        yield events_of(block)


def read_events(file: Binary, format: Format | None = None, name: str = "") -> Iterator[Fed]:
    """As `read_blocks`, one by one."""
    for block in read_blocks(file, format, name):
        yield from block


def events_of(block: Block) -> list[Fed]:
    """Each text of a block read."""
    return [fed(line, text) for line, text in block.texts() if not is_blank(text)]


def is_blank(text: bytes | Broken) -> bool:
    """Whether nothing stands there, so that no event is due."""
    return not isinstance(text, Broken) and (not text or text.isspace())


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
    named = name.lower().endswith(".json")
    spread = first[:1] == b"[" or first == b"{" or (named and isinstance(fed(1, first), Broken))
    return "json" if spread else "ndjson", _chain(start, chunks)


def _chain(start: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    if start:
        yield start
    yield from chunks
