"""The output of a command: stdout for `-`, or a file that is none of those it reads."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

from mapper.cli.messages import tell
from mapper.cli.terminal import visible
from mapper.values.safe_text import SafeText


def refuse_same_file(mapping: str, events: str, *outputs: str | None) -> None:
    """Raise UsageError where an output is a file that is read, or another output, also through a link."""
    read = {_file(mapping, sys.stdin), _file(events, sys.stdin)} - {None}
    written: set[Hashable] = set()
    for path in outputs:
        file = None if path is None else _file(path, sys.stdout)
        name = "stdout" if path == "-" else path
        if file in read:
            raise click.UsageError(f"{name} is also an input and would be overwritten")
        if file in written:
            raise click.UsageError(f"{name} is given twice, so one output would overwrite the other")
        written |= {file} - {None}


def is_one_file(first: str, second: str) -> bool:
    """Whether two inputs are one file, also through a link; `-` is stdin."""
    file = _file(first, sys.stdin)
    return file is not None and file == _file(second, sys.stdin)


def _file(path: str, stream: IO[str]) -> Hashable:
    """The identity of a file, `-` being the stream; None for a device, which keeps nothing."""
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
def open_output(path: str, *, buffering: int = -1, more: bool = False) -> Iterator[IO[bytes]]:
    """A file to write to as it comes, emptied unless there is `more` to come; stdout for `-`."""
    if path == "-":
        yield sys.stdout.buffer
        return
    with open(path, "ab" if more else "wb", buffering) as file:
        yield file


@dataclass(slots=True)
class Output:
    """The file of payloads. is_whole: all that should be in it is; only then does a file take its name."""

    file: IO[bytes]
    is_whole: bool = False


@contextmanager
def open_whole(path: str) -> Iterator[Output]:
    """A file that has its name once it is whole; until then, and if it ends early, it is `NAME.partial`.

    stdout for `-`; devices, pipes and names of open files are written as they are.
    """
    real = _replaced(path)
    if real is None:
        with open_output(path) as file:
            yield Output(file)
        return
    partial = f"{real}.partial"
    try:
        output = Output(open(partial, "wb"))  # noqa: SIM115  # closed below, whatever happens
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    try:
        yield output
        output.file.close()
        if output.is_whole:
            _keep_mode(real, partial)
            os.replace(partial, real)
    finally:
        with suppress(OSError):  # a disk that is full is told once
            output.file.close()
        if os.path.exists(partial):
            _tell_partial(path, real, partial)


def _replaced(path: str) -> str | None:
    """The file that is replaced, through links; None where the path is written as it is."""
    if path == "-":
        return None
    real = os.path.realpath(path)
    if os.path.abspath(path).startswith(("/dev/", "/proc/")) or real.startswith(("/dev/", "/proc/")):
        return None
    return real if not os.path.exists(real) or os.path.isfile(real) else None


def _keep_mode(real: str, partial: str) -> None:
    """Let the new file have the rights of the one that it replaces."""
    with suppress(OSError):
        os.chmod(partial, stat.S_IMODE(os.stat(real).st_mode))


def _tell_partial(path: str, real: str, partial: str) -> None:
    """Say where what came out before an early end is; a file with nothing in it goes."""
    if os.path.getsize(partial):
        state = SafeText("as it was" if os.path.exists(real) else "not written")
        names = (SafeText.known(visible(path)), state, SafeText.known(visible(partial)))
        tell(SafeText("{} is {}; what came out before the end is in {}", *names))
    else:
        os.unlink(partial)
