"""What all tests stand on: every run draws the same examples, so that it fails for the code alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_programs() -> Iterator[None]:
    """No test finds a program that another one, or a person, compiled before."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MAPPER_NO_CACHE", "1")
        yield
