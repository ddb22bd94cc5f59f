"""The position to which a file was read, and whether it is still the file that was read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import IO

from mapper.feeds.block import Block
from mapper.values.frozen import dataclass

SAMPLED_BYTES = 4096
_PARQUET = b"PAR1"
_END_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The identity of a file: its inode, and the SHA-256 of its first `sampled` bytes."""

    inode: int
    sampled: int
    digest: bytes


def fingerprint(file: IO[bytes], sampled: int = SAMPLED_BYTES) -> Fingerprint:
    """The fingerprint of an open file, by so many of its first bytes; the file is left at its start.

    A file of Parquet never grows, and many begin alike: what is in it is told by its end.
    """
    file.seek(0)
    start = file.read(sampled)
    told = sha256(start)
    if start.startswith(_PARQUET):
        file.seek(-min(_END_BYTES, os.fstat(file.fileno()).st_size), os.SEEK_END)
        told.update(file.read(_END_BYTES))
    file.seek(0)
    return Fingerprint(os.fstat(file.fileno()).st_ino, len(start), told.digest())


def is_same_file(found: Fingerprint, known: Fingerprint) -> bool:
    """Whether a file is the one that was read before; one that was empty then is known by its inode."""
    alike = (found.sampled, found.digest) == (known.sampled, known.digest)
    return alike and (known.sampled > 0 or found.inode == known.inode)


def without_first(blocks: Iterable[Block], count: int) -> Iterator[Block]:
    """The blocks of a feed from after its first `count` texts. Raises EOFError where it has not so many."""
    for block in blocks:
        if count >= len(block):
            count -= len(block)
            continue
        yield block.after(count) if count else block
        count = 0
    if count:
        raise EOFError


def from_line(blocks: Iterable[Block], line: int, skipped: Callable[[int], None]) -> Iterator[Block]:
    """The blocks of a feed from a line on, counted from 1; `skipped` hears of how many texts are left out.

    Raises EOFError where it has not so many lines.
    """
    is_there = line <= 1
    for block in blocks:
        if is_there:
            yield block
            continue
        left_out = sum(number < line for number, _ in block.texts())
        skipped(left_out)
        if left_out < len(block):
            is_there = True
            yield block.after(left_out) if left_out else block
    if not is_there:
        raise EOFError
