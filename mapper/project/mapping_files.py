"""Paths that a person names -> the mapping files that they mean; the files that mappings name as tables.

The only place that says which file in YAML is a mapping, and which an intake.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mapper.project.folders import project_root, yaml_files
from mapper.texts.named_text import Text

_MOST_MAPPINGS = 1_000
_MOST_BYTES = 2**20
# The compiler is asked only about files that may name a table in YAML: most do not. The key `tables`, and all
# that is below it: lines that are blank, that begin with a blank, or are comments.
_TABLES = re.compile(rb"""^(?:["']?tables["']?[ \t]*:|\{)[^\n]*(?:\n(?:[ \t#}\r][^\n]*)?)*""", re.MULTILINE)
_IN_YAML = re.compile(rb"\.ya?ml\b", re.IGNORECASE)


# Keys by which a mapping is told from other files in YAML: it has one of each kind.
_NAMING = frozenset({"target", "extends", "partial"})
_MAKING = frozenset({"version", "payload", "events", "otherwise", "consent", "match", "let", "expects"})
_NAMES_IT, _MAKES_IT = (
    re.compile(rf"""^["']?(?:{"|".join(sorted(keys))})["']?[ \t]*:""", re.MULTILINE)
    for keys in (_NAMING, _MAKING)
)
# One of the words, or a letter of it that is written as an escape.
_MAY_NAME_IT = re.compile(rf"{'|'.join(sorted(_NAMING))}|\\[xuU]")
_BEFORE_THE_FIRST_KEY = re.compile(r"\A(?:\ufeff|\s|#.*|---)*")
_IN_BRACES = re.compile(r"[{,]\s*")
_INTAKE = re.compile(r"(?:.+[._-])?intake\.ya?ml")
# A key of an intake, or a path: at the start of a text, and of a later line. Two patterns, since one that
# begins with a letter to look for is found soonest.
_ENTRIES = re.compile(r"(?:entries|[\"']?/[\w/.~-]*[\"']?)[ \t]*:")
_LATER_ENTRIES = re.compile(rf"\n{_ENTRIES.pattern}")


def is_intake(text: Text) -> bool:
    """Whether a text holds the entries of a server: by its file's name, or by a key that no mapping has.

    A mapping by its keys is none, whatever its name is.
    """
    return _may_be_intake(text) and not _has_keys_of_a_mapping(text)


def is_mapping(text: Text) -> bool:
    """Whether a YAML file is a mapping, or one to extend: by keys that other files do not have together."""
    if _may_be_intake(text):
        return _has_keys_of_a_mapping(text)
    content = _BEFORE_THE_FIRST_KEY.sub("", text.content)
    if content.startswith("{"):
        content = _IN_BRACES.sub("\n", content)
    if _NAMES_IT.search(content) and _MAKES_IT.search(content):
        return True
    # Written in another way, as with a root that is indented: its keys are asked for.
    return bool(_MAY_NAME_IT.search(content)) and _has_keys_of_a_mapping(text)


def _may_be_intake(text: Text) -> bool:
    named = _INTAKE.fullmatch(os.path.basename(text.name))
    return bool(named or _ENTRIES.match(text.content) or _LATER_ENTRIES.search(text.content))


def _has_keys_of_a_mapping(text: Text) -> bool:
    """Whether the root has keys of each kind, and no entries."""
    from mapper.compiler.findings import most_mistakes  # clean files do without the compiler
    from mapper.compiler.yaml.nodes import MapNode
    from mapper.compiler.yaml.reader import read_yaml

    root = None
    with most_mistakes(text) as found:
        root = read_yaml(text, found)
    keys = {key.text for key, _ in root.entries} if isinstance(root, MapNode) else set()
    has_entries = any(one == "entries" or one.startswith("/") for one in keys)
    return not has_entries and not keys.isdisjoint(_NAMING) and not keys.isdisjoint(_MAKING)


@dataclass(frozen=True, slots=True)
class MappingFiles:
    """The mapping files that some paths name. unread: the paths that name none, and why."""

    files: tuple[str, ...]
    unread: tuple[tuple[str, str], ...] = ()


def mapping_files(paths: Iterable[str | Path]) -> MappingFiles:
    """The files that are named, and those in the folders that are, each once: as `yaml_files` finds them.

    A file in a folder that a mapping there names as a table is none.
    """
    files: list[str] = []
    unread: list[tuple[str, str]] = []
    for path in map(str, paths):
        root = _walked_root(path)
        below = list(_files_below(path))
        tables = named_tables(below) if len(below) > 1 else frozenset()
        below = [file for file in below if os.path.realpath(file) not in tables]
        if not below:
            unread.append((path, f"no mapping file in {path}"))
        for file in below:
            if root is not None and not Path(file).resolve().is_relative_to(root):
                unread.append((file, f"a link out of {root}: name it to check it"))
            else:
                files.append(file)
    return MappingFiles(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(unread)))


def _files_below(path: str) -> Iterator[str]:
    folder = Path(path)
    if path == "-" or not folder.is_dir():
        yield path
        return
    for file in sorted(yaml_files(folder, sys.maxsize)):
        if file.is_file():
            yield str(file)


def _walked_root(path: str) -> Path | None:
    """The root for files of a folder that was named: its project; without one, below it or here."""
    folder = Path(path)
    if path == "-" or not folder.is_dir():
        return None
    real, here = folder.resolve(), Path.cwd()
    return project_root(real) or (here if real.is_relative_to(here) else real)


def named_tables(files: Iterable[str]) -> frozenset[str]:
    """The real paths of the files that some mapping files name as tables."""
    return frozenset(os.path.realpath(table) for file in files for table in _tables_of(file))


def is_named_table(file: str) -> bool:
    """Whether a mapping of its project names a file as a table."""
    root = project_root(Path(file).resolve().parent)
    if root is None:
        return False
    return os.path.realpath(file) in named_tables(map(str, islice(yaml_files(root), _MOST_MAPPINGS)))


def _tables_of(file: str) -> Iterator[str]:
    try:
        with open(file, "rb") as opened:
            content = opened.read(_MOST_BYTES)
    except OSError:
        return
    if any(_IN_YAML.search(found.group()) for found in _TABLES.finditer(content)):
        from mapper.compiler.syntax.table_nodes import named_files  # clean files do without the compiler

        for name in named_files(Text(file, content.decode("utf-8", "replace"))):
            yield os.path.join(os.path.dirname(file), name)
