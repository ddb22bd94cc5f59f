"""The log of a server as lines of JSON: in which order it begins, and the counts that its lines have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.serving.server import RunningServer, now, serving
from tests.support.waiting import wait_until

_JSON = ("--no-deliver", "--log-format", "json")


def _lines(server: RunningServer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.said().splitlines()]


def test_a_server_says_first_that_it_has_started_and_at_its_end_what_became_of_all(tmp_path: Path) -> None:
    with serving(tmp_path, *_JSON) as server:
        begin = _lines(server)
        assert server.post("/token", [now(1), now(2), now(3, at="never")]).status == 202
        for _ in range(2):
            assert server.post("/orders", now(4), x_delivery="d-1").status == 202
        assert server.post("/orders", b"{").status == 400
        assert server.post("/token", now(5), x_token="wrong").status == 401
        assert server.end() == 0
        *_, last = _lines(server)
    assert [one["event"] for one in begin] == ["started"] + ["mapping_taken_up"] * 4
    assert (begin[0]["accepted"], begin[0]["waiting"]) == (0, 0)
    assert {
        "event": "ended",
        "accepted_requests": 3,
        "refused_requests": 2,
        "stored": 3,
        "rejected": 1,
        "skipped": 0,
        "stored_before": 1,
    }.items() <= last.items()


def test_after_a_full_disk_it_says_how_many_requests_were_refused(small_disk: Path, tmp_path: Path) -> None:
    with serving(tmp_path, *_JSON, "--min-free", 0, outbox=small_disk / "outbox") as server:
        wait_until(lambda: server.post("/token", [now(one) for one in range(400)]).status == 503)
        assert server.post("/orders", now(1)).status == 503
        subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
        wait_until(lambda: server.ask("GET", "/readyz").status == 200)
        assert server.post("/orders", now(1)).status == 202
        assert server.end() == 0
        said = {one["event"]: one for one in _lines(server)}
    assert said["outbox_back"]["refused_requests"] == 2
    assert said["ended"]["refused_requests"] == 2
