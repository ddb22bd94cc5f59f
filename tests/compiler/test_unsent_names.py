"""Names under `send` for a target that has no field for them: told only where they are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import check_mapping

pytestmark = pytest.mark.quick

_SCHEMA = """{"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
  "id": {"type": "string", "x-normal-form": ["text"]}, "kind": {"type": "string"}}}"""


@pytest.mark.parametrize(
    ("common", "first", "second", "is_told"),
    [
        ("", "send: order", "send: lead", True),
        ("", "send: order", "send: order", False),
        ("", "send: order", "skip: other", False),
        ("", "send: {from: e}", "skip: other", True),
        # The payload says by itself of which kind an event is.
        ("  kind: e", "send: order", "send: lead", False),
        (
            "",
            "send: order\n    payload: {kind: {const: o}}",
            "send: lead\n    payload: {kind: {const: l}}",
            False,
        ),
        ("", "send: order\n    payload: {kind: a}", "send: lead", False),
    ],
)
def test_names_are_told_where_no_payload_holds_what_they_say(
    common: str, first: str, second: str, is_told: bool, tmp_path: Path
) -> None:
    (tmp_path / "schemas/own").mkdir(parents=True)
    (tmp_path / "schemas/own/a.json").write_text(_SCHEMA, "utf-8")
    file = tmp_path / "a.yaml"
    file.write_text(
        f"version: 1\ntarget: own/a\npayload:\n  id: id\n{common}\nmatch: e\nevents:\n"
        f"  - is: a\n    {first}\n  - is: b\n    {second}\n",
        "utf-8",
    )
    found = [one.code for one in check_mapping(file) if one.severity != "advice"]
    assert found == ["M307"] * is_told
