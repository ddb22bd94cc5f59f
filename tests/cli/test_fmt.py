"""`mapper fmt` lays files out, says which, and leaves those that it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import call

_WRONG, _RIGHT = "a:\n    b:   1\n", "a:\n  b: 1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping that is laid out, one that is not, and one that cannot be."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/right.yaml").write_text(_RIGHT)
    (tmp_path / "mappings/wrong.yaml").write_text(_WRONG)
    return tmp_path / "mappings"


def test_files_are_laid_out_and_keep_their_mode(folder: Path) -> None:
    (folder / "wrong.yaml").chmod(0o640)
    ran = call("fmt")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "mapper: 1 file formatted, 1 file as before\n")
    assert (folder / "wrong.yaml").read_text() == _RIGHT
    assert (folder / "wrong.yaml").stat().st_mode & 0o777 == 0o640
    assert call("fmt").stderr == "mapper: no files formatted, 2 files as before\n"


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_a_call_that_only_looks_changes_nothing(option: str, folder: Path) -> None:
    ran = call("fmt", option)
    assert (ran.exit_code, (folder / "wrong.yaml").read_text()) == (1, _WRONG)
    assert "mappings/wrong.yaml" in ran.stdout
    assert ("-    b:   1\n+  b: 1\n" in ran.stdout) == (option == "--diff")
    assert call("fmt", option, "mappings/right.yaml").exit_code == 0


def test_a_file_with_errors_is_left_and_said(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [1\n")
    ran = call("fmt")
    assert ran.exit_code == 2
    assert "mappings/broken.yaml is left as it is: it has errors" in ran.stderr
    assert (folder / "broken.yaml").read_text() == "a: [1\n"
    assert (folder / "wrong.yaml").read_text() == _RIGHT
    assert call("fmt", "none.yaml").exit_code == 2


def test_a_file_that_cannot_be_written_counts_once(folder: Path) -> None:
    (folder / "wrong.yaml").chmod(0o440)
    ran = call("fmt")
    assert (ran.exit_code, (folder / "wrong.yaml").read_text()) == (2, _WRONG)
    assert ran.stderr.endswith("mapper: no files formatted, 1 file as before, 1 file left\n")


def test_an_editor_gets_the_text_or_the_same(folder: Path) -> None:
    ran = call("fmt", "-", stdin=_WRONG)
    assert (ran.exit_code, ran.stdout) == (0, _RIGHT)
    ran = call("fmt", "-", "--stdin-filename", "shop.yaml", stdin="a: [1\n")
    assert (ran.exit_code, ran.stdout) == (2, "a: [1\n")
    assert "shop.yaml" in ran.stderr
    assert call("fmt", "-", "--check", stdin=_WRONG).exit_code == 1
