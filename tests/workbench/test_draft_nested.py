"""Drafts of streams of nested events: orders in lists, envelopes, national numbers, and what is not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import Outcome
from tests.generators.nested_streams import NESTED, stream
from tests.oracles.drafts import TARGET, drafted_stream, filled, score

# So many fields of all streams are found; a change may find more.
_FOUND = 215
_TRUTHS: dict[str, dict[str, Any]] = {name: one["truth"] for name, one in NESTED.items()}


def _outcomes(name: str, folder: Path) -> list[list[Outcome]]:
    """What the filled-in draft of a stream makes of each event."""
    file = folder / f"{name}.yaml"
    text = filled(drafted_stream(name), _TRUTHS[name])
    file.write_text(text.replace(f"source: {name}/events\n", ""), encoding="utf-8")
    assert [one for one in mapper.check_mapping(file) if one.severity == "error"] == []
    program = mapper.compile_mapping(file)
    return [[*program.apply(event)] for event in stream(name)]


def test_most_fields_of_nested_events_are_found() -> None:
    scores = [score(drafted_stream(name), truth) for name, truth in _TRUTHS.items()]
    assert sum(len(one.found) for one in scores) >= _FOUND


@pytest.mark.parametrize("name", NESTED)
def test_no_guess_of_nested_events_is_wrong(name: str) -> None:
    found = score(drafted_stream(name), _TRUTHS[name])
    assert (found.wrong, found.misnamed) == ((), ())


@pytest.mark.parametrize("name", NESTED)
def test_each_part_is_sent_with_an_id_of_its_own_and_an_event_without_parts_passes(
    name: str, tmp_path: Path
) -> None:
    of_events = _outcomes(name, tmp_path)
    outcomes = [one for of_event in of_events for one in of_event]
    assert [one.skip.reason for one in outcomes if one.skip is not None and "split" in one.skip.reason] == []
    assert [one.rejection for one in outcomes if one.rejection is not None] == []
    payloads = [one.payload for one in outcomes if one.payload is not None]
    ids = [payload["event_id"] for payload in payloads]
    assert len({*ids}) == len(ids) > len(outcomes) / 2
    valid = mapper.validator(TARGET)
    assert [valid(payload) for payload in payloads] == [[]] * len(payloads)
    assert [payload for payload in payloads if "ph" not in payload["user_data"]] == []
