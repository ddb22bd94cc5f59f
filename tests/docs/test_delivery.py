"""The page on delivery names what the code does."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from mapper import compile_mapping
from mapper.delivery.batch import ReceiptKind, Status
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery
from mapper.delivery.outbox.store_thread import in_a_thread
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from tests.delivery.deliveries import CANARY, DESTINATION, validate
from tests.support.command import MAPPING, event, ndjson

_PAGE = (Path(__file__).parents[2] / "docs/delivery.md").read_text(encoding="utf-8")


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


def test_each_status_of_a_receipt_is_in_the_table_and_no_other() -> None:
    table = _PAGE.split("| status | kind | meaning |\n|---|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()]
    assert {status for status, _ in rows} == set(get_args(Status))
    kinds = {kind for _, cell in rows for kind in re.findall(r"`(\w+)`", cell)}
    assert kinds == {kind for kind in get_args(ReceiptKind) if kind}


def test_the_example_of_a_feed_keeps_payloads_and_rejections(folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING)
    rows = [event(1), event(2, id=None), event(3, test=True), event(4), "{"]
    (folder / "orders.ndjson").write_text(ndjson(*rows))
    example = _PAGE.split("```python\nfrom mapper.feeds import read_texts\n")[1].split("```")[0]
    program = compile_mapping("mapping.yaml")
    account = Account(program.target)
    with closing(in_a_thread(SqliteOutbox())) as store:
        names: dict[str, Any] = {
            **{"time": time, "Accepted": Accepted, "account": account, "store": store},
            **{"program": program, "service": DESTINATION},
        }
        exec("from mapper.feeds import read_texts\n" + example, names)
        (status,) = store.wait(store.outbox.status)
        letters = store.wait(lambda: list(store.outbox.dead_letters(DeadQuery())))
    counts = status.counts
    assert (counts.accepted, counts.pending, counts.dead, counts.skipped) == (4, 2, 2, 1)
    assert [letter.record for letter in letters] == [2, 5]


def test_the_page_has_a_row_for_each_exit_status_and_no_other() -> None:
    table = _PAGE.split("\n## Exit status\n")[1].split("\n## ")[0]
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert rows == sorted({*ExitStatus, click.UsageError.exit_code})
