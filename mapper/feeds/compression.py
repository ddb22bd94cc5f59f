"""Chunks -> the same, unpacked if they are gzip: never more at once than a chunk."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from mapper.feeds.chunks import CHUNK, chained, starting
from mapper.values.safe_text import SafeError, SafeText

_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS


def unpacked(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], bool]:
    """The content of a feed, and whether it was compressed, told by its first bytes.

    The content raises OSError where it is damaged or ends too early, after all that could be unpacked.
    """
    start = starting(chunks, len(_MAGIC))
    whole, is_packed = chained(start, chunks), start.startswith(_MAGIC)
    return (_inflated(whole) if is_packed else whole), is_packed


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """One or several members, one after another, as `cat a.gz b.gz` makes them; zeros may be between."""
    member = None
    for chunk in chunks:
        rest = chunk
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = zlib.decompressobj(_GZIP)
            yield from _pieces(member, rest)
            rest = member.unused_data
            if member.eof:
                member = None
    if member is not None:
        raise SafeError(SafeText("the compressed feed ends unexpectedly"))


def _pieces(member: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    while True:
        try:
            piece = member.decompress(packed, CHUNK)
        except zlib.error:
            raise SafeError(SafeText("the compressed feed is corrupt")) from None
        if piece:
            yield piece
        packed = member.unconsumed_tail
        # After a whole piece there may be more output, also where nothing is left to read.
        if member.eof or (not packed and len(piece) < CHUNK):
            return
