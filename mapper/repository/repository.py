"""A folder, or a version of one in git -> Repository: its mappings, who owns each, which files each names."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mapper.analysis import Analysis
from mapper.project.file_patterns import matching_files
from mapper.project.folders import POLICY_FILE, project_root, yaml_files
from mapper.project.mapping_files import is_mapping
from mapper.project.project import Project, project_of, read_bytes, read_text
from mapper.repository.git_tree import GitTree, is_revision, open_tree, refused, repository_root, revision_of
from mapper.repository.policy import Policy
from mapper.repository.policy_file import read_policy
from mapper.texts.named_text import NotUtf8, Text, UnreadableFile, digest_of

_HOME = "mappings"


def owner_of(file: str) -> str:
    """The owner of a mapping, by its path from the repository's root: a folder in mappings/, or around it.

    "" for a mapping that is in no such folder.
    """
    folders = PurePosixPath(file).parts[:-1]
    if _HOME not in folders:
        return folders[0] if folders else ""
    at = folders.index(_HOME)
    return folders[at + 1] if at + 1 < len(folders) else folders[at - 1] if at else ""


@dataclass(frozen=True)
class Repository:
    """The mappings of a folder in one version.

    named: as a person named it. root: the real path that all paths are relative to. within: the folder of the
    mappings, from there. fetch: called before a file's content is read. schemas: the only folder of schemas.
    replaced: the names of schemas of this version in whose place this package's are used.
    """

    named: str
    root: str
    within: str
    fetch: Callable[[str], None]
    schemas: str | Path | None = None
    is_in_git: bool = False
    _digests: dict[str, bytes | None] = field(default_factory=dict)

    @cached_property
    def policy(self) -> Policy:
        """The policy of this version; one that says nothing where it has none, or has mistakes in it."""
        file = Path(self.root, POLICY_FILE)
        is_own = Path(os.path.realpath(file)).is_relative_to(self.root)
        if is_own and file.is_file():
            self.fetch(str(file))
            read = read_policy(_legible(file), Path(self.root))
            if read is not None:
                first = next((one for one in read.found if one.severity == "error"), None)
                return read.policy or Policy(self.root, error_line=first.span.line if first else 1)
        return Policy(self.root)

    def owner(self, file: str) -> str:
        """The owner of a mapping, by its path: as the policy has it, else by its folder."""
        return self.policy.owner(file) or owner_of(file)

    @cached_property
    def mappings(self) -> dict[str, Text]:
        """The texts of the mappings, and of files to extend, by their paths. Raises OSError."""
        return {name: text for name, text in self._found.items() if not self.policy.leaves_out(name)}

    @property
    def excluded(self) -> tuple[str, ...]:
        """The mappings that the policy leaves out, by their paths. Raises OSError."""
        return tuple(filter(self.policy.leaves_out, self._found))

    @cached_property
    def _found(self) -> dict[str, Text]:
        found: dict[str, Text] = {}
        for path in yaml_files(Path(self.root, self.within), sys.maxsize):
            real = os.path.realpath(path)
            if not Path(real).is_relative_to(self.root) or not os.path.isfile(real):
                continue
            self.fetch(real)
            text = _legible(path)
            name = self.path_of(str(path))
            if is_mapping(text):
                found[name] = text
        return dict(sorted(found.items()))

    def take(self, files: Iterable[str]) -> None:
        """Take some files for mappings: another version has mappings of these paths."""
        for file in files:
            path = self._path(file)
            if file not in self.mappings and os.path.isfile(path):
                self.fetch(path)
                self.mappings[file] = _legible(Path(path))

    @cached_property
    def replaced(self) -> tuple[str, ...]:
        """The schemas that were taken away: this package's of their names have the say."""
        if not self.is_in_git or self.schemas is not None:
            return ()
        projects = {project.root: project for project in map(self._project, self.mappings)}
        return tuple(name for project in projects.values() for name in less_claims(project))

    def analysis(self, file: str) -> Analysis:
        """The analysis of a mapping, by its path. Raises OSError for one that is not UTF-8."""
        project = self._project(file)
        return Analysis(project.mapping(self._path(file)), project, fixtures=True)

    def path_of(self, path: str) -> str:
        """The path of a file from the root."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    def path_of_real(self, path: str) -> str:
        """The path from the root of a file on disk, whatever links lead to it."""
        folder, name = os.path.split(path)
        return self.path_of(os.path.join(os.path.realpath(folder), name))

    def digest(self, file: str) -> bytes | None:
        """The digest of a file's content; None where there is none."""
        if file not in self._digests:
            content = None
            path = self._path(file)
            if os.path.isfile(path):
                self.fetch(path)
                content = digest_of(Path(path).read_bytes())
            self._digests[file] = content
        return self._digests[file]

    def files_named(self, analysis: Analysis) -> frozenset[str]:
        """The files that a mapping of this version names, by their paths; also those that are not there."""
        project = analysis.project
        patterns = analysis.sample_patterns  # all that is read for the plan was read now
        real = {one.real for one in project.read} | {os.path.realpath(analysis.text.name)}
        matched = {name for pattern in patterns for name in self._matching(analysis, pattern)}
        inside = (path for path in {*real, *matched} if Path(path).is_relative_to(self.root))
        return frozenset(map(self.path_of, inside))

    def files_matched(self, file: str, analysis: Analysis) -> frozenset[str]:
        """The files here that match the patterns of a mapping that may be of another version."""
        here = Analysis(Text(self._path(file), ""), self._project(file))
        patterns = {*analysis.sample_patterns, *(one.pattern for one in analysis.project.matched)}
        return frozenset(self.path_of(name) for one in patterns for name in self._matching(here, one))

    def _matching(self, analysis: Analysis, pattern: str) -> Iterator[str]:
        """The real paths of the files that match a pattern of a mapping."""
        project = analysis.project
        if project.folder is not None and project.root is not None:
            with suppress(UnreadableFile):
                yield from (real for _, real in matching_files(pattern, project.folder, project.root, ""))

    def _path(self, file: str) -> str:
        return os.path.join(self.root, *file.split("/"))

    def _project(self, file: str) -> Project:
        return replace(project_of(self._path(file), self.schemas), fetch=self.fetch)


