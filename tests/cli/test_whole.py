"""The whole way by the commands alone, on the ready mapping and real events: check, run, send."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from tests.support.command import MAPPING, ROOT, SEGMENT, SHOP, call, event, ndjson
from tests.support.depth import some

EVENTS = ROOT / "tests/cases/events"
TARGET = "pinterest/conversions-v5"


def test_the_ready_mappings_are_without_fault_also_when_strict() -> None:
    ran = call("check", "--strict", ROOT / "mappings")
    assert (ran.exit_code, ran.stdout) == (0, "")


def test_every_payload_of_real_events_is_valid_and_every_event_has_an_end(tmp_path: Path) -> None:
    files = sorted(EVENTS.glob("segment_*.json"))
    assert len(files) > 10
    content = b"\n".join(file.read_bytes() for file in files)
    rejects = tmp_path / "rejects.ndjson"
    ran = call("run", SEGMENT, "--input-format", "json", "--rejects", rejects, stdin=content)
    payloads = [json.loads(line) for line in ran.stdout.splitlines()]
    kept_out = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert ran.exit_code == 0
    assert len(payloads) + len(kept_out) == len(files)
    assert len(payloads) >= len(files) - 3
    validate = mapper.validator(TARGET)
    assert [problem for payload in payloads for problem in validate(payload)] == []


def test_a_shop_s_day_arrives_at_the_sandbox_as_run_made_it(tmp_path: Path) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    events = tmp_path / "events.ndjson"
    events.write_text(
        re.sub(r"2026-0[45]-\d\dT", f"{day}T", SHOP.read_text(encoding="utf-8")), encoding="utf-8"
    )
    made = [json.loads(line) for line in call("run", SEGMENT, events).stdout.splitlines()]
    ledger = Ledger(keep=True)
    app = sandbox_app(mapper.destination(TARGET), mapper.validator(TARGET), ledger=ledger)
    credentials = {"PINTEREST_ACCESS_TOKEN": "any", "PINTEREST_AD_ACCOUNT_ID": "1"}
    with serve(app) as url:
        ran = call("send", SEGMENT, events, "--url", url, "--batch-size", 15, env=credentials)

    def by_id(payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(payloads, key=lambda one: str(one["event_id"]))

    untimely = len(made) - ledger.processed
    assert untimely <= 1
    assert by_id(ledger.received) == by_id([one for one in made if one in ledger.received])
    counts = re.search(r": (\d+) delivered, (\d+) refused(?:, (\d+) expired)?\n", ran.stderr)
    assert counts is not None
    assert (int(counts[1]), int(counts[2]) + int(counts[3] or 0)) == (ledger.processed, untimely)
    assert ran.exit_code == int(untimely > 0)


def test_a_mapping_of_another_project_finds_its_own_schemas(tmp_path: Path) -> None:
    (tmp_path / "schemas/own").mkdir(parents=True)
    (tmp_path / "schemas/own/target.json").write_bytes((ROOT / f"schemas/{TARGET}.json").read_bytes())
    (tmp_path / "small.yaml").write_text(MAPPING.replace(TARGET, "own/target"))
    ran = call("run", tmp_path / "small.yaml", stdin=ndjson(event(1)))
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["event_id"] == "o-1"
    shown = call("explain", tmp_path / "small.yaml", "-", stdin=ndjson(event(1))).stdout
    assert "ada1@" not in shown


@pytest.mark.parametrize("seed", some(range(4), 2))
def test_where_a_feed_is_cut_in_two_its_payloads_are_the_same(tmp_path: Path, seed: int) -> None:
    lines = SHOP.read_bytes().splitlines(keepends=True)
    cut = 7 + 13 * seed
    whole = call("run", SEGMENT, stdin=b"".join(lines)).stdout
    parts = [call("run", SEGMENT, stdin=b"".join(part)).stdout for part in (lines[:cut], lines[cut:])]
    assert "".join(parts) == whole
