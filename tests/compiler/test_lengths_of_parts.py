"""The length of a part of a pattern, in other words than a pattern has: the hint keeps it."""

from __future__ import annotations

import pytest

from mapper import check_text

_MAPPING = (
    "version: 1\ntarget: pinterest/conversions-v5\n"
    "payload: {{event_id: {{from: a, apply: {{extract: '{}'}}}}}}\notherwise: {{send: checkout}}\n"
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{a:digits  4}", "{a:digits 4}"),
        ("{a:digits 4,6}", "{a:digits 4-6}"),
        ("{a:digits 4 - 6}", "{a:digits 4-6}"),
        ("{a:digits 2–3}", "{a:digits 2-3}"),  # noqa: RUF001 # a dash that spreadsheets write
        ("{a:digits 6-4}", "{a:digits 4-6}"),
        ("{a:digits(4)}", "{a:digits 4}"),
        ("{a:[A-Z]2}", "{a:[A-Z] 2}"),
        ("{a:digits 4+}", "{a:digits}"),
        ("{a:[A-Z]+}", "{a:[A-Z]}"),
        ("{a:digits 600}", "{a:digits}"),
    ],
)
def test_a_length_in_other_words_is_kept(written: str, meant: str) -> None:
    (found,) = (one for one in check_text(_MAPPING.format(written)) if one.code == "M140")
    assert found.hint == f"write `'{meant}'`"


@pytest.mark.parametrize("written", ["{a:[}", "{a:[ 2}", "x{a:[}y"])
def test_a_bracket_alone_is_no_set(written: str) -> None:
    (found,) = (one for one in check_text(_MAPPING.format(written)) if one.code == "M140")
    assert found.message == "a set of characters has at least one, and ends with `]`"
