"""Runs something again after every change of the files that it reads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from mapper import TestReport
from mapper.cli.messages import mention
from mapper.project.project import READ_SUFFIXES
from mapper.values.safe_text import SafeText

_LOOK_SECONDS = 0.3


def watch(run: Callable[[], TestReport]) -> NoReturn:
    """Run, and run again whenever a file changes, until Ctrl-C. A new file beside those counts as well."""
    while True:
        before = time.time_ns()
        report = run()
        folders = _folders(report)
        seen = _snapshot(folders)
        mention(SafeText("watching {} files; Ctrl-C ends", len(seen)))
        now = time.time_ns()
        # What was written while the tests ran has not been seen by all of them.
        if not any(before < changed <= now for changed, _ in seen.values()):
            while _snapshot(folders) == seen:
                time.sleep(_LOOK_SECONDS)


def _folders(report: TestReport) -> frozenset[str]:
    """The folders of all files that count, and of the mappings that were looked for."""
    files = [name for file in report.files for name in (file.file, *file.read)]
    files += [path for path, _ in report.unread]
    return frozenset(os.path.dirname(os.path.abspath(name)) for name in files)


def _snapshot(folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The time of change and the size of each file that a mapping may read in some folders."""
    found = {}
    for folder in folders:
        for path in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if path.name.lower().endswith(READ_SUFFIXES):
                try:
                    state = path.stat()
                except OSError:  # gone in the meantime
                    continue
                found[str(path)] = state.st_mtime_ns, state.st_size
    return found
