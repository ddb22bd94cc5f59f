"""A suppression list: sorted digests of persons in a file, of which a look-up reads one bucket.

The file: `MAPSUP01`, the number of digests, the bits that choose a bucket, the bytes of a digest, a checksum
of all else; where each bucket begins; the digests, in order. Of a digest of SHA-256 the first 16 bytes are
kept: a wrong match has a chance of 3e-32 a look-up.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b, sha256
from typing import Any, TypeAlias

from mapper.values.safe_text import SafeError, SafeText

MAGIC = b"MAPSUP01"
WIDTH = 16
MOST_BITS = 20
HEAD = struct.Struct("<8sQII")
CHECKSUM = 32
HEX_DIGITS = 64
# A bucket is chosen by the first bits of so many bytes of a digest.
_PREFIX_BYTES = 3
# So many digests share a bucket, on average.
_IN_BUCKET = 8
# A file of so many bytes is read into memory.
_SHORT = 2**20
_CHUNK = 2**20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOOK_SECONDS = 1.0
_WARN_SECONDS = 60.0

# (number of bytes, offset) -> bytes, fewer at the end
ReadAt: TypeAlias = Callable[[int, int], bytes]


class BrokenList(SafeError):
    """A list that cannot be read as one."""


def digest_of(text: str) -> bytes:
    """The part of a digest that lists keep: of 64 hexadecimal digits themselves, else of the SHA-256."""
    if len(text) == HEX_DIGITS:
        try:
            whole = bytes.fromhex(text)
        except ValueError:
            whole = b""
        if len(whole) == HEX_DIGITS // 2:  # fewer where blanks separate the digits
            return whole[:WIDTH]
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:WIDTH]


def bits_for(count: int) -> int:
    """The bits that choose a bucket in a list of so many digests: two bytes at least if it is a long one."""
    bits = (count // _IN_BUCKET).bit_length()
    return min(MOST_BITS, bits if count * WIDTH < _SHORT // 2 else max(bits, 16))


def bucket_of(digest: bytes, bits: int) -> int:
    """The number of the bucket that a digest is in."""
    return int.from_bytes(digest[:_PREFIX_BYTES]) >> (8 * _PREFIX_BYTES - bits)


def offsets_size(bits: int) -> int:
    """The bytes that the beginnings of all buckets take, and the end of the last."""
    return 4 * ((1 << bits) + 1)


def checksum_of(read: ReadAt, size: int) -> bytes:
    """The checksum of a file of so many bytes: of all of it but the checksum itself."""
    total = blake2b(read(HEAD.size, 0), digest_size=CHECKSUM)
    for at in range(HEAD.size + CHECKSUM, size, _CHUNK):
        total.update(read(min(_CHUNK, size - at), at))
    return total.digest()


class Listing:
    """The digests of a list, looked up where they are. count: how many there are.

    A short list is kept in memory: nothing that is done to its file can be seen in it.
    """

    __slots__ = ("_begin", "_file", "_offsets", "_read", "_shift", "count")

    def __init__(self, read: ReadAt, size: int, file: object = None) -> None:
        """Raise BrokenList where the bytes that `read` gives, so many, are no whole list.

        file: is kept as long as the list is.
        """
        head = read(HEAD.size + CHECKSUM, 0)
        if len(head) < HEAD.size + CHECKSUM or not head.startswith(MAGIC):
            raise BrokenList(SafeText("not a suppression list that `mapper suppress build` wrote"))
        _, count, bits, width = HEAD.unpack_from(head)
        begin = HEAD.size + CHECKSUM + offsets_size(min(bits, MOST_BITS))
        if bits > MOST_BITS or width != WIDTH or size != begin + count * WIDTH:
            raise BrokenList(SafeText("the list is not whole: build it again"))
        if size <= _SHORT:
            read, file = reader_of(read(size, 0)), None
        if checksum_of(read, size) != head[HEAD.size :]:
            raise BrokenList(SafeText("the list is damaged: its checksum differs; build it again"))
        offsets = array("I", read(offsets_size(bits), HEAD.size + CHECKSUM))
        if sys.byteorder == "big":
            offsets.byteswap()
        self.count: int = count
        self._shift = 8 * _PREFIX_BYTES - bits
        self._begin, self._offsets, self._read, self._file = begin, offsets, read, file

    def first(self, most: int) -> list[bytes]:
        """The first digests of it, in order."""
        content = self._read(min(self.count, most) * WIDTH, self._begin)
        return [content[at : at + WIDTH] for at in range(0, len(content), WIDTH)]

    def holds_any(self, digests: Iterable[bytes]) -> bool:
        """Whether a digest is in the list. Raises BrokenList where it was changed in place meanwhile."""
        offsets, shift, begin, read = self._offsets, self._shift, self._begin, self._read
        is_long = self._file is not None
        for digest in digests:
            bucket = int.from_bytes(digest[:_PREFIX_BYTES]) >> shift
            first, end = offsets[bucket], offsets[bucket + 1]
            if first == end:
                continue
            size = (end - first) * WIDTH
            found = read(size, begin + first * WIDTH)
            # All of a bucket of a long list begin with two bytes; what was written over it does not.
            if is_long and not (
                len(found) == size
                and found[0] == digest[0] == found[-WIDTH]
                and found[1] == digest[1] == found[1 - WIDTH]
            ):
                raise BrokenList(SafeText("the list was changed in place; build it again"))
            if digest in found and _is_whole(found, digest):
                return True
        return False


def _is_whole(found: bytes, digest: bytes) -> bool:
    """Whether a digest is one of those in some bytes, and not across two of them."""
    at = found.find(digest)
    while at > 0 and at % WIDTH:
        at = found.find(digest, at + 1)
    return at >= 0


def reader_of(content: bytes) -> ReadAt:
    """The function that reads some bytes in memory as a file is read."""
    return lambda size, at: content[at : at + size]


class _OpenFile:
    """A file that is closed once nobody holds it: another thread may still read it."""

    __slots__ = ("descriptor",)

    def __init__(self, path: str) -> None:
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


def is_built(path: str) -> bool:
    """Whether a file begins as those of `mapper suppress build` do."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def of_file(path: str, reason: SafeText) -> SafeText:
    """The reason that a file of persons cannot be used, with the name of the file."""
    return SafeText("{}: {}", SafeText.known(path), reason)


