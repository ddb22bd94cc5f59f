"""`--listen`: what a collector and a supervisor are answered, with and without an outbox."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from mapper.cli.metrics_page import MetricsPage
from mapper.cli.page_server import listening
from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.store import Accepted, Account
from mapper.delivery.outbox.store_thread import StoreThread
from tests.delivery.deliveries import NOW, free_port, parcels
from tests.support import postgres
from tests.support.command import MAPPING, call, environment, ndjson, start
from tests.support.memory_outbox import MemoryOutbox
from tests.support.waiting import wait_until

_SECONDS = 60
_ACCOUNT = Account("pinterest/conversions-v5", recipient="account=1 at http://127.0.0.1:9/v5")
_CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}


def _ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=_SECONDS)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@contextmanager
def _page(scrape: Callable[[], str] = str, stop: threading.Event | None = None) -> Iterator[int]:
    page = MetricsPage(None, stop or threading.Event())
    page.show(scrape, OutboxMonitor(StoreThread(MemoryOutbox(), None)))
    with listening(("127.0.0.1", 0), page.answer) as url:
        yield int(url.rpartition(":")[2].partition("/")[0])


@pytest.mark.quick
def test_a_page_answers_metrics_and_health_and_nothing_else() -> None:
    stop = threading.Event()
    with _page(lambda: "a 1\n# EOF\n", stop) as port:
        assert _ask(port, "/metrics") == (200, "a 1\n# EOF\n")
        assert _ask(port, "/healthz") == (200, "ok\n")
        assert _ask(port, "/readyz?any=1") == (200, "ready\n")
        stop.set()
        assert _ask(port, "/readyz") == (503, "not ready\n")
        assert _ask(port, "/")[0] == 404
        assert _ask(port, "/metrics", "POST")[0] == 501


@pytest.mark.quick
def test_clients_that_send_nothing_keep_no_other_from_an_answer_for_long() -> None:
    def is_answered(port: int) -> bool:
        try:
            return _ask(port, "/healthz")[0] == 200
        except (OSError, HTTPException):
            return False

    with _page() as port, ExitStack() as stack:
        for _ in range(15):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert is_answered(port)
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        until = time.monotonic() + _SECONDS
        while not is_answered(port):
            assert time.monotonic() < until


@pytest.mark.quick
def test_a_scrape_that_fails_ends_its_connection_alone(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> str:
        raise RuntimeError("canary")

    with _page(fail) as port:
        with pytest.raises((OSError, HTTPException)):
            _ask(port, "/metrics")
        assert _ask(port, "/healthz")[0] == 200
    assert "canary" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("x:y", 2, "'x:y' is not an address; write e.g. 9100 or 0.0.0.0:9100"),
        ("99999", 2, "is not an address"),
        ("taken", 74, "choose another address with --listen"),
        ("no.such.host.invalid:80", 74, "no.such.host.invalid:80"),
    ],
)
def test_an_address_that_cannot_be_listened_on_ends_it(
    tmp_path: Path, address: str, status: int, told: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = address.replace("taken", str(taken.getsockname()[1]))
        words = ("deliver", "--outbox", tmp_path / "none", "--listen", where)
        ran = call(*words, env=_CREDENTIALS)
    assert (ran.exit_code, told in ran.stderr) == (status, True), ran.stderr


def test_a_feed_that_is_followed_is_answered_for_too(tmp_path: Path) -> None:
    mapping, events = tmp_path / "small.yaml", tmp_path / "events.ndjson"
    mapping.write_text(MAPPING, encoding="utf-8")
    events.write_text(ndjson({"type": "other"}), encoding="utf-8")
    words = (mapping, events, "--follow", "--outbox", tmp_path / "outbox", "--url", "http://127.0.0.1:9/v5")
    with _delivering(tmp_path, *words, command="send") as (process, port):
        wait_until(lambda: _ask(port, "/readyz")[0] == 200)
        wait_until(lambda: "mapper_guard_stops_total" in _ask(port, "/metrics")[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(_SECONDS) == 143


@contextmanager
def _delivering(
    folder: Path, *words: object, command: str = "deliver"
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process, and the port of its page."""
    log, port = folder / "log", free_port()
    with (
        log.open("wb") as file,
        start(command, "--listen", port, *words, env=environment(**_CREDENTIALS), stderr=file) as process,
    ):
        try:
            wait_until(lambda: "metrics on " in log.read_text(encoding="utf-8"))
            yield process, port
        finally:
            process.kill()


def test_it_lives_and_is_not_ready_before_there_is_an_outbox(tmp_path: Path) -> None:
    with _delivering(tmp_path, "--outbox", tmp_path / "later.outbox") as (process, port):
        assert _ask(port, "/healthz")[0] == 200
        assert _ask(port, "/readyz")[0] == 503
        assert _ask(port, "/metrics")[1].endswith("# EOF\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(_SECONDS) == 0


def test_metrics_go_on_while_the_server_of_the_outbox_is_away(tmp_path: Path) -> None:
    with postgres.running() as server:
        address, file = server.address(server.new_database()), tmp_path / "metrics"
        with closing(open_postgres(address)) as store:
            store.put(Accepted(_ACCOUNT, "1", tuple(parcels(3))), NOW)
        with _delivering(tmp_path, "--outbox", address, "--metrics", file) as (process, port):
            wait_until(lambda: _ask(port, "/readyz")[0] == 200)
            server.stop()
            wait_until(lambda: _away(_ask(port, "/metrics")[1]) > 0)
            assert _ask(port, "/readyz")[0] == 503
            assert _ask(port, "/healthz")[0] == 200
            assert "mapper_accepted_events_total" in _ask(port, "/metrics")[1]
            os.utime(file, (0, 0))
            wait_until(lambda: file.stat().st_mtime and _away(file.read_text(encoding="utf-8")) > 0)
            server.start()
            wait_until(lambda: _ask(port, "/readyz")[0] == 200)
            assert _away(_ask(port, "/metrics")[1]) == 0
            process.send_signal(signal.SIGTERM)
            assert process.wait(_SECONDS) == 0


def test_a_server_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    with postgres.running() as server:
        address = server.address(server.new_database())
        server.stop()
        with _delivering(tmp_path, "--outbox", address, "--log-format", "json") as (process, port):
            wait_until(lambda: '"outbox_away"' in (tmp_path / "log").read_text(encoding="utf-8"))
            assert (_ask(port, "/readyz")[0], _ask(port, "/healthz")[0]) == (503, 200)
            server.start()
            wait_until(lambda: _ask(port, "/readyz")[0] == 200)
            process.send_signal(signal.SIGTERM)
            assert process.wait(_SECONDS) == 0
        lines = [json.loads(one) for one in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
        events = [one["event"] for one in lines]
        assert events == ["note", "outbox_away", "outbox_back", "started", "ending", "ended"]
        assert "the server cannot be reached" in lines[1]["message"]
        server.stop()
        with _delivering(tmp_path, "--outbox", address) as (process, _):
            process.send_signal(signal.SIGTERM)
            assert process.wait(_SECONDS) == 0


def test_a_server_that_refuses_at_the_start_is_not_waited_for() -> None:
    with postgres.running() as server:
        unknown = server.address("no_such_database")
        refused = (server.address("postgres").replace("mapper@", "nobody@"), unknown)
        said = [call("deliver", "--outbox", one, env=_CREDENTIALS) for one in refused]
    assert [one.exit_code for one in said] == [77, 78]
    assert "does not know the user" in said[0].stderr
    assert "has no such database" in said[1].stderr


def _away(text: str) -> float:
    found = re.search(r"^mapper_outbox_unreachable_seconds (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])
