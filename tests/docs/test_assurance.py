"""docs/assurance.md names commands and files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/assurance.md").read_text(encoding="utf-8")
_COMMANDS = sorted(set(re.findall(r"`make ([\w-]+)`", _PAGE)))
_PLACES = sorted(set(re.findall(r"`(?:sh )?((?:\.ci|docs|mappings|schemas|tests)/[\w./-]*)[ `]", _PAGE)))


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_of_the_page_is_one_of_make(command: str) -> None:
    assert re.search(rf"^{command}:", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("place", _PLACES)
def test_a_file_that_the_page_names_is_there(place: str) -> None:
    assert (_ROOT / place).exists()


def test_the_page_names_each_target_of_the_fuzzer() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", _PAGE, re.MULTILINE))
    assert told == {
        path.stem for path in (_ROOT / "tests/fuzz").glob("*.py") if "TARGET = " in path.read_text()
    }
