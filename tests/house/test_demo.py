"""`make demo`: every line of the sample events has an end that is told, and nothing is left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "playground/demo.py"
SHOP = ROOT / "playground/events/shop.ndjson"
LINES = len(SHOP.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def told() -> str:
    """What the demo prints; it ends well and within half a minute."""
    ran = subprocess.run([sys.executable, DEMO], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    """The demo as a module: a script is in no package."""
    spec = importlib.util.spec_from_file_location("demo", DEMO)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo"] = module
    spec.loader.exec_module(module)
    return module


def _numbers(pattern: str, text: str) -> list[int]:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return [int(one) for one in found.groups()]


def _lines_under(heading: str, told: str) -> list[int]:
    """The line numbers that a table of the demo names, in order."""
    table = told.partition(f"  {heading}\n")[2]
    rows = re.match(r"(?: {4,}.*\n)*", table)
    assert rows is not None
    named = re.findall(r"\(lines? ([\d,\s]+)\)", rows[0])
    return sorted(int(number) for one in named for number in one.split(","))


def test_every_line_is_sent_skipped_or_rejected_and_named_once(told: str) -> None:
    total, sent, skipped, rejected = _numbers(
        r"(\d+) events: (\d+) to send, (\d+) skipped, (\d+) rejected", told
    )
    assert total == LINES == sent + skipped + rejected
    places = [_lines_under(heading, told) for heading in ("to send", "skipped", "rejected")]
    assert [len(one) for one in places] == [sent, skipped, rejected]
    assert sorted(line for one in places for line in one) == list(range(1, LINES + 1))


def test_every_payload_has_a_receipt_and_the_sandbox_counts_the_same(told: str) -> None:
    (sent,) = _numbers(r"(\d+) to send", told)
    text = r"(\d+) delivered, (\d+) refused, (\d+) expired, (\d+) not delivered"
    delivered, refused, expired, left = _numbers(text, told)
    assert (delivered + refused + expired, left) == (sent, 0)
    assert _numbers(r"counts (\d+) processed, (\d+) refused, (\d+) that came", told) == [delivered, 1, 0]


def test_one_event_has_expired_and_one_is_refused_by_the_sandbox(told: str) -> None:
    assert re.findall(r"^  (refused|expired) ", told, re.MULTILINE) == ["expired", "refused"]
    assert "found before it was sent" in told
    assert "found by the sandbox" in told


def test_a_503_is_tried_again(told: str) -> None:
    assert "status 503" in told
    assert "retrying" in told


def test_the_demo_fits_a_page_of_100_columns_and_has_no_colour_in_a_pipe(told: str) -> None:
    assert [line for line in told.splitlines() if len(line) > 100] == []
    assert "\x1b" not in told


def test_the_files_that_the_demo_points_at_are_there(told: str) -> None:
    named = re.findall(r"(?:mappings|playground|docs)/[\w./-]+\w", told)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_times_are_moved_together_and_keep_their_forms(demo: ModuleType) -> None:
    text = (
        '{"timestamp":"2026-05-01T10:00:00.250Z","sentAt": "2026-05-01T12:00:00+02:00"}\n'
        '{"timestamp":1777629600250, "receivedAt":"2026-05-01T09:00:00", "trial_end":"2026-05-31"}\n'
        '{"timestamp":"2026-05-0'
    )
    now = datetime(2026, 5, 2, 10, 3, 0, tzinfo=UTC).timestamp() + 0.25
    assert demo.moved(text, now) == (
        '{"timestamp":"2026-05-02T10:00:00.250Z","sentAt": "2026-05-02T12:00:00+02:00"}\n'
        '{"timestamp":1777716000250, "receivedAt":"2026-05-02T09:00:00", "trial_end":"2026-05-31"}\n'
        '{"timestamp":"2026-05-0'
    )


def test_the_order_beside_the_samples_is_one_of_them() -> None:
    order = json.loads((ROOT / "playground/events/order.json").read_bytes())
    assert json.dumps(order, ensure_ascii=False, separators=(",", ":")) in SHOP.read_text(encoding="utf-8")


def test_an_interrupted_demo_leaves_no_port_and_no_process_behind() -> None:
    process = subprocess.Popen(
        [sys.executable, DEMO],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    port = None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            port = int(found[1])
        if line.startswith("  retry "):  # the courier waits for a second: it is amid its work
            break
    assert port is not None
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints.strip()) == (130, "interrupted; nothing is left running")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not _group_lives(process.pid)


def _group_lives(group: int) -> bool:
    """Whether a process of a group is left, once the system has had a moment to clear up."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True
