"""Parcels <-> the bytes of one row: their bodies end to end, and what is known of each."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby, repeat

from mapper.delivery.batch import Parcel

# Of each parcel: the bytes of its body, the record of its source event, its Unix time, for how many seconds
# after it the service takes it, and whether a copy of it counts.
_ENTRY = struct.Struct("<IQqI?")
# What a chunk holds at most: a little less than most requests may.
CHUNK_EVENTS = 1000
CHUNK_BYTES = 1_400_000
_NO_TIME = -(2**63)
_CHECK_BYTES = 16


def cut_chunks(parcels: Sequence[Parcel], most_events: int = 0) -> Iterator[Sequence[Parcel]]:
    """Parcels in as few chunks as hold them, in order. most_events: in a chunk, if fewer than usual."""
    most = min(most_events or CHUNK_EVENTS, CHUNK_EVENTS)
    begin = size = 0
    for place, parcel in enumerate(parcels):
        size += len(parcel.body)
        if place - begin == most or (size > CHUNK_BYTES and place > begin):
            yield parcels[begin:place]
            begin, size = place, len(parcel.body)
    if begin < len(parcels):
        yield parcels[begin:]


def pack_rows(parcels: Sequence[Parcel]) -> tuple[bytes, bytes]:
    """The places and the bodies of parcels."""
    places = b"".join(
        [
            _ENTRY.pack(
                len(one.body),
                one.record,
                _NO_TIME if one.time is None else one.time,
                one.past_seconds,
                one.counted_twice,
            )
            for one in parcels
        ]
    )
    return places, b"".join([one.body for one in parcels]) + _pack_origins(parcels)


def _pack_origins(parcels: Sequence[Parcel]) -> bytes:
    """After the bodies: for how many parcels in a row each origin holds. Most chunks have none."""
    if not any(one.origin for one in parcels):
        return b""
    runs = [(origin, sum(1 for _ in found)) for origin, found in groupby([one.origin for one in parcels])]
    return "\n".join([f"{count} {origin}" for origin, count in runs]).encode()


def unpack_rows(places: bytes, bodies: bytes, feed: str, first: int = 0) -> Iterator[Parcel]:
    """The parcels again, numbered from `first`."""
    end = 0
    origins = _unpack_origins(bodies[size_of_rows(places) :])
    for number, (length, record, time, past, twice) in enumerate(_ENTRY.iter_unpack(places), first):
        begin, end = end, end + length
        moment = None if time == _NO_TIME else time
        yield Parcel(number, feed, record, moment, bodies[begin:end], past, twice, next(origins))


def _unpack_origins(packed: bytes) -> Iterator[str]:
    """The origin of each parcel, for as many as are asked for."""
    for run in packed.decode().split("\n") if packed else ():
        count, _, origin = run.partition(" ")
        yield from repeat(origin, int(count))
    yield from repeat("")


def size_of_rows(places: bytes) -> int:
    """The bytes of all bodies."""
    return sum([entry[0] for entry in _ENTRY.iter_unpack(places)])


def records_of(places: bytes) -> tuple[int, ...]:
    """The records of the source events alone."""
    return tuple(record for _, record, *_ in _ENTRY.iter_unpack(places))


def check_of(places: bytes, bodies: bytes) -> bytes:
    """A digest that tells a row that was changed on the disk from one that was not."""
    digest = blake2b(places, digest_size=_CHECK_BYTES)
    digest.update(bodies)
    return digest.digest()


def check_values(values: Sequence[object]) -> bytes:
    """The same for a row of numbers, texts and bytes."""
    return blake2b(repr(tuple(values)).encode(), digest_size=_CHECK_BYTES).digest()


def chunk_columns(parcels: Sequence[Parcel]) -> tuple[int, int, bytes, bytes, bytes]:
    """The columns `count`, `size`, `places`, `bodies` and `checked` of a chunk."""
    places, bodies = pack_rows(parcels)
    return len(parcels), size_of_rows(places), places, bodies, check_of(places, bodies)
