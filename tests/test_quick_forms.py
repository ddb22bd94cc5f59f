"""Each quick form gives what its steps give one after the other: the same value, remarks and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.runtime.checks import absent
from mapper.runtime.quick import NOTING, QUICK, QUICK_LISTS, QuickForm
from mapper.transforms import TRANSFORMS
from mapper.types import Invalid
from tests.events import anything

_CASES = Path(__file__).parent / "cases"
_FORMS = {form.__name__: (steps, form, False) for steps, form in QUICK.items()} | {
    form.__name__: (steps, form, True) for steps, form in QUICK_LISTS.items()
}
# Values that a form could be mistaken about, one a line.
_ODD = [json.loads(row) for row in (_CASES / "quick_forms.ndjson").read_text("utf-8").splitlines()]
# What each transform's own cases are given.
_GIVEN = [json.loads(row) for row in (_CASES / "transforms.ndjson").read_text("utf-8").splitlines()]


def _by_steps(steps: tuple[str, ...], value: Any, is_list: bool, remarks: list[str]) -> Any:
    """What the careful form makes of a value."""
    if absent(value):
        return None
    if not is_list:
        return _through(steps, value, remarks)
    elements = value if type(value) is list else [value]
    made = [_through(steps, one, remarks) for one in elements if not absent(one)]
    made = [one for one in made if one is not None]
    return TRANSFORMS["unique"].function(made) if made else None


def _through(steps: tuple[str, ...], value: Any, remarks: list[str]) -> Any:
    for step in steps:
        transform = TRANSFORMS[step]
        value = transform.function(value, **({"remarks": remarks} if transform.noting else {}))
        if value is None:
            return None
    return value


def _outcome(work: Any, remarks: list[str]) -> str:
    try:
        return f"{work()!r} {remarks}"
    except Invalid as invalid:
        return f"invalid: {invalid.reason}"


def _hold(steps: tuple[str, ...], form: QuickForm, is_list: bool, value: Any) -> None:
    said: list[str] = []
    quick: list[str] = []
    more = (quick,) if form in NOTING else ()
    expected = _outcome(lambda: _by_steps(steps, value, is_list, said), said)
    assert _outcome(lambda: form(value, *more), quick) == expected, (form.__name__, value)


@pytest.mark.parametrize("name", sorted(_FORMS))
def test_a_quick_form_gives_what_its_steps_give(name: str) -> None:
    rows = [json.loads(row) for row in (_CASES / "normalisation.ndjson").read_text("utf-8").splitlines()]
    of_steps = [row["value"] for row in _GIVEN if row["transform"] in _FORMS[name][0]]
    for value in (*_ODD, *of_steps, *(row["input"] for row in rows)):
        _hold(*_FORMS[name][:2], _FORMS[name][2], value)
        if type(value) is str:
            for other in (
                f" {value}",
                f"{value}\u200b",
                value.upper(),
                value.lower(),
                [value, value],
                value + "é",
            ):
                _hold(*_FORMS[name][:2], _FORMS[name][2], other)


@pytest.mark.parametrize("name", sorted(_FORMS))
def test_a_quick_form_gives_what_its_steps_give_for_any_value(name: str) -> None:
    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        st.one_of(anything, st.sampled_from(_ODD), st.text("aZ0+-./@ ()\u0130\u00df\u0661é{}", max_size=40))
    )
    def check(value: Any) -> None:
        _hold(*_FORMS[name][:2], _FORMS[name][2], value)

    check()
