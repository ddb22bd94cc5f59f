"""Footer and headers of pages -> how a row group is read within bounds, before any page of it is.

A file of some hundred bytes can unpack to gigabytes: one page of zeros, a text repeated for each record, a
list with the same number a million times. A reader makes room for what a page says; here that is bounded.
The fields and their numbers are those of parquet.thrift (Apache).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from mapper.feeds.thrift import StructReader
from mapper.values.frozen import dataclass

# The largest page that is read, of any column; and all columns' largest together.
_LARGEST_PAGE = 128 * 2**20
_LARGEST_TOGETHER = 2**30
# Of lists in a column: they are read as a whole, until one ends.
_MOST_LISTED = 50_000_000
# A block of so many bytes is read at once, where values are spread evenly.
_READ_BYTES = 64 * 2**20
# With a larger dictionary a text may be repeated until it is too much.
_SMALL_DICTIONARY = 2**15
_FIRST_LOOK, _LONGEST_HEADER = 512, 2**20
_TEXT_TYPE = 6

# By the names in parquet.thrift.
_ROW_GROUPS, _COLUMNS, _COLUMN_META_DATA = 4, 1, 3
_TYPE, _PATH, _NUM_VALUES, _COMPRESSED_SIZE, _DATA_OFFSET, _DICTIONARY_OFFSET = 1, 3, 5, 7, 9, 11
_UNCOMPRESSED_PAGE, _COMPRESSED_PAGE, _DATA_HEADER, _DICTIONARY_HEADER, _DATA_HEADER_2 = 2, 3, 5, 7, 8

Struct: TypeAlias = dict[int, Any]
# Whether the values of a column, by its number, are those of lists.
IsListed: TypeAlias = Callable[[int], bool]


class BadPages(Exception):
    """Pages that cannot be read, or not within the memory that there is for them."""


class _File(Protocol):
    def seek(self, offset: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The way a row group is read: so many records at once, and these columns by their dictionaries."""

    records: int
    by_dictionary: list[str]


@dataclass(frozen=True, slots=True)
class _Page:
    """The header of a page. values: how many it has, or 0 for other pages than those with data."""

    size: int
    packed: int
    values: int
    is_dictionary: bool


def row_groups(footer: bytes) -> Iterator[list[Struct]]:
    """The columns of each row group, by a footer. Raises BadPages where it is damaged."""
    try:
        reader = StructReader(footer)
        for field, kind in reader.fields():
            if field != _ROW_GROUPS:
                reader.value(kind)
                continue
            for group in reader.elements():
                yield [column[_COLUMN_META_DATA] for column in group[_COLUMNS]]
    except (IndexError, ValueError, KeyError, TypeError):
        raise BadPages from None


def plan_of(file: _File, columns: list[Struct], is_listed: IsListed, most_records: int) -> ReadPlan:
    """The plan for a row group. Raises BadPages for one that cannot be read, and OSError as the file does."""
    bytes_each, together = 0.0, 0
    by_dictionary: list[str] = []
    for at, column in enumerate(columns):
        pages = list(_pages(file, column))
        largest = max((page.size for page in pages), default=0)
        together += largest
        if largest > _LARGEST_PAGE or together > _LARGEST_TOGETHER:
            raise BadPages
        listed = max((page.values for page in pages), default=0)
        if max(listed, _number(column, _NUM_VALUES)) > _MOST_LISTED and is_listed(at):
            raise BadPages
        bytes_each += max((page.size / page.values for page in pages if page.values), default=0)
        dictionary = max((page.size for page in pages if page.is_dictionary), default=0)
        if dictionary > _SMALL_DICTIONARY and column.get(_TYPE) == _TEXT_TYPE:
            by_dictionary.append(_path(column))
    records = int(_READ_BYTES / bytes_each) if bytes_each else most_records
    return ReadPlan(max(1, min(most_records, records)), by_dictionary)


def _number(struct: Struct, field: int) -> int:
    """A number that must be there."""
    value = struct.get(field)
    if type(value) is not int or value < 0:
        raise BadPages
    return value


def _path(column: Struct) -> str:
    try:
        return ".".join(name.decode() for name in column[_PATH])
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise BadPages from None


def _pages(file: _File, column: Struct) -> Iterator[_Page]:
    """The pages of a column, from where Arrow reads it."""
    at = _number(column, _DATA_OFFSET)
    dictionary = column.get(_DICTIONARY_OFFSET, 0)
    if type(dictionary) is int and 0 < dictionary < at:
        at = dictionary
    end, left = at + _number(column, _COMPRESSED_SIZE), _number(column, _NUM_VALUES)
    while at < end and left > 0:
        page, length = _header(file, at)
        yield page
        left -= page.values
        at += length + page.packed


def _header(file: _File, at: int) -> tuple[_Page, int]:
    """The header of a page, and how long it is."""
    size = _FIRST_LOOK
    while True:
        file.seek(at)
        content = file.read(size)
        reader = StructReader(content)
        try:
            told = reader.struct()
            break
        except ValueError:
            raise BadPages from None
        except IndexError:
            if len(content) < size or size >= _LONGEST_HEADER:
                raise BadPages from None
            size *= 8
    data = told.get(_DATA_HEADER) or told.get(_DATA_HEADER_2)
    values = _number(data, 1) if isinstance(data, dict) else 0
    size, packed = _number(told, _UNCOMPRESSED_PAGE), _number(told, _COMPRESSED_PAGE)
    return _Page(size, packed, values, _DICTIONARY_HEADER in told), reader.at
