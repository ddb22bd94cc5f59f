"""The page on `schema from` shows what it prints, and names the forms that are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call
from tests.support.pages import blocks

_PAGE = (Path(__file__).parents[2] / "docs/schema-from.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", blocks(_PAGE, "console"))
def test_the_example_is_what_the_command_prints(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("returns.json").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")
    command, _, printed = shown.partition("\n")
    ran = call(*command.removeprefix("$ mapper ").split())
    assert ran.stdout + ran.stderr == printed


def test_the_schema_of_the_example_has_the_marks_that_the_page_speaks_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("returns.json").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")
    schema = json.loads(call("schema", "from", "returns.json", "Return").stdout)
    marked = {name: one.get("x-personal") for name, one in schema["$defs"]["Party"]["properties"].items()}
    assert marked == {"name": True, "email": True}
    assert schema["properties"]["amount"] == {"type": ["number", "null"]}
