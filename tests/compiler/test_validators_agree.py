"""Golden payloads pass our schema and the official file; where that one is laxer, the reason is named.

`make crosscheck` asks the official client and Prism too.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.crosscheck.changes import COUNT, Changed, changed_payloads
from tests.crosscheck.verdicts import broken_by, official_verdict, reason_for
from tests.oracles.golden import golden_payloads, less_overlay
from tests.support.shared import shared

_FEWEST_PAYLOADS = 215
_FEWEST_FIELDS = 63
_FEWEST_REFUSED = {"ours": 130, "openapi": 70}


def _fields(value: Any, path: str = "") -> set[str]:
    if isinstance(value, list):
        return {found for element in value for found in _fields(element, f"{path}[]")}
    if isinstance(value, dict):
        below = {found for name, inner in value.items() for found in _fields(inner, f"{path}.{name}")}
        return below | {f"{path}.{name}" for name in value}
    return set()


def test_the_golden_payloads_are_as_many_as_ever_and_hold_as_many_fields() -> None:
    payloads = golden_payloads().values()
    assert len(payloads) >= _FEWEST_PAYLOADS
    assert len(set().union(*map(_fields, payloads))) >= _FEWEST_FIELDS


def test_every_golden_payload_is_valid_by_our_schema() -> None:
    broken = {name: broken_by(payload) for name, payload in golden_payloads().items()}
    assert {name: some for name, some in broken.items() if some} == {}


def test_every_golden_payload_less_the_overlay_is_valid_by_the_official_file() -> None:
    shared("pinterest/conversions.openapi.json")
    verdicts = {name: official_verdict(less_overlay(one)) for name, one in golden_payloads().items()}
    assert {name: verdict for name, verdict in verdicts.items() if verdict} == {}


def test_the_changed_payloads_are_the_same_every_time_and_mostly_wrong() -> None:
    changed = changed_payloads()
    assert len(changed) == COUNT
    assert changed == changed_payloads()
    assert sum(bool(broken_by(one.payload)) for one in changed) >= _FEWEST_REFUSED["ours"]


def test_what_the_official_file_refuses_our_schema_refuses_and_the_rest_has_a_reason() -> None:
    shared("pinterest/conversions.openapi.json")
    changed = changed_payloads()
    refused = [one for one in changed if official_verdict(one.payload)]
    assert len(refused) >= _FEWEST_REFUSED["openapi"]
    assert [_told(one) for one in refused if not broken_by(one.payload)] == []
    laxer = [one for one in changed if one not in refused and broken_by(one.payload)]
    assert [_told(one) for one in laxer if reason_for("openapi", broken_by(one.payload)) is None] == []


@pytest.mark.parametrize("validator", ["openapi", "client", "prism"])
def test_a_wrong_type_is_let_pass_for_no_reason(validator: str) -> None:
    assert reason_for(validator, [("event_time", "type")]) is None
    assert reason_for(validator, [("user_data.em", "minItems"), ("user_data.em", "type")]) is None


def _told(one: Changed) -> str:
    return f"{one.name}: {one.path} {one.change}: {broken_by(one.payload)}"
