"""The units of amounts: what is said of each value of a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import mapper
from tests.support.case_files import cases

_ROWS: list[dict[str, Any]] = cases("units.yaml")
_EVENT = {
    **{"id": "o-1", "time": "2026-05-01T10:00:00Z", "url": "https://shop.example/", "email": "a@b.example"},
    **{"ip": "203.0.113.9", "agent": "Mozilla/5.0", "currency": "EUR", "rate": 0.1},
}


def _mapping(row: dict[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = {key: row[key] for key in row if key in ("let", "functions")}
    return {
        **{"version": 1, "target": "pinterest/conversions-v5"},
        **own,
        **({"source": {"samples": "events.ndjson"}} if "samples" in row else {}),
        "payload": {
            "action_source": {"const": "web"},
            "event_id": "id",
            "event_time": "time",
            "event_source_url": "url",
            "user_data": {"em": "email", "client_ip_address": "ip", "client_user_agent": "agent"},
            "custom_data": {"currency": "currency", "value": row["value"]},
        },
        "otherwise": {"send": "page_visit"},
    }


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row['value']}"[:60])
def test_what_is_said_of_a_unit(row: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = tmp_path / "shop.yaml"
    file.write_text(yaml.safe_dump(_mapping(row)), "utf-8")
    events = [{**_EVENT, "id": f"o-{at}", "total": total} for at, total in enumerate(row.get("samples", ()))]
    (tmp_path / "events.ndjson").write_text("".join(json.dumps(one) + "\n" for one in events), "utf-8")
    found = mapper.check_mapping(file)
    said = [one.message for one in found if one.code in ("M430", "M608")]
    assert [one.message for one in found if one.severity == "error"] == []
    assert len(said) == (row["verdict"] is not None), said
    assert all(row["verdict"] in message for message in said), said


@pytest.mark.parametrize(("form", "is_amount"), [("decimal", True), ("number", True), ("text", False)])
def test_the_forms_of_amounts_are_told_by_the_unit(form: str, is_amount: bool, tmp_path: Path) -> None:
    """A field of a target of one's own, whichever way it takes amounts."""
    kind = "number" if form == "number" else "string"
    schema = {
        **{"type": "object", "required": ["id"], "additionalProperties": False},
        "properties": {"id": {"type": "string"}, "paid": {"type": kind, "x-normal-form": [form]}},
    }
    folder = tmp_path / "schemas/own"
    folder.mkdir(parents=True)
    (folder / "orders.json").write_text(json.dumps(schema), "utf-8")
    payload = {"id": "text(id)", "paid": "total_cents"}
    file = tmp_path / "shop.yaml"
    made = {"version": 1, "target": "own/orders", "payload": payload, "otherwise": {"send": "x"}}
    file.write_text(yaml.safe_dump(made), "utf-8")
    found = mapper.check_mapping(file)
    assert [one for one in found if one.severity == "error"] == []
    assert ("M430" in {one.code for one in found}) == is_amount
