"""Patterns of files -> the schema of the events in them: what `source: {samples: FILES}` names.

The files are in the mapping's project, and not read beyond a limit; they are read for checks alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.compiler.schema.samples import SampleReader
from mapper.diagnostic import closest
from mapper.feeds import Block, Broken, is_blank, read_texts
from mapper.feeds.block import fed
from mapper.safe_text import SafeError

MOST_FILES = 1_000
MOST_BYTES = 64 * 2**20
MOST_EVENTS = 20_000
MOST_LINES = 1_000_000
# So many names of files are compared with the patterns.
_MOST_LOOKED_AT = 20_000
_WILD = frozenset("*?[")
_KEPT = 8


class UnreadableSamples(Exception):
    """Samples that cannot be read: why, and what to do."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class SampleSet:
    """The schema of sample events; files and events: how many there are.

    broken: how many could not be read; first_broken: where and why. limit: what ended the reading, if any.
    """

    schema: dict[str, Any]
    files: int
    events: int
    broken: int = 0
    first_broken: str = ""
    limit: str = ""


@dataclass(slots=True)
class SampleFeed:
    """Samples being read, block by block, up to the limits."""

    samples: SampleReader = field(default_factory=SampleReader)
    files: int = 0
    size: int = 0
    lines: int = 0
    broken: int = 0
    first_broken: str = ""
    limit: str = ""

    def add(self, name: str, path: str) -> None:
        """Read one file more. Raises OSError."""
        self.files += 1
        with open(path, "rb") as file:
            for block in read_texts(file, None, name):
                self.add_block(name, block)
                if self.limit:
                    return

    def add_block(self, name: str, block: Block) -> None:
        """Look at a block of a file more."""
        for line, text in block.texts():
            if self.samples.events + self.broken >= MOST_EVENTS:
                self.limit = f"{MOST_EVENTS:,} events"
            elif self.size > MOST_BYTES:
                self.limit = f"{MOST_BYTES // 2**20} MiB"
            if self.limit:
                return
            if not is_blank(text):
                self._add_text(name, line, text)
        self.lines += len(block)
        if self.lines > MOST_LINES:
            self.limit = f"{MOST_LINES:,} lines"

    def read_so_far(self, named: str) -> SampleSet:
        """All samples there were. named: what they are of. Raises UnreadableSamples where there are none."""
        if not self.samples.events:
            said = f"; {self.first_broken}" if self.broken else ""
            hint = "write the events as JSON objects, one a line"
            raise UnreadableSamples(f"there is no event in {named}{said}", hint)
        schema = self.samples.schema(is_likely_personal)
        counted = (self.files, self.samples.events, self.broken)
        return SampleSet(schema, *counted, self.first_broken, self.limit)

    def _add_text(self, name: str, line: int, text: bytes | Broken) -> None:
        read = fed(line, text)
        if isinstance(read, Broken):
            self.broken += 1
            self.first_broken = self.first_broken or f"{name}:{read.line}: {read.reason}"
            return
        self.size += len(text) if isinstance(text, bytes) else 0
        self.samples.add(read.event)


def read_samples(patterns: Sequence[str], folder: Path, root: Path) -> SampleSet:
    """The samples of some patterns, whose paths are relative to `folder`. Raises UnreadableSamples.

    root: no file outside of it is read.
    """
    files: dict[str, tuple[str, int, int]] = {}
    for pattern in patterns:
        for name, path in _matching(pattern, folder, root):
            found = os.stat(path)
            files.setdefault(path, (name, found.st_mtime_ns, found.st_size))
            if len(files) > MOST_FILES:
                raise UnreadableSamples(f"`{pattern}` matches more than {MOST_FILES:,} files")
    return _read(tuple((path, *found) for path, found in files.items()))


@lru_cache(maxsize=_KEPT)
def _read(files: tuple[tuple[str, str, int, int], ...]) -> SampleSet:
    """The samples of some files: of each the path, the name a person gave it, when it changed, its size."""
    reading = SampleFeed()
    for path, name, _, _ in files:
        try:
            reading.add(name, path)
        except OSError as error:
            raise UnreadableSamples(f"`{name}` cannot be read: {_reason(error)}") from None
        if reading.limit:
            break
    return reading.read_so_far(f"`{files[0][1]}`" if len(files) == 1 else f"the {len(files)} files")


def _reason(error: OSError) -> str:
    if isinstance(error, SafeError):
        return str(error)
    return error.strerror.lower() if error.strerror else str(error)


def _matching(pattern: str, folder: Path, root: Path) -> list[tuple[str, str]]:
    """The regular files that a pattern matches: the name of each as a person would write it, and its path."""
    if PurePosixPath(pattern).is_absolute() or "\\" in pattern or "\0" in pattern:
        hint = "for example `events/*.ndjson`"
        raise UnreadableSamples(f"`{pattern}` is not a path relative to this file", hint)
    parts = PurePosixPath(os.path.normpath(pattern)).parts
    plain = list(takewhile(_WILD.isdisjoint, parts))
    if not Path(os.path.realpath(folder.joinpath(*plain))).is_relative_to(root):
        raise UnreadableSamples(f"`{pattern}` is outside the project `{root.name}`")
    found = []
    for path in _below(folder, parts, _Budget(pattern)):
        real = os.path.realpath(path)
        if not Path(real).is_relative_to(root):
            raise UnreadableSamples(f"`{os.path.normpath(path)}` is outside the project `{root.name}`")
        if os.path.isfile(real):
            found.append((os.path.normpath(path), real))
    if not found:
        raise _no_file(pattern, folder)
    return sorted(found)


def _no_file(pattern: str, folder: Path) -> UnreadableSamples:
    if not _WILD.isdisjoint(pattern):
        return UnreadableSamples(f"no file matches `{pattern}`")
    path = folder / pattern
    if path.is_dir():
        return UnreadableSamples(f"`{pattern}` is a folder", f"write `{pattern.rstrip('/')}/*`")
    if path.exists():
        return UnreadableSamples(f"`{pattern}` is not a regular file")
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = closest(path.name, beside)
    hint = f"did you mean `{PurePosixPath(pattern).with_name(near)}`?" if near else None
    return UnreadableSamples(f"there is no file `{pattern}`", hint)


@dataclass(slots=True)
class _Budget:
    """How many names a pattern may still be compared with."""

    pattern: str
    left: int = _MOST_LOOKED_AT

    def names(self, folder: Path) -> Iterator[str]:
        """The names in a folder, in order. Raises UnreadableSamples where there are too many in all."""
        try:
            names = os.listdir(folder)
        except OSError:
            return
        self.left -= len(names)
        if self.left < 0:
            message = f"`{self.pattern}` is looked for among more than {_MOST_LOOKED_AT:,} files"
            raise UnreadableSamples(message, "name the folder that the samples are in")
        yield from sorted(names)


def _below(folder: Path, parts: Sequence[str], budget: _Budget) -> Iterable[Path]:
    """The files below a folder that the parts of a pattern lead to; hidden ones only where they are named."""
    if not parts:
        yield folder
        return
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _below(folder, rest, budget)
        for name in budget.names(folder):
            inner = folder / name
            if not name.startswith(".") and inner.is_dir() and not inner.is_symlink():
                yield from _below(inner, parts, budget)
    elif _WILD.isdisjoint(first):
        if os.path.lexists(folder / first):
            yield from _below(folder / first, rest, budget)
    else:
        for name in budget.names(folder) if folder.is_dir() else ():
            if fnmatchcase(name, first) and (first.startswith(".") or not name.startswith(".")):
                yield from _below(folder / name, rest, budget)
