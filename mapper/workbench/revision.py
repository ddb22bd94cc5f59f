"""`FILE` or `git:REF:path` -> the analysis of a version of a mapping, with the names that a person knows.

Of a version in git, the project's mappings, schemas and fixtures are those of the same version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mapper import authoring
from mapper.authoring import Analysis
from mapper.project.project import project_of
from mapper.repository.git_tree import GitTree, is_revision, open_tree, refused, revision_of
from mapper.repository.repository import Repository, less_claims
from mapper.workbench.mapping_version import Version

# `main:mappings/shop.yaml`, as git itself names a file of a version.
_LIKE_A_REVISION = re.compile(r"[\w./~^@-]{2,}:[^:]+")


@contextmanager
def open_version(named: str | Path, schemas: str | Path | None = None) -> Iterator[Version]:
    """A version of a mapping; what it needs of git is in a folder of its own, which goes at the end.

    Raises OSError where it cannot be read, and NoRevision where git does not have it.
    """
    if not is_revision(named):
        if _LIKE_A_REVISION.fullmatch(str(named)) and not os.path.lexists(named):
            raise refused("there is no file {}; for a version in git, write git:{}", str(named), str(named))
        yield Version(str(named), authoring.analyse_file(named, schemas=schemas, fixtures=True))
        return
    ref, written = revision_of(str(named))
    if not written:
        raise refused("{}: write git:REF:path, for example git:main:mappings/shop.yaml", str(named))
    with open_tree(ref) as tree:
        path = tree.path_of(written)
        tree.require(path)
        file = Path(tree.folder, path)
        if not Path(os.path.realpath(file)).is_relative_to(tree.folder):
            raise refused("{} is a link that leads out of the repository", str(named))
        yield version_in_tree(str(named), file, tree, schemas)


def version_in_tree(named: str, file: Path, tree: GitTree, schemas: str | Path | None) -> Version:
    """A version of a mapping in a tree of git; its files are read as they are needed. Raises OSError."""
    project = replace(project_of(file, schemas), fetch=tree.fetch)
    replaced = () if schemas is not None else tuple(less_claims(project))
    analysis = Analysis(project.mapping(file), replace(project, read=[]), fixtures=True)
    return Version(named, analysis, tree.folder, replaced)


def version_of(repository: Repository, file: str) -> Version:
    """A mapping of a version of a folder, by its path."""
    return Version(file, repository.analysis(file), repository.root)
