"""Chunks -> blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.feeds.block import Lines
from mapper.runtime.decode import LONGEST_EVENT

# In a block: a chunk of events has fewer, and what is no event is to be noticed soon.
_MOST_LINES = 4096


def whole_lines(chunks: Iterable[bytes], before: int = 0, offset: int = -1) -> Iterator[Lines]:
    """The lines that end in each chunk, then the last one.

    Of a line that is too long for an event no more is kept than shows that it is. before: so many lines
    come before them, which end at an offset of the file; -1: nothing can be read from an offset of it.
    """
    number, rest, rest_length = before + 1, [b""], 0
    for chunk in chunks:
        offset += len(chunk) if offset >= 0 else 0
        end = chunk.rfind(b"\n")
        if end < 0:
            if rest_length <= LONGEST_EVENT:
                rest.append(chunk)
            rest_length += len(chunk)
            continue
        start = chunk.index(b"\n") if rest_length > LONGEST_EVENT else 0
        ended = offset - (len(chunk) - end - 1) if offset >= 0 else -1
        block = Lines(number, b"".join([*rest, chunk[start:end]]), ended)
        yield from _parts(block)
        number += len(block)
        rest = [chunk[end + 1 :]]
        rest_length = len(rest[0])
    if last := b"".join(rest):
        yield Lines(number, last, offset)


def _parts(block: Lines) -> Iterator[Lines]:
    """A block whose last line is ended, in parts with no more lines than `_MOST_LINES`."""
    while len(block) > _MOST_LINES:
        rest = block.after(_MOST_LINES)
        content = block.content[: -len(rest.content) - 1]
        yield Lines(block.first, content, block.end - len(rest.content) - 1 if block.end >= 0 else -1)
        block = rest
    yield block
