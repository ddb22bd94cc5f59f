"""Answers about consent that samples show to be neither yes nor no, and what the hint makes of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

import mapper
from mapper import authoring
from mapper.values.types import Json
from tests.compiler.test_sample_shares import EVENT, START

_CONSENT = (
    "consent: {{granted: {}, when_missing: denied, when_denied: skip}}\notherwise: {{send: page_visit}}\n"
)


def _hints(granted: str, answers: Sequence[Json]) -> list[str | None]:
    """The hints of what is told of an answer about consent."""
    text = START + _CONSENT.format(granted)
    samples = authoring.source_schema([{**EVENT, "ads": answer} for answer in answers for _ in range(10)])
    found = mapper.check_text(text, samples=samples)
    return [one.hint for one in found if one.code == "M607" and one.message.startswith("consent")]


@pytest.mark.parametrize(
    ("answers", "reader"),
    [
        (["C0001:1,C0004:1", "C0001:1,C0004:0"], "{onetrust: C0004}"),
        ([",C0001,C0004,", ",C0001,"], "{onetrust: C0004}"),
        (["1YNN", "1YYN"], "us_privacy"),
        (["11r1r1r1r5", "11q1q1q1q5"], "google_consent"),
    ],
)
def test_what_a_platform_writes_has_a_hint_that_reads_it(answers: list[str], reader: str) -> None:
    [hint] = _hints("ads", answers)
    assert hint == f"read it with `apply: {reader}`"
    followed = re.findall(r"`apply: (.*)`", hint)[0]
    assert _hints(f"{{from: ads, apply: {followed}}}", answers) == []
    text = START + _CONSENT.format(f"{{from: ads, apply: {followed}}}")
    if reader != "google_consent":  # the others may say `limited`
        text = text.replace("when_denied: skip", "when_denied: skip, when_limited: skip")
    program = mapper.compile_text(text).prepare()
    sent = [program.apply({**EVENT, "ads": answer})[0].payload is not None for answer in answers]
    assert sent == [True, False]


@pytest.mark.parametrize(
    "answers",
    [["yes", "no"], [True, False], ["granted", "denied", "limited"], [1, 0], ["opted_in", None, ""]],
)
def test_a_yes_or_no_is_not_told(answers: list[Json]) -> None:
    assert _hints("ads", answers) == []


def test_other_words_are_told_with_a_table() -> None:
    [hint] = _hints("ads", ["full", "necessary only"])
    assert hint is not None
    assert "lookup" in hint
    assert _hints("{from: ads, apply: {lookup: {full: granted, necessary only: denied}}}", ["full"]) == []
    assert _hints("ads", [*["yes"] * 30, "maybe"]) == []
