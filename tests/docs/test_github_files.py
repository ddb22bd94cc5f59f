"""The files that GitHub and pre-commit read are as these read them, and ask nobody for real events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.test_ci import HOOKS
from tests.support.command import MAPPING, ROOT, call

_WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
_FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
_WRITTEN = {
    "release.yml": {"contents", "id-token", "attestations"},
    "site.yml": {"id-token", "pages"},
}
_TESTED = MAPPING + (
    "tests:\n  - name: a view\n"
    "    given: {type: view, id: 1, at: 2026-05-01T10:00:00Z, email: a@example.com}\n"
    "    expect: [{event_name: page_visit}]\n"
)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_workflows_and_forms() -> None:
    assert [path.stem for path in _WORKFLOWS] == ["ci", "release", "site"]
    assert [path.stem for path in _FORMS] == ["bug", "mapping", "source"]


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_more_rights_than_it_needs_and_keeps_no_credentials(path: Path) -> None:
    workflow = _read(path)
    assert workflow["permissions"] == {"contents": "read"}
    rights = {
        right
        for job in workflow["jobs"].values()
        for right, level in job.get("permissions", {}).items()
        if level == "write"
    }
    assert rights == _WRITTEN.get(path.name, set())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    # An expression within a script is a way into it: values come by variables.
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_by_a_commit_or_the_file_says_that_it_is_not(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert all(re.fullmatch(r"[\w.-]+/[\w./-]+@(?:v\d+|[0-9a-f]{40}|release/v\d+)", one) for one in used)
    by_commit = all(re.search(r"@[0-9a-f]{40}$", one) for one in used)
    assert by_commit != text.startswith("# The actions are pinned by version")


def test_each_command_of_a_workflow_is_there() -> None:
    runs = re.findall(r"- run: (.*)", "\n".join(path.read_text(encoding="utf-8") for path in _WORKFLOWS))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = [run.split()[1] for run in runs if run.startswith("make ")]
    assert sorted(named) == ["dist", "pythons", "site"]
    assert all(f"\n{name}:" in makefile for name in named)
    assert (ROOT / ".ci/run").exists()


@pytest.mark.parametrize("path", _FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_the_version_and_for_no_real_event(path: Path) -> None:
    form = _read(path)
    assert {"name", "description", "title", "body"} == form.keys()
    fields = [one for one in form["body"] if one["type"] != "markdown"]
    assert "`mapper -V -v`" in fields[0]["attributes"]["description"]
    assert "Never paste real events" in form["body"][0]["attributes"]["value"]
    ids = [one["id"] for one in fields]
    assert len(ids) == len({*ids})
    assert {one["type"] for one in fields} <= {"input", "textarea"}


def test_a_pull_request_is_asked_for_the_tests_and_for_no_real_event() -> None:
    text = (ROOT / ".github/pull_request_template.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- Never paste real events, tokens or receipts")
    assert "`mapper -V -v`" in text
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{name}:" in makefile for name in re.findall(r"`make ([\w-]+)`", text))
    assert {"test", "pythons"} <= {*re.findall(r"`make ([\w-]+)`", text)}
    assert (ROOT / "CHANGELOG.md").exists()


def test_hooks_are_in_the_order_to_run_them_and_silent_on_a_mapping_that_is_right(folder: Path) -> None:
    assert [hook["id"] for hook in HOOKS] == ["mapper-fix", "mapper-fmt", "mapper-check", "mapper-test"]
    Path("mappings").mkdir()
    Path("mappings/shop.yaml").write_text(_TESTED, encoding="utf-8")
    for hook in HOOKS:
        files = [] if hook.get("pass_filenames") is False else ["mappings/shop.yaml"]
        ran = call(*hook["entry"].split()[1:], *files)
        assert ran.exit_code == 0, (hook["id"], ran.output)
