"""Policy: who owns which folder of a repository, how severe findings are there, and which are accepted.

It decides what `check`, `test`, `diff` and `catalog` say, and nothing of what is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from mapper.codes import Severity
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span

JudgedSeverity: TypeAlias = Severity | Literal["off"]


@dataclass(frozen=True, slots=True)
class FolderPolicy:
    """The policy of a folder, and of all below it that have none of their own. coverage: in percent."""

    path: str
    owner: str | None = None
    coverage: float | None = None
    severity: Mapping[str, JudgedSeverity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding that need not be corrected yet. file: a pattern; path: of the payload, "" for any.

    until: the last day. span: of the line in `mapper.yaml`.
    """

    code: str
    file: str
    reason: str
    until: date
    span: Span
    path: str = ""

    def fits(self, found: Diagnostic, file: str) -> bool:
        """Whether a finding in a file is this one."""
        return found.code == self.code and self.path in ("", found.path) and self.names(file)

    def names(self, file: str) -> bool:
        """Whether it is about a file."""
        return fnmatchcase(file, self.file)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of a repository. root: the folder that all paths are relative to.

    exclude: patterns of files. folders: those with most names first. lines: by the keys that lead to each
    part of the file, with the places in lists as texts. error_line: of its first error, because of which it
    says nothing.
    """

    root: str
    exclude: tuple[str, ...] = ()
    folders: tuple[FolderPolicy, ...] = ()
    accepted: tuple[AcceptedFinding, ...] = ()
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    error_line: int = 0

    def relative(self, file: str) -> str:
        """The path of a file from the root, with `/`."""
        path = os.path.relpath(os.path.realpath(file), os.path.realpath(self.root))
        return path.replace(os.sep, "/")

    def leaves_out(self, file: str) -> bool:
        """Whether a file that is found in a folder is none of the repository's mappings."""
        return any(fnmatchcase(file, one) for one in self.exclude)

    def owner(self, file: str) -> str | None:
        """The owner of the nearest folder around a file that has one."""
        return next((one.owner for one in self._around(file) if one.owner is not None), None)

    def coverage(self, file: str) -> FolderPolicy | None:
        """The nearest folder around a file that asks for a coverage."""
        return next((one for one in self._around(file) if one.coverage is not None), None)

    def severity(self, code: str, file: str) -> JudgedSeverity | None:
        """The severity that a code has in a file; None where it has its own."""
        return next((one.severity[code] for one in self._around(file) if code in one.severity), None)

    def _around(self, file: str) -> Iterator[FolderPolicy]:
        return (one for one in self.folders if one.path == "." or file.startswith(f"{one.path}/"))
