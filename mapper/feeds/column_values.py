"""A column of Arrow -> the JSON value of each row, as docs/run.md has them: column by column, not row by row.

A null is None; in an object such a field is left out, as tables have no other way to say that it is missing.
What JSON has no value for stays what Python makes of it, and `json_value` refuses it with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Values: TypeAlias = list[Any]
_types = pa.types


def values_of(column: pa.Array) -> Values:
    """The JSON values of a column, None where there is none."""
    if isinstance(column, pa.ExtensionArray):
        if column.type.extension_name == "arrow.uuid":
            return [None if one is None else str(one) for one in column.to_pylist()]
        return values_of(column.storage)
    for is_of, read in _READ:
        if is_of(column.type):
            return read(column)
    return _plainly(column)


def written_bytes(column: pa.Array) -> int:
    """The least number of bytes of its values, written as JSON: told before any is made a value of Python."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        return written_bytes(column.storage)
    if _types.is_dictionary(kind):
        lengths = _lengths(column.dictionary)
        if lengths is None:
            return len(column)
        return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0) + len(column)
    if _types.is_struct(kind):
        return len(column) + sum(map(written_bytes, _fields(column)))
    if _types.is_map(kind):
        offsets = column.offsets
        begin, count = offsets[0].as_py(), offsets[-1].as_py() - offsets[0].as_py()
        return sum(written_bytes(part.slice(begin, count)) for part in (column.keys, column.items))
    if _is_list(kind):
        return len(column) + written_bytes(column.flatten())
    if _types.is_nested(kind):  # of another kind than a file has
        return len(column)
    lengths = _lengths(column)
    return len(column) + (0 if lengths is None else int(pc.sum(lengths).as_py() or 0))


def _lengths(column: pa.Array) -> pa.Array | None:
    """The number of bytes of each text; None where they are no texts."""
    try:
        return pc.binary_length(column).cast(pa.int64())
    except pa.ArrowNotImplementedError:
        return None


def _plainly(column: pa.Array) -> Values:
    values: Values = column.to_pylist()
    return values


def _texts(column: pa.Array) -> Values:
    """Texts; one that is no UTF-8 as its bytes."""
    try:
        return _plainly(column)
    except UnicodeDecodeError:
        return [_text(value) for value in column.cast(_bytes_of(column.type)).to_pylist()]


def _binary(column: pa.Array) -> Values:
    return [_text(value) for value in column.to_pylist()]


