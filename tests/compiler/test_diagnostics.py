"""Each case file holds mistakes; its first lines say which codes are found, and exactly where.

Advice of other codes than the file's own is left out: a case is no mapping for use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from mapper import CODES
from mapper.cli.code_example import found_by_all
from mapper.cli.report import as_text
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from tests.support.depth import some
from tests.support.made_pages.codes_page import write_page

pytestmark = pytest.mark.quick

_FOLDER = Path(__file__).parents[1] / "cases" / "diagnostics"
# In `project`, which has schemas of its own, mistakes of those.
_CASES = sorted(
    path.relative_to(_FOLDER).as_posix()
    for path in (*_FOLDER.glob("*.yaml"), *(_FOLDER / "project").glob("*.yaml"))
)
_EXPECTED = re.compile(r"^# (M\d{3}) (\d+):(\d+) (\d+):(\d+)\r?$", re.MULTILINE)
_SEVERAL = "several"


@pytest.mark.parametrize("name", some(_CASES), ids=lambda name: name.removesuffix(".yaml"))
def test_a_case_gives_its_code_at_the_place_it_says_and_tells_an_editor_the_fixes(
    name: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _FOLDER / name
    monkeypatch.chdir(path.parent)
    name = path.name
    written = Path(name).read_bytes().decode("utf-8")
    found = [one for one in found_by_all(name) if one.severity != "advice" or one.code == name[:4]]
    spans = [(one.code, one.span.text, one.span.start, one.span.end) for one in found]
    places = [(code, *text.position(start), *text.position(end)) for code, text, start, end in spans]
    assert places == [(code, *map(int, numbers)) for code, *numbers in _EXPECTED.findall(written)]
    assert {one.code for one in found} == {name[:4]} or (name.startswith(_SEVERAL) and len(found) > 1)
    assert as_text(found) + "".join(f"{line}\n" for one in found for line in _told(one)) == snapshot


def _told(found: Diagnostic) -> Iterator[str]:
    """What a person does not see: one line for the path, and for each related place, fix and edit."""
    yield f"{found.span.place} {found.code} {found.path or '(no path)'}"
    for span, why in found.related:
        yield f"  see {_where(span)}: {why}"
    for fix in found.fixes:
        yield f"  {'safe' if fix.safe else 'guess'}: {fix.title}"
        for edit in fix.edits:
            yield f"    {_where(edit.span)} -> {edit.replacement!r}"


def _where(span: Span) -> str:
    (line, column), (last, end) = (span.text.position(at) for at in (span.start, span.end))
    return f"{span.text.name}:{line}:{column}-{last}:{end}"


def test_every_code_has_a_case() -> None:
    names = {Path(case).name for case in _CASES}
    # Those of policies (M8) are in tests/cases/policy_mistakes.yaml.
    codes = [code for code in sorted(CODES) if code[:2] != "M8"]
    assert sorted({name[:4] for name in names if not name.startswith(_SEVERAL)}) == codes


def test_every_code_has_a_page() -> None:
    for code, row in CODES.items():
        assert re.fullmatch(r"M\d{3}", code)
        for text in (row.title, row.why, row.fix):
            assert text.strip(), code
            assert "TODO" not in text, code


def test_the_page_of_codes_is_the_one_that_the_table_makes() -> None:
    page = Path(__file__).parents[2] / "docs" / "diagnostics.md"
    assert page.read_text(encoding="utf-8") == write_page(), "make docs writes it anew"
