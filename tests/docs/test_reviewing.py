"""The page on `mapper diff` shows what its commands print, and its workflow does what it says."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command import call, environment, git
from tests.support.pages import blocks
from tests.support.repository import edit, make_repository

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/reviewing.md").read_text(encoding="utf-8")
_ACTION: Any = yaml.safe_load((_ROOT / "action.yml").read_text(encoding="utf-8"))
_OLD, _WORKFLOW = blocks(_PAGE, "yaml")
_REPORT, _FOLDERS, _PRINTED = blocks(_PAGE, "text")
(_EVENTS,) = blocks(_PAGE, "json")
_NEW = (
    _OLD.replace("when_missing: denied", "when_missing: granted")
    .replace("{from: [customer.email, contact]}", "customer.email")
    .replace("value: total", "value: {from: total, apply: {divide: 100}}")
)


@pytest.fixture
def example(folder: Path) -> Path:
    """A folder with the files of the page."""
    Path("old.yaml").write_text(_OLD, encoding="utf-8")
    Path("new.yaml").write_text(_NEW, encoding="utf-8")
    Path("orders.ndjson").write_text(_EVENTS, encoding="utf-8")
    return folder


def test_the_command_of_the_page_prints_what_it_shows(example: Path) -> None:
    (command,) = blocks(_PAGE, "console")
    ran = call(*command.removeprefix("$ mapper ").split())
    assert (ran.exit_code, ran.stdout, ran.stderr) == (1, _REPORT, "")


def test_the_python_of_the_page_prints_what_it_shows(example: Path) -> None:
    (code,) = blocks(_PAGE, "python")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == _PRINTED


def test_the_report_of_folders_on_the_page_is_that_of_a_change() -> None:
    changes = yaml.safe_load((_ROOT / "tests/cases/repository_changes.yaml").read_text(encoding="utf-8"))
    reports = {one["name"]: one["report"] for one in changes}
    assert reports["a variable of the base of one kind of mappings in cents"] == _FOLDERS


def test_the_keys_of_json_are_documented(folder: Path) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 1)
    edit(folder / "new", [{"file": "mappings/books/team.yaml", "replace": ["sku, apply", "number, apply"]}])
    told = json.loads(call("diff", "old", "new", "--format", "json").stdout)
    held = {*told, *told["mappings"][0], *told["causes"][0], *told["causes"][0]["effects"][0]}
    table = _PAGE[_PAGE.index("| key | value |") : _PAGE.index("## An upgrade")]
    assert held <= {*re.findall(r"`(\w+)`", table)}


def test_the_workflow_calls_the_action_with_inputs_that_it_has() -> None:
    workflow: Any = yaml.safe_load(_WORKFLOW)
    (step,) = [one for one in workflow["jobs"]["diff"]["steps"] if one.get("id") == "diff"]
    assert step["with"].keys() <= _ACTION["inputs"].keys()
    named = {*re.findall(r"steps\.diff\.outputs\.(\w+)", _WORKFLOW)}
    assert named <= _ACTION["outputs"].keys()
    table = _PAGE[_PAGE.index("| input | meaning |") :]
    assert {*re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)} == _ACTION["inputs"].keys()


# Makes the environment that the action asks for, from this one: a test has no network.
_PYTHON = """\
#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
ln -s "{mapper}" "$3/bin/mapper"
printf '#!/bin/sh\\necho "$*" > "%s/installed"\\n' "$3" > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


class _Runner:
    """A machine that runs the steps of the action, as GitHub's does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shim = folder / "bin/python"
        shim.parent.mkdir(parents=True)
        mapper = Path(sys.executable).parent / "mapper"
        shim.write_text(_PYTHON.format(mapper=mapper), encoding="utf-8")
        shim.chmod(0o755)
        self.environment = environment(
            PATH=f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
            RUNNER_TEMP=str(folder),
            GITHUB_ACTION_PATH="/the/action",
            GITHUB_OUTPUT=str(folder / "outputs"),
            GITHUB_STEP_SUMMARY=str(folder / "summary"),
        )

    def run(self, **inputs: str) -> tuple[int, dict[str, str], str]:
        """The status of the last step, the outputs, and the report."""
        shutil.rmtree(self.folder / "mapper", ignore_errors=True)
        (self.folder / "outputs").unlink(missing_ok=True)
        known = {name: str(one["default"]) for name, one in _ACTION["inputs"].items()}
        known |= {name.replace("_", "-"): value for name, value in inputs.items()}
        status = 0
        for step in _ACTION["runs"]["steps"]:
            own = {name: known[value[11:-3]] for name, value in step.get("env", {}).items()}
            words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            ran = subprocess.run(words, env=self.environment | own, check=False, capture_output=True)
            status = ran.returncode
            if status:
                break
        lines = (self.folder / "outputs").read_text(encoding="utf-8").splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return status, outputs, Path(outputs["report"]).read_text(encoding="utf-8")


def test_the_action_compares_the_mappings_that_a_change_reaches(folder: Path, tmp_path: Path) -> None:
    make_repository(folder, 9)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    base = git("rev-parse", "HEAD")
    runner = _Runner(tmp_path.parent / f"{tmp_path.name}-runner")
    cents = "let:\n  amount: {from: total, apply: {divide: 100}}\n"
    edit(folder, [{"file": "mappings/toys/team.yaml", "append": cents}])
    assert runner.run(base=base)[0] == 1, "a test of a mapping fails"
    (runner.folder / "summary").unlink()
    status, outputs, report = runner.run(base=base, test="false")
    assert (status, outputs["status"]) == (0, "0")
    assert "#### **!** money changed: `mappings/toys/team.yaml:11 let $amount`" in report
    assert (runner.folder / "summary").read_text(encoding="utf-8") == report
    assert (runner.folder / "mapper/installed").read_text() == "install --quiet /the/action\n"
    assert runner.run(base=base, path="mappings/books", fail_on="difference")[0] == 0
    status, outputs, report = runner.run(
        base=base, path="mappings", fail_on="alarm", format="json", test="false"
    )
    assert (status, outputs["status"], json.loads(report)["alarms"]) == (1, "1", 1)
    edit(folder, [{"file": "mappings/toys/team.yaml", "replace": ["divide: 100", "divid: 100"]}])
    status, outputs, report = runner.run(base=base, test="false")
    assert (status, "broken: mappings/toys/shop-1.yaml" in report) == (2, True)


def test_the_marks_of_the_page_are_those_that_there_are() -> None:
    from typing import get_args

    from mapper.workbench.pair_counts import Alarm

    table = _PAGE[_PAGE.index("| mark | meaning |") : _PAGE.index("## Versions")]
    told = re.findall(r"^\| `([a-z][a-z -]+)` \|", table, re.MULTILINE)
    assert set(get_args(Alarm)) - {""} == set(told)
