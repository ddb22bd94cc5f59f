"""Each case file holds mistakes; its first lines say which code is found, and exactly where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from mapper import CODES, check_text
from mapper.cli.codes_page import write_page
from mapper.cli.report import as_text

_CASES = sorted((Path(__file__).parent / "cases" / "diagnostics").glob("*.yaml"))
_EXPECTED = re.compile(r"^# (M\d{3}) (\d+):(\d+) (\d+):(\d+)$", re.MULTILINE)


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_a_case_gives_its_code_at_the_place_it_says(path: Path, snapshot: SnapshotAssertion) -> None:
    written = path.read_text(encoding="utf-8")
    code = path.name[:4]
    every = check_text(written, path.name)
    found = [one for one in every if one.severity != "advice" or one.code == code]
    spans = [(one.code, one.span.text, one.span.start, one.span.end) for one in found]
    places = [(code, *text.position(start), *text.position(end)) for code, text, start, end in spans]
    assert places == [(code, *map(int, numbers)) for code, *numbers in _EXPECTED.findall(written)]
    assert {one.code for one in found} == {code}
    assert as_text(found) == snapshot


def test_every_code_has_a_page() -> None:
    for code, row in CODES.items():
        assert re.fullmatch(r"M\d{3}", code)
        for text in (row.title, row.why, row.mend):
            assert text.strip(), code


def test_the_page_of_codes_is_the_one_that_the_table_makes() -> None:
    page = Path(__file__).parents[1] / "docs" / "diagnostics.md"
    assert page.read_text(encoding="utf-8") == write_page(), "make docs writes it anew"
