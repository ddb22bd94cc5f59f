"""Mappings with a change or two are refused, with a reason and a place, or do as every mapping does."""

from __future__ import annotations

import copy
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError, Diagnostic, Outcome, Program, check_text, compile_text, validator
from mapper.texts.diagnostic import has_errors
from tests.generators.mutants import mutant
from tests.support.depth import seeds

_EVENTS = Path(__file__).parents[1] / "cases" / "events"
_VALIDATE = validator("pinterest/conversions-v5")
_IN_THE_SUITE = 300
_AT_ONCE = 20
_ODD: tuple[Any, ...] = (
    {},
    {
        "event": None,
        "type": [],
        "properties": {"products": [None, 1, {}, [[]]]},
        "": "",
        "__class__": {"a": 1},
    },
    {
        "event": "Order Completed",
        "type": "track",
        "messageId": 2**70,
        "timestamp": -1e300,
        "context": {"ip": "::"},
    },
    [],
    "text",
)


@cache
def _events() -> tuple[Any, ...]:
    real = (json.loads(path.read_bytes()) for path in sorted(_EVENTS.glob("*.json")))
    return (*_ODD, *real)


def _identifies(user: dict[str, Any]) -> bool:
    return bool(
        user.get("em")
        or user.get("hashed_maids")
        or (user.get("client_ip_address") and user.get("client_user_agent"))
    )


def check_outcome(outcome: Outcome) -> None:
    """One end, and one that may leave: what the destination takes, and knows a person by."""
    ends = (outcome.payload, outcome.skip, outcome.rejection)
    assert sum(end is not None for end in ends) == 1
    if outcome.payload is not None:
        assert _VALIDATE(outcome.payload) == []
        assert _identifies(outcome.payload["user_data"])
        json.dumps(outcome.payload, allow_nan=False, ensure_ascii=False).encode("utf-8")
    if outcome.rejection is not None:
        assert outcome.rejection.reasons
        for reason in outcome.rejection.reasons:
            assert not reason.message.startswith("internal error")


def check_event(program: Program, event: Any) -> None:
    """It is not changed, and comes to ends that may be."""
    before = copy.deepcopy(event)
    for outcome in program.apply(event):
        check_outcome(outcome)
    assert event == before


def _check_diagnostics(text: str, found: tuple[Diagnostic, ...]) -> None:
    for one in found:
        spans = [one.span, *(span for span, _ in one.related)]
        spans += [edit.span for fix in one.fixes for edit in fix.edits]
        for span in spans:
            assert span.text.content == text
            assert 0 <= span.start <= span.end <= len(text)
        assert one.message
        assert "\n" not in one.message


def _compiled(text: str) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """The program of a text; or the errors of what is none, or only a part of one."""
    try:
        return compile_text(text, "mutant.yaml"), ()
    except CompileError as error:
        return None, tuple(one for one in error.diagnostics if one.severity == "error")


def check_text_of(text: str) -> bool:
    """Whether a text compiles; in both cases everything that must hold of it does."""
    found = check_text(text, "mutant.yaml")
    _check_diagnostics(text, found)
    program, refused = _compiled(text)
    if program is None:
        assert has_errors(found) or {one.code for one in refused} == {"M033"}
        return False
    assert not has_errors(found)
    for event in _events():
        check_event(program, event)
    return True


@pytest.mark.parametrize("first", seeds(_IN_THE_SUITE // _AT_ONCE))
def test_a_mapping_with_a_change_is_refused_or_keeps_the_promise(first: int) -> None:
    for seed in range(first * _AT_ONCE, (first + 1) * _AT_ONCE):
        try:
            check_text_of(mutant(seed))
        except Exception as error:
            error.add_note(f"seed {seed} of tests/generators/mutants.py")
            raise


def test_the_changes_are_of_both_kinds() -> None:
    compiled = [check_text_of(mutant(seed)) for seed in range(1_000_000, 1_000_040)]
    assert 4 < sum(compiled) < 36


def _long_run(first: int, count: int) -> int:
    """As in the suite, over many seeds: `python -m tests.compiler.test_mutated_mappings FIRST COUNT`."""
    wrong = compiled = 0
    for seed in range(first, first + count):
        try:
            compiled += check_text_of(mutant(seed))
        except Exception as error:
            wrong += 1
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}", flush=True)
    print(f"{count} mappings, {compiled} compiled, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(_long_run(int(sys.argv[1]), int(sys.argv[2]))))
