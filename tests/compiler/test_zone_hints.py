"""A zone that is proposed in place of an unknown one has the offset that was written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mapper import Diagnostic, check_text
from mapper.texts.fixing import edited

pytestmark = pytest.mark.quick

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: {}
  event_source_url: url
  user_data: {{em: email}}
otherwise: {{send: page_visit}}
"""
_STEP = "{{from: at, apply: {{timestamp: {{zone: {}}}}}}}"
_CALL = "\"timestamp(at, '{}')\""
# As people write an offset, and the minutes that it is east of UTC.
_OFFSETS = {
    "UTC+1": 60,
    "UTC-5": -300,
    "utc+1": 60,
    "UTC +2": 120,
    "UTC + 2": 120,
    "UTC+01:00": 60,
    "UTC+0100": 60,
    "UTC+5:30": 330,
    "UTC\u22123": -180,
    "GMT+2": 120,
    "GMT-8": -480,
    "GMT+10": 600,
    "Z+1": 60,
    "+1": 60,
    "-3:30": -210,
    "+1:00": 60,
}
# A number after an abbreviation is an offset for some, and the opposite of one for POSIX.
_UNCLEAR = (
    "CET+1",
    "CET-1",
    "CEST+2",
    "EST-5",
    "PST8",
    "IST+5:30",
    "UTC1",
    "UTC+1h",
    "GMT+25",
    "UTC+1 Berlin",
)
_ABBREVIATIONS = (
    "PST",
    "CST",
    "IST",
    "BST",
    "JST",
    "AEST",
    "CEST",
    "EDT",
    "PDT",
    "MSK",
    "BRT",
    "SGT",
    "HKT",
    "MEZ",
)


def _found(rule: str) -> tuple[str, Diagnostic]:
    text = _MAPPING.format(rule)
    (found,) = [one for one in check_text(text) if one.severity == "error"]
    return text, found


def _minutes(zone: str) -> float:
    number = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", zone)
    if number:
        return int(f"{number[1]}1") * (60 * int(number[2]) + int(number[3]))
    offset = ZoneInfo(zone).utcoffset(datetime(2026, 1, 1, tzinfo=UTC))
    return (offset or timedelta()).total_seconds() / 60


@pytest.mark.parametrize("form", [_STEP, _CALL], ids=["step", "call"])
@pytest.mark.parametrize("written", _OFFSETS)
def test_an_offset_is_proposed_as_it_is_written_here(written: str, form: str) -> None:
    text, found = _found(form.format(written))
    proposed = re.search(r"did you mean `'?([^`']+)'?`", found.hint or "")
    assert proposed is not None, found.hint
    assert _minutes(proposed[1]) == _OFFSETS[written]
    for fix in found.fixes:
        assert [one for one in check_text(edited(text, fix.edits)) if one.severity == "error"] == []


@pytest.mark.parametrize("form", [_STEP, _CALL], ids=["step", "call"])
@pytest.mark.parametrize("written", [*_UNCLEAR, *_ABBREVIATIONS])
def test_no_zone_is_proposed_of_which_the_offset_is_not_known(written: str, form: str) -> None:
    _, found = _found(form.format(written))
    assert "did you mean" not in (found.hint or "")
    assert found.fixes == ()
