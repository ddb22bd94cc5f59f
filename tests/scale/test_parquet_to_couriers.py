"""A Parquet file, `send` that is killed, PostgreSQL and couriers that are killed: each row is delivered."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.depth import by_seed, examples

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import pyarrow as arrow
import pyarrow.parquet

from tests.cli.test_send import CREDENTIALS, sandbox
from tests.support import postgres
from tests.support.command import MAPPING, call, environment, start
from tests.support.waiting import wait_until

_KILLS = int(os.environ.get("SEAM_KILLS", examples(5, 2)))
_ROWS, _ROWS_OF_A_GROUP = 20_000, 2_000
_TAKEN = 75


def _write(path: Path) -> None:
    """A table with the types of a warehouse: a time with a zone, a decimal."""
    first = datetime.now(UTC) - timedelta(hours=1)
    times = [first + timedelta(milliseconds=number) for number in range(_ROWS)]
    columns = {
        "type": ["order"] * _ROWS,
        "id": [f"o-{number}" for number in range(_ROWS)],
        "at": arrow.array(times, arrow.timestamp("us", tz="UTC")),
        "email": [f"ada{number}@example.com" for number in range(_ROWS)],
        "total": arrow.array([Decimal(number) / 100 for number in range(_ROWS)], arrow.decimal128(12, 2)),
    }
    pyarrow.parquet.write_table(arrow.table(columns), path, row_group_size=_ROWS_OF_A_GROUP)


def _sent(words: list[object], chosen: random.Random) -> int | None:
    """The status of `send`; None where it was killed first."""
    with start(*words, stdin=subprocess.DEVNULL, env=environment(**CREDENTIALS)) as process:
        try:
            process.communicate(timeout=chosen.uniform(0.5, 4))
        except subprocess.TimeoutExpired:
            process.kill()
            return None
    return process.returncode


def test_each_row_is_delivered_however_often_send_and_the_courier_are_killed(tmp_path: Path) -> None:
    chosen = by_seed("kills")
    table, mapping = tmp_path / "orders.parquet", tmp_path / "small.yaml"
    _write(table)
    mapping.write_text(MAPPING)
    with postgres.running() as server, sandbox() as (url, ledger):
        options = ("--outbox", server.address(server.new_database()), "--url", url)
        for _ in range(_KILLS):
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            with start("deliver", *options, **pipes, env=environment(**CREDENTIALS)) as courier:
                status = _sent(["send", mapping, table, *options], chosen)
                assert courier.poll() is None
                courier.kill()
            assert status in (None, 0, _TAKEN)
        # The account is free once the lease of the last courier has ended.
        wait_until(lambda: call("send", mapping, table, *options, env=CREDENTIALS).exit_code == 0)
        said = call("outbox", "status", *options[:2], env=CREDENTIALS).stdout
    received = Counter(one["event_id"] for one in ledger.received)
    assert received.keys() == {f"o-{number}" for number in range(_ROWS)}
    assert f"{_ROWS:,}  accepted" in said
    assert f"{_ROWS:,}  delivered" in said
    values = {one["event_id"]: Decimal(one["custom_data"]["value"]) for one in ledger.received}
    assert values == {f"o-{number}": Decimal(number) / 100 for number in range(_ROWS)}
