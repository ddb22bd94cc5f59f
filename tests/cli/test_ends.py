"""How processes end: what is in their files, what they say in one line, and with which status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, ROOT, SHOP, environment, event, give, ndjson, start


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


def _events(small: Path, count: int) -> Path:
    path = small.with_name("events.ndjson")
    path.write_text(ndjson(*(event(number, at=now()) for number in range(count))))
    return path


def _ran(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-m", "mapper", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, timeout=60, check=False, **options)


def test_an_output_has_its_name_once_it_is_whole(small: Path) -> None:
    out, partial = small.with_name("out"), small.with_name("out.partial")
    out.write_text("before")
    out.chmod(0o640)
    with start("run", small, "-o", out) as run:
        assert run.stdin is not None
        run.stdin.write(ndjson(event(1)).encode())
        run.stdin.flush()
        deadline = time.monotonic() + 60
        while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (out.read_text(), json.loads(partial.read_text())["event_id"]) == ("before", "o-1")
        run.stdin.close()
        assert run.wait(20) == 0
    assert json.loads(out.read_text())["event_id"] == "o-1"
    assert not partial.exists()
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("way", ["signal", "kill", "damaged", "worker"])
def test_an_output_that_did_not_become_whole_leaves_the_old_one_and_says_where_it_is(
    small: Path, way: str
) -> None:
    out, partial = small.with_name("out"), small.with_name("out.partial")
    out.write_text("before")
    if way == "damaged":
        import gzip

        packed = gzip.compress(ndjson(*(event(number) for number in range(20_000))).encode())
        small.with_name("events.gz").write_bytes(packed[: len(packed) // 2])
        ran = _ran("run", small, small.with_name("events.gz"), "-o", out)
        status, told = ran.returncode, ran.stderr.decode()
        assert "mapper: the compressed feed ends unexpectedly, after line " in told
    else:
        with start("run", small, "-o", out, "--jobs", 2 if way == "worker" else 1) as run:
            assert run.stdin is not None
            assert run.stderr is not None
            run.stdin.write(ndjson(*(event(number) for number in range(100))).encode())
            run.stdin.flush()
            while not (partial.exists() and partial.stat().st_size):
                time.sleep(0.02)
            if way == "worker":  # a worker process dies
                children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
                os.kill(int(children[0]), signal.SIGKILL)
                with suppress(ProcessLookupError):  # it may have ended already, as the first one died
                    os.kill(int(children[1]), signal.SIGKILL)
                run.stdin.write(ndjson(*(event(number) for number in range(100))).encode())
                run.stdin.close()
            else:
                run.send_signal(signal.SIGINT if way == "signal" else signal.SIGKILL)
            told, status = run.stderr.read().decode(), run.wait(20)
    assert out.read_text() == "before"
    assert partial.stat().st_size
    assert status == {"signal": 130, "kill": -9, "damaged": 2, "worker": 2}[way]
    if way != "kill":
        assert f"mapper: {out} is as it was; what came out before the end is in {partial}\n" in told


def test_an_output_through_a_link_or_to_a_pipe_or_an_open_file_is_what_it_was(small: Path) -> None:
    events, real, link = _events(small, 3), small.with_name("real"), small.with_name("link")
    real.write_text("before")
    link.symlink_to(real)
    assert _ran("run", small, events, "-o", link).returncode == 0
    assert link.is_symlink()
    assert len(real.read_text().splitlines()) == 3
    with small.with_name("stdout").open("wb") as file:
        words = [sys.executable, "-m", "mapper", "run", str(small), str(events), "-o", "/dev/stdout"]
        assert subprocess.run(words, cwd=ROOT, stdout=file, timeout=60, check=False).returncode == 0
    assert len(small.with_name("stdout").read_text().splitlines()) == 3
    fifo = small.with_name("fifo")
    os.mkfifo(fifo)
    with start("run", small, events, "-o", fifo) as run:
        assert len(fifo.read_text().splitlines()) == 3
        assert run.wait(20) == 0
    assert fifo.is_fifo()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_disk_that_is_full_is_one_line_and_status_2(small: Path, jobs: int) -> None:
    events = _events(small, 5_000)
    with open("/dev/full", "wb") as full:
        words = [sys.executable, "-m", "mapper", "run", str(small), str(events), "--jobs", str(jobs)]
        ran = subprocess.run(words, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ran.returncode == 2
    assert ran.stderr.decode().splitlines()[-1].startswith("mapper: <stdout>: No space left on device")


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",), ("explain", "M308")])
def test_a_page_whose_reader_goes_away_ends_quietly(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "mapper", *arguments]
    ran = subprocess.run(words, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize(
    "words", ["--help", "-V", "-V -v", "run --help", "outbox status --help", "completion zsh", "explain M308"]
)
def test_a_page_that_the_disk_has_no_room_for_is_one_line_and_status_2(words: str) -> None:
    called = [sys.executable, "-m", "mapper", *words.split()]
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(called, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    told = ran.stderr.decode()
    assert (ran.returncode, told.count("\n")) == (2, 1)
    assert told.startswith("mapper: ")
    assert told.endswith("No space left on device\n")


_INTERRUPTED_AT = """
import os, signal, sys
class Interrupt:
    left = int(sys.argv[1])
    def find_spec(self, name, *rest):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), int(os.environ.get("NUMBER", signal.SIGINT)))
