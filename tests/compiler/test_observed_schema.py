"""The target of observed events has the fields of what is sent, and nothing to send by."""

import json
from pathlib import Path

import pytest

from mapper import compile_mapping
from tests.support.command import ROOT, call
from tests.support.made_pages.observed_schema import OBSERVED, SENT, observed_text, write_observed

pytestmark = pytest.mark.quick

_MAPPING = """
name: seen
version: 1
target: pinterest/observed-v5
payload: {event_time: time}
events:
  - {when: present(name), send: {from: name}}
otherwise: skip
"""


def test_the_file_is_the_one_that_make_docs_writes() -> None:
    assert OBSERVED.read_text("utf-8") == observed_text()


def test_it_has_each_field_of_what_is_sent_with_the_same_form() -> None:
    sent = json.loads(SENT.read_text("utf-8"))
    before = json.dumps(sent)
    made = write_observed(sent)
    assert json.dumps(sent) == before
    assert made["required"] == ["event_name", "event_time"]
    for name, field in sent["properties"].items():
        if name != "user_data":
            assert made["properties"][name] == field
    assert made["properties"]["user_data"]["properties"] == sent["properties"]["user_data"]["properties"]


def test_a_name_and_a_time_are_an_event(tmp_path: Path) -> None:
    path = tmp_path / "seen.yaml"
    path.write_text(_MAPPING, "utf-8")
    (outcome,) = compile_mapping(path).apply({"name": "checkout", "time": 1790000000})
    assert outcome.payload == {"event_name": "checkout", "event_time": 1790000000}


def test_nothing_is_sent_by_it(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(
        '{"url": "https://ct.pinterest.com/v3/?event=lead", "time": 1790000000}\n'
    )
    ran = call("send", ROOT / "mappings/pinterest-tag-requests.yaml", tmp_path / "a.ndjson")
    assert ran.exit_code == 78
    assert "the schema has no `x-delivery`, so its payloads cannot be delivered" in ran.stderr
