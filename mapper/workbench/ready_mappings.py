"""The ready mappings of this package: which there are, and the text of each with the files it extends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mapper.authoring import analyse_file, own_mappings, scope_of

# The line by which an editor finds the schema: a path that is right only where it was written.
_EDITOR_LINE = re.compile(r"\A# yaml-language-server:[^\n]*\n(?:#\n)?")
_COMMENT = re.compile(r"(?:#[^\n]*\n)+")
_SENTENCE = re.compile(r"(?:\([^)]*\)|[^.:(]|[.:](?!\s|$))*")


@dataclass(frozen=True, slots=True)
class ReadyMapping:
    """A mapping of this package. about: what it maps, in a sentence. file: where it is."""

    name: str
    about: str
    file: Path

    @property
    def comment(self) -> tuple[str, ...]:
        """The lines of the comment that it begins with, without their marks."""
        return _comment(self.file)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Its own text and those of the files that it extends, each with its path beside the mapping."""
        folder = self.file.parent
        analysis = analyse_file(self.file, schemas=scope_of(None, None).schemas[0])
        _ = analysis.diagnostics  # which reads all files
        read = [Path(one.real) for one in analysis.project.read]
        bases = [one for one in read if one.suffix == ".yaml" and one.is_relative_to(folder.resolve())]
        found = dict.fromkeys([self.file.resolve(), *bases])
        texts = ((one, one.read_text(encoding="utf-8")) for one in found)
        return tuple(
            (one.relative_to(folder.resolve()).as_posix(), _EDITOR_LINE.sub("", text)) for one, text in texts
        )


def ready_mappings() -> tuple[ReadyMapping, ...]:
    """All ready mappings, by name."""
    files = [file for folder in own_mappings() for file in sorted(folder.glob("*.yaml"))]
    return tuple(ReadyMapping(file.stem, _about(file), file) for file in files)


def _about(file: Path) -> str:
    """The first sentence of the comment that a mapping begins with."""
    sentence = _SENTENCE.match(" ".join(line.strip() for line in _comment(file)))
    return sentence[0] if sentence else ""


def _comment(file: Path) -> tuple[str, ...]:
    """The lines of the comment that a mapping begins with, without their marks."""
    found = _COMMENT.match(_EDITOR_LINE.sub("", file.read_text(encoding="utf-8")))
    lines = found[0].splitlines() if found else []
    return tuple(line.removeprefix("#").removeprefix(" ") for line in lines)
