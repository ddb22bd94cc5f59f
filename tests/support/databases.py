"""The databases that some work opens: Python 3.13 warns of those that are left open, at any later time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def all_closed() -> Iterator[None]:
    """Within it databases are opened; those of SQLite that are left open are a mistake."""
    opened: list[Any] = []
    connect: Any = sqlite3.connect

    def kept(*given: Any, **named: Any) -> Any:
        opened.append(connect(*given, **named))
        return opened[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite3, "connect", kept)
        yield
    left = [one for one in opened if isinstance(one, sqlite3.Connection) and _is_open(one)]
    assert not left, f"{len(left)} of {len(opened)} databases are left open"


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False
