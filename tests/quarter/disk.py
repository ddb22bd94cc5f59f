"""A small disk of its own, which can be filled: a file system in a file, where this user may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BYTES = 96 * 2**20


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Within it a folder is a disk of its own; gives whether it is, and not a folder as any other."""
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(_BYTES)
    is_own = _runs("mkfs.ext4", "-q", str(image)) and _runs("mount", "-o", "loop", str(image), str(folder))
    try:
        yield is_own
    finally:
        if is_own:
            _runs("umount", str(folder))
        image.unlink()


def _runs(*words: str) -> bool:
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def fill(path: Path) -> None:
    """A file that takes all that is left of a disk."""
    with path.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
        os.fsync(file.fileno())
