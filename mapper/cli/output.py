"""Where a command writes: stdout for `-`, or a file that is none of those it reads."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click


def refuse_same_file(mapping: str, events: str, *outputs: str | None) -> None:
    """Raise UsageError where an output is a file that is read, or another output, also through a link."""
    read = {_file(mapping, sys.stdin), _file(events, sys.stdin)} - {None}
    written: set[Hashable] = set()
    for path in outputs:
        file = None if path is None else _file(path, sys.stdout)
        name = "stdout" if path == "-" else path
        if file in read:
            raise click.UsageError(f"{name} is also read; it would be overwritten")
        if file in written:
            raise click.UsageError(f"{name} is named twice; it would be overwritten")
        written |= {file} - {None}


def _file(path: str, stream: IO[str]) -> Hashable:
    """What tells a file from others, `-` being the stream; None for a device, which keeps nothing."""
    try:
        found = os.fstat(stream.fileno()) if path == "-" else os.stat(path)
    except FileNotFoundError:
        return Path(path).resolve()
    except (OSError, ValueError):
        found = None
    if found is not None and stat.S_ISREG(found.st_mode):
        return found.st_dev, found.st_ino
    return stream.name if path == "-" else None


@contextmanager
def open_output(path: str, *, buffering: int = -1) -> Iterator[IO[bytes]]:
    """A file to write to, emptied; stdout for `-`."""
    if path == "-":
        yield sys.stdout.buffer
        return
    with open(path, "wb", buffering) as file:
        yield file
