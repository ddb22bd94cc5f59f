"""Each code's example: the first mapping has exactly its one mistake, the second is that one mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import CODES
from mapper.cli.code_example import found_in
from mapper.codes import difference, example
from tests.support.depth import some

pytestmark = pytest.mark.quick

_FOLDER = Path(__file__).parents[2] / "mapper" / "codes" / "examples"


def test_every_code_has_an_example_and_every_example_a_code() -> None:
    assert sorted(path.stem for path in _FOLDER.iterdir()) == sorted(CODES)


@pytest.mark.parametrize("code", some(CODES))
def test_an_example_shows_its_code_once_and_nothing_else(code: str, tmp_path: Path) -> None:
    shown = example(code)
    assert shown.wrong != shown.right, "make the mistake in the first mapping"
    found = found_in(shown, shown.wrong, tmp_path, CODES[code].found_by)
    # A finding that was accepted until yesterday counts beside what says so.
    expected = ["M902", code] if code == "M804" else [code]
    assert [one.code for one in found] == expected, [one.message for one in found]


@pytest.mark.parametrize("code", some(CODES))
def test_a_mended_example_is_silent(code: str, tmp_path: Path) -> None:
    shown = example(code)
    found = found_in(shown, shown.right, tmp_path, CODES[code].found_by)
    assert [f"{one.span.place} {one.code} {one.message}" for one in found] == []


def test_an_example_is_short() -> None:
    lines = {code: example(code).wrong.splitlines() for code in CODES}
    assert [code for code, one in lines.items() if len(one) > 20 or max(map(len, one)) > 110] == []


def test_the_two_mappings_of_an_example_differ_in_few_lines() -> None:
    assert [code for code in CODES if difference(example(code)).count("\n") > 6] == []
