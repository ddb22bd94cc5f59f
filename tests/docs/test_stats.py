"""The page on statistics shows what the command prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mapper
from tests.support.command import ROOT, call
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/stats.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    Path("shop.yaml").write_text(blocks(_PAGE, "yaml")[0], encoding="utf-8")
    Path("events.ndjson").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")


def test_the_commands_of_the_page_print_what_it_shows() -> None:
    whole, too_low = (
        line.removeprefix("$ mapper ").split() for line in "".join(blocks(_PAGE, "console")).splitlines()
    )
    first, second = blocks(_PAGE, "text")

    assert call(*whole).stdout == first
    failed = call(*too_low)
    assert (failed.exit_code, failed.stderr) == (1, second)


def test_the_commands_of_the_page_without_an_output_work() -> None:
    Path("monday.ndjson").write_bytes(Path("events.ndjson").read_bytes())
    Path("tuesday.ndjson").write_bytes(Path("events.ndjson").read_bytes())
    for line in "".join(blocks(_PAGE, "sh")).splitlines():
        command, _, output = line.removeprefix("mapper ").partition(" > ")
        done = call(*command.split())
        assert done.exit_code == 0, line
        if output:
            Path(output).write_text(done.stdout, encoding="utf-8")
    assert Path("stats.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_python_of_the_page_works(capsys: pytest.CaptureFixture[str]) -> None:
    events = [json.loads(line) for line in Path("events.ndjson").read_text(encoding="utf-8").splitlines()]
    exec("\n".join(blocks(_PAGE, "python")), {"events": events, "mapper": mapper})

    assert "custom_data.value 1 2\n" in capsys.readouterr().out
