"""An argument that a step works without, and that is invalid, counts as absent, with a note."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mapper
from mapper.transforms import TRANSFORMS
from mapper.types import Json

pytestmark = pytest.mark.quick

# By transform and parameter: further arguments, a value, and a step that takes no invalid argument.
_GIVEN: dict[tuple[str, str], tuple[dict[str, Json], Json, Json]] = {
    ("phone", "country"): ({}, "+4930901820", "country"),
    ("gpp", "vendor"): ({}, "DBABL~CVQqAAAAAACA", "integer"),
    ("lookup", "default"): ({"table": {"a": "x"}}, "a", {"timestamp": {"zone": "UTC"}}),
}
_EVERY = [
    (transform.name, parameter.name)
    for transform in TRANSFORMS.values()
    for parameter in transform.parameters
    if parameter.may_lack
]
_EVENT = {"id": "e-1", "time": 1_777_629_600, "email": "jane@example.com"}
# What the let of the argument is given: no country code, and no whole number; and what no text is.
_INVALID: tuple[Json, ...] = ("Absurdistan", ["DE", "FR"], {"code": "DE"})


def _mapping(name: str, parameter: str) -> str:
    others, _, check = _GIVEN[name, parameter]
    steps = {let: {name: {**others, parameter: let}} for let in ("$checked", "$plain")}
    # A text that is no vendor makes the signal unreadable, which denies; and a default may be anything.
    let = "$plain" if name == "phone" else "$checked"
    return json.dumps(
        {
            "version": 1,
            "target": "pinterest/conversions-v5",
            "let": {"checked": {"from": "argument", "apply": check}, "plain": "argument"},
            "payload": {
                "action_source": {"const": "offline"},
                "event_id": "id",
                "event_time": "time",
                "user_data": {"em": "email"},
                "app_name": {"from": "value", "apply": steps["$checked"]},
                "app_version": {"from": "value", "apply": steps[let]},
            },
            "otherwise": {"send": "lead"},
        }
    )


def test_each_such_argument_is_tried() -> None:
    assert {*_EVERY} == {*_GIVEN}


def _payload(program: mapper.Program, event: dict[str, Any]) -> tuple[Any, list[str]]:
    [outcome] = program.apply(event)
    assert outcome.payload is not None
    return outcome.payload, [str(note.message) for note in outcome.notes]


@pytest.mark.parametrize(("name", "parameter"), _EVERY)
@pytest.mark.parametrize("is_warm", [False, True], ids=["careful", "fast"])
def test_an_invalid_argument_counts_as_absent(name: str, parameter: str, is_warm: bool) -> None:
    program = mapper.compile_text(_mapping(name, parameter))
    program = program.prepare() if is_warm else program
    event = {**_EVENT, "value": _GIVEN[name, parameter][1]}
    absent, _ = _payload(program, event)
    for invalid in _INVALID:
        payload, notes = _payload(program, {**event, "argument": invalid})
        assert payload == absent
        assert f"`{parameter}` of `{name}` is invalid, and counts as absent" in notes
