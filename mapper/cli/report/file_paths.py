"""Names of files -> how programs elsewhere name them: relative to the folder we run in, if below it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def relative(file: str) -> str | None:
    """The path of a file from this folder, with slashes; None where it lies elsewhere."""
    path = os.path.relpath(file)
    if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir:
        return None
    return Path(path).as_posix()


def as_uri(file: str) -> str:
    """A relative reference, or an absolute `file:` URI where the file does not lie below this folder."""
    path = relative(file)
    return Path(os.path.abspath(file)).as_uri() if path is None else quote(os.fsencode(path))