from mapper.__main__ import main
sys.meta_path.insert(0, Interrupt())
sys.argv[:2] = ["mapper"]
main()
"""


@pytest.mark.parametrize("module", [1, 2, 5, 10, 20, 40, 60, 80, 100, 120])
def test_an_interruption_while_any_module_loads_ends_it_with_one_line(small: Path, module: int) -> None:
    words = [sys.executable, "-c", _INTERRUPTED_AT, str(module), "run", str(small)]
    ran = subprocess.run(words, cwd=ROOT, input=b"", capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"mapper: interrupted\n")


class _Service(BaseHTTPRequestHandler):
    """Answers in turn, then as if all were processed."""

    answers: ClassVar[list[tuple[int, dict[str, str]]]] = []
    latency: ClassVar[float] = 0.0
    arrived: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        """One request."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.arrived.set()
        time.sleep(self.latency)
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        entries = [{"status": "processed", "error_message": "", "warning_message": ""} for _ in body["data"]]
        counts = {"num_events_received": len(entries), "num_events_processed": len(entries)}
        said: dict[str, Any] = {**counts, "events": entries}
        content = json.dumps(said if status == 200 else {"code": 8, "message": "slow down"}).encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    """The address of a service that answers as `_Service.answers` says."""
    _Service.answers, _Service.latency, _Service.arrived = [], 0.0, threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v5"
        server.shutdown()


def test_a_wait_that_the_service_asks_for_is_waited_out_once(small: Path, service: str) -> None:
    _Service.answers = [(429, {"retry-after": "2"})]
    env = environment(**CREDENTIALS)
    began = time.monotonic()
    ran = _ran("send", small, _events(small, 3), "--url", service, "--give-up", "500ms", env=env)
    assert ran.returncode == 0, ran.stderr
    assert time.monotonic() - began >= 2
    assert b"3 delivered, 0 refused" in ran.stderr
    assert b"retrying in 2 s" in ran.stderr
    _Service.answers = [(429, {"retry-after": "1"})] * 9
    again = ("--give-up", "500ms", "--again")
    ran = _ran("send", small, _events(small, 3), "--url", service, *again, env=env)
    told = ran.stderr.decode()
    assert ran.returncode == 69
    assert "it asks for a wait of 1 s\n" in told
    assert "3 events not delivered yet, kept in" in told
    _Service.answers = [(429, {"retry-after": "3600"})]
    began = time.monotonic()
    ran = _ran("send", small, _events(small, 3), "--url", service, "--again", env=env)
    assert ran.returncode == 69
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("words", "status"),
    [
        *((("serve",), 0), (("consume",), 0), (("deliver",), 0)),
        *((("deliver", "--once"), 130), (("send",), 143), (("run",), 130)),
        *((("-q", "serve"), 0), (("--color", "never", "deliver"), 0), (("--color=never", "send"), 143)),
        *((("check", "serve"), 130), (("--color", "serve"), 130)),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_a_service_that_is_terminated_while_it_loads_ended_as_it_should(
    words: tuple[str, ...], status: int
) -> None:
    told = environment(NUMBER=str(int(signal.SIGTERM)))
    ran = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_AT, "20", *words],
        cwd=ROOT,
        env=told,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (status, b"mapper: interrupted\n")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
