"""Tests leave no outbox in memory open: Python 3.13 warns of them, in whatever test runs by then."""

from __future__ import annotations

import re

from tests.house.sources import ROOT


def test_an_outbox_in_memory_that_a_test_makes_is_one_that_closes_itself() -> None:
    made = re.compile(r"SqliteOutbox\(\)|factory=SqliteOutbox|\(SqliteOutbox\):")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if made.search(path.read_text(encoding="utf-8"))
    }
    assert found - {"tests/house/test_databases.py"} == {"tests/support/memory_outbox.py"}
