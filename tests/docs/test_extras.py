"""The extras that pages tell readers to install are those that the package has."""

from __future__ import annotations

import re
import tomllib

from tests.support.command import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_EXTRAS = set(_PROJECT["optional-dependencies"])
_INSTALLED = re.compile(r"<!-- install (\w+) -->")


def test_the_page_on_installing_lists_all_extras() -> None:
    page = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    table = page.partition("| extra | needed by |\n|---|---|\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == _EXTRAS


def test_pages_install_extras_that_there_are() -> None:
    named = {
        (page.name, extra)
        for page in (ROOT / "docs").rglob("*.md")
        for extra in _INSTALLED.findall(page.read_text(encoding="utf-8"))
    }
    assert {name for name, _ in named} >= {"serve.md", "kafka.md", "postgres.md", "arrow.md", "spark.md"}
    assert {(name, extra) for name, extra in named if extra not in _EXTRAS} == set()
