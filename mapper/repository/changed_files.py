"""Two versions of a folder -> the files that a mapping names and that differ: a change reaches it by them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mapper.analysis import Analysis
from mapper.project.folders import POLICY_FILE
from mapper.repository.git_tree import paths_changed_since, repository_root
from mapper.repository.renames import MappingPair
from mapper.repository.repository import Repository, open_repositories


def changed_files(old: Repository, new: Repository, pair: MappingPair, analysis: Analysis) -> tuple[str, ...]:
    """The files that a mapping names, itself among them, and that differ in two versions of its folder.

    Those that its patterns of files matched in the old version, and that are gone, are among them. analysis:
    of the mapping in the new version.
    """
    named = new.files_named(analysis)
    if pair.old == pair.new:
        named |= old.files_matched(pair.old, analysis)
    else:
        named = named - {pair.new}
    found = {one for one in named if old.digest(one) != new.digest(one)}
    if pair.old != pair.new and old.digest(pair.old) != new.digest(pair.new):
        found.add(pair.new)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """The files on disk, and as they were in a version in git. is_any_changed: a file differs."""

    old: Repository
    new: Repository
    is_any_changed: bool = True

    @property
    def is_policy_changed(self) -> bool:
        """Whether the policy differs, by which findings of all files may be others."""
        return self.differs(POLICY_FILE)

    def differs(self, file: str) -> bool:
        """Whether a file differs, by its path from the root."""
        return self.old.digest(file) != self.new.digest(file)

    def reaches(self, path: str) -> bool:
        """Whether a file on disk differs, or one that it names if it is a mapping. Raises OSError."""
        if not self.is_any_changed:
            return False
        file = self.new.path_of_real(path)
        if self.differs(file):
            return True
        analysis = self.new.analysis(file)
        return bool(changed_files(self.old, self.new, MappingPair(file, file), analysis))


@contextmanager
def changed_since(ref: str) -> Iterator[ChangedSince]:
    """The changes of the repository of this folder since a version in git. Raises NoRevision."""
    with open_repositories(f"git:{ref}", repository_root()) as (old, new):
        yield ChangedSince(old, new, bool(paths_changed_since(ref)))
