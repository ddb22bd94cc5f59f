"""The page on statistics shows what the command prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mapper
from tests.pages import blocks

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/stats.md").read_text(encoding="utf-8")


def _mapper(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the page, its output no terminal."""
    command = [sys.executable, "-m", "mapper", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    Path("shop.yaml").write_text(blocks(_PAGE, "yaml")[0], encoding="utf-8")
    Path("events.ndjson").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")


def test_the_commands_of_the_page_print_what_it_shows() -> None:
    whole, too_low = (
        line.removeprefix("$ mapper ").split() for line in "".join(blocks(_PAGE, "console")).splitlines()
    )
    first, second = blocks(_PAGE, "text")

    assert _mapper(*whole).stdout == first
    failed = _mapper(*too_low)
    assert (failed.returncode, failed.stderr) == (1, second)


def test_the_commands_of_the_page_without_an_output_work() -> None:
    Path("monday.ndjson").write_bytes(Path("events.ndjson").read_bytes())
    Path("tuesday.ndjson").write_bytes(Path("events.ndjson").read_bytes())
    for line in "".join(blocks(_PAGE, "sh")).splitlines():
        command, _, output = line.removeprefix("mapper ").partition(" > ")
        done = _mapper(*command.split())
        assert done.returncode == 0, line
        if output:
            Path(output).write_text(done.stdout, encoding="utf-8")
    assert Path("stats.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_python_of_the_page_works(capsys: pytest.CaptureFixture[str]) -> None:
    events = [json.loads(line) for line in Path("events.ndjson").read_text(encoding="utf-8").splitlines()]
    exec("\n".join(blocks(_PAGE, "python")), {"events": events, "mapper": mapper})

    assert "custom_data.value 1 2\n" in capsys.readouterr().out
