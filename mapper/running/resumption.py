"""A file and a position in it -> what comes after that, by its offset where it can be read from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import IO

from mapper.delivery.outbox.store import Position
from mapper.feeds import Binary, Block, Format, SeekableFile, has_lines, read_lines_from, read_texts
from mapper.feeds.position import without_first


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """The way a feed is read: as `read_texts` is told it."""

    name: str
    format: Format | None = None
    delimiter: str | None = None

    def texts(self, file: Binary) -> Iterator[Block]:
        """All blocks of a feed."""
        return read_texts(file, self.format, self.name, self.delimiter)

    def texts_after(
        self, start: Position, opened: IO[bytes] | FileIO, file: SeekableFile
    ) -> tuple[Iterator[Block], int]:
        """The blocks after a position, and its offset; -1 where all before is read again, and left out.

        opened: the file itself, in which it is looked what it holds; file: the way it is read.
        """
        if not start.record:
            return self.texts(file), -1
        if start.offset > 0 and has_lines(opened, self.format, self.name):
            return read_lines_from(file, start.record, start.offset), start.offset
        file.seek(0)
        return without_first(self.texts(file), start.record), -1
