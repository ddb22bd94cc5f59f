"""A file that is being written -> its bytes as they come, until it is rotated."""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from io import FileIO

from mapper.feeds.position import SAMPLED_BYTES, Fingerprint

_LOOK_SECONDS = 0.1
_CHUNK = 256 * 1024
GRACE_SECONDS = 5.0
"""The time that a renamed file without additions is still read: its writer may not know of it at once."""


@dataclass(slots=True)
class LivePath:
    """A path, and the files that have it in turn, opened as soon as they are seen there."""

    path: str
    _seen: int = 0
    _next: deque[FileIO] = field(default_factory=deque)

    def look(self) -> bool:
        """See what is there; whether another file has come."""
        try:
            if os.stat(self.path).st_ino != self._seen:
                file = FileIO(self.path)
                self._seen = os.fstat(file.fileno()).st_ino
                self._next.append(file)
        except FileNotFoundError:
            pass
        return bool(self._next)

    def take(self) -> FileIO | None:
        """The next file, if there is one by now."""
        return self._next.popleft() if self.look() else None

    def again(self) -> None:
        """The file that is there is to be read again."""
        self._seen = 0

    def close(self) -> None:
        """Close the files that were not taken."""
        while self._next:
            self._next.popleft().close()


@dataclass(slots=True)
class LiveFile:
    """One of the files that have a path in turn.

    It ends once another file has the path and nothing more was added for some seconds, or once it was
    cut off or written anew. idle: called while nothing comes.
    """

    path: LivePath
    file: FileIO
    stop: threading.Event
    idle: Callable[[], None] = lambda: None
    grace_seconds: float = GRACE_SECONDS
    inode: int = field(init=False)
    was_cut: bool = False
    _head: bytearray = field(default_factory=bytearray)
    _read: int = 0
    _waited: bool = False
    _replaced: float = 0.0

    def __post_init__(self) -> None:
        self.inode = os.fstat(self.file.fileno()).st_ino

    def read1(self, size: int = _CHUNK, /) -> bytes:
        """At most `size` bytes; none at the end. Raises InterruptedError once it is to stop."""
        while not self.stop.is_set():
            is_replaced = self.path.look()
            if self._waited and self._is_cut():
                return b""
            content = self.file.read(size)
            if content:
                self._take(content)
                return content
            if self._is_cut() or (is_replaced and self._replaced >= self.grace_seconds):
                return b""
            self.idle()
            self.stop.wait(_LOOK_SECONDS)
            self._waited = True
            self._replaced += _LOOK_SECONDS if is_replaced else 0.0
        raise InterruptedError(errno.EINTR, "interrupted")

    def seek(self, offset: int, /) -> int:
        """Go on at an offset; what is before it counts as read."""
        self.file.seek(0)
        self._head = bytearray(_read_whole(self.file, min(SAMPLED_BYTES, offset)))
        self._read = offset
        return self.file.seek(offset)

    def read(self, size: int, /) -> bytes:
        """At most `size` of the bytes that are there by now."""
        content = self.file.read(size)
        self._take(content)
        return content

    def fingerprint(self) -> Fingerprint:
        """By what of its start was read so far."""
        return Fingerprint(self.inode, len(self._head), sha256(self._head).digest())

    def close(self) -> None:
        """Close the file that is read."""
        self.file.close()

    def _take(self, content: bytes) -> None:
        self._waited, self._replaced = False, 0.0
        self._read += len(content)
        if len(self._head) < SAMPLED_BYTES:
            self._head += content[: SAMPLED_BYTES - len(self._head)]

    def _is_cut(self) -> bool:
        """Whether what was read is not there any more, as after a truncation."""
        descriptor = self.file.fileno()
        if os.fstat(descriptor).st_size >= self._read:
            place = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.lseek(descriptor, 0, os.SEEK_SET)
            is_there = _read_whole(self.file, len(self._head)) == self._head
            os.lseek(descriptor, place, os.SEEK_SET)
            if is_there:
                return False
        self.was_cut = True
        return True


def _read_whole(file: FileIO, size: int) -> bytes:
    """Read so many bytes, or fewer at the end."""
    content = b""
    while len(content) < size and (more := file.read(size - len(content))):
        content += more
    return content
