"""Several processes serve one port: counted together, replaced where one is lost, and ended as one."""

from __future__ import annotations

import asyncio
import errno
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mapper.serving.channel import Channel
from mapper.serving.counting import ServerCounts, ServerState, together
from mapper.serving.keeper import Keeper
from mapper.serving.listeners import listen
from mapper.serving.mapping_processes import SMALL_EVENTS
from mapper.serving.process_messages import MetricsText
from mapper.serving.serving_processes import ServingProcesses
from mapper.values.safe_text import SafeText
from tests.serving.server import (
    SECRETS,
    RunningServer,
    counts,
    now,
    payloads,
    proof,
    serving,
    write_intake,
)
from tests.support.command import MAPPING, environment, start
from tests.support.postgres import Server
from tests.support.tcp_proxy import proxy
from tests.support.waiting import wait_until

_NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes by /proc")
_CONNECTIONS = 24


def _children(process: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
        return [int(one) for one in text.split()]
    return []


def _serving_processes(server: RunningServer) -> list[int]:
    """Those that serve: the first that its first keeper has begun."""
    return _children(_children(server.process.pid)[0])


@contextmanager
def _connections(server: RunningServer) -> Iterator[list[http.client.HTTPConnection]]:
    """Connections, so many that each process has some."""
    with ExitStack() as stack:
        found = []
        for number in range(_CONNECTIONS):
            source = (f"127.9.0.{number + 1}", 0)
            made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60, source_address=source)
            stack.callback(made.close)
            found.append(made)
        yield found


def _post(connection: http.client.HTTPConnection, *events: dict[str, object]) -> int:
    body = json.dumps(list(events)).encode()
    connection.request("POST", "/orders", body, proof("/orders", body))
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_all_processes_are_counted_together_and_end_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 2) as server:
        with _connections(server) as connections:
            statuses = [_post(one, now(number)) for number, one in enumerate(connections)]
            assert statuses == [202] * _CONNECTIONS
            # The connection that asks is one more.
            assert server.metric("mapper_serve_connections") == _CONNECTIONS + 1
            found = [server.metric("mapper_serve_requests_total", end="accepted") for _ in range(8)]
        assert found == [_CONNECTIONS] * 8  # whichever process is asked
        assert server.end() == 0
        assert f"ended: {_CONNECTIONS} requests accepted, 0 refused" in server.said()
    assert counts(server.outbox).accepted == _CONNECTIONS


@_NEEDS_PROC
def test_a_process_that_is_lost_is_replaced_where_it_listened_and_its_counts_stay(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 2) as server:
        with _connections(server) as connections:
            for number, one in enumerate(connections):
                assert _post(one, now(number)) == 202
        time.sleep(1.5)  # both were counted since
        for victim in _serving_processes(server)[:2]:
            os.kill(victim, signal.SIGKILL)
        # None is refused: the sockets that they listened with are there all the time.
        with _connections(server) as connections:
            assert [_post(one, now(number)) for number, one in enumerate(connections)] == [202] * _CONNECTIONS
        assert server.metric("mapper_serve_lost_processes_total") == 2
        assert server.metric("mapper_serve_requests_total", end="accepted") == 2 * _CONNECTIONS
        assert server.end() == 0
    assert counts(server.outbox).accepted == 2 * _CONNECTIONS


@_NEEDS_PROC
def test_after_a_loss_small_requests_are_mapped_in_another_process_for_a_while(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        assert server.post("/orders", now(1)).status == 202
        (victim,) = _serving_processes(server)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: _serving_processes(server) not in ([], [victim]))
        assert server.post("/orders", now(2)).status == 202
        wait_until(lambda: len(_serving_processes(server)) == 2)  # one serves, and one maps
        assert server.end() == 0
    assert counts(server.outbox).accepted == 2


@_NEEDS_PROC
def test_a_process_that_hangs_holds_up_no_scrape_and_no_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 2) as server:
        with _connections(server) as connections:
            for number, one in enumerate(connections):
                assert _post(one, now(number)) == 202
            time.sleep(1.5)
            stopped, other = _serving_processes(server)
            os.kill(stopped, signal.SIGSTOP)
            begun, answered = time.monotonic(), 0
            for one in connections:
                one.timeout = 0.2
                with suppress(OSError):
                    one.sock.settimeout(4)
                    one.request("GET", "/metrics")
                    text = one.getresponse().read().decode()
                    assert (
                        f'mapper_serve_requests_total{{path="/orders",end="accepted"}} {_CONNECTIONS}' in text
                    )
                    answered += 1
                    break
            assert answered, "the process that does not hang answers"
            assert time.monotonic() - begun < 4 * _CONNECTIONS
            os.kill(other, 0)
            os.kill(stopped, signal.SIGCONT)
        assert server.end() == 0


