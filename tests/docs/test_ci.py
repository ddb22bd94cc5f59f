"""What docs/ci.md and the pre-commit hooks tell others to run can be run, and does what they say."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_fix import BROKEN
from tests.support.command import ROOT, call
from tests.support.pages import blocks

_PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

_DOCUMENTS = [yaml.safe_load(text) for text in blocks(_PAGE, "yaml")]
_COMMANDS = sorted(set(re.findall(r"(?:\$|- run:|    -) (mapper .*)", _PAGE)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping that has a mistake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/shop.yaml").write_text(BROKEN)
    return tmp_path


@pytest.mark.parametrize("command", [*_COMMANDS, *(hook["entry"] for hook in HOOKS)])
def test_a_command_runs(command: str, folder: Path) -> None:
    words = shlex.split(re.sub("[<>|].*", "", command), comments=True)
    ran = call(*words[1:], stdin=BROKEN)
    # A mapping with a mistake has tests that cannot be run, and is not laid out.
    assert ran.exit_code == (2 if words[1] in ("test", "fmt") else 1), ran.stderr
    assert ran.stdout or words[1] == "fmt"


def test_there_are_commands_for_every_ci() -> None:
    forms = {form for command in _COMMANDS for form in re.findall(r"--format (\w+)", command)}
    assert forms == {"github", "sarif", "junit", "json"}


def test_a_hook_that_is_named_is_there() -> None:
    hooks = {hook["id"]: hook for hook in HOOKS}
    used = [
        hook for page in _DOCUMENTS if "repos" in page for repo in page["repos"] for hook in repo["hooks"]
    ]
    assert {hook["id"] for hook in used} == set(hooks)
    for hook in HOOKS:
        assert re.search(hook["files"], "mappings/shop.yaml")
        assert not re.search(hook["files"], "docs/mappings/shop.yaml")


def test_no_workflow_has_more_rights_than_it_needs() -> None:
    workflows = [page for page in _DOCUMENTS if "jobs" in page]
    assert len(workflows) == 2
    for workflow in workflows:
        assert workflow["permissions"] == {"contents": "read"}
        (job,) = workflow["jobs"].values()
        uploads = any("upload-sarif" in step.get("uses", "") for step in job["steps"])
        rights = {"contents": "read", "security-events": "write"} if uploads else workflow["permissions"]
        assert job.get("permissions", workflow["permissions"]) == rights
        assert job["steps"][0]["with"] == {"persist-credentials": False}


def test_json_is_as_the_page_shows_it(folder: Path) -> None:
    (example,) = blocks(_PAGE, "json")
    found = json.loads(call("check", "--format", "json").stdout)
    assert found[0] == json.loads(example)
