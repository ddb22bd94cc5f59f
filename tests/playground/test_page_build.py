"""The built page in the package is what its sources give, and every part of it has a licence."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "playground/page"
STATIC = ROOT / "mapper/playground/static"


def run(*command: str, cwd: Path) -> str:
    """What a command of npm prints where it fails."""
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_sources_give_the_same_bytes(tmp_path: Path) -> None:
    own = tmp_path / "playground/page"
    shutil.copytree(SOURCES, own, ignore=shutil.ignore_patterns("node_modules"))
    if said := run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=own):
        pytest.skip(f"npm cannot install what the page is built with: {said.strip().splitlines()[-1]}")
    assert run("npm", "run", "build", cwd=own) == ""
    built = tmp_path / "mapper/playground/static"
    files = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert files == {path.relative_to(STATIC) for path in STATIC.rglob("*") if path.is_file()}
    assert [
        str(path) for path in sorted(files) if (built / path).read_bytes() != (STATIC / path).read_bytes()
    ] == []


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def test_the_licence_of_each_package_in_the_page_is_beside_it() -> None:
    notices = (STATIC / "NOTICES.txt").read_text()
    for name in ("@codemirror/view", "@fontsource-variable/inter", "preact", "style-mod"):
        assert f"\n{name} " in notices
    assert "SIL OPEN FONT LICENSE" in notices.upper()


def test_the_page_loads_only_its_own_files_and_has_no_inline_code() -> None:
    index = (STATIC / "index.html").read_text()
    assert "<style" not in index
    assert "style=" not in index
    assert '<meta name="playground-token" content="">' in index
    assert "https:" not in index
    assert index.count("<script") == index.count('<script type="module" src="page.js">') == 1
