"""A data frame of events -> a data frame of what they end as; executors map, and send nothing."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, Unpack

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import (
    BinaryType,
    CalendarIntervalType,
    DataType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
    UserDefinedType,
)

from mapper.engines.outcome_rows import FIELDS
from mapper.engines.record_batches import ArrowMapper
from mapper.engines.shipping import BatchWork
from mapper.running.parcels import mapping_version
from mapper.runtime.program import Program
from mapper.version import __version__

# What is known of the mapping of a row, in the metadata of the column of payloads.
MAPPED_BY = "mapper"
_EVENT_TYPES = (StringType, BinaryType, StructType, MapType)
_TIME_TYPES = (TimestampType, StringType)
_NOT_OF_ARROW = (CalendarIntervalType, UserDefinedType)

MapBatches: TypeAlias = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class MapOptions(TypedDict, total=False):
    """The options of `map_events`, as `ArrowMapper` has them."""

    event: str
    received_at: str | None
    keep: Sequence[str]
    suppress: Sequence[str]


def map_events(df: DataFrame, program: Program, **options: Unpack[MapOptions]) -> DataFrame:
    """The outcomes of a data frame's events: a row for each payload, skip and rejection.

    It may be a stream. event: the column with the events, `value` if none is named: JSON text (string or
    binary), or objects (structs or maps). received_at: the column with the `$meta.received_at` of each: a
    timestamp, or text. keep: columns that its rows keep. suppress: files of `mapper suppress build`, which
    each executor reads at the same path; events of persons on these lists are skipped.

    Raises ValueError for a column that is missing, TypeError for one of another type, OSError for a list that
    cannot be read, and RuntimeError where executors would run another Python.
    """
    check_python(df)
    lists = options.get("suppress", ())
    options["suppress"] = lists if isinstance(lists, str) else [os.path.abspath(one) for one in lists]
    asked = ArrowMapper(program, **options)
    fields = {name: _field(df, name) for name in _named(asked)}
    _check_types(asked, fields)
    # Spark takes a dot in a name of what it hands to Python for the way to a part of a column.
    places = {name: f"c{place}" for place, name in enumerate(fields)}
    at = None if asked.received_at is None else places[asked.received_at]
    arrow_mapper = ArrowMapper(asked.program, places[asked.event], at, [places[name] for name in asked.keep])
    kept = [StructField(places[name], fields[name].dataType) for name in asked.keep]
    columns = df.select(*[_column(df, name).alias(place) for name, place in places.items()])
    mapped = columns.mapInArrow(on_executors(arrow_mapper), StructType([*_outcome_fields(program), *kept]))
    return mapped.toDF(*[one.name for one in FIELDS], *asked.keep)


def _named(arrow_mapper: ArrowMapper) -> list[str]:
    """The columns that are read, each once."""
    received_at = [] if arrow_mapper.received_at is None else [arrow_mapper.received_at]
    return list(dict.fromkeys([arrow_mapper.event, *received_at, *arrow_mapper.keep]))


def _column(df: DataFrame, name: str) -> Column:
    quoted = name.replace("`", "``")
    return df[f"`{quoted}`"]


def _field(df: DataFrame, name: str) -> StructField:
    found = [one for one in df.schema.fields if one.name == name]
    if len(found) == 1:
        return found[0]
    problem = "several columns have the name" if found else "there is no column"
    raise ValueError(f"{problem} `{name}`; the columns are {', '.join(df.columns)}")


def _check_types(asked: ArrowMapper, fields: Mapping[str, StructField]) -> None:
    _check_type(
        fields[asked.event], _EVENT_TYPES, "an event is JSON text (string or binary), a struct or a map"
    )
    if asked.received_at is not None:
        _check_type(fields[asked.received_at], _TIME_TYPES, "a time is a timestamp, or text with an offset")
    for name in asked.keep:
        if isinstance(fields[name].dataType, _NOT_OF_ARROW):
            raise TypeError(f"column `{name}` cannot be kept: Arrow has no such type; cast it first")


def _check_type(field: StructField, types: tuple[type[DataType], ...], expected: str) -> None:
    if not isinstance(field.dataType, types):
        raise TypeError(f"column `{field.name}` has the type {field.dataType.simpleString()}; {expected}")


def _outcome_fields(program: Program) -> Iterator[StructField]:
    """The columns of a result, with what a later step has to know of the mapping."""
    code = program.code
    known = {"mapping": code.name, "version": mapping_version(program), "target": code.target}
    for one in FIELDS:
        metadata = {MAPPED_BY: known} if one.name == "payload" else {}
        yield StructField(one.name, from_arrow_type(one.type), one.nullable, metadata)


def on_executors(shipped: BatchWork) -> MapBatches:
    """The function for executors. It says in one sentence what they lack, so it names no module itself."""
    pickled, version = pickle.dumps(shipped), __version__

    def map_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import sys

        try:
            from mapper.engines.shipping import loaded

            work = loaded(pickled)
        except ImportError as error:
            lacking = (error.name or "this package").partition(".")[0]
            raise RuntimeError(
                f"{sys.executable} on this executor cannot import {lacking}; install version {version}"
                " of this package, with its extra `spark`, in the Python of all executors"
            ) from None
        except OSError as error:
            raise RuntimeError(
                f"{sys.executable} on this executor cannot read a suppression list: {error};"
                " each executor needs it at the same path"
            ) from None
        yield from work.map_batches(batches)

    return map_batches


def check_python(df: DataFrame) -> None:
    """Raise RuntimeError where Spark on this machine would start another Python, which has not this package.

    On other machines only their own Python tells.
    """
    session: Any = df.sparkSession
    context = getattr(session, "_sc", None)
    if "PYSPARK_PYTHON" in os.environ or context is None or not is_here(context.master):
        return
    found = shutil.which(context.pythonExec)
    if found is None or Path(found).parent != Path(sys.executable).parent:
        raise RuntimeError(
            f"PYSPARK_PYTHON is not set, so Spark would run `{found or context.pythonExec}`: start again with"
            f" PYSPARK_PYTHON={sys.executable}"
        )


def is_here(master: str) -> bool:
    """Whether all executors of a master are on this machine."""
    return master.partition("[")[0] in ("local", "local-cluster")
