"""Rows of persons -> a suppression list: their digests in order, in a file or in memory."""

from __future__ import annotations

import os
import re
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from string import hexdigits
from typing import IO, Protocol

from mapper.feeds import Binary, Broken, is_blank, read_texts
from mapper.feeds.parted_file import PARTS, PartedFile
from mapper.runtime.decode import decode_event
from mapper.suppression.listing import (
    CHECKSUM,
    HEAD,
    HEX_DIGITS,
    MAGIC,
    WIDTH,
    Listing,
    bits_for,
    bucket_of,
    checksum_of,
    digest_of,
    is_built,
    offsets_size,
    open_listing,
    reader_of,
)
from mapper.texts.file_replacement import whole_file
from mapper.values.frozen import dataclass
from mapper.values.safe_text import NOTHING, SafeError, SafeText
from mapper.values.types import Invalid, Json

_MOST_IN_MEMORY = 1_000_000
_MOST_LINES = 20
_LOOKS_LIKE_CSV = "it looks like CSV, which is read without --as, by the names in its header"
NO_PERSON = SafeText("the list has no person")


class PersonColumns(Protocol):
    """The fields of a target that identify a person: their names, and what each makes of a value."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def called(self, name: str) -> str | None:
        """The path of the field that a column's name means."""
        ...

    def normal(self, path: str, value: Json, note_texts: list[str] | None = None) -> Json:
        """A value in the form of the field; null if nothing is left. Raises Invalid.

        note_texts: takes why a payload with it may match nobody.
        """
        ...


@dataclass(frozen=True, slots=True)
class ListSource:
    """The form of a text with persons. path: of the field of a value a line; "" for CSV with a header.

    told: hears the names of the columns of CSV that are read, and of those that are not.
    """

    columns: PersonColumns
    path: str = ""
    delimiter: str | None = None
    told: Callable[[Sequence[str], Sequence[str]], None] = lambda read, unread: None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """The digests of a row. is_wrong: a value in it is invalid, or there is none. note: why, if told."""

    line: int
    digests: tuple[bytes, ...]
    is_wrong: bool
    note: str = ""


def read_rows(file: Binary, source: ListSource, name: str = "") -> Iterator[PersonRow]:
    """The rows of a text that is UTF-8. Raises OSError as the file does, and where no column is a field's."""
    if source.path:
        yield from _lines(file, source, name)
        return
    paths: dict[str, str | None] = {}
    kept = _BeginningKept(file)
    for block in read_texts(kept, "csv", name, source.delimiter):
        for line, text in block.texts():
            if isinstance(text, Broken):
                yield PersonRow(line, (), True)
                continue
            cells = decode_event(text)
            paths.update((one, source.columns.called(one)) for one in cells if one not in paths)
            found = [(path, cell) for one, cell in cells.items() if (path := paths[one])]
            yield _row(line, found, source.columns)
    # A file that was cut, or an export that failed, is no list of nobody.
    if not any(paths.values()) and (paths or not any(map(source.columns.called, kept.header()))):
        raise SafeError(_no_column(source.columns))
    source.told(
        [one for one, path in paths.items() if path], [one for one, path in paths.items() if not path]
    )


def _lines(file: Binary, source: ListSource, name: str) -> Iterator[PersonRow]:
    """The rows of a text with a value a line."""
    is_first = True
    for block in read_texts(file, "ndjson", name):
        for line, text in block.texts():
            if is_blank(text):
                continue
            value = _decoded(text)
            row = _row(line, [(source.path, value)], source.columns)
            if is_first and row.is_wrong and _is_header(value or "", source.columns):
                row = replace(row, note=_LOOKS_LIKE_CSV)
            is_first = False
            yield row


def _is_header(line: str, columns: PersonColumns) -> bool:
    """Whether a line is rather the header of CSV than a value."""
    cells = _cells(line)
    return len(cells) > 1 or any(map(columns.called, cells))


def _cells(line: str) -> list[str]:
    return [cell.strip('" \r\ufeff') for cell in re.split(r"[,;\t|]", line)]


class _BeginningKept:
    """A file of bytes whose first ones are kept."""

    def __init__(self, file: Binary) -> None:
        self._file = file
        self._first = b""

    def read1(self, size: int = -1, /) -> bytes:
        """As `Binary.read1`."""
        chunk = self._file.read1(size)
        self._first = self._first or chunk
        return chunk

    def header(self) -> list[str]:
        """The cells of the first line that is not blank."""
        line = self._first.decode("utf-8-sig", "replace").strip().partition("\n")[0]
        return _cells(line)


def _no_column(columns: PersonColumns) -> SafeText:
    names = SafeText.known(", ".join(columns.names))
    return SafeText("no column is one of {}: name it in the header, or build the list with --as", names)


def _decoded(text: bytes | Broken) -> str | None:
    with suppress(UnicodeDecodeError, AttributeError):  # a line that is no text, or too long
        return text.decode() if isinstance(text, bytes) else None
    return None


def _row(line: int, values: list[tuple[str, Json]], columns: PersonColumns) -> PersonRow:
    digests: list[bytes] = []
    notes: list[str] = []
    is_wrong = not values
    for path, value in values:
        noted: list[str] = []
        try:
            found = columns.normal(path, value, noted) if not _is_digest(value) else value
        except Invalid:
            found = None
        texts = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]
        digests += map(digest_of, () if noted else texts)
        notes += noted
        is_wrong = is_wrong or bool(noted) or not texts
    # What follows a semicolon is advice for a mapping.
    return PersonRow(line, tuple(digests), is_wrong, notes[0].partition(";")[0] if notes else "")


def _is_digest(value: Json) -> bool:
    """Whether a value is 64 hexadecimal digits."""
    return isinstance(value, str) and len(value) == HEX_DIGITS and not value.strip(hexdigits)


