"""A batch of Arrow -> what its events end as, in a batch: the one way in for every engine for tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

from mapper.engines.outcome_rows import COLUMNS, FIELDS, OutcomeRows
from mapper.feeds import Meta, SourceBlock
from mapper.feeds.columns import texts_of, times_of
from mapper.guarded_program import guarded
from mapper.running.blocks import Worker
from mapper.running.counts import ShownNames
from mapper.runtime.program import Program
from mapper.suppression.listing import WatchedList
from mapper.suppression.suppressed_program import suppressing

# The row of an event in its batch says nothing of where it is in the source.
_NO_LINE: Meta = {"line": None}
# An event may become a payload of 65 times its size, and the payloads of a batch have 2 GiB at most.
_BATCH_BYTES = 16 * 2**20
# So few events are decoded at once: the objects of ten thousand would keep the garbage collector busy.
_ROWS = 256
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class ArrowMapper:
    """Maps record batches, with the guard. It can be pickled, and called from many threads at once.

    event: the column with the events: JSON text (string or binary), or objects (structs or maps), whose
    values count as docs/run.md has them. received_at: the column with the `$meta.received_at` of each: a
    timestamp with a time zone, or text. keep: columns that its rows keep.
    suppress: files of `mapper suppress build`; events of persons on these lists are skipped. They are read
    wherever it is unpickled. Raises OSError for one that cannot be read.
    """

    program: Program
    event: str = "value"
    received_at: str | None = None
    keep: Sequence[str] = ()
    suppress: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.program, Program):
            raise TypeError("program must be what mapper.compile_mapping gives, not a file or its text")
        if self.program.look is None:  # what comes of a table goes to places that nobody looks at
            object.__setattr__(self, "program", guarded(self.program))
        if isinstance(self.suppress, str):
            raise TypeError(f"suppress must be a list of files, not {self.suppress!r}")
        if self.suppress:
            lists = [WatchedList(os.fspath(path)) for path in self.suppress]
            object.__setattr__(self, "program", suppressing(self.program, lists))
            object.__setattr__(self, "suppress", ())  # they are in the program from here on
        if isinstance(self.keep, str) or not all(isinstance(name, str) for name in self.keep):
            raise TypeError(f"keep must be a list of column names, not {self.keep!r}")
        taken = [name for name, _ in COLUMNS if name in self.keep]
        if taken:
            raise ValueError(f"a result has a column `{taken[0]}` of its own; rename yours to keep it")
        if len({*self.keep}) < len(self.keep):
            raise ValueError(f"keep names a column twice: {', '.join(self.keep)}")

    def schema(self, columns: pa.Schema) -> pa.Schema:
        """The columns of the result for batches with such ones. Raises ValueError for one that is missing."""
        return pa.schema([*FIELDS, *(columns.field(_place(columns, name)) for name in self.keep)])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The outcomes of a batch's events, a row for each payload, skip and rejection, in their order.

        An event that gives several payloads (`split`, `continue`) has several rows; blank text is not an
        event and has none. Never raises for what an event holds. Raises ValueError for a column that is
        missing, and TypeError for one of another type.
        """
        schema = self.schema(batch.schema)
        worker = Worker(self.program, "", ShownNames(frozenset(self.program.code.names)), False, {})
        rows = OutcomeRows(self.program.code, worker.names)
        for begin in range(0, batch.num_rows, _ROWS):
            rows.before = begin
            worker.follow(self._block(batch.slice(begin, _ROWS)), rows, rows.keep)
        places, columns = rows.columns()
        is_whole = places == list(range(batch.num_rows))
        for name in self.keep:
            column = batch.column(_place(batch.schema, name))
            columns.append(column if is_whole else _taken(column, places))
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def map_table(self, table: pa.Table) -> pa.Table:
        """The outcomes of a table's events, as of a batch's."""
        schema = self.schema(table.schema)
        return pa.Table.from_batches(self.map_batches(table.to_batches()), schema)

    def map_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The outcomes of batches, one after another; those of more than 16 MiB in parts."""
        for batch in batches:
            rows = batch.num_rows
            step = max(1, rows * _BATCH_BYTES // max(batch.nbytes, 1))
            if rows <= step:
                yield self(batch)
            else:
                yield from (self(batch.slice(begin, step)) for begin in range(0, rows, step))

    def _block(self, batch: pa.RecordBatch) -> SourceBlock:
        found = _read(batch, self.event, texts_of)
        if self.received_at is None:
            return SourceBlock(found, [_NO_LINE] * len(found))
        times = _read(batch, self.received_at, times_of)
        known = [_NO_LINE if time is None else {"line": None, "received_at": time} for time in times]
        return SourceBlock(found, known)


def _place(columns: pa.Schema, name: str) -> int:
    """The place of a column. Raises ValueError where there is none of the name, or several."""
    places: list[int] = columns.get_all_field_indices(name)
    if len(places) == 1:
        return places[0]
    problem = "several columns have the name" if places else "there is no column"
    raise ValueError(f"{problem} `{name}`; the columns are {', '.join(columns.names)}")


def _read(batch: pa.RecordBatch, name: str, read: Callable[[pa.Array], list[_Value]]) -> list[_Value]:
    """The values of a column. Raises TypeError, with its name, where it has another type."""
    try:
        return read(batch.column(_place(batch.schema, name)))
    except TypeError as error:
        raise TypeError(f"column `{name}` cannot be read: {error}") from None


def _taken(column: pa.Array, places: list[int]) -> pa.Array:
    """The values of a column at some places; of what Arrow itself takes none, they are copied one by one."""
    try:
        return column.take(pa.array(places, pa.int64()))
    except pa.ArrowNotImplementedError:
        return pa.array([column[place] for place in places], column.type)
