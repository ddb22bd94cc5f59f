"""Columns of Arrow -> the JSON texts of their rows, and the times in them. What a table is read by."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mapper.feeds.block import Broken, Placed
from mapper.feeds.column_values import values_of
from mapper.runtime.decode import DEEPEST_EVENT, encode_decoded, encode_plain
from mapper.runtime.foreign import json_value
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

_NULL = SafeText("null, not a JSON object")
_DEEP = SafeText("nested deeper than {} levels", DEEPEST_EVENT)


def texts_of(column: pa.Array, first: int = 1) -> list[Placed]:
    """The event of each row, with its number from `first` on. A text of JSON is left as it is.

    An object (a struct or a map) is written as JSON, its values as docs/run.md has them. Raises TypeError
    where a column is neither.
    """
    column = plain(column)
    if is_text(column.type):
        texts: list[bytes | None] = column.cast(_bytes_of(column.type)).to_pylist()
        return [
            (row, Broken(row, "malformed", _NULL) if text is None else text)
            for row, text in enumerate(texts, first)
        ]
    if pa.types.is_null(column.type):
        return [(row, Broken(row, "malformed", _NULL)) for row in range(first, first + len(column))]
    if not (pa.types.is_struct(column.type) or pa.types.is_map(column.type)):
        raise TypeError(
            f"its type is {column.type}; an event is JSON text (string or binary), a struct or a map"
        )
    try:
        values = values_of(column)
    except RecursionError:
        return [(row, Broken(row, "malformed", _DEEP)) for row in range(first, first + len(column))]
    except pa.ArrowNotImplementedError:  # lists of a fixed size, of dictionaries of other values than texts
        raise TypeError(f"Arrow cannot take apart a column of the type {column.type}") from None
    return [(row, _text(value, row)) for row, value in enumerate(values, first)]


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


def _text(value: Any, row: int) -> bytes | Broken:
    """The JSON text of an object."""
    if value is None:
        return Broken(row, "malformed", _NULL)
    try:
        return encode_plain(value) or encode_decoded(json_value(value))
    except Invalid as invalid:
        return Broken(row, "malformed", invalid.reason)