class Partitions:
    """Digests on their way into order: in parts by the first byte, which go to a file as they grow."""

    def __init__(self, folder: str | None = None) -> None:
        self.count = 0
        self._parts = PartedFile(folder)

    def add(self, digest: bytes) -> None:
        """Take a digest, also one that is there already."""
        self._parts.add(digest[0], digest)
        self.count += 1

    def ordered(self) -> Iterator[list[bytes]]:
        """The digests of each part, in order, each once."""
        for number in range(PARTS):
            content = b"".join(self._parts.pieces(number))
            yield sorted({content[at : at + WIDTH] for at in range(0, len(content), WIDTH)})

    def close(self) -> None:
        """Close its file, which nobody else sees."""
        self._parts.close()


def write_listing(out: IO[bytes], digests: Partitions) -> int:
    """Write the list of some digests into an empty file that can be read; the number of them."""
    bits = bits_for(digests.count)
    begin = HEAD.size + CHECKSUM + offsets_size(bits)
    out.write(bytes(begin))
    counts = array("I", bytes(4 << bits))
    count = 0
    for part in digests.ordered():
        out.write(b"".join(part))
        count += len(part)
        for digest in part:
            counts[bucket_of(digest, bits)] += 1
    offsets = array("I", accumulate(counts, initial=0))
    if sys.byteorder == "big":
        offsets.byteswap()
    out.seek(0)
    out.write(HEAD.pack(MAGIC, count, bits, WIDTH) + bytes(CHECKSUM) + offsets.tobytes())
    checksum = checksum_of(lambda size, at: _read_at(out, size, at), begin + count * WIDTH)
    out.seek(HEAD.size)
    out.write(checksum)
    return count


def _read_at(file: IO[bytes], size: int, at: int) -> bytes:
    file.seek(at)
    return file.read(size)


@dataclass(frozen=True, slots=True)
class WrongRows:
    """The number of rows that are wrong for a reason, with the lines of the first. note: as `PersonRow`."""

    note: str
    count: int
    lines: tuple[int, ...]

    def describe(self) -> SafeText:
        """The message for them, without a value."""
        shown = SafeText.joined(", ", [SafeText("{}", line) for line in self.lines])
        is_one, more = self.count == 1, self.count - len(self.lines)
        lines = SafeText(
            "{} {}{}",
            SafeText("line" if is_one else "lines"),
            shown,
            SafeText(" and {:,} more", more) if more else NOTHING,
        )
        if self.note:
            return SafeText("{}: {}", lines, SafeText.known(self.note))
        text = "{:,} row is" if is_one else "{:,} rows are"
        return SafeText("{} neither a valid value nor a digest: {}", SafeText(text, self.count), lines)


@dataclass(frozen=True, slots=True)
class TakenRows:
    """The number of rows that were read, and the wrong ones, those of each note together."""

    rows: int
    wrong: tuple[WrongRows, ...]

    def describe_wrong(self) -> SafeText:
        """The message for the wrong rows, without a value of them."""
        return SafeText.joined("; ", [one.describe() for one in self.wrong])


@dataclass(frozen=True, slots=True)
class Built:
    """The list that was made of some rows: how many digests it has. size: of its file; 0 if none was made."""

    taken: TakenRows
    digests: int = 0
    size: int = 0


def build_list(
    rows: Iterable[PersonRow], path: str, *, skip_invalid: bool, needs_somebody: bool = False
) -> Built:
    """Write the list of some rows to a file that only its owner can read, whole or not at all.

    Nothing is written where rows are wrong, unless those are skipped, nor where it
    `needs_somebody` and has nobody. Raises OSError.
    """
    place = Path(os.path.abspath(path))
    digests = Partitions(str(place.parent))
    try:
        taken = _take(rows, digests)
        if (taken.wrong and not skip_invalid) or (needs_somebody and not digests.count):
            return Built(taken)
        with whole_file(place) as out:
            written = write_listing(out, digests)
            size = out.seek(0, os.SEEK_END)
        return Built(taken, written, size)
    finally:
        digests.close()


def _take(rows: Iterable[PersonRow], digests: Partitions, most: int | None = None) -> TakenRows:
    """Take the digests of rows. Raises SafeError where there are more than `most`."""
    count = 0
    wrong: Counter[str] = Counter()
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for count, row in enumerate(rows, 1):
        if most is not None and count > most:
            raise SafeError(
                SafeText("more than {:,} rows: build it first, with `mapper suppress build`", most)
            )
        if row.is_wrong:
            wrong[row.note] += 1
            lines[row.note] += [row.line] if len(lines[row.note]) < _MOST_LINES else []
        for digest in row.digests:
            digests.add(digest)
    found = (WrongRows(note, wrong[note], tuple(lines[note])) for note in sorted(wrong))
    return TakenRows(count, tuple(found))


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the list of a file: one that was built, or CSV with a header, which is read into memory."""

    columns: PersonColumns

    def __call__(self, path: str) -> Listing:
        """Raise OSError for a file that cannot be read, has wrong rows, or more than 1,000,000 of them."""
        if is_built(path):
            return open_listing(path)
        with open(path, "rb") as file:
            return list_of(read_rows(file, ListSource(self.columns), path))


def list_of(rows: Iterable[PersonRow]) -> Listing:
    """The list of some rows, in memory. Raises SafeError for a wrong row, and more than 1,000,000 of them."""
    digests = Partitions()
    try:
        taken = _take(rows, digests, _MOST_IN_MEMORY)
        if taken.wrong:
            raise SafeError(taken.describe_wrong())
        out = BytesIO()
        write_listing(out, digests)
    finally:
        digests.close()
    content = out.getvalue()
    return Listing(reader_of(content), len(content))
