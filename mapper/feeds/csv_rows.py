"""Lines of CSV -> blocks of events: an object for each row, its keys from the header, its values text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mapper.feeds.block import Broken, DecodedBlock, Lines, Placed
from mapper.runtime.decode import LONGEST_EVENT, encode
from mapper.values.safe_text import SafeError, SafeText
from mapper.values.types import Invalid, Json

# In a block: the encoder takes four kilobytes for each, however short it is.
_MOST_ROWS = 2048
_DELIMITERS = {",": "`,`", ";": "`;`", "\t": "tabs", "|": "`|`"}
_SEVERAL = "the header has {}: set --delimiter to the one that separates cells"
_QUOTED = re.compile(r'"[^"]*(?:"|$)')
# Excel takes the delimiter from such a first line, and writes it for others to do the same.
_STATED = re.compile(r"sep=(.)\r?", re.IGNORECASE)
# What the parser says that others would not understand; none of its words stem from the file.
_REASONS = {
    "field larger": (
        "too_large",
        SafeText("a cell is longer than {:,} characters; check for an unclosed quote", LONGEST_EVENT),
    ),
    "unexpected end": ("malformed", SafeText("not CSV: unclosed quote in a cell")),
    "expected after": ("malformed", SafeText("not CSV: text after the closing quote of a cell")),
    "new-line": ("malformed", SafeText("not CSV: line break in a cell without quotes")),
}


@dataclass(slots=True)
class _Texts:
    """The lines of a feed one by one, as the parser asks for them.

    line: the number of the last one given. row: how many bytes the row has had so far; one of more bytes than
    any event is given up, whatever it holds: a quote that nobody closes, or cells without an end.
    """

    blocks: Iterator[Lines]
    waiting: list[bytes] = field(default_factory=list)
    line: int = 0
    row: int = 0

    def __iter__(self) -> _Texts:
        return self

    def __next__(self) -> str:
        if not self.waiting:
            self.waiting = next(self.blocks).content.split(b"\n")[::-1]
        text = self.waiting.pop()
        self.line += 1
        self.row += len(text) + 1
        if self.row > LONGEST_EVENT:
            raise _too_large(len(text) > LONGEST_EVENT)
        return text.decode("utf-8", "surrogateescape") + "\n"

    def begin(self) -> None:
        """A row begins here; empty lines before it are none, and cost no more than to be counted."""
        self.row = 0
        waiting = self.waiting
        while waiting and waiting[-1] in (b"", b"\r"):
            waiting.pop()
            self.line += 1

    def first(self) -> str:
        """The first line that is not blank, which is yet to be given; "" if there is none."""
        while True:
            while self.waiting:
                if self.waiting[-1].strip():
                    return self.waiting[-1].decode("utf-8", "surrogateescape")
                self.waiting.pop()
                self.line += 1
            block = next(self.blocks, None)
            if block is None:
                return ""
            self.waiting = block.content.split(b"\n")[::-1]


def _too_large(alone: bool) -> Invalid:
    """The error for a row that is given up. alone: one of its lines is too long by itself."""
    if alone:
        return Invalid(SafeText("longer than {:,} bytes", LONGEST_EVENT), "too_large")
    return Invalid(
        SafeText("a row of more than {:,} bytes; is a quote left open?", LONGEST_EVENT), "too_large"
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """The names of the columns; "" where one has none."""

    names: tuple[str, ...]

    def event(self, row: list[str]) -> bytes | None:
        """The JSON of a row; None where all its cells are empty. Raises Invalid."""
        if not any(row):
            return None
        if len(row) != len(self.names):
            cells = SafeText("{:,} cell" if len(row) == 1 else "{:,} cells", len(row))
            raise Invalid(SafeText("{}, but the header has {:,}", cells, len(self.names)), "malformed")
        event: dict[str, Json] = {name: cell for name, cell in zip(self.names, row, strict=True) if cell}
        if "" in event:
            column = next(at for at, name in enumerate(self.names) if not name and row[at])
            raise Invalid(SafeText("column {} has a value but no name", column + 1), "malformed")
        try:
            return encode(event)
        except Invalid:
            raise Invalid("not UTF-8", "invalid_unicode") from None


def cut_rows(blocks: Iterator[Lines], delimiter: str | None) -> Iterator[DecodedBlock]:
    """The events of rows that end in each block.

    delimiter: the text between cells, or None where the header tells. Raises OSError where it does not.
    """
    csv.field_size_limit(LONGEST_EVENT)
    texts = _Texts(blocks)
    first = texts.first()
    if stated := _STATED.fullmatch(first):
        next(texts)
        delimiter, first = delimiter or stated[1], texts.first()
    reader = csv.reader(texts, delimiter=delimiter or _told_by(first), strict=True)
    header = _read_header(reader)
    found: list[Placed] = []
    while header is not None:
        texts.begin()
        line = texts.line + 1
        try:
            text = _event(header, reader, texts)
        except StopIteration:
            break
        except Invalid as invalid:
            found.append((line, Broken(line, invalid.kind, invalid.reason)))
        else:
            found += [] if text is None else [(line, text)]
        if not texts.waiting or len(found) >= _MOST_ROWS:
            yield DecodedBlock(found)
            found = []
    if found:
        yield DecodedBlock(found)


def _event(header: _Header, reader: Iterator[list[str]], texts: _Texts) -> bytes | None:
    """The event of the next row; raises StopIteration at the end, and Invalid."""
    try:
        row = next(reader)
    except csv.Error as error:
        raise _explain(error) from None
    return header.event(row)


def _explain(error: csv.Error) -> Invalid:
    for words, (kind, reason) in _REASONS.items():
        if words in str(error):
            return Invalid(reason, kind)
    return Invalid("not CSV", "malformed")


def _told_by(header: str) -> str:
    """The one delimiter of a header, outside of quotes; a header without any is one column."""
    plain = _QUOTED.sub("", header)
    found = [one for one in _DELIMITERS if one in plain]
    if len(found) > 1:
        several = " and ".join(_DELIMITERS[one] for one in found)
        raise SafeError(SafeText(_SEVERAL, SafeText.known(several)))
    return found[0] if found else ","


def _read_header(reader: Iterator[list[str]]) -> _Header | None:
    """The header; None where there is none. Raises OSError where no row could be read by it."""
    try:
        names = [name.strip() for name in next(reader)]
    except StopIteration:
        return None
    except csv.Error as error:
        raise SafeError(SafeText("the header is invalid: {}", _explain(error).reason)) from None
    except Invalid as invalid:
        raise SafeError(SafeText("the header is invalid: {}", invalid.reason)) from None
    if not all(name.isascii() or name.encode("utf-8", "ignore").decode() == name for name in names):
        raise SafeError(SafeText("the header is not UTF-8; save the file as CSV UTF-8"))
    for name, count in Counter(names).items():
        if count > 1 and name:
            first, second = [at for at, other in enumerate(names, 1) if other == name][:2]
            raise SafeError(SafeText("columns {} and {} of the header have the same name", first, second))
    return _Header(tuple(names))
