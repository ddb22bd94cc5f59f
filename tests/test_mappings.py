"""The ready mappings: silent in the compiler, and right on the events that sources really send."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from mapper import Outcome, Program, check_mapping, compile_mapping, validator
from mapper.compiler.case import Case
from mapper.compiler.mapping import read_mapping
from mapper.feeds import SourceEvent, read_events
from mapper.text import Text
from tests.shared import shared

ROOT = Path(__file__).parents[1]
MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))
EVENTS = sorted((ROOT / "tests/cases/events").glob("*.json"))
SHOP = ROOT / "playground/events/shop.ndjson"

# Which mapping takes the events of a file, by the beginning of its name.
MAPPING_OF = {
    "segment": "segment-ecommerce",
    "rudderstack": "segment-ecommerce",
    "ga4_sgtm": "ga4-server",
    "shopify": "shopify-orders",
    "woocommerce": "woocommerce-orders",
    "pinterest_tag": "pinterest-tag",
}

# A call of the tag as the browser makes it: the server adds when it was made, and by whom.
ADDED_BY_THE_SERVER = {
    "pinterest_tag_pintrk_checkout": {"time": 1710316583, "ip": "203.0.113.24", "user_agent": "Mozilla/5.0"}
}


@cache
def _program(name: str) -> Program:
    return compile_mapping(ROOT / f"mappings/{name}.yaml")


@cache
def _breaches() -> Callable[[Any], list[tuple[str, str]]]:
    return validator("pinterest/conversions-v5")


def _only(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def _apply(file: Path) -> Outcome:
    mapping = next(name for start, name in MAPPING_OF.items() if file.stem.startswith(start))
    event = json.loads(file.read_bytes()) | ADDED_BY_THE_SERVER.get(file.stem, {})
    return _only(_program(mapping).apply(event))


def _shop_outcomes() -> list[tuple[int, Outcome]]:
    with SHOP.open("rb") as file:
        fed = list(read_events(file, name=SHOP.name))
    program = _program("segment-ecommerce")
    return [(one.line, _only(program.apply(one.event))) for one in fed if isinstance(one, SourceEvent)]


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_ready_mapping_compiles_without_any_diagnostic(path: Path) -> None:
    assert [f"{found.span.place} {found.code} {found.message}" for found in check_mapping(path)] == []


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_ready_mapping_compiles_to_the_same_code_every_time(path: Path) -> None:
    assert compile_mapping(path).code.text == compile_mapping(path).code.text


@pytest.mark.parametrize("file", EVENTS, ids=lambda path: path.stem)
def test_an_event_of_a_source_gives_a_valid_payload_or_a_named_skip(
    file: Path, snapshot: SnapshotAssertion
) -> None:
    outcome = _apply(file)
    assert outcome.rejection is None
    if outcome.payload is not None:
        assert _breaches()(outcome.payload) == []
    assert (outcome.payload or (outcome.skip and outcome.skip.reason)) == snapshot


@pytest.mark.parametrize("file", EVENTS, ids=lambda path: path.stem)
def test_a_payload_is_valid_by_the_official_file_too(file: Path) -> None:
    document = json.loads(shared("pinterest/conversions.openapi.json").read_bytes())
    schema = {"$ref": "#/components/schemas/ConversionEvents", "components": document["components"]}
    payload = _apply(file).payload
    if payload is not None:
        Draft202012Validator(schema).validate({"data": [payload]})


def test_every_payload_of_the_sample_shop_is_valid() -> None:
    payloads = [(line, outcome.payload) for line, outcome in _shop_outcomes() if outcome.payload]
    assert len(payloads) >= 35
    assert [(line, _breaches()(payload)) for line, payload in payloads if _breaches()(payload)] == []


def test_the_sample_shop_ends_as_it_did(snapshot: SnapshotAssertion) -> None:
    assert [_described(line, outcome) for line, outcome in _shop_outcomes()] == snapshot


def _described(line: int, outcome: Outcome) -> dict[str, Any]:
    """A whole outcome, less the places of its rules: they move with every edit of a mapping."""
    described: dict[str, Any] = {"line": line}
    if outcome.payload:
        described["payload"] = outcome.payload
    if outcome.skip:
        described["skip"] = f"{outcome.skip.kind}: {outcome.skip.reason}"
    if outcome.rejection:
        described["rejection"] = [f"{reason.path}: {reason.message}" for reason in outcome.rejection.reasons]
    notes = [f"{note.kind} {note.path}: {note.message}" for note in outcome.notes if note.kind != "missing"]
    if notes:
        described["notes"] = notes
    return described


def _own_tests() -> list[Any]:
    found: list[Any] = []
    cases = []
    for path in MAPPINGS:
        mapping = read_mapping(Text(path.name, path.read_text(encoding="utf-8")), found)
        assert mapping is not None
        cases += [pytest.param(path.stem, case, id=f"{path.stem}: {case.name}") for case in mapping.tests]
    return cases


@pytest.mark.parametrize(("mapping", "case"), _own_tests())
def test_the_tests_that_stand_in_a_ready_mapping_hold(mapping: str, case: Case) -> None:
    assert isinstance(case.given, dict)
    outcome = _only(_program(mapping).apply(case.given))
    if case.expect_skip is not None:
        assert outcome.skip is not None
        assert case.expect_skip in (outcome.skip.kind, outcome.skip.reason)
    elif case.expect_rejection is not None:
        assert outcome.rejection is not None
        assert [reason.path for reason in outcome.rejection.reasons] == case.expect_rejection
    else:
        assert outcome.rejection is None
        assert _as_expected(outcome.payload, case.expect) == case.expect


def _as_expected(value: Any, expected: Any) -> Any:
    """The part of a value that a test speaks of: of objects only the fields it names."""
    if isinstance(value, dict) and isinstance(expected, dict):
        return {name: _as_expected(value.get(name), inner) for name, inner in expected.items()}
    if isinstance(value, list) and isinstance(expected, list) and len(value) == len(expected):
        return [_as_expected(one, inner) for one, inner in zip(value, expected, strict=True)]
    return value
