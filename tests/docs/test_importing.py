"""The page on imports shows what its command writes and prints."""

from __future__ import annotations

from pathlib import Path

import mapper
from tests.support.command import ROOT, call
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/importing.md").read_text(encoding="utf-8")


def test_the_page_shows_what_an_import_writes_and_prints(folder: Path) -> None:
    (console,) = blocks(_PAGE, "console")
    (shown,) = blocks(_PAGE, "yaml")
    Path("destination.json").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")
    command, _, printed = console.partition("\n")
    ran = call(*command.removeprefix("$ mapper ").split())
    assert ran.stdout + ran.stderr == printed
    text = Path("mappings/destination.yaml").read_text(encoding="utf-8")
    assert shown in text
    assert {one.code for one in mapper.check_text(text) if one.severity == "error"} == {"M153"}
