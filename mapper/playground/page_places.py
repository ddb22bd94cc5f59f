"""Spans -> places as the page has them: files by their paths from its folder, UTF-16 code units."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mapper import Span
from mapper.authoring import Analysis, Text
from mapper.texts.diagnostic import Edit


@dataclass(frozen=True, slots=True)
class Places:
    """The names of files: those of a session by their paths from its folder.

    main: the name of the mapping. folder: that of a session on a disk, None where it has only texts.
    """

    main: str
    folder: Path | None = None

    def file(self, name: str) -> str:
        """The path of the file of a text."""
        if name == self.main:
            return name if self.folder is None else Path(name).relative_to(self.folder).as_posix()
        if self.folder is None:
            return posixpath.normpath(posixpath.join(posixpath.dirname(self.main), name))
        return _from_folder(self.folder, name)

    def of(self, span: Span) -> dict[str, Any]:
        """The place of a span."""
        units = span.text.utf16.units
        line, column = span.text.position(span.start)
        return {
            "file": self.file(span.text.name),
            "from": units(span.start),
            "to": units(span.end),
            "line": line,
            "column": column,
        }

    def line(self, text: Text | None, line: int) -> dict[str, Any] | None:
        """The place of what is in a line, from 1; None where the text is not known or shorter."""
        if text is None or not 0 < line <= len(text.starts):
            return None
        start, written = text.starts[line - 1], text.line(line)
        indent = len(written) - len(written.lstrip())
        return self.of(text.span(start + indent, start + len(written)))

    def text(self, said: str) -> str:
        """A message, with paths as the page has them."""
        return said if self.folder is None else said.replace(f"{self.folder}{os.sep}", "")

    def edit(self, edit: Edit) -> dict[str, Any]:
        """An edit of a fix."""
        place = self.of(edit.span)
        return {
            "file": place["file"],
            "from": place["from"],
            "to": place["to"],
            "insert": edit.replacement,
        }


def rule_texts(analysis: Analysis) -> dict[str, Text]:
    """The texts that rules of a mapping are in, by the names of their files. Raises CompileError."""
    texts = {span.text.name: span.text for span in analysis.rules.values()}
    return texts | {analysis.text.name: analysis.text}


@lru_cache(maxsize=1024)
def _from_folder(folder: Path, name: str) -> str:
    """The path of a file from a folder; of one outside of it only its name."""
    real = Path(os.path.realpath(name))
    return real.relative_to(folder).as_posix() if real.is_relative_to(folder) else real.name
