"""What a tired author does with patterns, tables, templates and the like, and what comes of doing as told.

Each mistake is seen by its code. Its fix, or what its hint says, gives a mapping that is right: it has no
mistake left, and its payload for the event is the one that was meant.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

import mapper
from mapper.diagnostic import Diagnostic, Fix
from mapper.fixing import edited
from tests.hints import proposals

_LIST: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/construct_mistakes.yaml").read_text("utf-8")
)
_HEAD = "version: 1\ntarget: pinterest/conversions-v5\n"
_PAYLOAD = """\
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  user_data: {em: email}
"""
_EVENT = {"id": "1", "at": 1777629600, "email": "a@b.co"}
_MOST_STEPS = 3


def _text_of(case: dict[str, Any]) -> str:
    """The mapping of a case. top: keys of the mapping; fields: those under `custom_data`."""
    fields = textwrap.indent(case["fields"], "    ")
    events = "" if "events:" in case.get("top", "") else "otherwise: {send: lead}\n"
    return f"{_HEAD}{case.get('top', '')}{_PAYLOAD}  custom_data:\n{fields}{events}"


def _found(text: str, case: dict[str, Any]) -> list[Diagnostic]:
    analysis = mapper.analyse(text, "shop.yaml", texts=case.get("files", {}))
    return [one for one in analysis.diagnostics if one.severity != "advice"]


def _payload(text: str, case: dict[str, Any]) -> Any:
    program = mapper.analyse(text, "shop.yaml", texts=case.get("files", {})).program
    outcome = program.apply({**_EVENT, **case["event"]})[0]
    return None if outcome.payload is None else outcome.payload.get("custom_data", {})


def _followed(text: str, case: dict[str, Any]) -> str:
    """The mapping after an author did as the diagnostics say, one after the other."""
    for step in range(_MOST_STEPS):
        found = _found(text, case)
        if not found:
            break
        told = next((one for one in found if one.code == case["code"]), found[0])
        said = case.get("follow", [])[step : step + 1]
        text = _by_hand(text, said[0], told) if said else _as_told(text, told, case)
    return text


def _by_hand(text: str, said: dict[str, str], told: Diagnostic) -> str:
    """One text in place of another, of which the hint says `said`: the author fills in the rest."""
    assert said["said"] in f"{told.message} {told.hint}", f"{told.message} | {told.hint}"
    assert said["old"] in text
    return text.replace(said["old"], said["new"], 1)


def _as_told(text: str, told: Diagnostic, case: dict[str, Any]) -> str:
    """By the first fix; without one by the first thing that the hint says to write and that is no mistake."""
    fix: Fix | None = next(iter(told.fixes), None)
    if fix is not None:
        return edited(text, fix.edits)
    made = [one for proposal in proposals(told, text) for one in proposal.texts]
    right = [one for one in made if not any(found.severity == "error" for found in _found(one, case))]
    assert right, f"nobody can follow {told.code} {told.message} | {told.hint}"
    return right[0]


@pytest.mark.parametrize("case", _LIST, ids=[one["mistake"] for one in _LIST])
def test_a_mistake_that_is_followed_to_the_letter_gives_a_right_mapping(case: dict[str, Any]) -> None:
    wrong = _text_of(case)
    assert case["code"] in {one.code for one in _found(wrong, case)}
    right = _followed(wrong, case)
    assert [f"{one.code} {one.message}" for one in _found(right, case)] == []
    assert _payload(right, case) == case["gives"]
