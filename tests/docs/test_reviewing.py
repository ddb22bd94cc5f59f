"""The page on `mapper diff` shows what its commands print, and its workflow does what it says."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command import call, environment, git
from tests.support.pages import blocks

_PAGE = (Path(__file__).parents[2] / "docs/reviewing.md").read_text(encoding="utf-8")
_OLD, _WORKFLOW = blocks(_PAGE, "yaml")
_REPORT, _PRINTED = blocks(_PAGE, "text")
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


def test_the_workflow_compares_the_mappings_that_changed(example: Path) -> None:
    workflow: Any = yaml.safe_load(_WORKFLOW)
    (step,) = [one for one in workflow["jobs"]["diff"]["steps"] if one.get("name") == "Compare"]
    Path("mappings").mkdir()
    for name in ("changed", "same"):
        Path(f"mappings/{name}.yaml").write_text(_OLD, encoding="utf-8")
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    Path("mappings/changed.yaml").write_text(_NEW, encoding="utf-8")
    git("commit", "-am", "second")
    bin_folder = Path(sys.executable).parent
    variables = environment(
        BASE=git("rev-parse", "HEAD~1"), PATH=f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    )
    subprocess.run(["bash", "-e", "-c", step["run"]], env=variables, check=True)
    told = Path("diff.md").read_text(encoding="utf-8")
    assert told.count("### Mapping") == 1
    assert "**consent looser**: when_missing `denied` → `granted`" in told
    Path("mappings/changed.yaml").write_text(_NEW.replace("value:", "valu:"), encoding="utf-8")
    ran = subprocess.run(["bash", "-e", "-c", step["run"]], env=variables, check=False)
    assert ran.returncode == 1  # of the step; the command ends with 2


def test_the_marks_of_the_page_are_those_that_there_are() -> None:
    from typing import get_args

    from mapper.workbench.pair_counts import Alarm

    told = re.findall(r"^\| `([a-z ]+)` \| (?!the first)", _PAGE, re.MULTILINE)
    assert set(get_args(Alarm)) - {""} == set(told)
