"""SIGHUP to a server: its files are taken up anew under load, and what has errors goes on as it was."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.serving.server import (
    INTAKE,
    SECRETS,
    RunningServer,
    now,
    payloads,
    proof,
    serving,
    statuses,
    write_intake,
)
from tests.support.command import MAPPING, WRONG, call, environment
from tests.support.depth import examples
from tests.support.waiting import wait_until

_OTHER = """\
version: 1
entries:
  /token:
    mapping: small.yaml
    token: {header: x-token, value: $SHOP_TOKEN}
"""
_MORE = """
  /broken:
    mapping: broken.yaml
    token: {header: x-token, value: $SHOP_TOKEN}
  /absent:
    mapping: absent.yaml
    token: {header: x-token, value: $SHOP_TOKEN}
"""
_TOKEN = {"x_token": SECRETS["SHOP_TOKEN"]}


def _named(name: str) -> str:
    """The mapping with another constant, which payloads show."""
    return MAPPING.replace("const: EUR", f"const: {name}")


def _currencies(outbox: Path) -> Counter[str]:
    return Counter(one["custom_data"]["currency"] for one in payloads(outbox))


def _renew(server: RunningServer, line: str) -> None:
    """Send SIGHUP, and wait for what is said of it."""
    said = server.said().count(line)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.said().count(line) > said)


def _taken_up(server: RunningServer, path: str) -> float:
    return server.metric("mapper_serve_mapping_taken_up", path=path)


@dataclass
class _Load:
    """Requests on one path, again and again. is_new: each on a connection of its own."""

    port: int
    is_new: bool = False
    statuses: Counter[int] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, name: int) -> None:
        number = 0
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            while not self.stop.is_set():
                number += 1
                body = json.dumps({**now(0), "id": f"l{name}-{number}"}).encode()
                connection.request("POST", "/orders", body, proof("/orders", body))
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] += 1
                if self.is_new:
                    connection.close()


@contextmanager
def _loaded(port: int, *, is_new: bool = False) -> Iterator[_Load]:
    load = _Load(port, is_new)
    threads = [threading.Thread(target=load.run, args=(number,)) for number in range(8 if is_new else 4)]
    for one in threads:
        one.start()
    try:
        yield load
    finally:
        load.stop.set()
        for one in threads:
            one.join()
        assert set(load.statuses) == {202}


def test_a_mapping_is_taken_up_under_load_without_a_request_that_fails(tmp_path: Path) -> None:
    names = ["USD", "GBP", "CHF", "SEK", "DKK", "NOK"][: examples(6, 2)]
    with serving(tmp_path, "--no-deliver") as server:
        with _loaded(server.port) as load:
            wait_until(lambda: load.statuses[202] > 20)
            for name in names:
                write_intake(tmp_path, mapping=_named(name))
                _renew(server, "/orders: mapped by ")
                seen = load.statuses[202]
                wait_until(lambda seen=seen: load.statuses[202] > seen + 20)
        assert server.metric("mapper_serve_mapping_info", path="/orders") == 1
        assert _taken_up(server, "/orders") == 1
        wait_until(lambda: len(_children(server)) == 3)  # two keepers, and the process that serves
        assert server.end() == 0
    assert {*_currencies(server.outbox)} == {"EUR", *names}
    (status,) = statuses(server.outbox)
    assert status.counts.accepted == load.statuses[202]


def _children(server: RunningServer) -> list[int]:
    """All processes below that of the server."""
    found, waiting = [], [server.process.pid]
    while waiting:
        parent = waiting.pop()
        text = "".join(
            path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children") if path.exists()
        )
        below = [int(one) for one in text.split()]
        found += below
        waiting += below
    return found


def test_a_mapping_with_errors_is_not_taken_up_and_its_path_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        write_intake(tmp_path, mapping=WRONG)
        _renew(server, "/orders: still mapped by ")
        assert "M301" in server.said()
        assert (_taken_up(server, "/orders"), server.post("/orders", now(1)).status) == (0, 202)
        write_intake(tmp_path, mapping=_named("USD"))
        _renew(server, "/orders: mapped by ")
        assert (_taken_up(server, "/orders"), server.post("/orders", now(2)).status) == (1, 202)
    assert _currencies(server.outbox) == {"EUR": 1, "USD": 1}


@pytest.mark.parametrize("intake", ["version: 1\nentries:\n  /orders: {mapping: small.yaml}\n", "{", ""])
def test_an_intake_with_errors_changes_nothing(tmp_path: Path, intake: str) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        (tmp_path / "intake.yaml").write_text(intake, encoding="utf-8")
        _renew(server, "going on with what was read before")
        assert (_taken_up(server, "/orders"), server.post("/orders", now(1)).status) == (0, 202)
        write_intake(tmp_path)
        _renew(server, "/orders: mapped by ")
        assert _taken_up(server, "/orders") == 1


def test_a_path_comes_and_another_goes(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        write_intake(tmp_path, _OTHER)
        _renew(server, "/orders: no longer served")
        assert server.post("/orders", now(1)).status == 404
        assert server.post("/token", now(1)).status == 202
        write_intake(tmp_path)
        _renew(server, "/orders: mapped by ")
        assert server.post("/orders", now(2)).status == 202


def test_a_mapping_with_errors_does_not_stop_the_other_paths_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(WRONG, encoding="utf-8")
    with serving(tmp_path, "--no-deliver", intake=INTAKE + _MORE) as server:
        for path in ("/broken", "/absent"):
            answer = server.post(path, now(1), **_TOKEN)
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert f"{path}: answers 503 until its mapping is corrected: " in server.said()
            assert (_taken_up(server, path), server.metric("mapper_serve_requests_total", end="unserved")) > (
                0,
                0,
            )
        assert server.post("/orders", now(1)).status == 202
        for name in ("broken", "absent"):
            (tmp_path / f"{name}.yaml").write_text(MAPPING, encoding="utf-8")
        _renew(server, "/absent: mapped by ")
        assert [server.post(path, now(2), **_TOKEN).status for path in ("/broken", "/absent")] == [202, 202]


def test_a_server_that_nothing_can_be_mapped_by_does_not_begin(tmp_path: Path) -> None:
    write_intake(tmp_path, _OTHER, WRONG)
    ran = call("serve", tmp_path / "intake.yaml", "--outbox", tmp_path / "outbox", env=environment(**SECRETS))
    assert (ran.exit_code, "M301" in ran.stderr) == (1, True)


def test_a_line_for_each_mistake_where_lines_are_json(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(WRONG, encoding="utf-8")
    with serving(tmp_path, "--no-deliver", "--log-format", "json", intake=INTAKE + _MORE) as server:
        wait_until(lambda: "/absent" in server.said())
        told: list[dict[str, Any]] = [json.loads(line) for line in server.said().splitlines()]
    assert any("M301" in one["message"] for one in told)


def test_a_secret_and_a_token_in_files_are_read_anew(tmp_path: Path) -> None:
    secret, token = tmp_path / "secret", tmp_path / "token"
    secret.write_text("before\n")
    token.write_text("pina_before\n")
    absent = {"SHOP_TOKEN": None, "PINTEREST_ACCESS_TOKEN": None}
    files = {"SHOP_TOKEN_FILE": str(secret), "PINTEREST_ACCESS_TOKEN_FILE": str(token)}
    with serving(tmp_path, "--url", "http://127.0.0.1:9/v5", env=absent | files) as server:
        full = [now(1)] * 1000  # which is not waited for to become more
        assert server.post("/token", full, x_token="before").status == 202
        wait_until(lambda: server.metric("mapper_failing_events") == 1000)
        secret.write_text("after\n")
        token.write_text("pina_after\n")
        _renew(server, "/orders: mapped by ")
        wait_until(lambda: "the credentials have changed" in server.said())
        told = [server.post("/token", now(2), x_token=one).status for one in ("before", "after")]
        assert told == [401, 202]
        secret.unlink()
        _renew(server, "going on with what was read before")
        assert server.post("/token", now(3), x_token="after").status == 202


def test_renewal_waits_for_a_request_that_is_under_way(tmp_path: Path) -> None:
    body = json.dumps(now(1)).encode()
    with serving(tmp_path, "--no-deliver") as server, server.connected() as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in proof("/orders", body).items())
        chunked = f"POST /orders HTTP/1.1\r\nhost: x\r\n{head}transfer-encoding: chunked\r\n\r\n"
        connection.sendall(chunked.encode() + b"5\r\n" + body[:5] + b"\r\n")
        write_intake(tmp_path, mapping=_named("USD"))
        _renew(server, "/orders: mapped by ")
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - 5, body[5:]))
        assert connection.recv(4096).startswith(b"HTTP/1.1 202")
        assert server.post("/orders", now(2)).status == 202
    assert _currencies(server.outbox) == {"EUR": 1, "USD": 1}


def test_processes_replace_each_other_under_load_and_no_connection_is_refused(tmp_path: Path) -> None:
    outbox, words = tmp_path / "outbox", ("--no-deliver", "--shared-port")
    folders = [tmp_path / str(number) for number in range(examples(5, 3) + 1)]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as stack:
        old = stack.enter_context(serving(folders[0], *words, outbox=outbox))
        with _loaded(old.port, is_new=True) as load:
            for folder in folders[1:]:
                new = stack.enter_context(serving(folder, *words, outbox=outbox, port=old.port))
                assert old.end() == 0
                seen, old = load.statuses[202], new
                wait_until(lambda seen=seen: load.statuses[202] > seen + 20)
        assert old.end() == 0
    stored = statuses(outbox)[0].counts.accepted
    assert stored == load.statuses[202]
    requests, refused = load.statuses.total(), load.statuses.total() - load.statuses[202]
    print(f"{len(folders) - 1} swaps, {requests} requests, {refused} refused, {stored} events stored")
