"""The events of a command: opened, read in blocks, with progress on a terminal."""

from __future__ import annotations

import errno
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import click

from mapper.cli.messages import mention
from mapper.cli.progress import Progress, progress
from mapper.extras import missing_extra
from mapper.feeds import Block, Format, format_of, read_texts
from mapper.values.safe_text import SafeError, SafeText

_UNREAD = {
    ".avro": "Avro",
    ".xml": "XML",
    **dict.fromkeys((".yaml", ".yml"), "YAML"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a workbook"),
    **dict.fromkeys((".zip", ".bz2", ".xz", ".zst"), "compressed, but not with gzip"),
}
_STEP_SECONDS = 0.1
# A feed in which no event ends for so long is none: a device, an image of a disk.
_MOST_WITHOUT_END = 2**30


class FeedFile:
    """A file that events are read from: by `read1` as they come, by `read` and `seek` for Parquet."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        chunk: bytes = self._file.read1(size)
        return chunk

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes."""
        content: bytes = self._file.read(size)
        return content

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Continue at an offset."""
        return int(self._file.seek(offset, whence))


class Counted(FeedFile):
    """A file that reports to a `Progress` how much was read. whole: its bytes, if they are known."""

    def __init__(self, file: Any, progress: Progress, whole: int | None) -> None:
        super().__init__(file)
        self._progress = progress
        self._whole = whole
        self._since = self._bytes = 0

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end. SafeError if no event ends within 1 GiB."""
        chunk = super().read1(size)
        self._bytes += len(chunk)
        self._since += len(chunk)
        if self._since > _MOST_WITHOUT_END:
            most = _MOST_WITHOUT_END // 2**20
            raise SafeError(SafeText("no event ends in {:,} MiB; is this a file of events?", most))
        return chunk

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes, and count them."""
        content = super().read(size)
        self._bytes += len(content)
        return content

    def told(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks of the file; each is reported to the progress once the caller has used it."""
        for block in blocks:
            self._since = 0
            yield block
            self._progress.count(len(block), self._bytes / self._whole if self._whole else None)


class Stoppable(FeedFile):
    """A file whose `read1` ends when `stop` is set, also while it waits. `attend` runs before each."""

    def __init__(self, file: Any, stop: threading.Event, attend: Callable[[], None] = lambda: None) -> None:
        super().__init__(file)
        self._stop = stop
        self._attend = attend

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end. Raises InterruptedError once `stop` is set."""
        while not self._stop.is_set():
            self._attend()
            if _is_ready(self._file):
                return super().read1(size)
        raise InterruptedError(errno.EINTR, "interrupted")


class Attended(FeedFile):
    """A file that calls `attend` before each `read1`."""

    def __init__(self, file: Any, attend: Callable[[Any], None]) -> None:
        super().__init__(file)
        self._attend = attend

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        self._attend(self._file)
        return super().read1(size)


def _is_ready(file: Any) -> bool:
    """Whether a read would return at once; waits for that up to _STEP_SECONDS."""
    try:
        return bool(select.select([file], [], [], _STEP_SECONDS)[0])
    except (OSError, ValueError):  # not a file of the operating system: its reads never wait
        return True


def feed_name(events: str) -> str:
    """The name of a feed in the places of its events."""
    return "<stdin>" if events == "-" else events


def refuse_unread(events: str, input_format: Format | None) -> None:
    """Raise UsageError for a kind of file that is known and not read, here or at all."""
    kind = _UNREAD.get(Path(events).suffix.lower())
    if kind is not None and input_format is None:
        raise click.UsageError(
            f"{events} is {kind}, which is not supported; use NDJSON, JSON, CSV or Parquet"
        )
    if (input_format or format_of(events)) == "parquet" and find_spec("pyarrow") is None:
        raise click.UsageError(missing_extra("Parquet", "arrow"))


@contextmanager
def open_feed(
    events: str,
    input_format: Format | None,
    *,
    delimiter: str | None = None,
    progress_shown: bool,
    attend: Callable[[Any], None] = lambda file: None,
) -> Iterator[Iterator[Block]]:
    """The blocks of a file, or of stdin for `-`.

    attend: called with the file before it is read, to do other things as long as that would wait.
    """
    refuse_unread(events, input_format)
    with open_events(events) as opened, progress(SafeText("events"), shown=progress_shown) as line:
        counted = Counted(Attended(opened, attend), line, _size(opened))
        yield counted.told(read_texts(counted, input_format, events, delimiter))


@contextmanager
def open_events(events: str) -> Iterator[Any]:
    """A file, or stdin for `-`."""
    if events != "-":
        with open(events, "rb") as file:
            yield file
        return
    if sys.stdin.isatty():
        mention(SafeText("reading events from the terminal, one per line; press Ctrl-D to finish"))
    yield sys.stdin.buffer


def _size(file: IO[bytes]) -> int | None:
    """The bytes of a regular file; None where the end is not known."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, AttributeError, ValueError):
        return None
