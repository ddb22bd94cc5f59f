"""A field that takes a digest or a value as it is: an id among ids of several kinds."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from mapper import check_mapping, compile_mapping
from mapper.compiler.schema.schema_mistakes import check_schema
from mapper.guard import Guard
from tests.support.depth import seeds

pytestmark = pytest.mark.quick

_ID = {"type": "string", "x-personal": True, "x-plain": True, "x-normal-form": ["text", "trim"]}
_JANE = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


def _schema(**words: Any) -> dict[str, Any]:
    """A target with a list of ids, of which each has such words too."""
    one = {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", "value"],
        "properties": {
            "kind": {"type": "string", "enum": ["EMAIL", "CLICK"]},
            "value": {**_ID, **words},
        },
    }
    fields = {"id": {"type": "string"}, "ids": {"type": "array", "items": one}}
    return {"type": "object", "additionalProperties": False, "required": ["id"], "properties": fields}


def _file(folder: Path, rule: str, schema: dict[str, Any]) -> Path:
    (folder / "schemas").mkdir()
    (folder / "schemas/own.json").write_text(json.dumps(schema), encoding="utf-8")
    file = folder / "own.yaml"
    ids = f"[{{kind: {{const: EMAIL}}, value: {rule}}}, {{kind: {{const: CLICK}}, value: click}}]"
    file.write_text(
        f"version: 1\ntarget: own\npayload: {{id: id, ids: {ids}}}\notherwise: {{send: x}}\n", "utf-8"
    )
    return file


@pytest.mark.parametrize(
    ("rule", "after", "code"),
    [
        ("{from: email, apply: [clean, email, sha256]}", ["clean", "email"], ""),
        ("{from: email, apply: [clean, digest, email, sha256]}", ["clean", "email"], ""),
        ("sha256(email(clean(email)))", ["clean", "email"], ""),
        ("email", ["clean", "email"], ""),
        ("{from: email, apply: [email, sha256]}", ["clean", "email"], "M404"),
        ("{from: email, apply: [trim, sha256]}", ["clean", "email"], "M404"),
        ("{from: email, apply: sha256}", ["clean", "email"], "M404"),
        ("{from: email, apply: [clean, email, sha256, sha256]}", ["clean", "email"], "M403"),
        ("{from: email, apply: [clean, email, sha256]}", None, "M402"),
    ],
)
def test_the_schema_says_whether_a_plain_field_takes_a_digest_and_of_what(
    rule: str, after: list[str] | None, code: str, tmp_path: Path
) -> None:
    schema = _schema(**({} if after is None else {"x-hash-after": after}))
    assert check_schema(schema, "target") == ()
    found = check_mapping(_file(tmp_path, rule, schema))
    assert [one.code for one in found] == ([code] if code else [])


def test_both_kinds_are_sent_in_one_list_and_the_guard_knows_an_address(tmp_path: Path) -> None:
    schema = _schema(**{"x-hash-after": ["clean", "email"]})
    event = {"id": "1", "email": " Jane@Example.COM", "click": "c-7"}
    (tmp_path / "plain").mkdir()
    program = compile_mapping(_file(tmp_path, "{from: email, apply: [clean, email, sha256]}", schema))
    ids = [{"kind": "EMAIL", "value": _JANE}, {"kind": "CLICK", "value": "c-7"}]
    assert program.apply(event)[0].payload == {"id": "1", "ids": ids}
    program = compile_mapping(_file(tmp_path / "plain", "email", schema))
    payload = program.apply(event)[0].payload
    assert payload is None or "@" not in json.dumps(payload)


def test_where_no_name_is_standard_none_is_told_as_a_custom_one(tmp_path: Path) -> None:
    schema = _schema(**{"x-hash-after": ["clean", "email"]})
    schema["properties"]["name"] = {"type": "string"}
    schema["x-event-names"] = {"field": "name", "standard": {}, "custom": {"pattern": "^x$"}}
    assert check_mapping(_file(tmp_path, "{from: email, apply: [clean, email, sha256]}", schema)) == ()
    file = tmp_path / "own.yaml"
    file.write_text(file.read_text("utf-8").replace("send: x", "send: y"), "utf-8")
    assert [one.code for one in check_mapping(file)] == ["M307"]


_BY = {"x-plain": {"kind": ["CLICK"]}, "x-hash-after": ["clean", "email"]}


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ("email", True),
        ("{from: email, apply: [clean, email]}", True),
        ("{from: [{from: email, apply: [clean, email, sha256]}, phone]}", True),
        ("{case: [{when: phone, then: sha256(email(clean(email)))}, {else: phone}]}", True),
        ("{from: email, apply: [clean, email, sha256]}", False),
        ("{from: [email, phone], apply: [clean, email, sha256]}", False),
        ("{from: [sha256(email(clean(email))), {from: mail, apply: [clean, email, sha256]}]}", False),
        ("$hashed", False),
        (f"{{const: {_JANE}}}", False),
    ],
)
def test_what_is_not_hashed_beside_a_constant_of_digests_is_told_before_any_event(
    rule: str, is_told: bool, tmp_path: Path
) -> None:
    file = _file(tmp_path, rule, _schema(**_BY))
    if "$" in rule:
        hashed = "let: {hashed: {from: email, apply: [clean, email, sha256]}}\npayload"
        file.write_text(file.read_text("utf-8").replace("payload", hashed, 1), "utf-8")
    found = [one for one in check_mapping(file) if one.severity == "error"]
    assert [one.code for one in found] == ["M401"] * is_told
    if is_told:
        assert "`ids[].value` must be hashed where `kind` is `EMAIL`" in found[0].message
        assert found[0].span.text.content[found[0].span.start : found[0].span.end] in rule


def test_where_the_field_beside_it_is_read_from_the_event_the_guard_decides(tmp_path: Path) -> None:
    schema = _schema(**_BY)
    file = _file(tmp_path, "email", schema)
    text = file.read_text("utf-8").replace("kind: {const: EMAIL}", "kind: kind")
    file.write_text(text, "utf-8")
    program = compile_mapping(file)
    event = {"id": "1", "email": "Jane Doe", "kind": "EMAIL"}
    assert program.apply(event)[0].payload == {"id": "1"}
    ids = [{"kind": "CLICK", "value": "Jane Doe"}]
    assert program.apply({**event, "kind": "CLICK"})[0].payload == {"id": "1", "ids": ids}


@pytest.mark.parametrize(
    ("kind", "value", "leaves"),
    [
        ("CLICK", "c-7", True),
        ("CLICK", _JANE, True),
        ("CLICK", "jane@example.com", False),
        ("EMAIL", _JANE, True),
        ("EMAIL", "Jane", False),
        ("EMAIL", "4930901820", False),
        ("EMAIL", _JANE.upper(), False),
        ("OTHER", "c-7", False),
        (None, "c-7", False),
        (["CLICK"], "c-7", False),
        (7, "c-7", False),
    ],
)
def test_the_guard_reads_the_field_beside_it(kind: Any, value: str, leaves: bool) -> None:
    guard = Guard(_schema(**_BY), allowed=["ids[].value"])
    for one in ({"kind": kind, "value": value}, {"value": value, "kind": kind}):
        payload: dict[str, Any] = {"id": "1", "ids": [one]}
        assert (guard.check(payload) == ()) == leaves
        assert guard.release(payload).payload == (payload if leaves else {"id": "1"})
    assert guard.is_clean({"id": "1", "ids": [{"value": value}]}) is False


def test_whatever_is_beside_it_nothing_but_a_digest_leaves_in_another_kind() -> None:
    guard = Guard(_schema(**_BY))
    for seed in seeds(100):
        dice = random.Random(seed)
        kinds: tuple[Any, ...] = ("CLICK", "EMAIL", "click", "", None, 1, {}, [])
        ids: list[Any] = [
            {"kind": dice.choice(kinds), "value": dice.choice(("c-7", "Jane", _JANE, 5, None))}
            for _ in range(dice.randrange(4))
        ]
        released = guard.release({"id": "1", "ids": ids}).payload
        for one in (released or {}).get("ids", ()):
            assert one["kind"] == "CLICK" or one["value"] in (_JANE, None), ids


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ({"x-plain": {"kind": ["CLICK"]}}, "M326", "needs `x-hash-after`"),
        ({**_BY, "x-plain": {"kind": ["CLICK"], "value": ["x"]}}, "M326", "names that one field"),
        ({**_BY, "x-plain": {}}, "M326", "names that one field"),
        ({**_BY, "x-plain": {"kin": ["CLICK"]}}, "M327", "no field `kin` beside it"),
        ({**_BY, "x-plain": {"kind": ["CLIK"]}}, "M327", "`CLIK` is none of the constants"),
        ({**_BY, "x-plain": {"kind": "CLICK"}}, "M326", ""),
        ({**_BY, "x-plain": {"kind": []}}, "M326", ""),
        ({**_BY, "x-personal": False}, "M331", "no effect on what is not personal"),
    ],
)
def test_what_is_wrong_with_a_field_beside_it_is_told(
    words: dict[str, Any], code: str, message: str, tmp_path: Path
) -> None:
    schema = _schema(**words)
    found = check_schema(schema, "target")
    assert [one for one in found if one.code == code and message in one.message], found
    assert code in {one.code for one in check_mapping(_file(tmp_path, "email", schema))}
    payload: dict[str, Any] = {"id": "1", "ids": [{"kind": "EMAIL", "value": "jane@example.com"}]}
    assert Guard(schema).release(payload).payload == {"id": "1"}
