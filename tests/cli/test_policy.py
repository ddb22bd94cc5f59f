"""`mapper.yaml`, the policy of a repository: its mistakes, what `check` and `test` make of it, its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mapper.codes import CODES
from tests.support.command import ROOT, call

_MISTAKES = yaml.safe_load((ROOT / "tests/cases/policy_mistakes.yaml").read_text(encoding="utf-8"))
_SHOP = """\
version: 1
target: pinterest/conversions-v5
consent: {granted: consent, when_missing: denied, when_denied: skip}
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent, click_id: click}
  custom_data: {value: total, currency: {const: EUR}, order_id: id, num_items: count, content_ids: skus}
otherwise: {send: checkout}
tests: [{name: nobody agreed, given: {}, expect: {skip: consent}}]
"""
_ACCEPTED = "{{code: M902, file: {file}, reason: no ids yet, until: {until}}}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a project with one mapping, which has one finding: M902."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "mappings/shop").mkdir(parents=True)
    (tmp_path / "mappings/shop.yaml").write_text(_SHOP)
    return tmp_path


def _found(*more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("check", "--format", "json", *more).stdout)
    return found


@pytest.mark.parametrize("row", _MISTAKES, ids=lambda row: row["does"])
def test_a_mistake_is_told_at_its_place_with_what_to_do(row: dict[str, Any], folder: Path) -> None:
    (folder / "mapper.yaml").write_text(row["text"])
    code, marked, hint = row["says"]
    lines = row["text"].splitlines(keepends=True) or [""]
    said = [one for one in _found() if one["file"] == "mapper.yaml"]
    assert [one["code"] for one in said] == [code]
    [one] = said
    assert lines[one["line"] - 1][one["column"] - 1 :].startswith(marked)
    assert hint in (one["hint"] or "")
    if row["text"]:
        with_schema = jsonschema.Draft7Validator(json.loads(call("schema", "policy").stdout))
        is_named = bool([*with_schema.iter_errors(yaml.load(row["text"], yaml.BaseLoader))])
        assert is_named or code in ("M803", "M804", "M002") or marked in ("2099-02-30", "M301", "M9021")


def test_every_code_of_a_policy_has_a_mistake() -> None:
    assert {row["says"][0] for row in _MISTAKES} >= {
        code for code, row in CODES.items() if code[:2] == "M8" and row.found_by == "check"
    }


def test_a_severity_is_that_of_the_nearest_folder(folder: Path) -> None:
    (folder / "mappings/shop/other.yaml").write_text(_SHOP)
    inner = "  mappings/shop: {severity: {M902: error}}\n"
    (folder / "mapper.yaml").write_text(
        f"version: 1\nfolders:\n  mappings: {{severity: {{M902: off}}}}\n{inner}"
    )
    assert [(one["file"], one["severity"]) for one in _found()] == [("mappings/shop/other.yaml", "error")]
    assert call("check").exit_code == 1
    assert call("check", "mappings/shop.yaml").exit_code == 0


def test_an_accepted_finding_is_suppressed_with_its_reason_until_its_day_is_past(folder: Path) -> None:
    row = _ACCEPTED.format(file="mappings/*.yaml", until="2099-01-01")
    (folder / "mapper.yaml").write_text(f"version: 1\naccepted: [{row}]\n")
    assert _found() == []
    [run] = json.loads(call("check", "--format", "sarif").stdout)["runs"]
    [result] = run["results"]
    assert result["ruleId"] == "M902"
    assert result["suppressions"][0]["justification"] == "no ids yet (until 2099-01-01)"

    (folder / "mapper.yaml").write_text(f"version: 1\naccepted: [{row.replace('2099', '2026')}]\n")
    assert sorted(one["code"] for one in _found()) == ["M804", "M902"]


def test_an_acceptance_is_idle_only_where_its_file_was_looked_at(folder: Path) -> None:
    (folder / "mappings/shop/other.yaml").write_text(
        _SHOP.replace("click_id: click", "click_id: click, external_id: id")
    )
    row = _ACCEPTED.format(file="mappings/shop/other.yaml", until="2099-01-01")
    (folder / "mapper.yaml").write_text(f"version: 1\naccepted: [{row}]\n")
    assert "M803" not in [one["code"] for one in _found("mappings/shop.yaml")]
    assert "M803" in [one["code"] for one in _found()]


def test_files_that_are_left_out_are_read_only_where_they_are_named(folder: Path) -> None:
    (folder / "mappings/shop/draft.yaml").write_text("nothing: here\n")
    (folder / "mapper.yaml").write_text('version: 1\nexclude: ["mappings/shop/*"]\n')
    assert [one["code"] for one in _found()] == ["M902"]
    assert call("test").exit_code == 0
    assert "M040" in [one["code"] for one in _found("mappings/shop/draft.yaml")]


def test_a_folder_below_its_coverage_fails_the_tests(folder: Path) -> None:
    (folder / "mapper.yaml").write_text("version: 1\nfolders: {mappings: {coverage: 90}}\n")
    ran = call("test")
    assert ran.exit_code == 1
    assert "mappings: coverage of " in ran.stderr
    (folder / "mapper.yaml").write_text("version: 1\nfolders: {mappings: {coverage: 5}}\n")
    assert call("test").exit_code == 0


def test_a_broken_policy_ends_the_tests_and_fails_the_check(folder: Path) -> None:
    (folder / "mapper.yaml").write_text("version: 1\nfolder: {}\n")
    ran = call("test")
    assert (ran.exit_code, "M801" in ran.stdout) == (2, True)
    assert call("check").exit_code == 1


def test_a_mapping_of_that_name_is_a_mapping(folder: Path) -> None:
    (folder / "mapper.yaml").write_text(_SHOP)
    assert [one["code"] for one in _found("mapper.yaml")] == ["M902"]


def test_the_policy_is_no_mapping_of_its_folder_and_can_be_checked_alone(folder: Path) -> None:
    (folder / "mapper.yaml").write_text("version: 1\nexclude: [mappings/shop.yaml]\n")
    assert _found(".") == []
    assert _found("mapper.yaml") == []
    (folder / "mapper.yaml").write_text("version: 1\nowners: {}\n")
    assert [one["code"] for one in _found("mapper.yaml")] == ["M801"]


def test_what_is_sent_does_not_depend_on_a_policy(folder: Path) -> None:
    event = {
        "id": "1",
        "time": 1760000000,
        "email": "a@b.example",
        "consent": True,
        "url": "https://a.example",
    }
    (folder / "events.ndjson").write_text(json.dumps(event) + "\n")
    before = call("run", "mappings/shop.yaml", "events.ndjson").stdout
    (folder / "mapper.yaml").write_text(
        'version: 1\nexclude: ["*"]\nfolders: {mappings: {severity: {M902: error}}}\n'
    )
    assert before
    assert call("run", "mappings/shop.yaml", "events.ndjson").stdout == before
