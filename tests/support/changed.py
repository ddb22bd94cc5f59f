"""The files that a person has changed: since what others have, or else since the last commit."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@cache
def changed_files() -> frozenset[str]:
    """Paths from the project's folder. None where there is no git, or no repository."""
    for base in ("@{upstream}", "HEAD"):
        words = ["git", "diff", "--name-only", "--merge-base", base]
        try:
            ran = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return frozenset()
        if ran.returncode == 0:
            return frozenset(ran.stdout.split())
    return frozenset()
