"""The page on `mapper catalog` shows what its commands print, and its tables have all keys and columns."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.support.command import ROOT, call, git
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/catalog.md").read_text(encoding="utf-8")
_FILES = ("mappings/base/person.yaml", "mappings/web/shop.yaml", "mappings/till/sales.yaml")
_CALLS = (("catalog",), ("catalog", "--reads", "customer.phone"))
_CHANGES, _CHECK = ("catalog", "--against", "git:main"), ("catalog", "--check")


@pytest.fixture
def example(folder: Path) -> Path:
    """A folder with the files of the page."""
    texts = zip(_FILES, [*blocks(_PAGE, "yaml"), *blocks(_PAGE, "yml")], strict=True)
    for name, text in (*texts, ("schemas/shop/order.json", *blocks(_PAGE, "json"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _printed(example: Path) -> list[str]:
    printed = [call(*words).stdout for words in _CALLS]
    checked = call(*_CHECK).stdout
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    (change,) = blocks(_PAGE, "diff")
    for part in change.split("--- ")[1:]:
        name, was, now = part.splitlines()
        text = (example / name).read_text(encoding="utf-8")
        (example / name).write_text(text.replace(was[1:], now[1:]), encoding="utf-8")
    return [*printed, call(*_CHANGES).stdout, checked]


def test_the_commands_of_the_page_print_what_it_shows(example: Path) -> None:
    assert [*blocks(_PAGE, "text")] == _printed(example)
    shown = [text.strip() for text in blocks(_PAGE, "console")]
    assert shown == [f"$ mapper {' '.join(words)}" for words in _CALLS]


def test_the_tables_have_all_keys_and_columns(example: Path) -> None:
    told = json.loads(call("catalog", "--format", "json").stdout)
    keys = {*told, *told["mappings"][0], *told["mappings"][0]["rules"][0], *told["sources"][0]}
    rows = csv.reader(io.StringIO(call("catalog", "--format", "csv").stdout))
    formats = _PAGE.partition("## Formats")[2].partition("## Changes since a version")[0]
    named = {*re.findall(r"`(\w+)`", formats)}
    assert {*keys, *next(rows)} - named == set()
    changes = json.loads(call("catalog", "--against", "mappings", "--format", "json").stdout)
    assert {*changes} - {*re.findall(r"`(\w+)`", _PAGE.partition("## Changes since a version")[2])} == set()
