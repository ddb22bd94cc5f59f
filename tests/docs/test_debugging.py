"""The page on missing values shows what the commands print, and its mends mend."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import blocks

_PAGE = (Path(__file__).parents[2] / "docs/debugging.md").read_text(encoding="utf-8")


def _mapper(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the page, its output no terminal."""
    command = [sys.executable, "-m", "mapper", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


@pytest.fixture
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's mapping, in a folder with its files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    mapping, heir = blocks(_PAGE, "yaml")
    Path(".git").mkdir()
    Path("outlet.yaml").write_text(heir, encoding="utf-8")
    Path("shop.yaml").write_text(mapping, encoding="utf-8")
    Path("orders.ndjson").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")
    return mapping


def test_the_commands_of_the_page_print_what_it_shows(mapping: str) -> None:
    run, *explain = (
        line.removeprefix("$ mapper ").split() for line in "".join(blocks(_PAGE, "console")).splitlines()
    )
    assert [_mapper(*run).stderr, *(_mapper(*one).stdout for one in explain)] == blocks(_PAGE, "text")


def test_the_keys_of_the_effective_mapping_are_those_of_the_table(mapping: str) -> None:
    said = json.loads(_mapper("explain", "outlet.yaml", "--effective", "--format", "json").stdout)
    table = _PAGE[_PAGE.index("| key | what it is |") :]
    assert [*said] == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    inner = {
        name: set(re.findall(r"`(\w+)`", line))
        for name in said
        for line in table.splitlines()
        if line.startswith(f"| `{name}`")
    }
    assert {*said["lines"][0]} <= inner["lines"]
    assert {*said["taken_away"][0]} <= inner["taken_away"]


def test_the_mends_of_the_page_give_each_value(mapping: str) -> None:
    mended = (
        mapping.replace("order.number", "number")
        .replace("value: total", 'value: {from: total, apply: {decimal: {point: ","}}}')
        .replace("(price, currency)", "(price, $event.currency)")
    )
    Path("shop.yaml").write_text(mended, encoding="utf-8")
    payloads = [
        json.loads(line)["custom_data"]
        for line in _mapper("run", "shop.yaml", "orders.ndjson").stdout.splitlines()
    ]
    assert [(one["value"], one["order_id"]) for one in payloads] == [("12.5", "A-1"), ("20", "A-2")]
    assert [item["item_price"] for item in payloads[1]["contents"]] == ["12.5", "7.5"]
