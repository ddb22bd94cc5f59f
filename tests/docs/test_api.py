"""The page about Python is made of the docstrings there are, and its examples print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mapper
from tests.support.made_pages.api_page import write_page

_PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def test_the_page_is_that_of_the_docstrings() -> None:
    assert _PAGE.read_text(encoding="utf-8") == write_page(), "run `make docs`"


def test_the_page_has_all_names_of_the_front_door() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### (\w+)$", page, re.MULTILINE)) == sorted(mapper.__all__)


def test_the_examples_print_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    examples = _EXAMPLE.findall(_PAGE.read_text(encoding="utf-8"))
    assert len(examples) >= 5
    for code, printed in examples:
        exec(compile(code, "docs/api.md", "exec"), names)
        assert capsys.readouterr().out == printed
