"""Two payloads of one event with the same name and id are noted, since a destination keeps one of them."""

from __future__ import annotations

import json

import pytest

import mapper

pytestmark = pytest.mark.quick

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
split: "orders[].merge($event, @) || [@]"
payload:
  action_source: {const: offline}
  event_id: {from: id, required: true}
  event_time: time
  user_data: {em: email}
events:
  - {when: kind == 'both', send: lead, continue: true}
  - {when: kind == 'both', send: lead}
  - {when: kind == 'other', send: signup}
otherwise: {send: lead}
"""
_EVENT = {"id": "e-1", "time": 1_777_629_600, "email": "jane@example.com"}


@pytest.mark.parametrize("is_warm", [False, True], ids=["careful", "fast"])
@pytest.mark.parametrize(
    ("beside", "noted"),
    [
        ({}, [0]),
        ({"orders": [{"total": 1}, {"total": 2}, {"total": 3}]}, [0, 1, 1]),
        ({"orders": [{"id": "a"}, {"id": "b"}]}, [0, 0]),
        ({"orders": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}, [0, 0, 1]),
        ({"orders": [{}, {"kind": "other"}]}, [0, 0]),
        ({"kind": "both"}, [0, 1]),
        ({"orders": [{"id": None}, {"id": None}]}, [0, 0]),
    ],
)
def test_a_payload_that_another_one_replaces_is_noted(
    beside: dict[str, object], noted: list[int], is_warm: bool
) -> None:
    program = mapper.compile_text(_MAPPING)
    program = program.prepare() if is_warm else program
    event = {**_EVENT, **beside}
    for outcomes in (program.apply(event), program.apply_json(json.dumps(event).encode())):
        told = [[str(note.message) for note in one.notes if note.path == "event_id"] for one in outcomes]
        assert [len(notes) for notes in told] == noted
        assert {text for notes in told for text in notes} <= {
            "is the same in another payload of this event with the same name, so only one of them counts"
        }
