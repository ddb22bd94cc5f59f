"""Each case file holds mistakes; its first lines say which code is found, and exactly where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from mapper import CODES, check_text
from mapper.cli.report import as_text

_CASES = sorted((Path(__file__).parent / "cases" / "diagnostics").glob("*.yaml"))
_EXPECTED = re.compile(r"^# (M\d{3}) (\d+):(\d+) (\d+):(\d+)$", re.MULTILINE)


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_a_case_gives_the_code_of_its_name_at_the_place_it_says(path: Path, snapshot: SnapshotAssertion) -> None:
    text = path.read_text(encoding="utf-8")
    found = check_text(text, path.name)
    places = [
        (one.code, *one.span.text.position(one.span.start), *one.span.text.position(one.span.end)) for one in found
    ]
    assert places == [(code, *map(int, numbers)) for code, *numbers in _EXPECTED.findall(text)]
    assert {one.code for one in found} == {path.name[:4]}
    assert as_text(found) == snapshot


def test_every_code_has_a_page() -> None:
    for code, row in CODES.items():
        assert re.fullmatch(r"M\d{3}", code)
        for text in (row.title, row.why, row.mend):
            assert text.strip(), code
