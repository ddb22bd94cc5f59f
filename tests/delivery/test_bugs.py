"""The tests of delivery find what they are for: each of the mistakes of a list is made, and found."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.case_files import cases
from tests.support.changed import changed_files
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_BUGS: list[dict[str, str]] = cases("delivery_bugs.yaml")
_ENDED_WELL, _FOUND = 0, 1


class _Tests:
    """Runs tests in a copy of all that they need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # At the depth of `make test`, which finds them all.
        more = {"TEST_DEPTH": "usual", "POWER_CUT_IMAGES": "300", "PATIENCE_SECONDS": "15"}
        self._process = subprocess.Popen(
            [sys.executable, folder / "tests" / "support" / "forking_pytest.py"],
            cwd=folder,
            env={**os.environ, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, tests: str) -> tuple[int, str]:
        """The status of tests, and what they print."""
        told = self.folder / "told"
        words = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", tests]
        words.append("--hypothesis-profile=unshrunk")  # that it fails is enough
        asked = json.dumps([[*words, f"--basetemp={self.folder}/tmp"], str(told)])
        told.write_text("", encoding="utf-8")
        print(asked, file=self._process.stdin, flush=True)
        answers = self._process.stdout
        assert answers is not None
        assert select.select([answers], [], [], 300)[0], told.read_text(encoding="utf-8")
        return int(answers.readline()), told.read_text(encoding="utf-8")

    def end(self) -> None:
        """Let it end."""
        self._process.communicate()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Tests]:
    """The process that runs the tests in a copy."""
    folder = tmp_path_factory.mktemp("bugs")
    for name in ("mapper", "tests", "schemas", "mappings", "playground"):
        shutil.copytree(
            _ROOT / name, folder / name, ignore=shutil.ignore_patterns("__snapshots__", "*.ndjson.gz")
        )
    shutil.copy(_ROOT / "pyproject.toml", folder)
    tests = _Tests(folder)
    yield tests
    tests.end()


@pytest.fixture
def made(copied: _Tests, request: pytest.FixtureRequest) -> Iterator[str]:
    """One of the mistakes, for as long as a test takes: the tests that must find it."""
    bug: dict[str, str] = request.param
    path = copied.folder / bug["file"]
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace(bug["old"], bug["new"]), encoding="utf-8")
    yield bug["tests"]
    path.write_text(content, encoding="utf-8")


def _of_changed_files() -> list[dict[str, str]]:
    """The mistakes of files that were changed, or whose tests were."""
    return [one for one in _BUGS if {one["file"], one["tests"].partition("::")[0]} & changed_files()]


def _name(bug: dict[str, str]) -> str:
    return bug["bug"]


@pytest.mark.parametrize("bug", _BUGS, ids=_name)
def test_each_mistake_can_be_made(bug: dict[str, str]) -> None:
    assert (_ROOT / bug["file"]).read_text(encoding="utf-8").count(bug["old"]) == 1


@pytest.mark.parametrize("made", some(_BUGS, 2, _of_changed_files()), ids=_name, indirect=True)
def test_each_mistake_is_found(copied: _Tests, made: str) -> None:
    status, told = copied.run(made)
    if "skipped" in told.splitlines()[-1] and status == _ENDED_WELL:
        pytest.skip("its test cannot be run here")
    assert status == _FOUND, told
