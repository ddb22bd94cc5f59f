"""Each code's example: the first mapping has exactly its one mistake, the second is that one mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import CODES, Diagnostic, check_mapping
from mapper.codes import Example, example

_FOLDER = Path(__file__).parents[1] / "mapper" / "codes" / "examples"


def _check(shown: Example, mapping: str, folder: Path) -> tuple[Diagnostic, ...]:
    for name, text in (*shown.beside, ("mapping.yaml", mapping)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return check_mapping(folder / "mapping.yaml")


def test_every_code_has_an_example_and_every_example_a_code() -> None:
    assert sorted(path.stem for path in _FOLDER.iterdir()) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_example_shows_its_code_once_and_nothing_else(code: str, tmp_path: Path) -> None:
    shown = example(code)
    found = _check(shown, shown.wrong, tmp_path)
    assert [one.code for one in found] == [code], [one.message for one in found]


@pytest.mark.parametrize("code", CODES)
def test_a_mended_example_is_silent(code: str, tmp_path: Path) -> None:
    shown = example(code)
    assert [
        f"{one.span.place} {one.code} {one.message}" for one in _check(shown, shown.right, tmp_path)
    ] == []


@pytest.mark.parametrize("code", CODES)
def test_an_example_is_short(code: str) -> None:
    shown = example(code)
    assert shown.wrong != shown.right
    assert len(shown.wrong.splitlines()) <= 20
    assert all(len(line) <= 110 for line in shown.wrong.splitlines())
