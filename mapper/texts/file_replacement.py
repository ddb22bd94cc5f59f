"""A file put in the place of another one, whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mapper.texts.named_text import Text
from mapper.values.safe_text import SafeError, SafeText


def replace_file(path: str, was: Text, now: Text) -> None:
    """Put a text in the place of another one in its file. Raises OSError, the file's own name in it.

    The new file is written beside the old one and takes its place and its mode; a link stays a link. A file
    that is read-only, or no longer holds what was read from it, is left alone.
    """
    try:
        _replace(Path(os.path.realpath(path)), was.content.encode("utf-8"), now.content.encode("utf-8"))
    except _NotWritten as error:
        raise SafeError(SafeText.known(f"{path}: {error}")) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


class _NotWritten(Exception):
    """The reason that a file is left alone."""


def _replace(path: Path, was: bytes, now: bytes) -> None:
    before = path.stat()
    if not stat.S_IMODE(before.st_mode) & 0o222 or not os.access(path, os.W_OK):
        raise _NotWritten("not changed: the file is read-only")
    if path.read_bytes() != was:
        raise _NotWritten("not changed: the file has changed since it was read")
    with whole_file(path, stat.S_IMODE(before.st_mode)) as file:
        file.write(now)
        if hasattr(os, "fchown"):  # where files have an owner
            with suppress(OSError):  # only the superuser may give a file away
                os.fchown(file.fileno(), before.st_uid, before.st_gid)


@contextmanager
def whole_file(path: Path, mode: int = stat.S_IRUSR | stat.S_IWUSR) -> Iterator[IO[bytes]]:
    """A file to write and read that takes its place once it is written; nothing is there where that fails.

    mode: by default only its owner can read it. Raises OSError.
    """
    import tempfile  # here, since most calls write nothing

    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with open(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
