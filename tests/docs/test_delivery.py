"""The page on delivery names what the code does."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, get_args

import click
import pytest

import mapper
from mapper.delivery.batch import ReceiptKind, Status
from mapper.delivery.exit_status import ExitStatus
from tests.delivery.deliveries import CANARY
from tests.support.command import MAPPING, event
from tests.support.pages import only_block

_PAGE = (Path(__file__).parents[2] / "docs/delivery.md").read_text(encoding="utf-8")


def test_the_example_in_python_delivers_to_a_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mapping.yaml").write_text(MAPPING)
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    names: dict[str, Any] = {
        "program": mapper.compile_mapping("mapping.yaml"),
        "events": [event(1, at=now), event(2, at=now), event(3, id=None)],
    }
    exec(only_block(_PAGE, "python"), names)
    assert names["ledger"].processed == 2


def test_each_status_of_a_receipt_is_in_the_table_and_no_other() -> None:
    table = _PAGE.split("| status | kind | meaning |\n|---|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()]
    assert {status for status, _ in rows} == set(get_args(Status))
    kinds = {kind for _, cell in rows for kind in re.findall(r"`(\w+)`", cell)}
    assert kinds == {kind for kind in get_args(ReceiptKind) if kind}


def test_the_page_has_a_row_for_each_exit_status_and_no_other() -> None:
    table = _PAGE.split("\n## Exit status\n")[1].split("\n## ")[0]
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert rows == sorted({*ExitStatus, click.UsageError.exit_code})