@pytest.mark.parametrize("times", [1, 2])
def test_send_that_is_ended_says_by_what(
    small: Path, service: str, number: signal.Signals, status: int, times: int
) -> None:
    _Service.latency = 1.0
    with start("send", small, "--url", service, env=environment(**CREDENTIALS)) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(ndjson(*(event(one, at=now()) for one in range(3))).encode())
        run.stdin.flush()
        assert _Service.arrived.wait(30)
        for _ in range(times):
            run.send_signal(number)
            time.sleep(0.3)
        told = run.stderr.read().decode()
        assert run.wait(30) == status
    assert "Traceback" not in told
    assert ("3 delivered" in told) == (times == 1)


@pytest.mark.parametrize("moment", [0.25, 0.6])
def test_send_that_is_terminated_before_it_sends_is_143_too(small: Path, moment: float) -> None:
    with sandbox() as (url, _), start("send", small, "--url", url, env=environment(**CREDENTIALS)) as run:
        assert run.stderr is not None
        time.sleep(moment)
        run.send_signal(signal.SIGTERM)
        told = run.stderr.read().decode()
        assert run.wait(30) in (143, -15)
    assert "Traceback" not in told


def test_the_sandbox_counts_requests_that_were_under_way_when_it_was_ended() -> None:
    with start("sandbox", "--port", "0", "--latency", "1s", "--now", "2026-05-01T10:00:00Z") as run:
        assert run.stdout is not None
        assert run.stderr is not None
        url = run.stdout.readline().decode().strip()
        statuses: list[int] = []
        posting = threading.Thread(target=lambda: statuses.append(_post(url)))
        posting.start()
        time.sleep(0.4)
        run.send_signal(signal.SIGTERM)
        told, status = run.stderr.read().decode().splitlines(), run.wait(20)
        posting.join(10)
    assert (statuses, status) == ([200], 130)
    assert told[1:] == ["requests: 1 with 200; events: 1 processed, 0 failed", "mapper: interrupted"]


def _post(url: str) -> int:
    made = {
        "event_name": "page_visit",
        "action_source": "web",
        "event_time": 1777629600,
        "event_id": "e-1",
        "user_data": {"client_ip_address": "203.0.113.1", "client_user_agent": "Mozilla/5.0"},
    }
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    body = json.dumps({"data": [made]}).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/ad_accounts/123/events", body, headers), timeout=20
    ) as answer:
        return int(answer.status)


def test_a_mistake_of_ours_is_one_line_without_what_was_worked_on(small: Path) -> None:
    text = """
import sys
from mapper.running import Run
def fail(*args, **options):
    raise KeyError("canary.ada@example.com")
Run.work_all = fail
sys.argv = ["mapper", "run", *sys.argv[1:]]
from mapper.cli import main
main()
"""
    words = [sys.executable, "-c", text, str(small), str(SHOP)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=60, check=False)
    told = ran.stderr.decode()
    assert ran.returncode == 70
    assert told.startswith("mapper: internal error: KeyError at ")
    assert "canary" not in told
    assert len(told.splitlines()) == 1


def test_a_run_of_stdin_is_as_before(small: Path) -> None:
    with start("run", small) as run:
        give(run, 1, 2)
        assert run.stdin is not None
        run.stdin.close()
        assert run.wait(20) == 0