def less_claims(project: Project) -> Iterator[str]:
    """Take away the schemas that say where payloads go, and what may leave, otherwise than this package's.

    Only this package's may say that, which then count in their place. The names of the schemas.
    """
    for name, file in [*project.claiming()]:
        file.unlink()
        yield name


class _Side(NamedTuple):
    """A version of a folder, before it is known which folder it is of. within: None where none is named."""

    named: str
    root: str
    within: str | None
    tree: GitTree | None = None


def _legible(path: Path) -> Text:
    """The text of a file, with marks for what is not UTF-8. Raises OSError."""
    try:
        return read_text(path)
    except NotUtf8:
        return Text(str(path), read_bytes(path).decode("utf-8", "replace"))


@contextmanager
def open_repositories(
    old: str | Path, new: str | Path, schemas: str | Path | None = None
) -> Iterator[tuple[Repository, Repository]]:
    """Two versions of a folder: each a folder, `git:REF` or `git:REF:folder`. Raises OSError.

    Where a version in git names no folder, it is that of the other version; this one where neither does.
    """
    is_of_git = is_revision(old) or is_revision(new)
    with ExitStack() as stack:
        first, last = (stack.enter_context(_side(str(one), is_of_git)) for one in (old, new))
        before = _repository(first, last.within, schemas)
        after = _repository(last, first.within, schemas)
        if before.within != after.within:
            before, after = map(_rooted_within, (before, after))
        yield before, after


@contextmanager
def open_repository(folder: str | Path, schemas: str | Path | None = None) -> Iterator[Repository]:
    """A version of a folder, as `open_repositories`."""
    with _side(str(folder), is_revision(folder)) as side:
        yield _repository(side, None, schemas)


@contextmanager
def _side(named: str, is_of_git: bool) -> Iterator[_Side]:
    """A version as it was named. is_of_git: one of those that are compared is in git."""
    if not is_revision(named):
        if not os.path.isdir(named):
            raise refused("{} is not a folder; compare two folders, or two files", named)
        yield _Side(named, *_local(named, is_of_git))
        return
    ref, written = revision_of(named)
    with open_tree(ref) as tree:
        yield _Side(named, tree.folder, tree.path_of(written.rstrip("/")) if written else None, tree)


def _repository(side: _Side, other: str | None, schemas: str | Path | None) -> Repository:
    """The repository of a version. other: the folder of the one that it is compared with."""
    within = next((one for one in (side.within, other) if one is not None), None)
    within = _local(".", True)[1] if within is None else within
    if side.tree is None:
        return Repository(side.named, side.root, within, _is_there, schemas)
    if not os.path.isdir(os.path.join(side.root, within)):
        raise refused("{} has no folder {}", side.tree.ref, within)
    return Repository(side.named, side.root, within, side.tree.fetch, schemas, True)


def _is_there(path: str) -> None:
    """Nothing has to be done for a file that is on disk."""


def _local(folder: str, is_of_git: bool) -> tuple[str, str]:
    """The root of a folder here, and its path from there. is_of_git: it is compared with a version in git."""
    real = os.path.realpath(folder)
    root = repository_root() if is_of_git else str(project_root(Path(real)) or real)
    if not Path(real).is_relative_to(root):
        raise refused("{} is not in the repository of this folder", folder)
    return root, Path(os.path.relpath(real, root)).as_posix()


def _rooted_within(one: Repository) -> Repository:
    """A version whose paths begin at the folder that was named: the other one has another name."""
    return replace(one, root=os.path.normpath(os.path.join(one.root, one.within)), within=".")
