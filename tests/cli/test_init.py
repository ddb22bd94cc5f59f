"""`mapper init`: ready mappings that are copied, with the files they extend, also from an installed wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mapper
from tests.command import ROOT, call

_NAMES = [file.stem for file in sorted((ROOT / "mappings").glob("*.yaml"))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_has_every_ready_mapping_with_a_sentence() -> None:
    listed = call("init", "--list")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    assert [name for name, _ in lines] == _NAMES
    assert all(about.count("(") == about.count(")") and len(about) > 20 for _, about in lines)
    assert listed.exit_code == 0


@pytest.mark.parametrize("name", _NAMES)
def test_a_copy_is_checked_like_the_original_and_its_tests_come_along(name: str, folder: Path) -> None:
    made = call("init", "--like", name)
    assert made.exit_code == 0
    assert made.stderr.endswith(f"next: mapper check mappings/{name}.yaml\n")
    original, copy = ROOT / f"mappings/{name}.yaml", folder / f"mappings/{name}.yaml"
    assert mapper.check_mapping(copy) == mapper.check_mapping(original)
    assert original.read_text("utf-8").endswith(copy.read_text("utf-8"))
    assert "yaml-language-server" not in copy.read_text("utf-8")
    assert call("check").exit_code == 0


def test_files_that_exist_are_left_alone_or_all_are_overwritten(folder: Path) -> None:
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml").exit_code == 0
    assert sorted(folder.rglob("*.yaml")) == [folder / "base/segment-spec.yaml", folder / "shop.yaml"]
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml").exit_code == 0  # nothing changes
    base = folder / "base/segment-spec.yaml"
    base.write_text("mine\n", "utf-8")
    (folder / "shop.yaml").unlink()
    refused = call("init", "--like", "segment-ecommerce", "-o", "shop.yaml")
    assert refused.exit_code == 2
    assert "base/segment-spec.yaml exists" in refused.stderr
    assert not (folder / "shop.yaml").exists()
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml", "--force").exit_code == 0
    assert base.read_text("utf-8") != "mine\n"
    assert call("check", "shop.yaml").exit_code == 0


def test_a_copy_can_go_to_stdout(folder: Path) -> None:
    written = call("init", "--like", "rudderstack", "-o", "-")
    assert "name: rudderstack\n" in written.stdout
    assert "it extends base/segment-spec.yaml" in written.stderr
    assert list(folder.iterdir()) == []


def test_a_misspelt_name_is_told_what_is_near() -> None:
    wrong = call("init", "--like", "shopfy-orders")
    assert (wrong.exit_code, "did you mean shopify-orders?" in wrong.stderr) == (2, True)
    assert "--list" in call("init", "--like", "x").stderr
    assert call("init").exit_code == 2


def test_an_installed_wheel_has_them_too(folder: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    environment = {**os.environ, "PYTHONPATH": str(folder / "installed")}

    def installed(*arguments: str) -> str:
        line = [sys.executable, "-P", "-m", "mapper", *arguments]
        run = subprocess.run(line, cwd=folder, env=environment, check=True, capture_output=True, text=True)
        return run.stdout

    code = "import mapper; print(mapper.__file__)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert found.stdout.startswith(str(folder))
    assert installed("init", "--list") == call("init", "--list").stdout
    installed("init", "--like", "segment-ecommerce")
    assert (folder / "mappings/base/segment-spec.yaml").is_file()
    assert installed("check") == ""
