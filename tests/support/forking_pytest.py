"""Runs tests again and again, each time in a fork of a process that has imported what is always the same.

A program: it reads the words of `pytest` and a file for what they print, as a line of JSON, and prints the
status.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

# Plugins of pytest, what tests use, and the part of this project that a change of delivery does not touch.
_SHARED = (
    *("pytest_asyncio", "pytest_lsp", "hypothesis", "syrupy", "xdist", "apsw", "psycopg", "jsonschema"),
    *("mapper.compiling", "mapper.compiler.checks.run_checks"),
)
_QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


def main() -> None:
    """Serve until stdin ends."""
    import pytest

    # What is imported and tested is in this folder.
    sys.path[0] = os.getcwd()
    for name in _SHARED:
        import_module(name)
    for line in sys.stdin:
        words, told = json.loads(line)
        process = os.fork()
        if not process:
            file = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for descriptor, other in ((0, os.open(os.devnull, os.O_RDWR)), (1, file), (2, file)):
                os.dup2(other, descriptor)
            sys.argv = ["pytest", *words]  # `tests.support.depth` looks for the names of tests
            status = pytest.main([*words, *_QUIET])
            sys.stdout.flush()
            os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
