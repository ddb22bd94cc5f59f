"""The beginning of a feed, looked at before the rest of it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# Large enough for few system calls, small enough to stay in the processor's cache.
CHUNK = 256 * 1024


def starting(chunks: Iterable[bytes], size: int) -> bytes:
    """The content of the first chunks, at least so many bytes of it unless there are fewer."""
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= size:
            break
    return start


def chained(start: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """All chunks again, after the start that was taken from them."""
    if start:
        yield start
    yield from chunks
