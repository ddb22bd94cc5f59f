"""An outbox that is full or cannot be written: 503 with a time to come again, and 202 once it can be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.serving.server import RunningServer, counts, now, serving
from tests.support.waiting import wait_until


def _fill(server: RunningServer) -> int:
    """Send until it is answered 503; how many events were acknowledged before."""
    acknowledged = 0
    while True:
        said = server.post("/token", [now(number, id=f"{acknowledged}-{number}") for number in range(400)])
        if said.status == 503:
            assert int(said.headers["retry-after"]) >= 1
            assert said.body == b""
            return acknowledged
        assert said.status == 202
        acknowledged += 400


def test_a_full_disk_is_answered_503_and_once_there_is_room_202(small_disk: Path, tmp_path: Path) -> None:
    outbox = small_disk / "outbox"
    with serving(tmp_path, "--no-deliver", "--min-free", 0, outbox=outbox) as server:
        acknowledged = _fill(server)
        assert server.ask("GET", "/readyz").status == 503
        assert server.ask("GET", "/healthz").status == 200
        assert counts(outbox).accepted == acknowledged
        # A sender of records is told in its own form, and keeps what it has.
        assert server.post("/firehose", {"requestId": "r", "records": []}).status == 200
        subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
        wait_until(lambda: server.ask("GET", "/readyz").status == 200)
        assert server.post("/orders", now(1)).status == 202
        assert server.end() == 0
        assert server.said().count("answering 503") == 1
        assert server.said().count("can be written again") == 1
    assert counts(outbox).accepted == acknowledged + 1


def test_an_outbox_that_may_not_grow_is_answered_503(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--max-outbox", "300KiB") as server:
        acknowledged = _fill(server)
        assert server.post("/orders", now(1)).status == 503
        assert server.metric("mapper_serve_requests_total", path="/token", end="full") == 1
        assert server.metric("mapper_serve_ready") == 0
        assert server.end() == 0
        assert "answering 503: the outbox is full" in server.said()
    assert counts(tmp_path / "outbox").accepted == acknowledged


@pytest.mark.parametrize("is_replaced", [False, True])
def test_nothing_is_acknowledged_into_a_file_that_was_deleted(tmp_path: Path, is_replaced: bool) -> None:
    outbox = tmp_path / "outbox"
    with serving(tmp_path, "--no-deliver", "--jobs", 1) as server:
        assert server.post("/orders", now(1)).status == 202
        moved = outbox.rename(tmp_path / "moved")
        if is_replaced:
            outbox.write_bytes(moved.read_bytes())
        assert server.post("/orders", now(2)).status == 503
        assert server.ask("GET", "/readyz").status == 503
        moved.rename(outbox)
        wait_until(lambda: server.ask("GET", "/readyz").status == 200)
        assert server.post("/orders", now(3)).status == 202
        assert server.end() == 0
        assert "was deleted, or replaced by another file" in server.said()
    assert counts(outbox).accepted == 2


def test_space_that_must_stay_free_is_left(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--min-free", "900000GiB") as server:
        assert server.post("/orders", now(1)).status == 503
        assert server.post("/orders", []).status == 202  # nothing is to be kept
        assert server.end() == 0
