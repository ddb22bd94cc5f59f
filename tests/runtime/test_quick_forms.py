"""Each quick form gives what its steps give one after the other: the same value, notes and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.quick_forms import FORMS, ODD, hold
from tests.support.depth import examples
from tests.support.events import anything
from tests.support.pack import cases

_CASES = Path(__file__).parents[1] / "cases"
# What each transform's own cases are given.
_GIVEN = [json.loads(row) for row in (_CASES / "transforms.ndjson").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_quick_form_gives_what_its_steps_give(name: str) -> None:
    steps, form, _ = FORMS[name]
    rows = cases("normal-forms")[::12]
    of_steps = [row["value"] for row in _GIVEN if row["transform"] in steps]
    for value in (*ODD, *of_steps, *(row["input"] for row in rows)):
        hold(form, value)
        if type(value) is str:
            for other in (
                f" {value}",
                f"{value}\u200b",
                value.upper(),
                value.lower(),
                [value, value],
                value + "é",
            ):
                hold(form, other)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_quick_form_gives_what_its_steps_give_for_any_value(name: str) -> None:
    @settings(max_examples=examples(200))
    @given(
        st.one_of(anything, st.sampled_from(ODD), st.text("aZ0+-./@ ()\u0130\u00df\u0661é{}", max_size=40))
    )
    def check(value: Any) -> None:
        hold(FORMS[name][1], value)

    check()
