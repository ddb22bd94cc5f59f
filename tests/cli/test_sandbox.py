"""`mapper sandbox` stands in for the service until it is ended, and tells what it saw."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import call, start

EVENT = {
    "event_name": "page_visit",
    "action_source": "web",
    "event_time": 1777629600,
    "event_id": "e-1",
    "user_data": {"client_ip_address": "203.0.113.1", "client_user_agent": "Mozilla/5.0"},
}


@contextmanager
def sandbox(*arguments: str) -> Iterator[tuple[str, list[str]]]:
    """The address of a sandbox in a process of its own; ended at the end, when what it told is there."""
    told: list[str] = []
    with start("sandbox", "--port", "0", *arguments) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        yield run.stdout.readline().decode().strip(), told
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 130
        told += run.stderr.read().decode().splitlines()


def post(url: str, *, token: str = "any") -> int:
    """The status of a request with one event."""
    body = json.dumps({"data": [EVENT]}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/ad_accounts/123/events", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)


def test_it_takes_events_of_its_own_time_and_tells_what_it_saw() -> None:
    with sandbox("--now", "2026-05-01T10:00:00Z", "--token", "right") as (url, told):
        assert [post(url, token="right"), post(url, token="right"), post(url, token="wrong")] == [
            200,
            200,
            401,
        ]
    assert url.startswith("http://127.0.0.1:")
    assert told == [
        "simulates Pinterest; press Ctrl-C to stop",
        "requests: 2 with 200, 1 with 401; events: 2 processed, 0 failed; 1 of them duplicates",
        "mapper: interrupted",
    ]


def test_it_fails_as_it_is_told() -> None:
    with sandbox("--fault", "503:1", "--latency", "1ms") as (url, told):
        assert post(url) == 503
    assert told[1] == "requests: 1 with 503; events: 0 processed, 0 failed"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fault", "200:1"),
        ("--fault", "503:2"),
        ("--latency", "soon"),
        ("--now", "yesterday"),
        ("--now", "2026-05-01T10:00:00"),
        ("--port", "70000"),
        ("no/such-target",),
        ("segment/track",),
    ],
)
def test_what_it_cannot_do_is_status_2(arguments: tuple[str, ...]) -> None:
    ran = call("sandbox", *arguments)
    assert ran.exit_code == 2
    assert "Error: " in ran.stderr


def test_a_schema_that_is_not_json_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{")
    for arguments, status in ((("wrong",), 1), ((), 2)):
        ran = call("sandbox", *arguments, "--schemas", tmp_path)
        assert (ran.exit_code, "not JSON: the file ends before" in ran.stderr) == (status, True)
        assert "wrong.json:1:1" in ran.stderr


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = call("sandbox", "--port", taken.getsockname()[1])
    assert ran.exit_code == 2
    assert ran.stderr.startswith("mapper: Address already in use")
    assert len(ran.stderr.splitlines()) == 1
