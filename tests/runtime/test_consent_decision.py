"""Consent is decided in one place: all forms, what is explained and what is sent follow the same decision."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mapper.authoring import analyse
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.runtime.consent_decision import (
    DECISIONS,
    consent_given,
    consent_given_or_limited,
    consent_lacking,
)
from mapper.runtime.frame import UNREADABLE, Frame
from mapper.values.types import Invalid, Json
from tests.compiler.test_language import mapping_of
from tests.support.depth import some

_ANSWERS: tuple[Json, ...] = (True, False, "yes", "opted_out", "no", None, "", "limited", "maybe", 7)
_WAYS = list(product(("all", "any"), (True, False), ("granted", "denied")))
# `strip` and `set` of a refusal, and `set` of an answer that is limited.
_SENT_WITHOUT = {"strip": ["custom_data.content_name"], "set": {"custom_data.opt_out_type": "LDP"}}
_LIMIT = {"set": {"custom_data.opt_out_type": "LDP"}}
_EVENT = {"id": 1, "at": 1777629600, "name": "a"}


@pytest.mark.parametrize(("combine", "grants", "missing"), _WAYS)
def test_the_fast_form_lacks_consent_where_the_careful_one_does(
    combine: str, grants: bool, missing: str
) -> None:
    for answers in (list(one) for count in (1, 2, 3) for one in product(_ANSWERS[:-3], repeat=count)):
        frame = Frame({}, (("consent", ""),))
        given = consent_given(answers, combine, grants, missing, frame, 0)
        assert frame.answer in DECISIONS
        try:
            lacking = consent_lacking(answers, combine, grants, missing)
        except Invalid:
            assert frame.notes
        else:
            assert lacking == ("" if given else f"consent {frame.answer}")


@pytest.mark.parametrize(("combine", "grants", "missing"), _WAYS)
def test_the_effect_of_a_decision_is_given_where_the_decision_is(
    combine: str, grants: bool, missing: str
) -> None:
    consent = PlannedConsent((), combine, grants, missing, None, (), "skip", (), 0)
    for answers in (list(one) for one in product((*_ANSWERS, UNREADABLE), repeat=2)):
        frame = Frame({}, (("consent", ""),))
        given = consent_given_or_limited(answers, combine, grants, missing, frame, 0)
        assert consent.effect(frame.answer).is_given == given


@pytest.mark.parametrize(
    ("combine", "missing", "denied", "limited"),
    some(list(product(("all", "any"), ("granted", "denied"), ("skip", _SENT_WITHOUT), ("skip", _LIMIT))), 6),
)
def test_what_is_sent_and_what_is_explained_have_the_effect_of_the_decision(
    combine: str, missing: str, denied: Any, limited: Any
) -> None:
    consent = {"granted": {combine: ["a", "b"]}, "when_missing": missing, "when_denied": denied}
    payload = {"custom_data": {"content_name": "name"}}
    mapping = {"payload": payload, "consent": {**consent, "when_limited": limited}}
    analysis = analyse(mapping_of({"mapping": mapping}))
    assert [one for one in analysis.diagnostics if one.severity == "error"] == []
    for a, b in product(_ANSWERS, repeat=2):
        trace = analysis.trace({**_EVENT, "a": a, "b": b})
        (outcome,), (table,) = trace.outcomes, trace.tables
        told = next(one.told for one in trace.decisions[0] if one.part == "consent")
        rows = {row.path: row.value for row in table.rows if row.value is not None}
        assert told.endswith("skipped") == (outcome.payload is None) == (not rows)
        if outcome.payload is not None:
            made = outcome.payload["custom_data"]
            sent = {f"custom_data.{name}": value for name, value in made.items()}
            assert sent == {path: value for path, value in rows.items() if path.startswith("custom_data.")}
            assert {one.path for one in trace.flows[0]} == {row.path for row in table.rows if row.value}
