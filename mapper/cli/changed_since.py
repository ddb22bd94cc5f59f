"""`--changed-since REF`: of the files of a call, those that changed since a version, and what names such."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from mapper.cli.messages import mention
from mapper.cli.terminal import visible
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.repository.changed_files import ChangedSince


def changed_only(files: tuple[str, ...], ref: str | None, jobs: int) -> tuple[str, ...]:
    """Those of some files that changed since a version, or name what did; says how many of how many.

    All of them without a version. A file that cannot be read is kept, so that the reason is told.
    """
    if ref is None or not files:
        return files
    from mapper.repository.changed_files import changed_since
    from mapper.workbench.processes import map_in_processes

    with changed_since(ref) as changes:
        if changes.is_policy_changed:
            kept = files
        else:
            reached = map_in_processes(partial(_is_reached, changes), files, jobs)
            kept = tuple(file for file, one in zip(files, reached, strict=True) if one)
    names = f"{len(kept):,} of {len(files):,} files changed since {ref}, or depend on what did"
    mention(SafeText.known(visible(names)))
    return kept


def _is_reached(changes: ChangedSince, file: str) -> bool:
    """Whether a change reaches a file; of an intake, whether one reaches a mapping that it names."""
    if file == "-":
        return True
    try:
        if file.endswith(".json"):
            return changes.differs(changes.new.path_of_real(file))
        return any(map(changes.reaches, (file, *_named(file))))
    except OSError:
        return True


def _named(file: str) -> tuple[str, ...]:
    from mapper.project.mapping_files import is_intake
    from mapper.project.project import read_text

    text = read_text(file)
    if not is_intake(text):
        return ()
    from mapper.intake.intake_file import named_mappings

    return tuple(one for one in named_mappings(text) if os.path.isfile(one))
