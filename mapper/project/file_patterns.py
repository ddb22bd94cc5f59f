"""Patterns of files in a mapping, as `events/*.json` -> the files of its project that they match."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path, PurePosixPath

from mapper.texts.diagnostic import closest
from mapper.texts.named_text import UnreadableFile

MOST_FILES = 1_000
# So many names of files are compared with a pattern.
_MOST_LOOKED_AT = 20_000
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class MatchedFiles:
    """The files that a pattern in a mapping matched, by the names that a person here would write."""

    pattern: str
    names: tuple[str, ...]


def matching_files(pattern: str, folder: Path, root: Path, example: str) -> list[tuple[str, str]]:
    """The regular files that a pattern matches: the name of each as a person would write it, and its path.

    folder: what the pattern is relative to. root: no file outside of it may match. example: a pattern as it
    should be written. Raises UnreadableFile where no file matches, or very many.
    """
    if PurePosixPath(pattern).is_absolute() or "\\" in pattern or "\0" in pattern:
        raise UnreadableFile(f"`{pattern}` is not a path relative to this file", f"for example `{example}`")
    parts = PurePosixPath(os.path.normpath(pattern)).parts
    plain = list(takewhile(_WILD.isdisjoint, parts))
    if not Path(os.path.realpath(folder.joinpath(*plain))).is_relative_to(root):
        raise UnreadableFile(f"`{pattern}` is outside the project `{root.name}`")
    found = []
    for path in _below(folder, parts, _Budget(pattern)):
        real = os.path.realpath(path)
        if not Path(real).is_relative_to(root):
            raise UnreadableFile(f"`{os.path.normpath(path)}` is outside the project `{root.name}`")
        if os.path.isfile(real):
            found.append((os.path.normpath(path), real))
            if len(found) > MOST_FILES:
                raise UnreadableFile(f"`{pattern}` matches more than {MOST_FILES:,} files")
    if not found:
        raise _no_file(pattern, folder)
    return sorted(found)


def _no_file(pattern: str, folder: Path) -> UnreadableFile:
    if not _WILD.isdisjoint(pattern):
        return UnreadableFile(f"no file matches `{pattern}`")
    path = folder / pattern
    if path.is_dir():
        return UnreadableFile(f"`{pattern}` is a folder", f"write `{pattern.rstrip('/')}/*`")
    if path.exists():
        return UnreadableFile(f"`{pattern}` is not a regular file")
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = closest(path.name, beside)
    hint = f"did you mean `{PurePosixPath(pattern).with_name(near)}`?" if near else None
    return UnreadableFile(f"there is no file `{pattern}`", hint)


@dataclass(slots=True)
class _Budget:
    """The number of names that a pattern may still be compared with."""

    pattern: str
    left: int = _MOST_LOOKED_AT

    def names(self, folder: Path) -> Iterator[str]:
        """The names in a folder, in order. Raises UnreadableFile where there are too many in all."""
        try:
            names = os.listdir(folder)
        except OSError:
            return
        self.left -= len(names)
        if self.left < 0:
            message = f"`{self.pattern}` is looked for among more than {_MOST_LOOKED_AT:,} files"
            raise UnreadableFile(message, "name the folder that the samples are in")
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
