"""The page on delivery names what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mapper.delivery.exit_status import ExitStatus

_PAGE = (Path(__file__).parents[1] / "docs/delivery.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_exit_status_and_no_other() -> None:
    table = _PAGE.split("\n## Exit status\n")[1].split("\n## ")[0]
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert rows == sorted({*ExitStatus, click.UsageError.exit_code})