def open_listing(path: str) -> Listing:
    """The list of a file. Raises BrokenList, and OSError as the file does."""
    file = _OpenFile(path)
    size = os.fstat(file.descriptor).st_size
    return Listing(partial(os.pread, file.descriptor), size, file)


def refuse_others(path: str) -> None:
    """Raise BrokenList for a file of persons that other users of the machine can read."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        raise BrokenList(SafeText("not a file"))
    if os.name == "posix" and mode & _OTHERS:
        raise BrokenList(SafeText("other users can read this list of persons: chmod 600 it"))


# The state of a file by which another one in its place is known.
_State: TypeAlias = tuple[int, int, int, int]


class WatchedList:
    """The list in a file, read anew when another one takes its place. Pickled by the file's path.

    read: gives the list of the file. warn: is told, at most once a minute, that a file that took its place
    cannot be read: then the last good list counts. Many threads may use it.
    """

    def __init__(
        self,
        path: str,
        read: Callable[[str], Listing] = open_listing,
        warn: Callable[[SafeText], None] | None = None,
    ) -> None:
        """Raise OSError where the file cannot be read, with its name."""
        self._path, self._read, self._warn = path, read, warn
        self._state = self._failed = self._seen()
        self._due, self._quiet_until = time.monotonic() + _LOOK_SECONDS, 0.0
        try:
            self._listing = self._opened()
        except SafeError as error:
            raise BrokenList(self._named(error.reason)) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return WatchedList, (self._path, self._read)

    @property
    def count(self) -> int:
        """The number of digests in it."""
        return self._listing.count

    def holds_any(self, digests: Sequence[bytes]) -> bool:
        """Whether a digest is in the list. Raises BrokenList where no list is whole any more."""
        now = time.monotonic()
        if now >= self._due:
            self._look_again(now)
        try:
            return self._listing.holds_any(digests)
        except BrokenList:
            self._look_again(now)
            return self._listing.holds_any(digests)

    def _look_again(self, now: float) -> None:
        """Read the file anew where it is another one than before."""
        self._due = now + _LOOK_SECONDS
        try:
            state = self._seen()
            if state == self._state:
                return
            if state != self._failed:
                self._failed = state
                self._listing = self._opened()
                self._state = state
                return
            reason = SafeText("still not a whole list")
        except OSError as error:
            reason = error.reason if isinstance(error, SafeError) else SafeText("it cannot be read")
        if self._warn is not None and now >= self._quiet_until:
            self._quiet_until = now + _WARN_SECONDS
            self._warn(self._named(SafeText("{}; the last list that was whole is used", reason)))

    def _seen(self) -> _State:
        found = os.stat(self._path)
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _opened(self) -> Listing:
        refuse_others(self._path)
        return self._read(self._path)

    def _named(self, reason: SafeText) -> SafeText:
        return of_file(self._path, reason)
