"""A Parquet file -> blocks of its records, in flat memory: a row is an event, its columns the attributes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mapper.feeds.block import NOTHING_KNOWN, Meta, Placed
from mapper.feeds.columns import texts_of
from mapper.frozen import dataclass
from mapper.safe_text import SafeError, SafeText

# A block is made of as many records as have about so many bytes, and of no more than these.
_BLOCK_BYTES = 2**20
_MOST_RECORDS = 2_048
# A column is read through a buffer, so that of a row group of any size no more is there than a page of each.
_BUFFER_BYTES = 2**16
_MOST_DEPTH = 64
_NO_PIPE = SafeText("Parquet is read from a complete file, not from a pipe, nor with --follow")
_NO_PARQUET = SafeText("not a complete Parquet file: it does not begin and end as one")
_DAMAGED = "the Parquet file is damaged, or written in a way that is not supported: {}"
_FOOTER = SafeText("its footer cannot be read")
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
        """How many bytes it has."""
        return self._size

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        self._file.seek(self._at)
        content = bytes(self._file.read(size) or b"")
        self._at += len(content)
        return content


def read_records(file: Any) -> Iterator[RecordBlock]:
    """The records of a file in its order. Raises OSError where it is no Parquet, or damaged."""
    try:
        opened = _RandomAccess(file)
    except (OSError, TypeError, AttributeError):
        raise SafeError(_NO_PIPE) from None
    _look(opened)
    number = 0
    with _opened(opened) as table:
        for group in range(table.metadata.num_row_groups):
            try:
                for batch in table.iter_batches(_MOST_RECORDS, [group], use_threads=False):
                    for begin, count in _parts(batch):
                        yield RecordBlock(number + begin + 1, batch.slice(begin, count))
                    number += batch.num_rows
            except (pa.ArrowException, MemoryError, OSError, ValueError) as error:
                raise _damaged(error, group) from None
    file.seek(0, io.SEEK_END)


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
        table = pq.ParquetFile(
            pa.PythonFile(file, mode="r"),
            buffer_size=_BUFFER_BYTES,
            pre_buffer=False,
            page_checksum_verification=True,
        )
        names: list[str] = table.schema_arrow.names
    except (pa.ArrowException, MemoryError, OSError, ValueError) as error:
        raise _unreadable(error, _FOOTER) from None
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if places.setdefault(name, place) != place:
            raise SafeError(SafeText(_SAME_NAME, places[name], place))
    return table


def _parts(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """The parts of a batch that are a block each: where one begins, and how many records it has."""
    rows = batch.num_rows
    step = max(1, rows * _BLOCK_BYTES // max(batch.nbytes, 1))
    return ((begin, min(step, rows - begin)) for begin in range(0, rows, step))


def _damaged(error: Exception, group: int) -> OSError:
    return _unreadable(error, SafeText("row group {:,} cannot be read", group + 1))


def _unreadable(error: Exception, where: SafeText) -> OSError:
    """What to raise where a part cannot be read. What Arrow says of it may hold values, and is left out."""
    if isinstance(error, SafeError | InterruptedError):
        return error
    return SafeError(SafeText(_DAMAGED, where))
