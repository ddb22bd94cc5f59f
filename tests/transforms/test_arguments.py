"""An argument that a transform works without, and that is invalid, counts as absent, with a note.

A call in an expression does what the step does.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mapper
from mapper.runtime.limits import absent
from mapper.transforms import TRANSFORMS
from mapper.values.types import Json
from tests.compiler.test_interpreter import Subject, compiled
from tests.support.depth import examples
from tests.support.events import anything

pytestmark = pytest.mark.quick

# By transform and parameter: further arguments, a value, and a step that takes no invalid argument.
_GIVEN: dict[tuple[str, str], tuple[dict[str, Json], Json, Json]] = {
    ("phone", "country"): ({}, "+4930901820", "country"),
    ("gpp", "vendor"): ({}, "DBABL~CVQqAAAAAACA", "integer"),
    ("timestamp", "zone"): ({}, "2026-05-01T10:00:00Z", "country"),
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


# By transform and parameter: a call with an argument that is read as in `argument`, and another value.
_CALLS: dict[tuple[str, str], tuple[str, str, Json]] = {
    ("phone", "country"): ("phone({value}, {argument})", "country({argument})", "030 901820"),
    ("gpp", "vendor"): (
        "gpp({value}, {argument})",
        "integer({argument})",
        "DBABMA~CQraFkAQraFkAAfABBENCyFgAP_g",
    ),
    ("timestamp", "zone"): ("timestamp({value}, {argument})", "country({argument})", "2026-05-01T10:00:00"),
    ("lookup", "default"): (
        'lookup({value}, `{{"a": "x"}}`, {argument})',
        "timestamp({argument}, 'UTC')",
        "b",
    ),
}
# The fields that are to be equal: in each line the first is written with steps.
_EQUAL = (("app_name", "app_version", "device_brand"), ("device_carrier", "device_model", "device_type"))
_ARGUMENTS: tuple[Json, ...] = (
    *_INVALID,
    "Deutschland",
    "XK",
    "de",
    49,
    "10",
    10,
    True,
    1.5,
    None,
    " ",
    "1777629600",
)


def _equal_fields(name: str, parameter: str) -> str:
    """A mapping with a transform as a step and in expressions; those of `$checked` may have no argument."""
    others, _, check = _GIVEN[name, parameter]
    call, checked, _ = _CALLS[name, parameter]
    steps = {
        let: {"from": "value", "apply": {name: {**others, parameter: let}}} for let in ("$checked", "$plain")
    }
    element = call.format(value="value", argument="argument")
    return json.dumps(
        {
            "version": 1,
            "target": "pinterest/conversions-v5",
            "let": {"checked": {"from": "argument", "apply": check}, "plain": "argument"},
            "functions": {"own(one, other)": {"from": call.format(value="$one", argument="$other")}},
            "payload": {
                "action_source": {"const": "offline"},
                "event_id": "id",
                "event_time": "time",
                "user_data": {"em": "email"},
                "app_name": steps["$checked"],
                "app_version": call.format(value="value", argument="$checked"),
                "device_brand": call.format(value="value", argument=checked.format(argument="argument")),
                "device_carrier": steps["$plain"],
                "device_model": element,
                "device_type": "own(value, argument)",
                "custom_data": {"search_string": f"to_string(items[*].{element})"},
            },
            "otherwise": {"send": "lead"},
        }
    )


@cache
def _equal_forms(name: str, parameter: str) -> Subject:
    return compiled(_equal_fields(name, parameter), "equal-forms", [])


@pytest.mark.parametrize(("name", "parameter"), _EVERY)
def test_a_call_does_what_the_step_does(name: str, parameter: str) -> None:
    subject = _equal_forms(name, parameter)
    values = (_GIVEN[name, parameter][1], _CALLS[name, parameter][2], None, "")

    @settings(max_examples=examples(200))
    @given(st.sampled_from(values) | anything, st.sampled_from(_ARGUMENTS) | anything)
    def check(value: Json, argument: Json) -> None:
        event = {**_EVENT, "value": value, "argument": argument}
        event["items"] = [{"value": value, "argument": argument}, {"value": values[0]}]
        subject.hold(event, None)
        [outcome] = subject.program.apply(event)
        assert outcome.payload is not None
        if value is None:
            assert not any("counts as absent" in str(note.message) for note in outcome.notes)
        # A step is not run on what is as good as absent, and on each element of a list.
        is_empty = argument is not None and absent(argument)
        for step, *calls in () if absent(value) or isinstance(value, list) else _EQUAL:
            for call in calls:
                is_by_element = call == "device_brand" and isinstance(argument, list)
                if is_by_element or (is_empty and call != "app_version"):
                    continue
                assert outcome.payload.get(call) == outcome.payload.get(step), (call, step)
                assert _notes(outcome, call) == _notes(outcome, step), (call, step)

    for value in values:
        for argument in _ARGUMENTS:
            check = example(value, argument)(check)
    check()


def _notes(outcome: mapper.Outcome, path: str) -> list[str]:
    """What is noted of a field; why a value of another type is invalid is said in other words of a call."""
    found = [note for note in outcome.notes if note.path == path]
    return sorted("invalid" if note.kind == "invalid" else str(note.message) for note in found)
