"""What a tired author does with patterns, tables, templates and the like, and what comes of doing as told.

Each mistake is seen by its code. Its fix, or what its hint says, gives a mapping that is right: it has no
mistake left, and its payload for the event is the one that was meant.
"""

from __future__ import annotations

from typing import Any

import pytest

from mapper.texts.diagnostic import Diagnostic, Fix
from mapper.texts.fixing import edited
from tests.generators.constructs import custom_data, found_in, text_of
from tests.support.case_files import cases
from tests.support.depth import some
from tests.support.hints import proposals

_LIST: list[dict[str, Any]] = cases("construct_mistakes.yaml")
_MOST_STEPS = 3


def _followed(text: str, case: dict[str, Any]) -> str:
    """The mapping after an author did as the diagnostics say, one after the other."""
    for step in range(_MOST_STEPS):
        found = found_in(text, case)
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
    right = [one for one in made if not any(found.severity == "error" for found in found_in(one, case))]
    assert right, f"nobody can follow {told.code} {told.message} | {told.hint}"
    return right[0]


@pytest.mark.parametrize("case", some(_LIST, 70), ids=lambda one: one["mistake"])
def test_a_mistake_that_is_followed_to_the_letter_gives_a_right_mapping(case: dict[str, Any]) -> None:
    wrong = text_of(case)
    found = found_in(wrong, case)
    assert case["code"] in [one.code for one in found]
    if case.get("only"):
        assert {one.code for one in found} == {case["code"]}
        assert len({one.span for one in found}) == len(found)
    right = _followed(wrong, case)
    assert [f"{one.code} {one.message}" for one in found_in(right, case)] == []
    assert custom_data(right, case, case["event"]) == case["gives"]


def test_the_list_has_sixty_mistakes_and_none_twice() -> None:
    written = [text_of(one) for one in _LIST]
    assert len(_LIST) == len({*written}) >= 60
