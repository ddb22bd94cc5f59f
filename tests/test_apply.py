"""What a program makes of any event: never an exception, never a change, and only payloads that validate."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapper import Outcome, Program, compile_mapping, validator
from tests.events import anything, broken_events

_MAPPINGS = Path(__file__).parents[1] / "mappings"
_SOURCES = {
    "segment-ecommerce": "segment",
    "ga4-server": "ga4_sgtm",
    "ga4-measurement-protocol": "ga4_measurement_protocol",
    "shopify-orders": "shopify",
    "woocommerce-orders": "woocommerce",
    "pinterest-tag": "pinterest_tag",
}
_PROGRAMS = {name: compile_mapping(_MAPPINGS / f"{name}.yaml") for name in _SOURCES}
_VALIDATE = validator("pinterest/conversions-v5")
_quick = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _check(program: Program, event: Any) -> None:
    before = copy.deepcopy(event)
    outcomes = program.apply(event)
    assert event == before
    assert outcomes if "frame.split" in program.code.text else len(outcomes) == 1
    for outcome in outcomes:
        _check_outcome(outcome)


def _check_outcome(outcome: Outcome) -> None:
    ends = (outcome.payload, outcome.skip, outcome.rejection)
    assert sum(end is not None for end in ends) == 1
    if outcome.payload is not None:
        assert _VALIDATE(outcome.payload) == []
    if outcome.rejection is not None:
        assert outcome.rejection.reasons
        for reason in outcome.rejection.reasons:
            assert not reason.message.startswith("internal error")


@pytest.mark.parametrize("name", _SOURCES)
def test_a_real_event_with_broken_values_gives_a_valid_payload_or_a_named_end(name: str) -> None:
    @_quick
    @given(event=broken_events(_SOURCES[name]))
    def holds(event: dict[str, Any]) -> None:
        _check(_PROGRAMS[name], event)

    holds()


@pytest.mark.parametrize("name", _SOURCES)
def test_any_json_gives_a_valid_payload_or_a_named_end(name: str) -> None:
    @_quick
    @given(
        event=st.one_of(anything, st.dictionaries(st.sampled_from(["event", "type", "properties"]), anything))
    )
    def holds(event: Any) -> None:
        _check(_PROGRAMS[name], event)

    holds()