@pytest.mark.parametrize("connections", range(3))
def test_a_database_that_goes_while_a_server_starts_ends_it_with_its_status(
    tmp_path: Path, postgres: Server, postgres_address: str, connections: int
) -> None:
    """Whichever of its processes finds that out."""
    database = postgres_address.partition("@/")[2].partition("?")[0]
    with proxy(postgres.port, most=connections) as through:
        outbox = postgres.address(database, through.port)
        intake = write_intake(tmp_path)
        started = start(
            "serve",
            intake,
            "--outbox",
            outbox,
            "--port",
            0,
            "--no-deliver",
            "--jobs",
            2,
            env=environment(**SECRETS),
        )
        _, told = started.communicate(timeout=60)
    assert (started.returncode, b"the server cannot be reached" in told) == (69, True), told


@_NEEDS_PROC
def test_a_server_whose_keeper_is_gone_ends_and_says_why(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        os.kill(_children(server.process.pid)[0], signal.SIGKILL)
        assert server.process.wait(30) == 70
        assert "cannot go on: the process that starts others was lost" in server.said()


def test_all_processes_take_up_another_mapping(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 3) as server, _connections(server) as connections:
        for number, one in enumerate(connections):
            assert _post(one, now(number)) == 202
        write_intake(tmp_path, mapping=MAPPING.replace("EUR", "USD"))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.said().count("/orders: mapped by ") == 2)
        time.sleep(0.5)  # the others take as long
        for number, one in enumerate(connections):
            assert _post(one, now(100 + number)) == 202
            assert _post(one, *[now(200 + number)] * (SMALL_EVENTS + 1)) == 202
        assert server.end() == 0
    found = [(one["event_id"], one["custom_data"]["currency"]) for one in payloads(server.outbox)]
    before = {f"o-{number}" for number in range(_CONNECTIONS)}
    assert {currency for name, currency in found if name in before} == {"EUR"}
    assert {currency for name, currency in found if name not in before} == {"USD"}


def test_a_port_that_another_server_has_is_refused_unless_both_share_it() -> None:
    with ExitStack() as stack:

        def opened(port: int, **more: object) -> list[socket.socket]:
            found = listen("127.0.0.1", port, **more)  # type: ignore[arg-type]  # of the test's own
            for one in found:
                stack.callback(one.close)
            return found

        first = opened(0, count=2)
        port = first[0].getsockname()[1]
        assert {one.getsockname()[1] for one in first} == {port}
        for count in (1, 2):
            with pytest.raises(OSError, match="in use") as caught:
                opened(port, count=count)
            assert caught.value.errno == errno.EADDRINUSE
        shared = opened(0, count=2, shared=True)[0].getsockname()[1]
        assert opened(shared, shared=True, count=3)
        with pytest.raises(OSError, match="in use"):
            opened(shared, count=2)


def test_where_connections_are_not_spread_all_accept_from_one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    found = listen("127.0.0.1", 0, count=3)
    try:
        assert len(found) == 3
        assert len({one.getsockname() for one in found}) == 1
        with socket.create_connection(found[0].getsockname()):
            accepted, _ = found[2].accept()
            accepted.close()
    finally:
        for one in found:
            one.close()


def test_an_error_of_ours_in_the_metrics_is_told_by_its_class_alone() -> None:
    class Heard(Channel):
        def __init__(self) -> None:
            pass

        def tell(self, value: Any) -> None:
            told.append(value)

    async def fails(counts: ServerCounts, state: ServerState) -> str:
        raise ZeroDivisionError("ada@example.com")

    async def run() -> None:
        own, other = socket.socketpair()
        with own, other:
            made = ServingProcesses(Keeper(own, None), (), fails, said.append, lambda _: None)
            await made._answer(Heard())

    told, said = list[Any](), list[SafeText]()
    asyncio.run(run())
    assert told == [MetricsText("")]
    assert said == ["internal error in the event loop: ZeroDivisionError"]


def test_the_states_of_processes_are_one() -> None:
    one = ServerState(1, {"idle": 2}, 3, 0, True, ())
    other = ServerState(4, {"idle": 1, "slow_body": 1}, 5, 1, True, ())
    assert together([one, other]) == ServerState(5, {"idle": 3, "slow_body": 1}, 8, 1, True, ())
    assert not together([one, ServerState(0, {}, 0, 0, False, ())]).is_ready
    assert not together([]).is_ready
    counted, more = ServerCounts(), ServerCounts()
    more.requests["/a", "accepted"], more.events["/a", "accepted"], more.unknown_paths = 2, 3, 4
    more.durations.add(0.1)
    more.guard_stops["/a"] = 5
    counted.add(more)
    counted.add(more)
    assert (counted.requests["/a", "accepted"], counted.events["/a", "accepted"]) == (4, 6)
    assert (counted.unknown_paths, counted.durations.count, counted.guard_stops["/a"]) == (8, 2, 10)
