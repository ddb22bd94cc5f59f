"""The process's own streams."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def close_stdout() -> None:
    """Let nothing more be written, at exit neither."""
    with suppress(OSError, ValueError):  # no file of the system's, as in a test
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
