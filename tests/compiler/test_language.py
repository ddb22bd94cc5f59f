"""What each part of the language means, case by case."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mapper import Outcome, check_text, compile_text, validator
from tests.support.case_files import as_yaml, cases
from tests.support.depth import some

pytestmark = pytest.mark.quick

CASES = cases("language.yaml")
_COMMON: dict[str, Any] = {
    "action_source": {"const": "web"},
    "event_id": "fingerprint(@)",
    "event_time": "at",
    "user_data": {
        "client_ip_address": {"from": "ip", "default": "203.0.113.9"},
        "client_user_agent": {"from": "agent", "default": "Mozilla/5.0"},
        "external_id": "fingerprint(@)",
    },
}


def mapping_of(case: dict[str, Any]) -> str:
    """The case's mapping with the fields that the target asks of every payload, as YAML."""
    written = case["mapping"]
    whole = {
        "name": "case",
        "version": 1,
        "target": "pinterest/conversions-v5",
        "otherwise": {"send": "custom"},
    }
    whole |= written
    if "events" in written and "otherwise" not in written:
        del whole["otherwise"]
    payload = {**_COMMON, **written.get("payload", {})}
    payload["user_data"] = {**_COMMON["user_data"], **written.get("payload", {}).get("user_data", {})}
    whole["payload"] = payload
    return as_yaml(whole)


def _less(expected: Any, found: Any) -> Any:
    """What of `found` the expectation speaks of; null where a field is absent."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _less(part, found.get(key)) for key, part in expected.items()}
    return found


@pytest.mark.parametrize("case", some(CASES), ids=lambda case: case["name"])
def test_the_language_says(case: dict[str, Any]) -> None:
    assert [one for one in check_text(mapping_of(case)) if one.severity == "error"] == []
    event = {"at": 1777629600, **case["event"]}
    outcomes = compile_text(mapping_of(case)).apply(event, case.get("meta"))
    for outcome, expected in zip(outcomes, case.get("outcomes", [case]), strict=True):
        _check(outcome, expected)


@pytest.mark.parametrize("case", some(CASES), ids=lambda case: case["name"])
def test_what_is_said_of_an_event_names_the_place_of_its_rule(case: dict[str, Any]) -> None:
    text = mapping_of(case)
    for outcome in compile_text(text, "m.yaml").apply({"at": 1777629600, **case["event"]}, case.get("meta")):
        said = [*outcome.notes, *(outcome.rejection.reasons if outcome.rejection else ())]
        for path, place in ((one.path, one.place) for one in said):
            name, line, column = place.split(":")
            assert name == "m.yaml"
            around = _keys_around(text.splitlines(), int(line), int(column))
            for part in path.removeprefix("$").replace("[]", "").split("."):
                assert part in (*around, *_NOT_WRITTEN), (path, place, around)


_NOT_WRITTEN = ("event_name", "")  # an event's name stands behind `send`


def _keys_around(lines: list[str], line: int, column: int) -> list[str]:
    """The keys that a place of a mapping in block style stands behind, innermost first."""
    around: list[str] = []
    least = column
    for text in reversed(lines[:line]):
        key = re.match(r"((?:- | )*)'?([\w.]+)'?:", text)
        if key is not None and len(key[1]) < least:
            around.append(key[2])
            least = len(key[1])
    return around


def _check(outcome: Outcome, expected: dict[str, Any]) -> None:
    if "payload" in expected:
        assert outcome.payload is not None, outcome
        assert _less(expected["payload"], outcome.payload) == expected["payload"]
        assert validator("pinterest/conversions-v5")(outcome.payload) == []
    if "skip" in expected:
        assert outcome.skip is not None, outcome
        kind, name = outcome.skip.kind, outcome.skip.name.reveal()
        assert [kind, name if kind == "unmapped" else outcome.skip.reason] == expected["skip"]
    if "rejection" in expected:
        assert outcome.rejection is not None, outcome
        assert [reason.path for reason in outcome.rejection.reasons] == expected["rejection"]
    assert [note.path for note in outcome.notes] == expected.get("notes", [])
