"""NDJSON, JSON, CSV, HAR, URLs, compressed or not, and Parquet -> source events, streaming, in blocks.

A broken line, element or row costs itself only: it comes out as Broken, in its place, and the feed goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import PurePath
from typing import IO, Literal, Protocol

from mapper.extras import missing_extra
from mapper.feeds.block import Block, Broken, DecodedBlock, Fed, Lines, Meta, SourceBlock, SourceEvent, fed
from mapper.feeds.chunks import CHUNK, chained, starting
from mapper.feeds.compression import unpacked
from mapper.feeds.lines import whole_lines
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.safe_text import SafeError, SafeText

__all__ = [
    "Binary",
    "Block",
    "Broken",
    "DecodedBlock",
    "Fed",
    "Format",
    "Lines",
    "Meta",
    "SourceBlock",
    "SourceEvent",
    "events_of",
    "is_blank",
    "read_blocks",
    "read_events",
    "read_texts",
]

Format = Literal["ndjson", "json", "csv", "parquet", "har", "urls"]

PARQUET_MARK = b"PAR1"
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
_FORMATS: dict[str, Format] = {
    **dict.fromkeys((".ndjson", ".jsonl", ".jsonlines", ".ldjson"), "ndjson"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    ".parquet": "parquet",
    ".har": "har",
}


class Binary(Protocol):
    """A file of bytes that gives what is there without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


_Read = Callable[[int], bytes | None]


class SeekableFile(Binary, Protocol):
    """A file of bytes that can be read from any place."""

    def seek(self, offset: int, /) -> int:
        """Go on at an offset."""
        ...

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; none at the end."""
        ...


def format_of(name: str) -> Format | None:
    """The format that a file's name tells, if it does."""
    return _FORMATS.get(_plain_path(name).suffix)


def _plain_path(name: str) -> PurePath:
    return PurePath(name.lower().removesuffix(".gz"))


def read_texts(
    file: Binary, format: Format | None = None, name: str = "", delimiter: str | None = None
) -> Iterator[Block]:
    """The JSON texts of a file in its order, none of them read, in a block for each chunk.

    format: `ndjson` (an event a line), `json` (objects, and arrays of them, one after another), `csv` (a row
    each), `parquet` (which needs a file that can be read from any place), `har` (a request each), `urls` (a
    URL a line), or None: by the file's name, and where that does not say, by its first line. delimiter: the
    text between the cells of CSV; else its header tells. What is compressed by gzip is unpacked. Raises
    OSError as the file does, and for what cannot be read at all.
    """
    path = _plain_path(name)
    format, chunks, offset = _opened(file.read1, format, name)
    # What most feeds do without is loaded where it is needed, so that a run starts at once.
    if format == "parquet":
        yield from _records(file)
    elif format == "csv":
        from mapper.feeds.csv_rows import cut_rows

        yield from cut_rows(whole_lines(chunks), delimiter or ("\t" if path.suffix == ".tsv" else None))
    elif format == "json":
        from mapper.feeds.json_chunks import cut_values

        yield from cut_values(chunks)
    elif format == "har":
        from mapper.feeds.har import cut_entries

        yield from cut_entries(chunks)
    elif format == "urls":
        from mapper.feeds.url_lines import cut_urls

        yield from cut_urls(whole_lines(chunks))
    else:
        yield from whole_lines(chunks, 0, offset)


def _records(file: Binary) -> Iterator[Block]:
    try:
        from mapper.feeds.parquet import read_records
    except ModuleNotFoundError:
        raise SafeError(SafeText.known(missing_extra("Parquet", "arrow"))) from None
    return read_records(file)


def read_lines_from(file: SeekableFile, record: int, offset: int) -> Iterator[Block]:
    """The lines of a file of NDJSON after the first ones, which end at an offset; raises EOFError before it.

    Of a last line that was not ended then, what was added to it is left out: it was read already.
    """
    file.seek(offset - 1)
    before = file.read(1)
    if not before:
        raise EOFError
    chunks = iter(lambda: file.read1(CHUNK), b"")
    if before != b"\n":
        rest = b""
        for chunk in chunks:
            _, is_ended, rest = chunk.partition(b"\n")
            offset += len(chunk) - len(rest)
            if is_ended:
                break
        chunks = chained(rest, chunks)
    yield from whole_lines(chunks, record, offset)


def has_lines(file: IO[bytes] | FileIO, format: Format | None = None, name: str = "") -> bool:
    """Whether an open file is NDJSON, not compressed: it can be read from an offset. It is left anywhere."""
    file.seek(0)
    found, _, offset = _opened(file.read, format, name)
    return found == "ndjson" and offset >= 0


def _opened(read: _Read, format: Format | None, name: str) -> tuple[Format, Iterator[bytes], int]:
    """The format of a feed, its bytes unpacked, and the offset where these begin; -1 if it is compressed."""
    chunks, is_packed = unpacked(iter(lambda: read(CHUNK) or b"", b""))
    chunks, mark = _utf_8(chunks)
    format = format or format_of(name)
    if format is None:
        format, chunks = _look(chunks, _plain_path(name).name)
    return format, chunks, -1 if is_packed else mark


def read_blocks(
    file: Binary, format: Format | None = None, name: str = "", delimiter: str | None = None
) -> Iterator[list[Fed]]:
    """As `read_texts`, each text read."""
    for block in read_texts(file, format, name, delimiter):
        yield events_of(block)


def read_events(file: Binary, format: Format | None = None, name: str = "") -> Iterator[Fed]:
    """As `read_blocks`, one by one."""
    for block in read_blocks(file, format, name):
        yield from block


def events_of(block: Block) -> list[Fed]:
    """The events of a block, each of its texts read."""
    return [fed(line, text) for line, text in block.texts() if not is_blank(text)]


def is_blank(text: bytes | Broken) -> bool:
    """Whether there is no text, so that no event is expected."""
    return not isinstance(text, Broken) and (not text or text.isspace())


def _utf_8(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], int]:
    """The chunks without a mark of UTF-8 before them, and its length. Raises OSError at one of UTF-16."""
    start = starting(chunks, len(_BOM))
    if start.startswith(_OTHER_BOMS):
        raise SafeError(SafeText("UTF-16, which is not supported; save it as UTF-8"))
    plain = start.removeprefix(_BOM)
    return chained(plain, chunks), len(start) - len(plain)


def _look(chunks: Iterator[bytes], name: str) -> tuple[Format, Iterator[bytes]]:
    """The format by the first line that is not blank, and the chunks as they were. name: in small letters.

    Parquet begins with its own mark, `[` begins an array and a lone `{` a value of several lines. Else each
    line is an event, but for a file called `.json` whose first line is not a whole one.
    """
    start = b""
    for chunk in chunks:
        start += chunk
        if start.startswith(PARQUET_MARK):
            return "parquet", chained(start, chunks)
        if b"\n" in start.lstrip() or len(start) > LONGEST_EVENT:
            break
    first = start.lstrip().partition(b"\n")[0].strip()
    named = name.endswith(".json")
    spread = first[:1] == b"[" or first == b"{" or (named and isinstance(fed(1, first), Broken))
    return "json" if spread else "ndjson", chained(start, chunks)
