"""The commands of the README past one machine work together: its words, with the addresses of the test."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")

from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.deploy.composed import SETTINGS, post, unused_port
from tests.support import postgres
from tests.support.command import ROOT, environment
from tests.support.kafka_cluster import kafka_cluster
from tests.support.pages import blocks
from tests.support.waiting import wait_until

pytestmark = pytest.mark.quick

_README = (ROOT / "README.md").read_text(encoding="utf-8")
_MAPPING = blocks(_README, "yaml")[0]
(_INTAKE,) = (text for text in blocks(_README, "yaml") if text.startswith("version: 1"))
(_COMMANDS,) = (text.splitlines() for text in blocks(_README, "sh") if text.startswith("mapper serve"))


_EVENTS = 500


def _event(name: str) -> dict[str, object]:
    return {"id": name, "paid_at": now(), "total": 72.39, "customer": {"email": "ada@example.com"}}


@contextmanager
def _running(folder: Path, addresses: dict[str, str], url: str, port: str) -> Iterator[list[Path]]:
    """The commands as processes; the files of what they say."""
    secrets = {name: SETTINGS[name] for name in ("SEGMENT_SECRET", "SEGMENT_TOKEN")}
    logs, processes = [], []
    try:
        for number, line in enumerate(_COMMANDS):
            for shown, here in addresses.items():
                line = line.replace(shown, here)
            words = [sys.executable, "-m", *shlex.split(line), "--url", url]
            words += ["--port", port] if words[3] == "serve" else []
            logs.append(folder / f"{number}.log")
            with open(logs[-1], "wb") as log:
                pipes: dict[str, Any] = {
                    "stdin": subprocess.DEVNULL,
                    "stdout": subprocess.DEVNULL,
                    "stderr": log,
                }
                given = environment(**CREDENTIALS, **secrets, PYTHONPATH=str(ROOT))
                processes.append(subprocess.Popen(words, cwd=folder, env=given, **pipes))
        yield logs
        for process in processes:
            process.terminate()
        assert [process.wait(60) for process in processes] == [0, 0, 0], [log.read_text() for log in logs]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_the_three_commands_past_one_machine_deliver_what_comes_by_http_and_by_kafka(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(_MAPPING)
    (tmp_path / "intake.yaml").write_text(_INTAKE)
    port = str(unused_port())
    with postgres.running() as server, kafka_cluster() as kafka, sandbox() as (url, ledger):
        server.run("CREATE DATABASE mapper")
        kafka.create("orders")
        kafka.produce("orders", [_event(f"k-{number}") for number in range(_EVENTS)])
        addresses = {"postgresql://db.example.com/mapper": server.address("mapper")}
        addresses["kafka.example.com:9092"] = kafka.servers
        with _running(tmp_path, addresses, url, port) as logs:

            def is_accepted() -> bool:
                try:
                    events = [_event(f"h-{number}") for number in range(_EVENTS)]
                    return post(f"http://127.0.0.1:{port}", events) == 202
                except ConnectionError:  # it does not listen yet
                    return False

            wait_until(is_accepted)
            wait_until(lambda: len(ledger.received) == 2 * _EVENTS)
    expected = {f"{source}-{number}" for source in "hk" for number in range(_EVENTS)}
    assert {one["event_id"] for one in ledger.received} == expected
    assert "Traceback" not in "".join(log.read_text() for log in logs)
