"""`mapper send --jobs`: several processes map, and what is accepted and delivered is that of one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import DeadQuery
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from tests.delivery.deliveries import CANARY, DESTINATION, validate
from tests.support.command import MAPPING, call, event, ndjson, start

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
_SECRETS = {"PINTEREST_ACCESS_TOKEN": CANARY, "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
_EVENTS = 4_000


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the small mapping and a feed of some blocks, with all that a feed may hold."""
    (tmp_path / "small.yaml").write_text(MAPPING)
    strange: tuple[Any, ...] = ("", "{", "[1]", {"type": "return"}, {"type": "order"}, {"type": "name-7"})
    rows: list[Any] = []
    for number in range(_EVENTS):
        rows.append(_order(number, note="x" * (number % 300)))
        if number % 5 == 0:
            rows.append(strange[number // 5 % len(strange)])
    (tmp_path / "events.ndjson").write_text(ndjson(*rows))
    return tmp_path


def _order(number: int, **fields: Any) -> dict[str, Any]:
    return event(number, at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **fields)


@contextmanager
def _service(latency: float = 0.0) -> Iterator[tuple[str, Ledger]]:
    ledger = Ledger(keep=True)
    with serve(sandbox_app(DESTINATION, validate, latency_seconds=latency, ledger=ledger)) as url:
        yield url, ledger


def _words(shop: Path, url: str, jobs: int, outbox: str = "outbox") -> list[object]:
    files = [shop / "small.yaml", shop / "events.ndjson"]
    return ["send", *files, "--url", url, "--outbox", shop / outbox, "--jobs", jobs]


def _left(path: Path) -> tuple[Any, ...]:
    """What is in an outbox after a delivery."""
    store = open_outbox(path)
    letters = [(one.stage, one.kind, one.reason, one.record) for one in store.dead_letters(DeadQuery())]
    counts = [one.counts for one in store.status()]
    assert store.audit() == []
    store.close()
    return letters, counts


@pytest.mark.parametrize("jobs", [2, 3])
def test_several_jobs_deliver_and_keep_what_one_does(shop: Path, jobs: int) -> None:
    seen = []
    for number in (1, jobs):
        rejects = shop / f"rejects-{number}"
        with _service() as (url, ledger):
            words = _words(shop, url, number, f"outbox-{number}")
            ran = call(*words, "--rejects", rejects, env=_SECRETS)
        received = sorted(ledger.received, key=lambda one: int(one["event_id"][2:]))
        told = ran.stderr.replace(f"outbox-{number}", "").replace(url, "").splitlines()
        told = [line for line in told if "requests" not in line]  # how many there are is by chance
        seen.append((received, _left(shop / f"outbox-{number}"), rejects.read_text(), told, ran.exit_code))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) == _EVENTS
    assert seen[0][1][0]


@contextmanager
def _started(words: list[object]) -> Iterator[subprocess.Popen[bytes]]:
    with start(*words, env={**os.environ, **_SECRETS}, start_new_session=True) as run:
        yield run


def _await(known: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not known():
        assert time.monotonic() < until
        time.sleep(0.01)


def _children(run: subprocess.Popen[bytes]) -> list[int]:
    if shutil.which("pgrep") is None:
        pytest.skip("pgrep is not on this machine")
    found: list[int] = []

    def are_there() -> bool:
        listed = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=False)
        found[:] = map(int, listed.stdout.split())
        return len(found) == 2

    _await(are_there)
    return found


def _are_gone(processes: list[int]) -> bool:
    return not any(Path(f"/proc/{one}").exists() for one in processes)


def _pipe(shop: Path, url: str) -> list[object]:
    return ["send", shop / "small.yaml", "--url", url, "--outbox", shop / "outbox", "--jobs", 2]


def test_what_comes_by_a_pipe_is_delivered_while_it_is_open(shop: Path) -> None:
    with _service() as (url, ledger), _started(_pipe(shop, url)) as run:
        assert run.stdin is not None
        for number in (1, 2):
            run.stdin.write(ndjson(_order(number)).encode())
            run.stdin.flush()
            _await(lambda number=number: ledger.processed == number)  # type: ignore[misc]  # its own number
        run.stdin.close()
        assert run.wait(20) == 0


def test_a_process_that_dies_is_said_and_the_same_command_goes_on(shop: Path) -> None:
    with _service() as (url, ledger), _started(_pipe(shop, url)) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(ndjson(_order(1)).encode())
        run.stdin.flush()
        _await(lambda: ledger.processed == 1)
        children = _children(run)
        os.kill(children[0], signal.SIGKILL)
        assert run.wait(20) == 70
        told = run.stderr.read().decode()
        assert "a worker process was killed by signal 9, after line 1 of the feed" in told
        assert _are_gone(children)
        assert call(*_words(shop, url, 2), env=_SECRETS).exit_code == 0
    assert ledger.processed == 1 + _EVENTS


@pytest.mark.parametrize("whole", [True, False], ids=["all", "one"])
def test_a_signal_to_all_processes_or_one_ends_them_in_order(shop: Path, whole: bool) -> None:
    with _service(latency=0.2) as (url, ledger):
        with _started([*_words(shop, url, 2), "--batch-size", 100]) as run:
            _await(lambda: ledger.arrived > 0)
            children = _children(run) if not whole else []
            os.killpg(run.pid, signal.SIGTERM) if whole else run.send_signal(signal.SIGTERM)
            _, told = run.communicate(timeout=60)
        assert run.returncode == 143, told
        assert b"worker" not in told
        assert _are_gone(children)
        assert call(*_words(shop, url, 2), env=_SECRETS).exit_code == 0
    assert (ledger.processed, ledger.duplicates) == (_EVENTS, 0)


def test_no_process_outlives_one_that_is_killed(shop: Path) -> None:
    with _service() as (url, _), _started(_pipe(shop, url)) as run:
        children = _children(run)
        run.kill()
        run.wait(20)
        _await(lambda: _are_gone(children))
