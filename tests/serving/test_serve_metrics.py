"""Metrics of `mapper serve`: beside those of other processes each thing is counted once."""

from __future__ import annotations

from pathlib import Path

from tests.serving.server import now, serving
from tests.support.command import MAPPING
from tests.support.waiting import wait_until

_NOTED = MAPPING.replace("{value: total,", "{value: total, order_id: {from: note, required: true},")
_OPTIONAL = MAPPING.replace("{value: total,", "{value: total, order_id: note,")


def test_a_server_that_does_not_deliver_leaves_the_outbox_to_who_does(tmp_path: Path) -> None:
    shared = tmp_path / "shared.outbox"
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    url = ("--url", "http://127.0.0.1:9/v5")
    with (
        serving(first, "--no-deliver", *url, outbox=shared) as accepting,
        serving(second, *url, outbox=shared) as delivering,
    ):
        assert accepting.post("/token", [now(1), now(2)]).status == 202
        names = ("accepted_events_total", "pending_events", "outbox_bytes", "oldest_pending_seconds")
        assert [accepting.metric(f"mapper_{one}") for one in names] == [0, 0, 0, 0]
        found = [delivering.metric(f"mapper_{one}") for one in names]
        assert found[:2] == [2, 2]
        assert found[2] > 0
        wait_until(lambda: delivering.metric("mapper_failing_seconds") > 0)
        for one in (accepting, delivering):
            text = one.ask("GET", "/metrics").body.decode()
            assert "mapper_build_info{version=" in text
            assert "mapper_outbox_unreachable_seconds 0\n" in text


def test_what_the_guard_stops_is_counted_for_its_path(tmp_path: Path) -> None:
    for mapping in (_NOTED, _OPTIONAL):
        folder = tmp_path / str(mapping == _NOTED)
        folder.mkdir()
        with serving(folder, "--no-deliver", mapping=mapping) as server:
            sent = [now(1, note="n-1"), now(2, note="for eve@example.com")]
            assert server.post("/token", sent).status == 202
            assert server.post("/token", [now(3, note="for eve@example.com")]).status == 202
            assert server.metric("mapper_guard_stops_total", source="/token") == 2
