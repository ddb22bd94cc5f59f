"""The page on `mapper test` shows what its command prints, and its example for pytest runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mapper import run_tests
from tests.support.command import ROOT, call
from tests.support.pages import only_block

_PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
_FIX = 'value: "minor_units($o.total_paid, $o.currency)"'


def test_the_command_of_the_page_prints_what_it_shows(folder: Path) -> None:
    Path("payments.yaml").write_text(only_block(_PAGE, "yaml"), encoding="utf-8")
    command, _, shown = only_block(_PAGE, "console").partition("\n")
    ran = call(*command.removeprefix("$ mapper ").split())
    assert (ran.exit_code, ran.stdout, ran.stderr) == (1, shown, "")


def test_the_fix_of_the_page_makes_the_test_pass(folder: Path) -> None:
    assert f"`{_FIX}`" in _PAGE
    fixed = only_block(_PAGE, "yaml").replace("value: $o.total_paid", _FIX)
    Path("payments.yaml").write_text(fixed, encoding="utf-8")
    assert run_tests("payments.yaml").ok


def test_the_pytest_example_of_the_page_runs_and_fails_for_the_test_that_fails(folder: Path) -> None:
    Path("payments.yaml").write_text(only_block(_PAGE, "yaml"), encoding="utf-8")
    Path("test_payments.py").write_text(only_block(_PAGE, "python"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_payments.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "::test_mapping[a session]" in ran.stdout
    assert "1 failed, 3 passed" in ran.stdout
