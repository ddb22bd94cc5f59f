"""A Parquet file -> blocks of its records, in flat memory: a row is an event, its columns the attributes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mapper.feeds.block import NOTHING_KNOWN, Block, Broken, DecodedBlock, Meta, Placed
from mapper.feeds.column_values import written_bytes
from mapper.feeds.columns import texts_of
from mapper.feeds.parquet_pages import BadPages, Struct, plan_of, row_groups
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeError, SafeText

# A block is made of as many records as have about so many bytes, and of no more than these.
_BLOCK_BYTES = 2**20
_MOST_RECORDS = 2_048
# A column is read through a buffer, so that of a row group of any size no more is there than a page of each.
_BUFFER_BYTES = 2**16
_NO_PIPE = SafeText("Parquet is read from a complete file, not from a pipe, nor with --follow")
_NO_PARQUET = SafeText("not a complete Parquet file: it does not begin and end as one")
_DAMAGED = "the Parquet file is damaged, or written in a way that is not supported: {}"
_FOOTER = SafeText("its footer cannot be read")
# Events have no more bytes together than so many times those of their file, or these. A table of a year's
# orders that are all alike has a thousand times as many.
_MOST_GROWTH = 10_000
_FREE_BYTES = 2**30
_BOMB = "the events of the Parquet file have more than {:,} times its bytes"
_TOO_LARGE = "row group {:,} of the Parquet file is damaged, or unpacks to more than is read at once"
_TOO_LONG = SafeText("longer than {:,} bytes", LONGEST_EVENT)
_SAME_NAME = "columns {} and {} have the same name"


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Records of a table, still as columns. They become texts where they are worked on, by whichever process.

    first: the number of the first one, from 1.
    """

    first: int
    batch: Any
    end: int = -1

    def texts(self) -> Iterable[Placed]:
        """As `Block.texts`."""
        return texts_of(self.batch.to_struct_array(), self.first)

    def metas(self) -> Iterable[Meta]:
        """As `Block.metas`: nothing is known."""
        return repeat(NOTHING_KNOWN)

    def after(self, count: int) -> RecordBlock:
        """As `Block.after`."""
        return RecordBlock(self.first + count, self.batch.slice(count), self.end)

    def __len__(self) -> int:
        """As `Block.__len__`."""
        rows: int = self.batch.num_rows
        return rows


class _RandomAccess(io.RawIOBase):
    """A file as Arrow reads it: from any place, and never more of it than was asked for."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._size, self._at = int(file.seek(0, io.SEEK_END)), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def size(self) -> int:
        """The number of bytes of the file."""
        return self._size

    def footer(self) -> bytes:
        """The footer of the file."""
        self.seek(-8, io.SEEK_END)
        length = int.from_bytes(self.read(4), "little")
        self.seek(max(0, self._size - 8 - length))
        return self.read(min(length, self._size - 8))

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        self._file.seek(self._at)
        content = bytes(self._file.read(size) or b"")
        self._at += len(content)
        return content


def read_records(file: Any) -> Iterator[Block]:
    """The records of a file in its order. Raises OSError where it is no Parquet, or damaged."""
    try:
        opened = _RandomAccess(file)
    except (OSError, TypeError, AttributeError):
        raise SafeError(_NO_PIPE) from None
    _look(opened)
    table, number, unpacked = _opened(opened), 0, 0
    most = max(_FREE_BYTES, _MOST_GROWTH * opened.size())
    groups = row_groups(opened.footer())
    for group in range(table.metadata.num_row_groups):
        try:
            columns = next(groups, [])
            for batch in _batches(table, opened, (group, columns)):
                unpacked += _weight(batch)
                if unpacked > most:
                    raise SafeError(SafeText(_BOMB, _MOST_GROWTH))
                for begin, count in _parts(batch):
                    yield _block(number + begin + 1, batch.slice(begin, count))
                number += batch.num_rows
        except BadPages:
            raise SafeError(SafeText(_TOO_LARGE, group + 1)) from None
        except (pa.ArrowException, MemoryError, OSError, ValueError) as error:
            raise _unreadable(error, SafeText("row group {:,} cannot be read", group + 1)) from None
    file.seek(0, io.SEEK_END)


def _batches(
    table: pq.ParquetFile, file: _RandomAccess, row_group: tuple[int, list[Struct]]
) -> Iterator[pa.RecordBatch]:
    """The records of a row group, as many at once as there is memory for.

    What the footer says of its columns is not asked of Arrow, which ends the process where it is damaged.
    """
    group, columns = row_group
    if len(columns) != len(table.schema):
        raise BadPages
    is_listed = [table.schema.column(at).max_repetition_level > 0 for at in range(len(columns))]
    plan = plan_of(file, columns, is_listed.__getitem__, _MOST_RECORDS)
    if plan.by_dictionary:
        table = _table(file, metadata=table.metadata, read_dictionary=plan.by_dictionary)
    yield from table.iter_batches(plan.records, [group], use_threads=False)


def _look(file: _RandomAccess) -> None:
    """Raise OSError for what does not begin and end as a Parquet file, without more of it."""
    begin = file.read(4)
    file.seek(max(0, file.size() - 4))
    end = file.read(4)
    if end == b"PARE":
        raise SafeError(SafeText("the Parquet file is encrypted, which is not supported"))
    if (begin, end) != (b"PAR1", b"PAR1"):
        raise SafeError(_NO_PARQUET)


def _opened(file: _RandomAccess) -> pq.ParquetFile:
    file.seek(0)
    try:
        table = _table(file)
        names: list[str] = table.schema_arrow.names
    except (pa.ArrowException, MemoryError, OSError, ValueError) as error:
        raise _unreadable(error, _FOOTER) from None
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if places.setdefault(name, place) != place:
            raise SafeError(SafeText(_SAME_NAME, places[name], place))
    return table


def _table(file: _RandomAccess, **options: Any) -> pq.ParquetFile:
    return pq.ParquetFile(
        pa.PythonFile(file, mode="r"),
        buffer_size=_BUFFER_BYTES,
        pre_buffer=False,
        page_checksum_verification=True,
        **options,
    )


def _parts(batch: pa.RecordBatch, begin: int = 0) -> Iterator[tuple[int, int]]:
    """The parts of a batch that are a block each: where one begins, and how many records it has."""
    rows, size = batch.num_rows, _weight(batch)
    if rows == 1 or size <= 2 * _BLOCK_BYTES:
        yield begin, rows
        return
    step = max(1, min(rows // 2, rows * _BLOCK_BYTES // size))
    for at in range(0, rows, step):
        yield from _parts(batch.slice(at, step), begin + at)


def _weight(batch: pa.RecordBatch) -> int:
    """The least number of bytes of a batch's records, written as JSON."""
    return sum(map(written_bytes, batch.columns))


def _block(first: int, batch: pa.RecordBatch) -> Block:
    """A block of records; of one that is too long for an event its values are not even looked at."""
    if batch.num_rows == 1 and _weight(batch) > LONGEST_EVENT:
        return DecodedBlock([(first, Broken(first, "too_large", _TOO_LONG))])
    return RecordBlock(first, batch)


def _unreadable(error: Exception, where: SafeText) -> OSError:
    """The error to raise where a part cannot be read. Arrow's words may hold values, and are left out."""
    if isinstance(error, SafeError | InterruptedError):
        return error
    return SafeError(SafeText(_DAMAGED, where))
