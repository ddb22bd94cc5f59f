"""The folder of a mapping's project, and those its schemas come from; nothing in them is looked at."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

_ROOT_MARKS = ("pyproject.toml", ".git", "schemas")
_ROOT_USER = 0
# A home folder has millions of entries: nobody can wait until all are looked at.
_MOST_ENTRIES = 50_000
_NOT_SOURCES = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"})
MAPPING_SUFFIXES = (".yaml", ".yml")
POLICY_FILE = "mapper.yaml"
"""The name of the policy of a repository, in the root of its project."""


@dataclass(frozen=True, slots=True)
class ProjectFolders:
    """root: no file outside of it is extended; None for a mapping that is no file. schemas: in order.

    marked: the root is a project's, not merely the mapping's own folder.
    """

    root: Path | None
    schemas: tuple[Path, ...]
    marked: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The folders as texts, in order."""
        return (str(self.root), *map(str, self.schemas))


def scope_of(mapping: str | Path | None, schemas: str | Path | None) -> ProjectFolders:
    """The scope of a mapping file, if it is one. schemas: the one folder to look for schemas in.

    A folder of another user is no project: nobody else's folder decides what a mapping's names mean.
    """
    own = own_schemas()
    if mapping is None:
        return ProjectFolders(None, own if schemas is None else (Path(schemas),))
    owners = _trusted_owners(mapping)
    root, marked = _root(Path(mapping).resolve().parent, owners)
    if schemas is not None:
        return ProjectFolders(root, (Path(schemas),), marked)
    beside = root / "schemas"
    folders = (beside,) if beside.is_dir() and _is_owned(beside, owners) else ()
    return ProjectFolders(root, (*folders, *own), marked)


def own_schemas() -> tuple[Path, ...]:
    """The folder of this package's schemas."""
    return _own("schemas")


def own_mappings() -> tuple[Path, ...]:
    """The folder of this package's ready mappings."""
    return _own("mappings")


def _own(name: str) -> tuple[Path, ...]:
    """A folder of this package: within it, or beside its code in a checkout.

    Beside an installed package others' files lie, so there nothing is looked for.
    """
    code = Path(__file__).parents[1]
    for folder, is_ours in (
        (code / f"_{name}", True),
        (code.parent / name, (code.parent / "pyproject.toml").is_file()),
    ):
        if is_ours and folder.is_dir():
            return (folder,)
    return ()


def own_schema(name: str) -> Path | None:
    """The file of this package's schema of a name."""
    found = (folder / f"{name}.json" for folder in own_schemas())
    return next((path for path in found if path.is_file()), None)


def is_own_file(path: Path) -> bool:
    """Whether a file is one of this package's schemas, of which tests hold that they are right.

    The file decides, not its name: a project may have another schema of the same name.
    """
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in own_schemas())


SCHEMA_NAME = re.compile(r"(?:(?!\.\.?(?:/|$))[A-Za-z0-9._-]{1,64}/){0,4}(?!\.\.?$)[A-Za-z0-9._-]{1,64}")
"""Names of schemas: a few plain words between slashes, none of them `..`. A file of another name is none."""


def names_in(folders: Iterable[Path]) -> list[str]:
    """The names of the schemas in some folders."""
    names = set()
    for folder in folders:
        for path in folder.rglob("*.json"):
            if path.is_file() and not path.name.endswith(".mapping.schema.json"):
                names.add(path.relative_to(folder).with_suffix("").as_posix())
    return sorted(filter(SCHEMA_NAME.fullmatch, names))


def shadows(mapping: str | Path | None, schemas: str | Path | None) -> Iterator[tuple[str, str]]:
    """The files that are read in place of this package's schemas and differ from them, and their names."""
    own = own_schemas()
    before = [folder for folder in scope_of(mapping, schemas).schemas if folder not in own]
    for name in names_in(own) if before else ():
        ours = own_schema(name)
        theirs = next((path for folder in before if (path := folder / f"{name}.json").is_file()), None)
        if ours is None or theirs is None or theirs.samefile(ours):
            continue
        if theirs.read_bytes() != ours.read_bytes():
            yield shown(theirs), name


def shown(path: Path) -> str:
    """A path as a person here would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def yaml_files(folder: Path, most: int | None = None) -> Iterator[Path]:
    """The files below a folder that could be mappings, those near its top first.

    No link is followed to a folder, and what is hidden, of packages, or built is left out. most: of a folder
    with more entries than a project has, only the first ones are looked at.
    """
    left = _MOST_ENTRIES if most is None else most
    waiting = deque([folder])
    while waiting and left > 0:
        entries = _entries(waiting.popleft(), left)
        left -= len(entries)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_SOURCES:
                    waiting.append(Path(entry.path))
            elif entry.name.endswith(MAPPING_SUFFIXES):
                yield Path(entry.path)


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]]:
    """The entries of a folder, by name; none of one that cannot be read."""
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(islice(entries, most), key=lambda one: one.name)
    return []


def project_root(folder: Path) -> Path | None:
    """The root of the project that a folder belongs to, whoever owns it; None where it belongs to none."""
    found = (above for above in (folder, *folder.parents) if any(_has(above, mark) for mark in _ROOT_MARKS))
    return next(found, None)


def _root(folder: Path, owners: frozenset[int] | None) -> tuple[Path, bool]:
    """The nearest folder at or above one that looks like a project's root; else that folder itself."""
    for above in (folder, *folder.parents):
        marks = (above / mark for mark in _ROOT_MARKS)
        if any(_is_owned(mark, owners) for mark in marks) and _is_owned(above, owners):
            return above, True
    return folder, False


def _trusted_owners(mapping: str | Path) -> frozenset[int] | None:
    """The owners that a project's root may have: this user, root, the mapping's; None without owners."""
    if not hasattr(os, "geteuid"):
        return None
    owners = {os.geteuid(), _ROOT_USER}
    with suppress(OSError, ValueError):
        owners.add(os.stat(mapping).st_uid)
    return frozenset(owners)


def _is_owned(path: Path, owners: frozenset[int] | None) -> bool:
    """Whether there is such a file, and one of some owns it and, where it is a link, what it leads to."""
    try:
        found = {os.lstat(path).st_uid, os.stat(path).st_uid}
    except (OSError, ValueError):
        return False
    return owners is None or found <= owners


def _has(folder: Path, mark: str) -> bool:
    return os.path.lexists(folder / mark)
