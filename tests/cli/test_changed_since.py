"""`--changed-since REF` checks and tests what a change reaches, and `--jobs` says the same as one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper import authoring
from mapper.cli.changed_since import changed_only
from mapper.project.mapping_files import mapping_files
from tests.support.command import ROOT, call, git
from tests.support.depth import some
from tests.support.repository import edit, make_repository

_CHANGES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/cases/repository_changes.yaml").read_text(encoding="utf-8")
)
_WIDE = [one for one in _CHANGES if "wide" in one]
_NARROW = [one for one in _CHANGES if "wide" not in one]


@pytest.fixture
def checkout(folder: Path) -> Path:
    """The repository in git, as the current folder."""
    make_repository(folder)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    return folder


@pytest.mark.parametrize(
    "change", [*some(_NARROW, 3, full=8), *some(_WIDE, 1, full=3)], ids=lambda one: one["name"]
)
def test_a_change_reaches_the_mappings_that_a_comparison_names(
    change: dict[str, Any], checkout: Path
) -> None:
    edit(checkout, change.get("first", []))
    git("add", ".")
    git("commit", "-m", "second", "--allow-empty")
    edit(checkout, change["edits"])
    compared = authoring.compare_folders("git:main", ".").mappings
    reached = {one.file for one in compared if one.reached_by or one.was or one.status == "added"}
    if any(one["file"] == "mapper.yaml" for one in change["edits"]):  # by which other findings may count
        reached = {one.file for one in compared}
    chosen = {*changed_only(mapping_files(["mappings"]).files, "main", 1)}
    mappings = {one.file for one in compared if one.status != "deleted"}
    assert chosen & mappings == reached & mappings


def test_nothing_is_checked_or_tested_where_nothing_changed(checkout: Path) -> None:
    (checkout / "notes.md").write_text("more")
    for command in ("check", "test"):
        ran = call(command, "--changed-since", "main")
        assert ran.exit_code == 0
        assert "0 of 31 files changed since main, or depend on what did" in ran.stderr


def test_a_changed_base_is_checked_with_its_heirs(checkout: Path) -> None:
    edit(checkout, [{"file": "mappings/base/app.yaml", "replace": ["device.id", "devise.id"]}])
    ran = call("check", "--changed-since", "main", "--jobs", 2)
    assert "8 of 31 files changed since main, or depend on what did" in ran.stderr
    assert "checked 8 mappings" in ran.stderr


def test_a_changed_policy_reaches_all(checkout: Path) -> None:
    (checkout / "mapper.yaml").write_text("version: 1\nfolders: {mappings: {severity: {M902: off}}}\n")
    assert "31 of 31 files" in call("check", "--changed-since", "main").stderr


def test_a_version_that_git_does_not_have_is_refused(checkout: Path) -> None:
    ran = call("check", "--changed-since", "nothing")
    assert (ran.exit_code, "git has no version nothing" in ran.stderr) == (2, True)
    assert call("test", "--changed-since", "-x").exit_code == 2


def test_a_base_that_is_checked_alone_says_who_was_not_checked(checkout: Path) -> None:
    told = "mapper check --changed-since REF or a folder checks them"
    ran = call("check", "mappings/base/app.yaml")
    assert f"mappings/base/app.yaml: 5 mappings extend it; {told}" in ran.stderr
    assert (
        f"mappings/base/common.yaml: 20 mappings extend it; {told}"
        in call("check", "mappings/base/common.yaml").stderr
    )
    assert told not in call("check", "mappings/base/app.yaml", "mappings").stderr
    assert told not in call("check", "mappings/toys/shop-1.yaml").stderr
    assert told not in call("check", "mappings/base/app.yaml", "--quiet").stderr


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_several_processes_find_the_same_in_the_same_order(form: str, checkout: Path) -> None:
    edit(checkout, [{"file": "mappings/base/app.yaml", "replace": ["hashed_maids:", "hashed_maid:"]}])
    edit(checkout, [{"file": "mappings/kids/shop-2.yaml", "replace": ["send: checkout", "sent: checkout"]}])
    one, several = (call("check", "--format", form, "--jobs", jobs) for jobs in (1, 3))
    assert (one.stdout, one.stderr, one.exit_code) == (several.stdout, several.stderr, several.exit_code)
    assert one.exit_code == 1
