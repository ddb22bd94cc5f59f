"""Outboxes of both kinds, for all tests of commands that ask for one."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["file", "server"])
def named(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an outbox that is not there yet: a file, or the address of a server."""
    if request.param == "file":
        return str(tmp_path / "x.outbox")
    address: str = request.getfixturevalue("postgres_address")
    return address
