"""Columns of Arrow -> the JSON texts of their rows, and the times in them. What a table is read by."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mapper.feeds.block import Broken, Placed
from mapper.runtime.decode import encode_decoded
from mapper.runtime.foreign import json_value
from mapper.safe_text import SafeText
from mapper.types import Invalid

_NULL = SafeText("null, not a JSON object")
_NO_UNICODE = SafeText("a string in it is not UTF-8")
_NO_VALUE = SafeText("a value in it is out of range")


def texts_of(column: pa.Array) -> list[Placed]:
    """The event of each row, with the row's number from 1. A text of JSON is left as it is.

    An object (a struct or a map) is written as JSON, its values as docs/run.md has them. Raises TypeError
    where a column is neither.
    """
    column = plain(column)
    if is_text(column.type):
        texts: list[bytes | None] = column.cast(_bytes_of(column.type)).to_pylist()
        return [
            (row, Broken(row, "malformed", _NULL) if text is None else text)
            for row, text in enumerate(texts, 1)
        ]
    if pa.types.is_null(column.type):
        return [(row, Broken(row, "malformed", _NULL)) for row in range(1, len(column) + 1)]
    if not (pa.types.is_struct(column.type) or pa.types.is_map(column.type)):
        raise TypeError(
            f"its type is {column.type}; an event is JSON text (string or binary), a struct or a map"
        )
    return [(row, _text(value, row)) for row, value in enumerate(_values(column), 1)]


def times_of(column: pa.Array) -> list[str | None]:
    """The time of each row as ISO 8601 text with an offset, which a text must be already; None without one.

    Raises TypeError where a column holds no such times.
    """
    column = plain(column)
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        in_utc = column.cast(pa.timestamp(kind.unit, "UTC"))
        times: list[str | None] = pc.strftime(in_utc, format="%Y-%m-%dT%H:%M:%SZ").to_pylist()
        return times
    if is_text(kind):
        texts = column.cast(_bytes_of(kind)).to_pylist()
        return [None if text is None else text.decode("utf-8", "replace") for text in texts]
    if pa.types.is_null(kind):
        return [None] * len(column)
    raise TypeError(
        f"its type is {kind}; a time is a timestamp with a time zone, or ISO 8601 text with an offset"
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are texts, or bytes."""
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_binary(kind)
        or types.is_large_string(kind)
        or types.is_large_binary(kind)
        or types.is_string_view(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def plain(column: pa.Array) -> pa.Array:
    """A column by what is stored of it: without the dictionary of its values, or a type of somebody's own."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column


def _bytes_of(kind: pa.DataType) -> pa.DataType:
    """The type of the bytes of texts, to which they are cast without being looked at."""
    if pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_string_view(kind):
        return pa.binary_view()
    return pa.binary() if pa.types.is_string(kind) or pa.types.is_fixed_size_binary(kind) else kind


def _values(column: pa.Array) -> Sequence[Any] | Iterator[Any]:
    """The objects of a column; Broken, without its row, for one that Python cannot hold."""
    coarse = _coarse(column.type)
    with warnings.catch_warnings():
        # Of equal keys of a map the last wins, as in JSON.
        warnings.simplefilter("ignore")
        try:
            if coarse != column.type:
                column = column.cast(coarse, safe=False)
            values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
        except (pa.ArrowException, UnicodeError, ValueError, OverflowError):
            return [_value(column[row : row + 1]) for row in range(len(column))]
    return values


def _value(row: pa.Array) -> Any:
    """The object of a column that has one row."""
    try:
        return row.cast(_coarse(row.type), safe=False).to_pylist(maps_as_pydicts="lossy")[0]
    except UnicodeError:
        return Broken(0, "invalid_unicode", _NO_UNICODE)
    except (pa.ArrowException, ValueError, OverflowError):
        return Broken(0, "malformed", _NO_VALUE)


def _text(value: Any, row: int) -> bytes | Broken:
    """The JSON text of an object."""
    if value is None:
        return Broken(row, "malformed", _NULL)
    if isinstance(value, Broken):
        return Broken(row, value.kind, value.reason)
    try:
        return encode_decoded(json_value(value))
    except Invalid as invalid:
        return Broken(row, "malformed", invalid.reason)


def _coarse(kind: pa.DataType) -> pa.DataType:
    """A type with microseconds in place of nanoseconds, which Python's own times do not have."""
    types = pa.types
    if types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if types.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if types.is_struct(kind):
        return pa.struct([one.with_type(_coarse(one.type)) for one in kind])
    if types.is_map(kind):
        return pa.map_(_coarse(kind.key_type), _coarse(kind.item_type))
    if types.is_large_list(kind):
        return pa.large_list(_coarse(kind.value_type))
    if types.is_list(kind):
        return pa.list_(_coarse(kind.value_type))
    return kind
