"""Chunks -> blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.feeds.block import Lines
from mapper.runtime.decode import LONGEST_EVENT


def whole_lines(chunks: Iterable[bytes]) -> Iterator[Lines]:
    """The lines that end in each chunk, then the last one.

    Of a line that is too long for an event no more is kept than shows that it is.
    """
    number, rest, rest_length = 1, [b""], 0
    for chunk in chunks:
        end = chunk.rfind(b"\n")
        if end < 0:
            if rest_length <= LONGEST_EVENT:
                rest.append(chunk)
            rest_length += len(chunk)
            continue
        start = chunk.index(b"\n") if rest_length > LONGEST_EVENT else 0
        block = Lines(number, b"".join([*rest, chunk[start:end]]))
        yield block
        number += len(block)
        rest = [chunk[end + 1 :]]
        rest_length = len(rest[0])
    if last := b"".join(rest):
        yield Lines(number, last)