def _text(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value


def _bytes_of(kind: pa.DataType) -> pa.DataType:
    """The type of the bytes of texts."""
    if _types.is_large_string(kind):
        return pa.large_binary()
    return pa.binary_view() if _types.is_string_view(kind) else pa.binary()


def _floats(column: pa.Array) -> Values:
    if pc.all(pc.is_finite(column)).as_py() is False:
        return [_finite(value) for value in column.to_pylist()]
    return _plainly(column)


def _short_floats(column: pa.Array) -> Values:
    """Floats of few bits by the shortest digits that mean them: 19.99, not 19.989999771118164."""
    texts = column.cast(pa.float32()).cast(pa.string()).to_pylist()
    return [None if text is None else _finite(float(text)) for text in texts]


def _finite(value: float | None) -> float | str | None:
    """A number; what is none as the text for it, so that where it is read somebody is told."""
    if value is None or value - value == 0:
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _times(column: pa.Array) -> Values:
    """Times as ISO 8601, to the microsecond; those beyond Python's calendar as Arrow has them."""
    kind = column.type
    if kind.unit == "ns":
        coarse = pa.timestamp("us", kind.tz) if _types.is_timestamp(kind) else pa.time64("us")
        column = column.cast(coarse, safe=False)
    try:
        return _dates(column)
    except (KeyError, pa.ArrowException):  # of a time zone that nobody knows here
        return _dates(column.cast(pa.timestamp(column.type.unit, "UTC")))


def _dates(column: pa.Array) -> Values:
    try:
        return [None if one is None else one.isoformat() for one in column.to_pylist()]
    except (ValueError, OverflowError):
        texts: Values = column.cast(pa.string()).to_pylist()
        return texts


def _durations(column: pa.Array) -> Values:
    """A value for each that is there, whatever it is: JSON has none, and Python none for some of them."""
    return [timedelta() if there else None for there in column.is_valid().to_pylist()]


def _dictionary(column: pa.DictionaryArray) -> Values:
    words = values_of(column.dictionary)
    return [None if at is None else words[at] for at in column.indices.to_pylist()]


def _struct(column: pa.StructArray) -> Values:
    names = [one.name for one in column.type]
    rows = objects(names, list(map(values_of, _fields(column))), len(column))
    if not column.null_count:
        return rows
    return [row if there else None for row, there in zip(rows, column.is_valid().to_pylist(), strict=True)]


def _fields(column: pa.StructArray) -> list[pa.Array]:
    """The columns of its fields; what these hold where a struct is null means nothing.

    `flatten` ends the process where such a field is a union.
    """
    return [column.field(place) for place in range(column.type.num_fields)]


def objects(names: list[str], columns: list[Values], rows: int) -> Values:
    """An object for each row, of its values that are there."""
    if not columns:
        return [{} for _ in range(rows)]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _is_list(kind: pa.DataType) -> bool:
    """Whether values of a type are lists, however they are stored."""
    types = _types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _list(column: pa.Array) -> Values:
    return list(_parts(column, values_of(column.flatten())))


def _union(column: pa.UnionArray) -> Values:
    """Values of several types: each as its own type has it."""
    fields = [values_of(column.field(place)) for place in range(column.type.num_fields)]
    places = {code: place for place, code in enumerate(column.type.type_codes)}
    codes, rows = _numbers(column, 1, pa.int8()), range(len(column))
    at = _numbers(column, 2, pa.int32()) if column.type.mode == "dense" else rows
    return [fields[places[codes[row]]][at[row]] for row in rows]


def _numbers(column: pa.UnionArray, place: int, kind: pa.DataType) -> list[int]:
    """One of a union's own buffers; its attributes forget where a slice begins."""
    buffers = [None, column.buffers()[place]]
    found: list[int] = pa.Array.from_buffers(kind, len(column), buffers, offset=column.offset).to_pylist()
    return found


def _map(column: pa.MapArray) -> Values:
    """Objects; of equal keys the last wins, as in JSON, and a key is text."""
    offsets = column.offsets.to_pylist()
    begin, count = offsets[0], offsets[-1] - offsets[0]
    keys = map(_key, values_of(column.keys.slice(begin, count)))
    pairs = list(zip(keys, values_of(column.items.slice(begin, count)), strict=True))
    return [
        {key: value for key, value in pairs[start - begin : end - begin] if value is not None}
        if there
        else None
        for start, end, there in zip(offsets, offsets[1:], column.is_valid().to_pylist(), strict=False)
    ]


def _key(key: Any) -> Any:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, dict | list):
        return ()  # no text, and none that Python could look for
    return str(key) if isinstance(key, int | float) else key


def _parts(column: pa.Array, values: Values) -> Iterator[list[Any] | None]:
    """The elements of each list of a column, of those of all of them."""
    waiting = iter(values)
    for length in pc.list_value_length(column).to_pylist():
        yield None if length is None else list(islice(waiting, length))


def _decimals(column: pa.Array) -> Values:
    from mapper.runtime.foreign import json_value

    return [None if one is None else json_value(one) for one in column.to_pylist()]


_READ: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], Values]], ...] = (
    (lambda kind: _types.is_string(kind) or _types.is_large_string(kind), _texts),
    (_types.is_integer, _plainly),
    (_types.is_boolean, _plainly),
    (_types.is_float64, _floats),
    (lambda kind: _types.is_float32(kind) or _types.is_float16(kind), _short_floats),
    (_types.is_decimal, _decimals),
    (lambda kind: _types.is_timestamp(kind) or _types.is_time(kind), _times),
    (_types.is_date, _dates),
    (_types.is_duration, _durations),
    (_types.is_struct, _struct),
    (_types.is_map, _map),
    (_is_list, _list),
    (_types.is_dictionary, _dictionary),
    (_types.is_run_end_encoded, lambda column: values_of(pc.run_end_decode(column))),
    (_types.is_union, _union),
    (_types.is_string_view, _texts),
    (
        lambda kind: (
            _types.is_binary(kind)
            or _types.is_large_binary(kind)
            or _types.is_binary_view(kind)
            or _types.is_fixed_size_binary(kind)
        ),
        _binary,
    ),
)
