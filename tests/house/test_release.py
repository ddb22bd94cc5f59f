"""A release needs a clean tree with changes, and writes the version everywhere; the changelog has a form."""

from __future__ import annotations

import datetime
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

pytestmark = pytest.mark.quick

_RELEASE = runpy.run_path(str(ROOT / ".ci" / "release.py"))
_FILES = (
    *("pyproject.toml", "mapper/version.py", "docs/install.toml", "CHANGELOG.md"),
    *("editors/vscode/package.json", "editors/vscode/package-lock.json"),
)
_CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
_DAY = datetime.date(2026, 12, 24)
_MOST_HIGHLIGHTS = 20


def _git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with the files that have the version."""
    for name in _FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def test_a_release_writes_the_version_wherever_it_is(project: Path) -> None:
    _RELEASE["refuse"](project, "9.8.7")
    _RELEASE["prepare"](project, "9.8.7", _DAY)
    texts = {name: (project / name).read_text(encoding="utf-8") for name in _FILES}
    assert {name for name, text in texts.items() if "9.8.7" not in text} == set()
    assert texts["editors/vscode/package-lock.json"].count("9.8.7") == 2
    assert 'tag = "v9.8.7"' in texts["docs/install.toml"]
    assert "## [Unreleased]\n\n## [9.8.7] - 2026-12-24\n" in texts["CHANGELOG.md"]


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3rc1"])
def test_a_version_has_three_numbers(project: Path, version: str) -> None:
    with pytest.raises(SystemExit, match="is not a version"):
        _RELEASE["refuse"](project, version)


def test_a_dirty_tree_is_refused(project: Path) -> None:
    (project / "new.txt").write_text("x")
    with pytest.raises(SystemExit, match="not committed"):
        _RELEASE["refuse"](project, "9.8.7")


def test_a_version_that_is_tagged_is_refused(project: Path) -> None:
    _git(project, "tag", "v9.8.7")
    with pytest.raises(SystemExit, match="is there already"):
        _RELEASE["refuse"](project, "9.8.7")


def test_a_release_without_a_change_is_refused(project: Path) -> None:
    _RELEASE["prepare"](project, "9.8.6", _DAY)
    _git(project, "commit", "--all", "--quiet", "--message", "second")
    with pytest.raises(SystemExit, match="has no change"):
        _RELEASE["refuse"](project, "9.8.7")


def test_an_entry_of_the_changelog_is_one_line() -> None:
    body = _CHANGELOG.partition("\n## ")[2]
    lines = [line for line in body.splitlines()[1:] if line and not line.startswith(("#", "- "))]
    assert lines == ["Each change, by the part of the project that it is in."]


def test_the_highlights_are_few_and_come_first() -> None:
    first = _CHANGELOG.partition("### Highlights\n")[2].partition("### In full\n")[0]
    assert "\n#" not in first
    assert 0 < len(re.findall(r"^- ", first, re.MULTILINE)) <= _MOST_HIGHLIGHTS
