"""Bytes in 256 parts, which go to a file without a name as they grow: more than memory should hold."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

PARTS = 256


class PartedFile:
    """Whole records, each in one of 256 parts, in the order in which they came.

    folder: of the file, which has no name there; by default the system's for temporary files. held: the bytes
    of a part that are kept in memory.
    """

    def __init__(self, folder: str | None = None, held: int = 2**15) -> None:
        self._folder = folder
        self._held = held
        self._parts = [bytearray() for _ in range(PARTS)]
        self._spilled: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        self._file: IO[bytes] | None = None
        self._end = 0

    def add(self, number: int, record: bytes) -> None:
        """Add a record to the part of a number."""
        part = self._parts[number]
        part += record
        if len(part) >= self._held:
            self._spill(number)

    def _spill(self, number: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  # closed by `close`
        part = self._parts[number]
        self._file.seek(self._end)
        self._file.write(part)
        self._spilled[number].append((self._end, len(part)))
        self._end += len(part)
        part.clear()

    def pieces(self, number: int) -> Iterator[bytes]:
        """The records of a part, in pieces that each hold whole ones."""
        for place, size in self._spilled[number]:
            assert self._file is not None
            self._file.seek(place)
            yield self._file.read(size)
        yield bytes(self._parts[number])

    def drop(self, number: int) -> None:
        """Forget the records of a part; their place in the file is not used again."""
        self._spilled[number].clear()
        self._parts[number] = bytearray()

    def close(self) -> None:
        """Close its file, which nobody else sees."""
        if self._file is not None:
            self._file.close()
