"""An optional object that lacks what it must have is left out and noted, and never costs the event.

Of a target with such objects in every place, all events of a few values: every payload is valid, whatever is
there, in all forms.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mapper import check_text, validator
from tests.compiler.test_interpreter import Subject, compiled

_NAME = "own/nested"
_TEXT = {"type": "string", "minLength": 2}
_GROUPS = [{"required": ["b"]}, {"required": ["c", "d"]}]
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "due"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "due": {"type": "object", "required": ["a"], "properties": {"a": _TEXT, "b": _TEXT}},
        "box": {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": _TEXT,
                "b": _TEXT,
                "inner": {
                    "type": "object",
                    "anyOf": _GROUPS,
                    "required": ["e"],
                    "properties": {"b": _TEXT, "c": _TEXT, "d": _TEXT, "e": _TEXT},
                },
            },
        },
        "group": {
            "type": "object",
            "anyOf": _GROUPS,
            "properties": {"a": _TEXT, "b": _TEXT, "c": _TEXT, "d": _TEXT},
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["a"],
                "anyOf": _GROUPS,
                "properties": {"a": _TEXT, "b": _TEXT, "c": _TEXT, "d": _TEXT},
            },
        },
    },
}  # fmt: skip
_BY_RULES = f"""
version: 1
target: {_NAME}
consent:
  granted: ok
  when_missing: granted
  when_denied: {{strip: [box.a, box.inner.b, group.b], set: {{group.a: set}}}}
payload:
  id: id
  due: {{a: x, b: y}}
  box:
    a: {{from: a, when: "flag != `false`"}}
    b: {{from: b, default: bb}}
    inner: {{b: b, c: c, d: d, e: {{const: ee}}}}
  group: {{a: {{const: aa}}, b: b, c: c, d: d}}
  rows: {{each: rows, item: {{a: a, b: b, c: c, d: {{const: dd}}}}}}
otherwise: {{send: x}}
"""
_WHOLE = f"""
version: 1
target: {_NAME}
payload:
  id: id
  due: due
  box: {{from: [box, other]}}
  group: "{{a: a, b: b, c: c, d: d}}"
  rows: rows
otherwise: {{send: x}}
"""
_VALUES = (None, "", "v", "value")


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of schemas that holds the target."""
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "own").mkdir()
    (folder / f"{_NAME}.json").write_text(json.dumps(_SCHEMA), encoding="utf-8")
    return folder


def _subject(text: str, schemas: Path) -> Subject:
    assert [one for one in check_text(text, schemas=schemas) if one.severity == "error"] == []
    return compiled(text, "nested", [], schemas=schemas)


def _holds(subject: Subject, event: dict[str, Any], schemas: Path) -> dict[str, Any]:
    """The payload of an event, the same in all forms and valid."""
    subject.hold(event, None)
    (outcome,) = subject.program.apply(event)
    assert outcome.payload is not None, outcome
    assert validator(_NAME, schemas=schemas)(outcome.payload) == []
    return outcome.payload


def test_an_object_of_rules_is_there_with_all_it_must_have_or_not_at_all(schemas: Path) -> None:
    subject = _subject(_BY_RULES, schemas)
    for a, b, c, d in product(_VALUES, repeat=4):
        parts = {"a": a, "b": b, "c": c, "d": d}
        for more in ({}, {"flag": False}, {"ok": "no"}):
            payload = _holds(
                subject, {"id": "1", "x": "xx", **parts, "rows": [parts, {"a": "aa"}], **more}, schemas
            )
            if not more:
                assert ("box" in payload) == (a == "value")
                assert ("group" in payload) == (b == "value" or (c == "value" and d == "value"))
                assert ("rows" in payload) == (a == "value" and "value" in (b, c))


def test_an_event_whose_limits_would_be_left_out_with_their_object_is_not_sent(schemas: Path) -> None:
    subject = _subject(
        _BY_RULES.replace("  when_denied", "  when_limited: {set: {box.b: limited}}\n  when_denied"), schemas
    )
    event = {"id": "1", "x": "xx", "ok": "limited"}
    assert _holds(subject, {**event, "a": "value"}, schemas)["box"] == {"a": "value", "b": "limited"}
    subject.hold(event, None)
    (outcome,) = subject.program.apply(event)
    assert outcome.skip is not None
    assert outcome.skip.reason == "consent limited: what is set lacks a required field"


def test_an_object_of_the_event_is_there_with_all_it_must_have_or_not_at_all(schemas: Path) -> None:
    subject = _subject(_WHOLE, schemas)
    for a, b, c, d in product(_VALUES, repeat=4):
        parts = {"a": a, "b": b, "c": c, "d": d}
        box = {"a": a, "b": b, "inner": {**parts, "e": c}}
        event = {
            "id": "1",
            "due": {"a": "xx"},
            **parts,
            "box": box,
            "other": {"a": "other"},
            "rows": [parts, parts],
        }
        payload = _holds(subject, event, schemas)
        assert payload["box"]["a"] == ("value" if a == "value" else "other")
        assert ("rows" in payload) == (a == "value" and (b == "value" or (c == "value" and d == "value")))


def test_what_was_left_out_is_noted_and_what_was_never_there_is_not(schemas: Path) -> None:
    subject = _subject(_BY_RULES, schemas)
    (outcome,) = subject.program.apply({"id": "1", "x": "xx", "b": "bb", "rows": [{"a": "aa"}]})
    assert [(note.path, note.message) for note in outcome.notes] == [
        ("box", "lacks `a`"),
        ("rows[]", "needs `b`, or `c` with `d`"),
    ]
    (outcome,) = subject.program.apply({"id": "1", "x": "xx"})
    assert outcome.notes == ()


def test_an_object_that_every_payload_must_have_costs_the_event(schemas: Path) -> None:
    subject = _subject(_BY_RULES, schemas)
    subject.hold({"id": "1", "y": "yy"}, None)
    (outcome,) = subject.program.apply({"id": "1", "y": "yy"})
    assert outcome.rejection is not None
    assert [reason.path for reason in outcome.rejection.reasons] == ["due.a"]


def test_a_constant_object_that_lacks_what_it_must_have_is_an_error(schemas: Path) -> None:
    fields = "{id: id, due: {a: x}, group: {const: {c: cc}}}"
    text = f"version: 1\ntarget: {_NAME}\npayload: {fields}\notherwise: {{send: x}}"
    assert [one.code for one in check_text(text, schemas=schemas)] == ["M303"]
