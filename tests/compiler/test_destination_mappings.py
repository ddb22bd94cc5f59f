"""The mappings to all destinations: silent, right by their tests, the same in all forms of the program."""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mapper import check_mapping, validator
from tests.compiler.test_interpreter import Given, Subject, compiled
from tests.generators.altered import altered, anything
from tests.support.case_files import of_yaml
from tests.support.command import call
from tests.support.depth import seeds
from tests.support.destinations import FOLDER, OWN, mapping_of, service_of
from tests.support.events import paths_of
from tests.support.mapping_tests import assert_hold

pytestmark = pytest.mark.quick
every = pytest.mark.parametrize("name", OWN)
# What says that something must be there, so that a schema without it takes what lacks it.
_REQUIRING = frozenset({"required", "anyOf", "allOf", "if", "then"})


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / name / "events-v1.json").read_text("utf-8"))
    return schema


def _lenient(part: Any) -> Any:
    """A schema that requires nothing."""
    if isinstance(part, list):
        return [_lenient(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {name: _lenient(one) for name, one in value.items()} if key == "properties" else _lenient(value)
        for key, value in part.items()
        if key not in _REQUIRING and key != "x-delivery"
    }


@cache
def _subject(name: str) -> Subject:
    path = mapping_of(name)
    given: list[Given] = [(one["given"], None) for one in _tests(path)] or [(_order(), None)]
    return compiled(path.read_text("utf-8"), name, given, path)


def _order() -> dict[str, Any]:
    order: dict[str, Any] = of_yaml((FOLDER / "event.yaml").read_text("utf-8"))
    return {**order, "messageId": "m-1", "timestamp": "2026-05-01T10:00:00Z"}


def _tests(path: Path) -> list[dict[str, Any]]:
    """The tests of a mapping, with the events that they build on."""
    mapping = of_yaml(path.read_text("utf-8"))
    bases = mapping.get("bases", {})
    return [
        {**one, "given": {**bases.get(one["given"].get("base"), {}), **one["given"]}}
        for one in mapping.get("tests", ())
    ]


@every
def test_a_mapping_is_silent_and_its_tests_hold(name: str) -> None:
    path = mapping_of(name)
    assert [f"{one.span.place} {one.code} {one.message}" for one in check_mapping(path)] == []
    if _tests(path):
        assert_hold(path)


def test_the_destinations_of_real_services_have_tests_of_sent_and_rejected_events() -> None:
    for name in ("linkedin", "meta", "tiktok"):
        outcomes = [one["expect"].keys() & {"reject", "skip"} for one in _tests(mapping_of(name))]
        assert {frozenset(), frozenset({"reject"}), frozenset({"skip"})} <= set(map(frozenset, outcomes))


@every
def test_all_forms_of_the_program_do_what_the_mapping_says(name: str) -> None:
    subject = _subject(name)
    for event, meta in subject.events:
        subject.hold(event, meta)
    for seed in seeds(60):
        subject.compare(seed)


@every
def test_an_event_is_sent_if_and_only_if_its_payload_is_valid_by_jsonschema(
    name: str, tmp_path: Path
) -> None:
    """A target that requires nothing says what the payload of a rejected event would be."""
    path, schema = mapping_of(name), _schema(name)
    judge, subject = Draft202012Validator(schema), _subject(name)
    (tmp_path / "schemas" / name).mkdir(parents=True)
    (tmp_path / "schemas" / name / "events-v1.json").write_text(json.dumps(_lenient(schema)), "utf-8")
    (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    lenient = compiled(path.read_text("utf-8"), name, [], tmp_path / path.name).program
    sent = compared = 0
    for seed in seeds(300):
        dice = random.Random(f"{name} {seed}")
        event = altered(dice.choice(subject.events)[0], dice)
        for strict, free in zip(subject.program.apply(event), lenient.apply(event), strict=True):
            sent += strict.payload is not None
            if strict.payload is not None:
                assert judge.is_valid(strict.payload), (event, strict.payload)
            elif free.payload is not None:
                assert not judge.is_valid(free.payload), (event, free.payload)
                compared += 1
    assert min(sent, compared) > 0


@every
def test_the_validator_of_payloads_gives_the_verdict_of_jsonschema(name: str) -> None:
    schema = _schema(name)
    judge, ours = Draft202012Validator(schema), validator(service_of(name)["schema"], schemas=FOLDER)
    payloads = [
        one.payload for event, _ in _subject(name).events for one in _subject(name).program.apply(event)
    ]
    verdicts = set()
    for seed in seeds(200):
        dice = random.Random(f"{name} {seed}")
        payload = copy.deepcopy(dice.choice([one for one in payloads if one is not None]))
        for _ in range(dice.randrange(3)):
            _change(payload, dice)
        is_valid = judge.is_valid(payload)
        assert (ours(payload) == []) == is_valid, payload
        verdicts.add(is_valid)
    assert verdicts == {True, False}


def _change(payload: Any, dice: random.Random) -> None:
    *above, last = dice.choice(paths_of(payload) or [("event_id",)])
    for key in above:
        payload = payload[key]
    if dice.random() < 0.5 and last in (payload if isinstance(payload, dict) else range(len(payload))):
        del payload[last]
    else:
        payload[last] = anything(dice, 1)


@every
def test_editors_and_explain_know_the_target(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mapping_of(name)
    monkeypatch.chdir(path.parent)
    shown = call("schema", "mapping", service_of(name)["schema"])
    assert shown.exit_code == 0, shown.output
    Draft202012Validator(json.loads(shown.stdout)).validate(of_yaml(path.read_text("utf-8")))
    (path.parent / "one.ndjson").write_text(json.dumps(_order()) + "\n", "utf-8")
    for words in (("explain", path.name), ("explain", path.name, "one.ndjson:1")):
        ran = call(*words)
        assert ran.exit_code == 0, ran.output
        assert "jane@example.com" not in ran.output.lower()
