"""No step behind `digest` touches a digest that it recognised, whatever the step is, in all forms."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError
from mapper.transforms import TRANSFORMS
from tests.compiler.test_interpreter import Subject, assert_agrees, compiled

_PHONE = "14155552671"
_DIGEST = sha256(b"+14155552671").hexdigest()
_OTHER = sha256(b"somebody").hexdigest()
# Steps of one value, each with arguments of its own examples. What is called `pattern` in a schema must be a
# regular expression that is not slow, so a pattern of the language is there without its name.
_STEPS = [
    json.loads(json.dumps({name: dict(example.arguments).get("pattern", dict(example.arguments))}))
    for name, entry in sorted(TRANSFORMS.items())
    for example in entry.examples[-1:]
    if not entry.whole and not any(one.variadic for one in entry.parameters)
]
_FORM = ["clean", "digest", {"prefix": "+"}, "sha256"]


def _target(form: list[Any]) -> dict[str, Any]:
    field = {"type": "string", "x-normal-form": form}
    listed = {"type": "array", "items": field}
    row = {"type": "object", "additionalProperties": False, "properties": {"ph": field}}
    rows = {"type": "array", "items": row}
    properties = {"id": {"type": "string"}, "ph": field, "list": listed, "rows": rows}
    return {"type": "object", "required": ["id"], "additionalProperties": False, "properties": properties}


def _mapping(fields: str) -> str:
    return (
        f"version: 1\ntarget: own/phones\npayload: {{id: id, {fields}}}\n"
        "events: [{when: present(id), send: order}]\n"
    )


def _compiled_if_possible(text: str, schemas: Path) -> Subject | None:
    """A mapping's text; None where the field, which is a text, can have no such form."""
    try:
        return compiled(text, "phones", [], schemas=schemas)
    except CompileError as error:
        if {one.code for one in error.diagnostics} <= {"M326", "M329"}:
            return None
        raise


def _schemas(folder: Path, form: list[Any]) -> Path:
    (folder / "own").mkdir()
    (folder / "own/phones.json").write_text(json.dumps(_target(form)), encoding="utf-8")
    return folder


def test_a_form_with_a_prefix_hashes_a_number_and_keeps_a_digest(tmp_path: Path) -> None:
    text = _mapping("ph: held, list: several, rows: rows")
    subject = compiled(text, "phones", [], schemas=_schemas(tmp_path, _FORM))
    phones = [_PHONE, _DIGEST.upper(), _OTHER]
    event = {"id": "1", "held": _DIGEST.upper(), "several": phones, "rows": [{"ph": one} for one in phones]}
    expected = [_DIGEST, _DIGEST, _OTHER]
    for outcome in (*subject.program.apply(event), *subject.fast.apply(event)):
        assert outcome.payload == {
            "id": "1",
            "ph": _DIGEST,
            "list": expected,
            "rows": [{"ph": one} for one in expected],
        }
    assert_agrees(subject.plan, subject.program, event)


@pytest.mark.parametrize("step", _STEPS, ids=lambda step: next(iter(step)))
def test_no_step_behind_digest_changes_one(step: dict[str, Any], tmp_path: Path) -> None:
    schemas = _schemas(tmp_path, ["clean", "digest", step])
    text = _mapping("ph: held, list: several")
    subject = _compiled_if_possible(text, schemas)
    if subject is None:
        return
    event = {"id": "1", "held": _DIGEST.upper(), "several": [_DIGEST, _OTHER]}
    for outcome in (*subject.program.apply(event), *subject.fast.apply(event)):
        assert outcome.payload == {"id": "1", "ph": _DIGEST, "list": [_DIGEST, _OTHER]}
        assert outcome.notes == ()
    assert_agrees(subject.plan, subject.program, event)


def test_an_author_s_steps_behind_digest_keep_one_too() -> None:
    text = """
version: 1
target: pinterest/conversions-v5
let: {safe: {from: held, apply: [digest, {prefix: x-}]}}
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  user_data:
    em: email
    external_id: {from: several, apply: [digest, {prefix: x-}]}
  custom_data: {order_id: $safe}
otherwise: {send: lead}
"""
    subject = compiled(text, "phones", [])
    event = {"id": "1", "at": 1777629600, "email": "a@b.co", "held": _DIGEST, "several": [_OTHER, "7"]}
    for outcome in (*subject.program.apply(event), *subject.fast.apply(event)):
        assert outcome.payload is not None
        assert outcome.payload["user_data"]["external_id"] == [_OTHER, sha256(b"x-7").hexdigest()]
        assert outcome.payload["custom_data"]["order_id"] == _DIGEST
    assert_agrees(subject.plan, subject.program, event)


@pytest.mark.parametrize("name", sorted(name for name, entry in TRANSFORMS.items() if entry.keeps_digests))
def test_a_transform_that_is_said_to_keep_digests_does(name: str) -> None:
    for digest in (_DIGEST, _OTHER, *(sha256(b"a%d" % one).hexdigest() for one in range(256))):
        assert TRANSFORMS[name].function(digest) == digest
