"""Reviews of mappings that found nothing, kept on disk: an unchanged one need not be checked again.

A mapping is unchanged where its own bytes, each file that was read for it, the matches of its patterns of
files and this tool's version are as they were. `mapper/cli/check.py` does not ask with `--no-cache`, `--fix`,
`--diff` or `--events`.

A review with any diagnostic is never kept, so that nothing but its silence is ever shown from here; nor one
whose comments other mappings may need.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mapper.project.cache_folder import CacheFolder, file_digest, is_as_it_was
from mapper.project.file_patterns import MatchedFiles, matching_files
from mapper.project.folders import ProjectFolders
from mapper.texts.named_text import ReadFile, UnreadableFile, digest_of
from mapper.texts.review import Coverage, Review

# An entry is the files that were read, the patterns of files with their matches, the coverage, the tests.
_FORM = "mapper-check-1"


@dataclass(frozen=True, slots=True)
class CleanCheck:
    """The place of a review: the mapping file, by the digest of what it holds now. key: of its entry."""

    mapping: str
    scope: ProjectFolders
    digest: bytes
    key: str


@dataclass(frozen=True, slots=True)
class CleanChecks:
    """The clean checks in a folder. Where one is broken, the mapping is checked as if there was none."""

    folder: Path

    @property
    def _entries(self) -> CacheFolder:
        return CacheFolder(self.folder, _FORM, ".check", lambda line: None)

    def place(self, mapping: str, scope: ProjectFolders) -> CleanCheck | None:
        """The place of the review of a file as it is; None where none can be kept."""
        digest = file_digest(mapping)
        key = None if digest is None else self._entries.key(mapping, scope.names, digest)
        return None if key is None or digest is None else CleanCheck(mapping, scope, digest, key)

    def find(self, place: CleanCheck) -> Review | None:
        """The review that was kept there, if it would be the same again."""
        entry = self._entries.find(place.key)
        if entry is None:
            return None
        try:
            files, matched, coverage, tests = marshal.loads(entry)
            if not all(is_as_it_was(ReadFile(*one)) for one in files):
                return None
            if not all(_matches_still(MatchedFiles(*one), place) for one in matched):
                return None
            return Review((), tuple(Coverage(*one) for one in coverage), tests)
        except (ValueError, EOFError, TypeError):
            return None

    def keep(
        self,
        place: CleanCheck,
        content: str,
        review: Review,
        read: Sequence[ReadFile],
        matched: Iterable[MatchedFiles],
    ) -> bool:
        """Keep a review of a text, and what was read for it, if nothing was found. Whether it is kept now."""
        if not review.is_its_own(place.mapping) or digest_of(content.encode("utf-8")) != place.digest:
            return False
        if any(one.digest is None and os.path.exists(one.path) for one in read):
            return False  # it is too large to be compared each time
        files = [(one.path, one.real, one.digest) for one in read]
        listed = [(one.pattern, one.names) for one in matched]
        coverage = [(one.names, one.sent, one.missing) for one in review.coverage]
        return self._entries.keep(place.key, marshal.dumps((files, listed, coverage, review.tests)))


def _matches_still(matched: MatchedFiles, place: CleanCheck) -> bool:
    """Whether a pattern matches the same files as it did."""
    if place.scope.root is None:
        return False
    try:
        now = matching_files(matched.pattern, Path(place.mapping).parent, place.scope.root, "")
    except UnreadableFile:
        return False
    return tuple(name for name, _ in now) == matched.names
