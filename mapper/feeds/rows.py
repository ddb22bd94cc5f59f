"""Lines of CSV -> blocks of events: an object for each row, its keys from the header, its values text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mapper.feeds.block import Broken, Lines, Placed, Values
from mapper.runtime.decode import LONGEST_EVENT, encode
from mapper.safe_text import SafeText
from mapper.types import Invalid, Json

_DELIMITERS = {",": "`,`", ";": "`;`", "\t": "tabs", "|": "`|`"}
_QUOTED = re.compile(r'"[^"]*(?:"|$)')
# Excel takes the delimiter from such a first line, and writes it for others to do the same.
_STATED = re.compile(r"sep=(.)\r?", re.IGNORECASE)
# What the parser says that others would not understand; none of its words stem from the file.
_REASONS = {
    "field larger": (
        "too_large",
        SafeText("a cell of more than {:,} characters; is a quote left open?", LONGEST_EVENT),
    ),
    "unexpected end": ("malformed", SafeText("not CSV: a quoted cell is not closed")),
    "expected after": ("malformed", SafeText("not CSV: something stands behind the closing quote of a cell")),
    "new-line": ("malformed", SafeText("not CSV: a line break without a quote around it")),
}


@dataclass(slots=True)
class _Texts:
    """The lines of a feed one by one, as the parser asks for them.

    line: the number of the last one given. too_long: it was longer than any event.
    """

    blocks: Iterator[Lines]
    waiting: list[bytes] = field(default_factory=list)
    line: int = 0
    too_long: bool = False

    def __iter__(self) -> _Texts:
        return self

    def __next__(self) -> str:
        if not self.waiting:
            self.waiting = next(self.blocks).content.split(b"\n")[::-1]
        text = self.waiting.pop()
        self.line += 1
        if len(text) > LONGEST_EVENT:
            self.too_long = True
            return "\n"
        return text.decode("utf-8", "surrogateescape") + "\n"

    def first(self) -> str:
        """The first line that is not blank, which is yet to be given; "" if there is none."""
        for text in self:
            if text.strip():
                self.waiting.append(text[:-1].encode("utf-8", "surrogateescape"))
                self.line -= 1
                return text[:-1]
        return ""


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
            raise Invalid(SafeText("{}, where the header has {:,}", cells, len(self.names)), "malformed")
        event: dict[str, Json] = {name: cell for name, cell in zip(self.names, row, strict=True) if cell}
        if "" in event:
            column = next(at for at, name in enumerate(self.names) if not name and row[at])
            raise Invalid(SafeText("a value in column {}, which has no name", column + 1), "malformed")
        try:
            return encode(event)
        except Invalid:
            raise Invalid("not UTF-8", "invalid_unicode") from None


def cut_rows(blocks: Iterator[Lines], delimiter: str | None) -> Iterator[Values]:
    """The events of rows that end in each block.

    delimiter: what stands between cells, or None where the header tells. Raises OSError where it does not.
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
        line = texts.line + 1
        try:
            text = _event(header, reader, texts)
        except StopIteration:
            break
        except Invalid as invalid:
            found.append((line, Broken(line, invalid.kind, invalid.reason)))
        else:
            found += [] if text is None else [(line, text)]
        if not texts.waiting:
            yield Values(found)
            found = []
    if found:
        yield Values(found)


def _event(header: _Header, reader: Iterator[list[str]], texts: _Texts) -> bytes | None:
    """The event of the next row; raises StopIteration at the end, and Invalid."""
    texts.too_long = False
    try:
        row = next(reader)
    except csv.Error as error:
        raise _explain(error) from None
    if texts.too_long:
        raise Invalid(SafeText("longer than {:,} bytes", LONGEST_EVENT), "too_large")
    return header.event(row)


def _explain(error: csv.Error) -> Invalid:
    for words, (kind, reason) in _REASONS.items():
        if words in str(error):
            return Invalid(reason, kind)
    return Invalid("not CSV", "malformed")


def _told_by(header: str) -> str:
    """The one delimiter that stands in a header, outside of quotes; a header without any is one column."""
    plain = _QUOTED.sub("", header)
    found = [one for one in _DELIMITERS if one in plain]
    if len(found) > 1:
        several = " and ".join(_DELIMITERS[one] for one in found)
        raise OSError(f"the header has {several}: say by --delimiter which of them stand between cells")
    return found[0] if found else ","


def _read_header(reader: Iterator[list[str]]) -> _Header | None:
    """The header; None where there is none. Raises OSError where no row could be read by it."""
    try:
        names = [name.strip() for name in next(reader)]
    except StopIteration:
        return None
    except csv.Error as error:
        raise OSError(f"the header is {_explain(error).reason}") from None
    if not all(name.isascii() or name.encode("utf-8", "ignore").decode() == name for name in names):
        raise OSError("the header is not UTF-8; save the file as CSV UTF-8")
    for name, count in Counter(names).items():
        if count > 1 and name:
            first, second = [at for at, other in enumerate(names, 1) if other == name][:2]
            raise OSError(f"columns {first} and {second} of the header have the same name")
    return _Header(tuple(names))
