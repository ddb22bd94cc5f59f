"""The work of `mapper diff` for folders: compares all their mappings, and reports what a change reaches."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mapper.cli.command import tell_shadows
from mapper.cli.diff_folders_text import folders_markdown, folders_text
from mapper.cli.messages import tell
from mapper.cli.report import to_json
from mapper.cli.repository_policy import policy_here
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.repository.git_tree import is_revision
from mapper.values.safe_text import SafeText
from mapper.workbench.comparison import ComparisonOptions
from mapper.workbench.folder_comparison import FolderComparison, compare_folders

if TYPE_CHECKING:
    from mapper.cli.diff_options import DiffOptions

_ERROR = 2
_PACKAGE = "this package's schema {} is used in place of the one in {}, which differs in what only it may say"


def compare_all(options: DiffOptions) -> int:
    """Show what a change of a folder, or of this package, reaches; the exit status."""
    _refuse_options(options)
    policy_here()  # one that is not to be read ends it; what is wrong in one is told as its change
    folders = [one for one in (options.old, options.new) if one is not None and not is_revision(one)]
    tell_shadows([os.path.join(folder, "mapping.yaml") for folder in folders], options.schemas)
    with raised():
        found = _compared(options)
    for path in found.unknown:
        raise click.UsageError(f"--ignore {path}: no payload has such a path")
    for version, name in found.replaced:
        tell(SafeText(_PACKAGE, SafeText.known(name), SafeText.known(visible(version))))
    if not found.mappings:
        tell(SafeText("there is no mapping in {}", SafeText.known(visible(options.new or options.old))))
        return _ERROR
    sys.stdout.write(_report(found, options))
    if found.broken:
        return _ERROR
    return options.exit_status(is_same=found.is_same, has_alarms=bool(found.alarms))


def _refuse_options(options: DiffOptions) -> None:
    """Raise UsageError for what only a comparison of two files has."""
    if options.events is not None:
        raise click.UsageError("EVENTS can be compared for two files; folders are compared by their tests")
    if options.by == "event":
        raise click.UsageError("--by event is for two files")
    if options.other is not None and options.new is not None:
        raise click.UsageError(
            "--with compares one folder with another version of this package: leave out NEW"
        )


def _compared(options: DiffOptions) -> FolderComparison:
    compared = ComparisonOptions(options.ignore, jobs=options.jobs)
    if options.other is not None:
        from mapper.workbench.other_version import compare_with

        return compare_with(options.other, options.old, schemas=options.schemas, options=compared)
    assert options.new is not None
    return compare_folders(options.old, options.new, schemas=options.schemas, options=compared)


def _report(found: FolderComparison, options: DiffOptions) -> str:
    old, new = _names(options)
    if options.form == "json":
        counts = {"old": old, "new": new, "is_same": found.is_same, "alarms": len(found.alarms)}
        told = asdict(found)
        del told["unknown"]
        return to_json(counts | told)
    if options.form == "markdown":
        return folders_markdown(found, (old, new), options.limit)
    return folders_text(found, options.limit)


def _names(options: DiffOptions) -> tuple[str, str]:
    """The names of the two versions."""
    if options.other is not None:
        return options.other, options.old
    return options.old, options.new or ""
