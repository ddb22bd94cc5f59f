"""Patterns of files -> the schema of the events in them: what `source: {samples: FILES}` names.

The files are in the mapping's project, and not read beyond a limit; they are read for checks alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.compiler.schema.sample_schema import SampleReader
from mapper.feeds import Block, Broken, SourceEvent, is_blank, read_texts
from mapper.feeds.block import fed
from mapper.project.cache_folder import file_digest
from mapper.project.file_patterns import MOST_FILES, matching_files
from mapper.texts.named_text import ReadFile, UnreadableFile
from mapper.values.safe_text import SafeError

MOST_BYTES = 64 * 2**20
MOST_EVENTS = 20_000
MOST_LINES = 1_000_000
SAMPLES_EXAMPLE = "events/*.ndjson"
_KEPT = 8


@dataclass(frozen=True, slots=True)
class SampleSet:
    """The schema of sample events; files and events: how many there are.

    broken: how many could not be read; first_broken: where and why. limit: what ended the reading, if any.
    read: the files, with the digests of what was in them when they were read.
    """

    schema: dict[str, Any]
    files: int
    events: int
    broken: int = 0
    first_broken: str = ""
    limit: str = ""
    read: tuple[ReadFile, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """One sample event. file: as a person would name it; line: of it, from 1."""

    file: str
    line: int
    event: dict[str, Any] = field(repr=False)


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
        """All samples there were. named: what they are of. Raises UnreadableFile where there are none."""
        if not self.samples.events:
            said = f"; {self.first_broken}" if self.broken else ""
            hint = "write the events as JSON objects, one a line"
            raise UnreadableFile(f"there is no event in {named}{said}", hint)
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
    """The samples of some patterns, whose paths are relative to `folder`. Raises UnreadableFile.

    root: no file outside of it is read.
    """
    files: dict[str, tuple[str, int, int]] = {}
    for pattern in patterns:
        for name, path in matching_files(pattern, folder, root, SAMPLES_EXAMPLE):
            found = os.stat(path)
            files.setdefault(path, (name, found.st_mtime_ns, found.st_size))
            if len(files) > MOST_FILES:
                raise UnreadableFile(f"`{pattern}` matches more than {MOST_FILES:,} files")
    return _read(tuple((path, *found) for path, found in files.items()))


def first_events(patterns: Sequence[str], folder: Path, root: Path, most: int) -> tuple[SampleEvent, ...]:
    """The first events of the files of some patterns, as `read_samples` finds them; broken ones are left out.

    Raises UnreadableFile.
    """
    found: list[SampleEvent] = []
    for name, path in (
        file for pattern in patterns for file in matching_files(pattern, folder, root, SAMPLES_EXAMPLE)
    ):
        try:
            with open(path, "rb") as file:
                texts = (one for block in read_texts(file, None, name) for one in block.texts())
                for line, text in texts:
                    if len(found) >= most:
                        return tuple(found)
                    read = None if is_blank(text) else fed(line, text)
                    if isinstance(read, SourceEvent):
                        found.append(SampleEvent(name, read.line, read.event))
        except OSError as error:
            raise UnreadableFile(f"`{name}` cannot be read: {_reason(error)}") from None
    return tuple(found)


@lru_cache(maxsize=_KEPT)
def _read(files: tuple[tuple[str, str, int, int], ...]) -> SampleSet:
    """The samples of some files: of each the path, the name a person gave it, when it changed, its size."""
    reading = SampleFeed()
    read = tuple(ReadFile(name, path, file_digest(path)) for path, name, _, _ in files)
    for path, name, _, _ in files:
        try:
            reading.add(name, path)
        except OSError as error:
            raise UnreadableFile(f"`{name}` cannot be read: {_reason(error)}") from None
        if reading.limit:
            break
    found = reading.read_so_far(f"`{files[0][1]}`" if len(files) == 1 else f"the {len(files)} files")
    return replace(found, read=read)


def _reason(error: OSError) -> str:
    if isinstance(error, SafeError):
        return str(error)
    return error.strerror.lower() if error.strerror else str(error)
