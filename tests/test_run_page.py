"""The page on `mapper run` shows what its commands print."""

from __future__ import annotations

from pathlib import Path

from tests.command import call
from tests.pages import blocks

_PAGE = (Path(__file__).parents[1] / "docs/run.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    (block,) = blocks(_PAGE, language)
    return block


def test_the_command_of_the_page_prints_what_it_shows(folder: Path) -> None:
    Path("orders.csv").write_text(_block("csv"), encoding="utf-8")
    Path("orders.yaml").write_text(_block("yaml"), encoding="utf-8")
    ran = call(*_block("console").removeprefix("$ mapper ").split())
    assert (ran.exit_code, ran.stderr.partition("notes\n")[0]) == (0, _block("text"))
    assert len(Path("payloads.ndjson").read_bytes().splitlines()) == 2
