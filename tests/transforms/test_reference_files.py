"""The files of codes and names: each says what is in it, where it is from, and of which version it is."""

from __future__ import annotations

from pathlib import Path

import pytest

import mapper.transforms.reference_files as reading
from mapper.transforms.reference_files import rows_of

_FILES = sorted((Path(reading.__file__).parent / "reference").iterdir())


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_file_says_its_source_and_version(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for word in ("source", "version"):
        said = [line for line in head if line.startswith(f"# {word}: ")]
        assert len(said) == 1, word


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_its_rows_have_no_blank_ends_and_are_there_once(path: Path) -> None:
    rows = rows_of(path.stem)
    assert rows
    assert all(row == row.strip() and row for row in rows)
    assert len({*rows}) == len(rows)
