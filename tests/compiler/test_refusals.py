"""A refusal is never sent: a value that lets one pass is an error, and no other one is."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

import mapper
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.fixing import edited
from tests.generators.answers import ATTRIBUTES, random_consent
from tests.support.case_files import cases
from tests.support.depth import by_seed, seeds

_CASES: dict[str, list[dict[str, Any]]] = cases("refusals.yaml")
_EVENT = {"id": "e-1", "time": 1_777_629_600, "email": "jane@example.com", "url": "https://shop.example.com/"}
_REFUSING = (False, 0, "0", "no", "denied", "opted_out", "perhaps")
_OPTING_OUT = (True, 1, "1", "yes", "denied", "opted_out", "perhaps")
_MAPPING: dict[str, Any] = {
    "version": 1,
    "target": "pinterest/conversions-v5",
    "payload": {
        "action_source": {"const": "web"},
        "event_id": "id",
        "event_time": "time",
        "event_source_url": "url",
        "user_data": {"em": "email"},
    },
    "otherwise": {"send": "page_visit"},
}


def _mapping(case: dict[str, Any]) -> str:
    """The text of the mapping of a case, which JSON writes as YAML reads it."""
    beside = {key: value for key, value in case.items() if key in ("let", "functions")}
    given = {key: value for key, value in case.items() if key not in beside}
    if "opt_out" in given:
        beside["payload"] = {**_MAPPING["payload"], **given}
    else:
        beside["consent"] = {"when_missing": "granted", "when_denied": "skip", **given}
    return json.dumps({**_MAPPING, **beside}, indent=1)


def _refusals(text: str) -> list[Diagnostic]:
    return [one for one in mapper.check_text(text) if one.code == "M461"]


@pytest.mark.parametrize("case", _CASES["sent"], ids=json.dumps)
def test_a_value_that_lets_a_refusal_pass_is_an_error(case: dict[str, Any]) -> None:
    text = _mapping(case)
    found = _refusals(text)
    assert found
    for fix in found[0].fixes:
        assert not _refusals(edited(text, fix.edits)), fix.title


@pytest.mark.parametrize("case", _CASES["kept"], ids=json.dumps)
def test_a_value_that_lets_none_pass_is_no_error(case: dict[str, Any]) -> None:
    assert [one for one in mapper.check_text(_mapping(case)) if one.severity == "error"] == []


def _is_sent(program: mapper.Program, said: dict[str, Any]) -> bool:
    [outcome] = program.apply({**_EVENT, **said})
    return outcome.payload is not None


@pytest.mark.parametrize("seed", seeds(600, usual=150))
def test_no_event_is_sent_in_which_each_attribute_refuses(seed: int) -> None:
    """Of random answers: an attribute's yes is consent or a refusal, whichever is the safer one."""
    case = random_consent(by_seed(seed))
    text = json.dumps({**_MAPPING, **case}, indent=1)
    if has_errors(mapper.check_text(text)):
        return
    program = mapper.compile_text(text)
    read = [name for name in ATTRIBUTES if name in json.dumps(case)]
    meanings = product((_REFUSING, _OPTING_OUT), repeat=len(read))
    assert not read or any(
        not any(_is_sent(program, dict(zip(read, said, strict=True))) for said in product(*words))
        for words in meanings
    )
    if case["consent"]["when_missing"] == "denied" and read:
        assert not _is_sent(program, {})
