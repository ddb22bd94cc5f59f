"""The mappings of one folder: listed, read and replaced. No path leads out of it, also not by a link."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import islice
from pathlib import Path

from mapper.authoring import Text
from mapper.playground.analyses import inner_path
from mapper.playground.line_comparison import compared
from mapper.playground.problem import PlaygroundProblem
from mapper.project.folders import MAPPING_SUFFIXES, yaml_files
from mapper.project.mapping_files import is_intake
from mapper.project.project import read_text
from mapper.texts.file_replacement import replace_file
from mapper.texts.named_text import digest_of

_MOST_FILES = 500
# Keys at the top of a mapping, of which other YAML has none.
_OF_MAPPING = re.compile(r"^(?:target|extends|payload)[ \t]*:", re.MULTILINE)
_PARTIAL = re.compile(r"^partial[ \t]*:[ \t]*true\b", re.MULTILINE)
_MOST_BYTES = 2**20 - 1
# The samples of a mapping, as its author keeps them.
EVENTS = "events.ndjson"
_MOST_BYTES_OF_EVENTS = 2**23
# A page that starts cannot wait until more are read.
_MOST_READ = 1_000


class FileChanged(Exception):
    """A file has changed since it was opened. text: what it holds now, as `read_mapping` gives it."""

    def __init__(self, text: str, read: str) -> None:
        super().__init__("this file has changed since it was opened")
        self.text = text
        self.read = read


def mappings_in(folder: Path) -> list[str]:
    """The paths of the mapping files in a folder, from it: first those that send, last other YAML.

    Files of entries for `mapper serve` are left out. Of a large folder those near its top are listed.
    """
    found: list[tuple[int, Path]] = []
    openable = (path for path in yaml_files(folder) if _is_openable(path, folder))
    for path in islice(openable, _MOST_READ):
        with suppress(OSError):  # a file that cannot be read is none to open
            text = read_text(path)
            if not is_intake(text):
                found.append((_rank(text.content), path.relative_to(folder)))
    return [path.as_posix() for _, path in sorted(found[:_MOST_FILES])]


def _rank(content: str) -> int:
    if _PARTIAL.search(content):
        return 1
    return 0 if _OF_MAPPING.search(content) else 2


def _is_openable(path: Path, folder: Path) -> bool:
    """Whether a file of a folder is a regular one, and inside of it also where it is a link."""
    with suppress(OSError):
        is_inside = not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(folder)
        return is_inside and path.is_file()
    return False


def read_mapping(folder: Path, name: str) -> tuple[str, str]:
    """The text of a mapping file, its lines ended as on a page, and the digest of what was read.

    Raises PlaygroundProblem, and OSError.
    """
    path = _inside(folder, name)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PlaygroundProblem(f"`{name}` is larger than a mapping may be: 1 MiB")
        content = read_text(path).content
    except FileNotFoundError:
        raise PlaygroundProblem(f"there is no file `{name}`") from None
    return _ended_plainly(content), digest_of(content.encode()).hex()


def events_beside(folder: Path, name: str) -> tuple[str, str]:
    """The text of `events.ndjson` beside a mapping, "" without one, and why it was left out, else ""."""
    path = (folder / inner_path(name)).with_name(EVENTS)
    if not _is_openable(path, folder):
        return "", ""
    if path.stat().st_size > _MOST_BYTES_OF_EVENTS:
        return "", f"{EVENTS} beside the mapping is larger than 8 MiB and was not opened. Drop a part of it."
    return path.read_text(encoding="utf-8", errors="surrogateescape"), ""


def save_mapping(folder: Path, name: str, text: str, read: str) -> str:
    """Put a text in the place of what a file held when it was read; the digest of what it holds now.

    read: the digest of that; "" for a file that is not there yet. Raises FileChanged, PlaygroundProblem, and
    OSError.
    """
    path = _inside(folder, name)
    content = _encoded(text)
    if not read:
        return _write_new(path, name, content)
    try:
        was = read_text(path)
    except FileNotFoundError:
        raise PlaygroundProblem("this file was deleted since it was opened") from None
    found = digest_of(was.content.encode()).hex()
    if found != read:
        raise FileChanged(_ended_plainly(was.content), found)
    now = Text(was.name, _ended_as(was.content, text))
    replace_file(was.name, was, now)
    return digest_of(now.content.encode()).hex()


def _write_new(path: Path, name: str, content: bytes) -> str:
    try:
        with open(path, "xb") as file:
            file.write(content)
    except FileExistsError:
        hint = "open it, or choose another name"
        raise PlaygroundProblem(f"there is a file `{name}` already", hint) from None
    except FileNotFoundError:
        raise PlaygroundProblem(f"there is no folder for `{name}`") from None
    return digest_of(content).hex()


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise PlaygroundProblem(f"line {line} holds half of a character", "remove it, then save") from None


def _inside(folder: Path, name: str) -> Path:
    """The file of a path in a folder. Raises PlaygroundProblem for one outside of it, and for other files."""
    path = folder / inner_path(name)
    if path.suffix not in MAPPING_SUFFIXES:
        raise PlaygroundProblem(f"`{name}` is not a mapping file", "its name ends with .yaml or .yml")
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        raise PlaygroundProblem(f"`{name}` is hidden", "choose a name without a dot at its beginning")
    if not Path(os.path.realpath(path)).is_relative_to(folder):
        raise PlaygroundProblem(f"`{name}` is a link out of this folder")
    return path


def _ended_plainly(content: str) -> str:
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _ended_as(before: str, text: str) -> str:
    """A text whose lines end as they did before; new ones as most did."""
    if "\r" not in before:
        return text
    text = _ended_plainly(text)
    lines = before.splitlines(keepends=True)
    windows = sum(line.endswith("\r\n") for line in lines)
    end = "\r\n" if 2 * windows >= len(lines) else "\n"
    if windows == before.count("\n") == before.count("\r"):
        return text.replace("\n", end)
    plain, new = [_ended_plainly(line) for line in lines], text.splitlines(keepends=True)
    made: list[str] = []
    for piece in compared(plain, new):
        if piece.same:
            made += lines[piece.old]
        else:
            made += [f"{line[:-1]}{end}" if line.endswith("\n") else line for line in new[piece.new]]
    return "".join(made)
