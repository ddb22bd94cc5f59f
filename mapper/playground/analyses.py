"""Texts -> Analysis, each text analysed once: what is typed next is analysed from what was there before."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from mapper import authoring
from mapper.authoring import Analysis
from mapper.playground.page_places import Places
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import Doc

_MOST_KEPT = 8
# So many are kept by a session that is never told to tidy up.
_MOST_WAITING = 16
_SCHEMAS = "schemas/"

# What an analysis is of: the mapping, and the other texts.
_Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
# What was read from a disk, and when it was changed.
_Stamps: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Analyses:
    """The analyses of a session. schemas: all there are, by name, in JSON; None: those of a folder on a disk.

    folder: real, None where there are only texts.
    """

    schemas: Mapping[str, str] | None = None
    folder: Path | None = None
    _kept: dict[_Key, tuple[Analysis, _Stamps]] = field(default_factory=dict)

    def places(self, name: str) -> Places:
        """The names that the files of a mapping have for the page."""
        if self.folder is None:
            return Places(name)
        return Places(str(self.folder / name), self.folder)

    def of(self, mapping: Doc, files: Mapping[str, str]) -> Analysis:
        """The analysis of a mapping. Raises PlaygroundProblem for a name that leads out of the folder."""
        key = (mapping.name, mapping.text, tuple(sorted(files.items())))
        kept = self._kept.pop(key, None)
        if kept is None or not _is_current(kept[1]):
            analysis = self._analysed(mapping, files)
            kept = analysis, () if self.folder is None else _stamps(analysis)
        self._kept[key] = kept
        self._drop(_MOST_WAITING)
        return kept[0]

    def tidy(self) -> None:
        """Drop what was used longest ago. It takes milliseconds, so it is done after an answer."""
        self._drop(_MOST_KEPT)

    def _drop(self, most: int) -> None:
        while len(self._kept) > most:
            del self._kept[next(iter(self._kept))]

    def _analysed(self, mapping: Doc, files: Mapping[str, str]) -> Analysis:
        own = {name: text for name, text in files.items() if _is_schema(name)}
        texts = {name: text for name, text in files.items() if name not in own and name != mapping.name}
        before = self._last(mapping.name, own)
        if self.folder is None:
            inside = {_beside(mapping.name, name): text for name, text in texts.items()}
            if before is not None:
                return before.edited(mapping.text, texts=inside)
            given = {name[len(_SCHEMAS) : -len(".json")]: text for name, text in own.items()}
            schemas = {**given, **(self.schemas or {})}
            return authoring.analyse(mapping.text, mapping.name, texts=inside, schemas=schemas)
        path = self.folder / inner_path(mapping.name)
        inside = {str(self.folder / inner_path(name)): text for name, text in texts.items()}
        if before is not None:
            return before.edited(mapping.text, texts=inside)
        found = authoring.analyse(mapping.text, str(path), texts=inside, beside=path)
        return replace(found, fixtures=True)

    def _last(self, name: str, schemas: Mapping[str, str]) -> Analysis | None:
        """The last analysis of a mapping of a name that has the same schemas."""
        for (kept, _, files), (analysis, _) in reversed(self._kept.items()):
            if kept == name and {one: text for one, text in files if _is_schema(one)} == schemas:
                return analysis
        return None


def inner_path(name: str) -> str:
    """A path from the folder of a session to a file in it. Raises PlaygroundProblem for any other."""
    plain = posixpath.normpath(name)
    is_outside = posixpath.isabs(name) or plain in (".", "..") or plain.startswith("../")
    if is_outside or "\\" in name or "\0" in name or os.path.splitdrive(name)[0]:
        raise PlaygroundProblem(f"`{name}` is not a file in this folder")
    return plain


def _is_schema(name: str) -> bool:
    return name.startswith(_SCHEMAS) and name.endswith(".json")


def _beside(mapping: str, name: str) -> str:
    """The path of a file from the folder of a mapping."""
    return posixpath.relpath(name, posixpath.dirname(mapping) or ".")


def _stamps(analysis: Analysis) -> _Stamps:
    _ = analysis.diagnostics  # which reads all files
    return tuple((one.path, _changed(one.path)) for one in analysis.project.read)


def _is_current(stamps: _Stamps) -> bool:
    return all(_changed(path) == at for path, at in stamps)


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1
