"""The tests of delivery find what they are for: each of the mistakes of a list is made, and found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.case_files import cases
from tests.support.changed import changed_files
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_BUGS: list[dict[str, str]] = cases("delivery_bugs.yaml")
_ENDED_WELL, _FOUND = 0, 1


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that the tests need."""
    folder = tmp_path_factory.mktemp("bugs")
    for name in ("mapper", "tests", "schemas", "mappings", "playground"):
        shutil.copytree(
            _ROOT / name, folder / name, ignore=shutil.ignore_patterns("__snapshots__", "*.ndjson.gz")
        )
    shutil.copy(_ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def made(copied: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """One of the mistakes, for as long as a test takes: the tests that must find it."""
    bug: dict[str, str] = request.param
    path = copied / bug["file"]
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace(bug["old"], bug["new"]), encoding="utf-8")
    yield bug["tests"]
    path.write_text(content, encoding="utf-8")


def _run(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", tests]
    words.append("--hypothesis-profile=unshrunk")  # that it fails is enough
    base = f"--basetemp={folder}/tmp"
    # At the depth of `make test`, which finds them all.
    more = {"TEST_DEPTH": "usual", "POWER_CUT_IMAGES": "300", "PATIENCE_SECONDS": "15"}
    environment: dict[str, Any] = {**os.environ, **more}
    return subprocess.run(
        [*words, base], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def _of_changed_files() -> list[dict[str, str]]:
    """The mistakes of files that were changed, or whose tests were."""
    return [one for one in _BUGS if {one["file"], one["tests"].partition("::")[0]} & changed_files()]


def _name(bug: dict[str, str]) -> str:
    return bug["bug"]


@pytest.mark.parametrize("bug", _BUGS, ids=_name)
def test_each_mistake_can_be_made(bug: dict[str, str]) -> None:
    assert (_ROOT / bug["file"]).read_text(encoding="utf-8").count(bug["old"]) == 1


@pytest.mark.parametrize("made", some(_BUGS, 2, _of_changed_files()), ids=_name, indirect=True)
def test_each_mistake_is_found(copied: Path, made: str) -> None:
    ran = _run(copied, made)
    if "skipped" in ran.stdout.splitlines()[-1] and ran.returncode == _ENDED_WELL:
        pytest.skip("its test cannot be run here")
    assert ran.returncode == _FOUND, ran.stdout + ran.stderr
