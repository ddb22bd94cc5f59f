"""The page on delivery names what the code does."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import click
import pytest

from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.sandbox import Ledger, sandbox_app, serve
from tests.command import MAPPING, event
from tests.delivery import CANARY, DESTINATION, validate

_PAGE = (Path(__file__).parents[1] / "docs/delivery.md").read_text(encoding="utf-8")


def test_the_example_in_python_delivers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mapping.yaml").write_text(MAPPING)
    example = _PAGE.split("```python\nimport os\n")[1].split("```")[0]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    ledger = Ledger()
    with serve(sandbox_app(DESTINATION, validate, ledger=ledger)) as url:
        example = example.replace(
            "address(service, credentials)", f"address(service, credentials, base_url={url!r})"
        )
        names: dict[str, Any] = {"events": [event(1, at=now), event(2, at=now)]}
        exec("import os\n" + example, names)
    assert (ledger.processed, names["delivery"].exit_status) == (2, 0)


def test_the_page_has_a_row_for_each_exit_status_and_no_other() -> None:
    table = _PAGE.split("\n## Exit status\n")[1].split("\n## ")[0]
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert rows == sorted({*ExitStatus, click.UsageError.exit_code})
