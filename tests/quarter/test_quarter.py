"""`mapper serve` lives for a day and a half; by `make quarter` for a quarter. Nothing is lost or untold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quarter.life import Span, acts, live
from tests.quarter.telling import endless_states, lines_of, untold_acts


@pytest.mark.full
def test_nothing_is_lost_in_a_short_life_and_its_log_tells_all(tmp_path: Path) -> None:
    outcome, _ = live(tmp_path, Span(1.5, 400, 3_600, short=True))
    assert outcome.is_good, outcome.table()
    assert (outcome.kills, outcome.starts) == (1, 4)
    assert outcome.copies > 0
    lines = lines_of(tmp_path / "log")
    assert untold_acts(lines, acts(short=True)) == []
    assert list(endless_states(lines)) == []
