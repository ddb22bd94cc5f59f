"""Each fix repairs its diagnostic, brings no new error, and leaves everything around it as it is."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from mapper import check_text
from mapper.diagnostic import Diagnostic, Edit, Fix
from tests.hints import is_left_to_decide

_FOLDER = Path(__file__).parents[1] / "cases" / "diagnostics"
_CASES = sorted(path.name for path in _FOLDER.glob("*.yaml"))


def _applied(content: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda one: one.span.start, reverse=True):
        content = content[: edit.span.start] + edit.replacement + content[edit.span.end :]
    return content


def _check(content: str) -> tuple[Diagnostic, ...]:
    return check_text(content, "case.yaml", beside=_FOLDER / "case.yaml")


def _counted(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.message) for one in found)


@pytest.mark.parametrize("name", _CASES, ids=lambda name: name.removesuffix(".yaml"))
def test_a_fix_takes_its_diagnostic_away_and_brings_no_new_error(name: str) -> None:
    content = (_FOLDER / name).read_bytes().decode("utf-8")
    before = _check(content)
    for found in before:
        for fix in found.fixes:
            if any(edit.span.text.content != content for edit in fix.edits):
                continue  # it changes a file that this one extends
            after = _check(_applied(content, fix.edits))
            key = (found.code, found.message)
            assert _counted(after)[key] < _counted(before)[key], fix
            left = [one for one in after if is_left_to_decide(one, [edit.replacement for edit in fix.edits])]
            assert not (left and fix.safe), fix
            errors = [one for one in after if one.severity == "error" and one not in left]
            new = [one for one in errors if _could_be_found(one, found)]
            assert not _counted(tuple(new)) - _counted(before), fix


def _could_be_found(error: Diagnostic, before: Diagnostic) -> bool:
    """Whether an error could be found before: nothing is checked of what could not be read."""
    unread = before.code.startswith("M1") or before.code == "M306"
    return not (unread and error.code[:2] in ("M2", "M3"))


def test_edits_of_a_fix_do_not_overlap() -> None:
    for name in _CASES:
        for found in _check((_FOLDER / name).read_bytes().decode("utf-8")):
            for fix in found.fixes:
                _assert_apart(fix)


def _assert_apart(fix: Fix) -> None:
    ends = [(edit.span.start, edit.span.end) for edit in fix.edits]
    assert ends == sorted(ends)
    for (_, end), (start, _) in itertools.pairwise(ends):
        assert end <= start, fix
