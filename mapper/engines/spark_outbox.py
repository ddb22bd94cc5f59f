"""Outcomes of a data frame's events -> an outbox, exactly once; couriers deliver from there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from mapper.compiling import destination as destination_of
from mapper.delivery.credentials import recipient_of
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.server_address import is_server, open_server
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account, Outbox
from mapper.delivery.setup_failure import SetupFailure
from mapper.engines.data_frames import MAPPED_BY, check_python, is_here, on_executors
from mapper.engines.outbox_writer import (
    SLOT_COLUMNS,
    WRITTEN_SCHEMA,
    OutboxTarget,
    RowCounts,
    rows_of,
    write_slot,
)

# So many tasks write at once. It is the same for all clusters: another number would cut a batch that is tried
# again into other slots.
_SLOTS = 8
_NEEDED = frozenset({"outcome", "event_time", "payload", "kind", "notes"})
_QUERY_ID, _BATCH_ID = "sql.streaming.queryId", "streaming.sql.batchId"


@dataclass(frozen=True, slots=True)
class SlotWriter:
    """Writes the slots of a partition on an executor. open: opens the store of a name."""

    target: OutboxTarget
    open: Callable[[str], Outbox]
    store: str

    def map_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write rows that are in the order of their slots, and give how many of each kind there are."""
        with closing(self.open(self.store)) as store:
            slot = None
            for slot, rows in groupby(rows_of(batches), itemgetter(0)):
                yield _counted(write_slot(self.target, store, slot, rows))
            context = TaskContext.get()
            if slot is None and context is not None:  # that nothing is in a slot is noted too
                write_slot(self.target, store, context.partitionId(), ())


def _counted(written: RowCounts) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([written._asdict()], WRITTEN_SCHEMA)


@dataclass(frozen=True, slots=True)
class OutboxAccount:
    """For whom payloads are kept, as the couriers that deliver them have it.

    name: the operator's name of an account. environment: where its number is; None: the environment of this
    process. No secret has to be in it. url, allow_target: as of `mapper deliver`.
    """

    name: str = "default"
    environment: Mapping[str, str] | None = None
    url: str | None = None
    allow_target: str | None = None


def write_outbox(
    df: DataFrame, dsn: str, account: OutboxAccount | str = "default", *, query: str = "", batch: int = 0
) -> RowCounts:
    """Keep what `map_events` gave in an outbox, exactly once, and say how many rows of each kind are in it.

    Of a stream, call it in `foreachBatch`: the query and its batch are known. dsn: a file, where all
    executors are on this machine, or `postgresql://...`. account: for whom, or its name. query: tells these
    rows from all others for good: a job that is run again under the same name writes what is missing. batch:
    which part of them, if they come in parts.

    Raises ValueError for what is no result of `map_events` or has no name, RuntimeError for a set-up that
    must be fixed first; and Spark's exceptions, where tasks fail.
    """
    known = _mapped_by(df)
    check_python(df)
    query, batch = _named(df, query, batch)
    given = OutboxAccount(account) if isinstance(account, str) else account
    destination, kept_for = _recipient(known["target"], given)
    open_store, name = _store(df, dsn)
    target = OutboxTarget(
        *(kept_for, known["mapping"], known["version"], query, batch),
        destination.parcel_facts,
    )
    work = on_executors(SlotWriter(target, open_store, name))
    written = _in_slots(df).mapInArrow(work, from_arrow_schema(WRITTEN_SCHEMA)).collect()
    return RowCounts(*(sum(row[name] for row in written) for name in RowCounts._fields))


def _mapped_by(df: DataFrame) -> Mapping[str, str]:
    """The facts of the mapping of some rows."""
    if df.isStreaming:
        raise ValueError(
            "a stream is written batch by batch:"
            " df.writeStream.foreachBatch(lambda rows, batch: write_outbox(rows, dsn, account))"
        )
    lacking = sorted(_NEEDED - {*df.columns})
    if lacking:
        raise ValueError(f"the rows have no column `{lacking[0]}`; write what map_events gives")
    known: Mapping[str, str] | None = df.schema["payload"].metadata.get(MAPPED_BY)
    if known is None:
        raise ValueError(
            "the column `payload` does not say which mapping made it; write what map_events gives"
        )
    return known


def _named(df: DataFrame, query: str, batch: int) -> tuple[str, int]:
    """The name of a query, and which of its batches it is: given, or those of the stream that it is amid."""
    context: Any = df.sparkSession.sparkContext
    if running := context.getLocalProperty(_QUERY_ID):
        return query or running, int(context.getLocalProperty(_BATCH_ID))
    if not query:
        raise ValueError(
            "name what is written, e.g. query='orders-2026-05-01': run again under that name, it is resumed"
        )
    return query, batch


def _recipient(target: str, given: OutboxAccount) -> tuple[Destination, Account]:
    try:
        destination = destination_of(target, beside="mapping.yaml", allow_target=given.allow_target)
    except LookupError as error:
        raise RuntimeError(str(error.args[0])) from None
    environment = os.environ if given.environment is None else given.environment
    recipient = recipient_of(destination, environment, base_url=given.url)
    if isinstance(recipient, SetupFailure):
        raise RuntimeError(f"{recipient.message}; {recipient.hint}" if recipient.hint else recipient.message)
    return destination, Account(target, given.name, recipient=recipient)


def _store(df: DataFrame, dsn: str) -> tuple[Callable[[str], Outbox], str]:
    """A function that opens an outbox on an executor, and its name. It is opened here first, if it can be."""
    if is_server(dsn):
        open_server(dsn).close()
        return open_server, dsn
    master = df.sparkSession.sparkContext.master
    if not is_here(master):
        raise RuntimeError(
            f"an outbox in a file needs all executors on this machine, and the master is {master};"
            " keep it in PostgreSQL: postgresql://host/database"
        )
    path = str(Path(dsn).resolve())
    _open_file(path).close()
    return _open_file, path


def _open_file(path: str) -> Outbox:
    return open_outbox(Path(path))


def _in_slots(df: DataFrame) -> DataFrame:
    """The rows in the slots and the order that what they hold gives them, whoever made them and where."""
    reasons = F.transform(
        F.filter("notes", lambda note: note["decides"]),
        lambda note: F.concat_ws(": ", note["path"], note["reason"]),
    )
    why = F.when(F.col("outcome") == "rejection", F.array_join(reasons, "; "))
    rows = df.select("outcome", "event_time", "payload", "kind", why.alias("why"))
    row = [F.col(name) for name in rows.columns]
    # As Spark itself chooses the partition of a row that is moved by these columns.
    rows = rows.withColumn("slot", F.pmod(F.hash(*row), F.lit(_SLOTS))).withColumn("order", F.xxhash64(*row))
    return rows.repartition(_SLOTS, *row).sortWithinPartitions("slot", "order", *row).select(*SLOT_COLUMNS)
