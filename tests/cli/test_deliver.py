"""`mapper deliver` as its operator sees it: a service that ends when told to, a job that ends by itself."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.delivery.credentials import Secret
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Counts
from mapper.delivery.sandbox_server import Fault, Ledger, sandbox_app, serve
from tests.delivery.deliveries import answering, free_port, parcels
from tests.support.command import ROOT, call, environment, start, terminal

_TARGET = "pinterest/conversions-v5"
_PORT = free_port()
_RECIPIENT = f"account=549755885175 at http://127.0.0.1:{_PORT}/v5"
_ACCOUNT = Account(_TARGET, recipient=_RECIPIENT)
_TOKEN, _OLD = "pina_canary-5d1c-new", "pina_canary-5d1c-old"
_CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": _TOKEN, "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
_WAIT_SECONDS = 60


@contextmanager
def _sandbox(**options: Any) -> Iterator[tuple[str, Ledger]]:
    ledger = Ledger()
    app = sandbox_app(mapper.destination(_TARGET), mapper.validator(_TARGET), ledger=ledger, **options)
    with serve(app, _PORT) as url:
        yield url, ledger


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """An outbox in which three events of now wait."""
    path = tmp_path / "shop.outbox"
    _fill(path, 3)
    return path


def _fill(path: Path, count: int, account: Account = _ACCOUNT) -> None:
    """Accept events, which have waited for long enough to be sent at once."""
    with _opened(path) as store:
        now = int(time.time())
        store.put(Accepted(account, "1", tuple(parcels(count, event_time=now - 60))), now - 60)


@contextmanager
def _opened(path: Path) -> Iterator[SqliteOutbox]:
    store = open_outbox(path)
    try:
        yield store
    finally:
        store.close()


def _counts(path: Path, account: Account = _ACCOUNT) -> Counts:
    with _opened(path) as store:
        assert store.audit() == []
        return next(one.counts for one in store.status() if one.account == account)


@dataclass
class _Running:
    """A process and the file of what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def lines(self) -> list[str]:
        """What it has said by now."""
        return self.log.read_text(encoding="utf-8").splitlines()

    def wait_for(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        until = time.monotonic() + _WAIT_SECONDS
        while not holds():
            assert time.monotonic() < until, self.lines()
            assert self.process.poll() is None, self.lines()
            time.sleep(0.05)

    def end(self, number: int) -> int:
        """Send a signal; the status it ends with."""
        self.process.send_signal(number)
        return self.process.wait(_WAIT_SECONDS)


@contextmanager
def _service(outbox: Path, *words: object, **changes: str | None) -> Iterator[_Running]:
    """A service over an outbox that has begun."""
    log = outbox.with_name("log")
    with (
        log.open("wb") as file,
        start(
            *("deliver", "--outbox", outbox, *words),
            env=environment(**{**_CREDENTIALS, **changes}),
            stderr=file,
        ) as process,
    ):
        running = _Running(process, log)
        try:
            running.wait_for(running.lines)
            yield running
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_with_status_0_and_says_what_became_of_it_all(outbox: Path, number: int) -> None:
    with _sandbox() as (url, ledger), _service(outbox, "--url", url) as running:
        running.wait_for(lambda: ledger.processed == 3)
        _fill(outbox, 2)
        assert running.end(number) == 0
    counts = _counts(outbox)
    assert counts.accepted == 5 == counts.delivered + counts.pending
    left = f"; {counts.pending} waiting in {outbox}" if counts.pending else ""
    assert running.lines() == [
        "mapper: delivering; SIGTERM or Ctrl-C ends it; 3 waiting",
        "mapper: finishing the requests in progress; a second signal ends at once",
        f"mapper: ended: {counts.delivered} delivered, 0 refused{left}",
    ]


def test_a_request_under_way_is_finished_and_settled_before_it_ends(outbox: Path) -> None:
    with _sandbox(latency_seconds=1.0) as (url, ledger), _service(outbox, "--url", url) as running:
        running.wait_for(lambda: ledger.arrived)
        assert running.end(signal.SIGTERM) == 0
    assert (_counts(outbox).delivered, ledger.processed, ledger.duplicates) == (3, 3, 0)


def test_a_second_signal_ends_it_at_once_and_loses_nothing(outbox: Path) -> None:
    over = threading.Event()

    def hang(connection: socket.socket) -> None:
        over.wait(_WAIT_SECONDS)

    with answering(lambda heard: hang, _PORT) as server:
        with _service(outbox, "--url", server.url) as running:
            running.wait_for(lambda: server.heard)
            running.process.send_signal(signal.SIGTERM)
            running.wait_for(lambda: len(running.lines()) == 2)
            assert running.end(signal.SIGTERM) == 143
        over.set()
    assert _counts(outbox) == Counts(accepted=3, pending=3)


def test_a_token_in_a_file_is_read_anew_and_delivery_goes_on_without_a_restart(
    outbox: Path, tmp_path: Path
) -> None:
    token, accounts = tmp_path / "token", tmp_path / "accounts.yaml"
    token.write_text(f"{_OLD}\n")
    accounts.write_text(f"default: {{account: PINTEREST_AD_ACCOUNT_ID, token: 'file:{token}'}}\n")
    accounts.chmod(0o600)
    words = ("--accounts", accounts, "--log-format", "json", "--metrics", tmp_path / "metrics")
    with (
        _sandbox(known={"token": Secret(_TOKEN)}) as (url, ledger),
        _service(outbox, "--url", url, *words) as running,
    ):
        running.wait_for(lambda: ledger.requests[401])
        token.write_text(f"{_TOKEN}\n")
        running.wait_for(lambda: ledger.processed == 3)
        assert running.end(signal.SIGTERM) == 0
    said = [json.loads(line) for line in running.lines()]
    assert said[0]["message"] == "delivering; SIGTERM or Ctrl-C ends it; 3 waiting"
    assert said[1]["message"].startswith("Pinterest does not accept the access token (")
    assert said[2]["message"] == "the credentials have changed; continuing with the new ones"
    assert said[-1]["message"] == "ended: 3 delivered, 0 refused"
    events = [one["event"] for one in said]
    assert events[:3] == ["started", "paused", "credentials_renewed"]
    # The signal may come before it is kept that they were delivered.
    assert sorted(events[3:]) == ["ended", "ending", "recovered"]
    assert _OLD not in running.log.read_text()
    assert ledger.requests == {401: 1, 200: 1}
    metrics = (tmp_path / "metrics").read_text()
    assert 'mapper_delivered_events_total{destination="pinterest/conversions-v5"' in metrics
    assert metrics.endswith("# EOF\n")


def test_sighup_has_what_waits_for_a_person_tried_at_once(outbox: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(_OLD)
    changed: dict[str, str | None] = {
        "PINTEREST_ACCESS_TOKEN": None,
        "PINTEREST_ACCESS_TOKEN_FILE": str(token),
    }
    with (
        _sandbox(known={"token": Secret(_TOKEN)}) as (url, ledger),
        _service(outbox, "--url", url, **changed) as running,
    ):
        running.wait_for(lambda: ledger.requests[401])
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(lambda: ledger.requests[401] == 2)
        token.write_text(_TOKEN)
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(lambda: ledger.processed == 3)
        assert running.end(signal.SIGTERM) == 0


def test_it_waits_for_an_outbox_that_is_not_there_yet(outbox: Path) -> None:
    kept = outbox.rename(outbox.with_name("later"))
    with _sandbox() as (url, ledger), _service(outbox, "--url", url) as running:
        assert running.lines() == [
            f"mapper: waiting for the outbox {outbox}: nothing was accepted into it yet"
        ]
        kept.rename(outbox)
        running.wait_for(lambda: ledger.processed == 3)
        assert running.end(signal.SIGTERM) == 0
    outbox.unlink()
    with _service(outbox, "--url", "http://127.0.0.1:9/v5") as running:
        assert running.end(signal.SIGTERM) == 0


def test_an_account_that_is_added_to_the_file_is_served_without_a_restart(
    outbox: Path, tmp_path: Path
) -> None:
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text("other: {account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}\n")
    accounts.chmod(0o600)
    with _sandbox() as (url, ledger), _service(outbox, "--url", url, "--accounts", accounts) as running:
        running.wait_for(lambda: "has no account `default`" in "".join(running.lines()))
        accounts.write_text(accounts.read_text().replace("other:", "default:"))
        running.wait_for(lambda: ledger.processed == 3)
        assert running.end(signal.SIGTERM) == 0


def test_metrics_that_cannot_be_written_are_said_once_and_hinder_nothing(
    outbox: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    with (
        _sandbox() as (url, ledger),
        _service(outbox, "--url", url, "--metrics", folder / "metrics") as running,
    ):
        running.wait_for(lambda: ledger.processed == 3)
        folder.mkdir()
        assert running.end(signal.SIGTERM) == 0
    assert sum("No such file or directory" in line for line in running.lines()) == 1
    assert (folder / "metrics").exists()


def test_metrics_that_can_never_be_written_do_not_change_how_it_ends(outbox: Path, tmp_path: Path) -> None:
    with _sandbox() as (url, _):
        ran = call(
            *(
                "deliver",
                "--outbox",
                outbox,
                "--url",
                url,
                "--once",
                "--metrics",
                tmp_path / "no" / "metrics",
            ),
            env=_CREDENTIALS,
        )
    assert (ran.exit_code, _counts(outbox).delivered) == (0, 3)


@dataclass(frozen=True)
class _End:
    """How `--once` ends: the options of the sandbox, changes of the environment, the status, what is said."""

    status: int
    said: str
    sandbox: dict[str, Any]
    changes: dict[str, str | None]
    delivered: int = 0


@pytest.mark.parametrize(
    "end",
    [
        _End(0, "ended: 3 delivered, 0 refused", {}, {}, 3),
        _End(77, "make a new token in Ads Manager", {"known": {"token": Secret("another")}}, {}),
        _End(78, "PINTEREST_ACCESS_TOKEN (access token) must be set", {}, {"PINTEREST_ACCESS_TOKEN": None}),
        _End(69, "gave up: Pinterest is not accepting events", {"faults": (Fault("503", 1.0),)}, {}),
    ],
    ids=lambda end: str(end.status),
)
def test_once_ends_with_the_status_that_tells_why(outbox: Path, end: _End) -> None:
    with _sandbox(**end.sandbox) as (url, _):
        words = ("deliver", "--outbox", outbox, "--url", url, "--once", "--give-up", "100ms")
        ran = call(*words, env={**_CREDENTIALS, **end.changes})
    assert (ran.exit_code, _counts(outbox).delivered) == (end.status, end.delivered)
    assert end.said in ran.stderr
    assert f"{3 - end.delivered} waiting in {outbox}" in ran.stderr or end.delivered == 3
    assert _TOKEN not in ran.stderr


def test_once_ends_with_1_where_events_were_refused_and_75_where_another_process_delivers(
    outbox: Path, tmp_path: Path
) -> None:
    with _opened(outbox) as store:
        old = tuple(parcels(1, event_time=int(time.time()) - 9 * 86_400))
        store.put(Accepted(_ACCOUNT, "1", old), time.time())
    with _sandbox() as (url, _):
        words = ("deliver", "--outbox", outbox, "--url", url, "--once")
        with _opened(outbox) as store, store.own(_ACCOUNT):
            ran = call(*words, env=_CREDENTIALS)
            assert (ran.exit_code, _counts(outbox).pending) == (75, 4)
            assert "another process delivers for this account" in ran.stderr
        ran = call(*words, env=_CREDENTIALS)
    assert (ran.exit_code, _counts(outbox).delivered, _counts(outbox).expired) == (1, 3, 1)


def test_once_that_is_interrupted_before_it_is_done_says_so_by_its_status(outbox: Path) -> None:
    slow = {"faults": (Fault("503", 1.0),)}
    with _sandbox(**slow) as (url, ledger), _service(outbox, "--url", url, "--once") as running:
        running.wait_for(lambda: ledger.requests[503])
        assert running.end(signal.SIGTERM) == 143
    assert running.lines()[-1] == f"mapper: ended: 0 delivered, 0 refused; 3 waiting in {outbox}"


def test_a_terminal_shows_how_the_delivery_of_all_accounts_goes(outbox: Path) -> None:
    other = Account(_TARGET, "other", recipient=_RECIPIENT)
    _fill(outbox, 2, other)
    words = ("deliver", "--outbox", outbox, "--once", "--give-up", "3s")
    with (
        terminal() as (screen, read),
        start(
            *words, "--url", f"http://127.0.0.1:{_PORT}/v5", env=environment(**_CREDENTIALS), stderr=screen
        ) as run,
    ):
        shown = read()
        assert run.wait(_WAIT_SECONDS) == 69
    assert "0 accepted · 5 waiting" in shown
    assert "failing for " in shown
    assert shown.endswith(f"\nmapper: ended: 0 delivered, 0 refused; 5 waiting in {outbox}\r\n")


_HANGING = """\
import threading, time
from mapper.cli import signals
signals._LONGEST_STOP_SECONDS = 0.2
stop = threading.Event()
with signals.stopping(stop, lambda line: print(line, flush=True)):
    print("ready", flush=True)
    while True:
        time.sleep(0.05)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_cannot_finish_ends_all_the_same_and_says_so(number: int) -> None:
    words = [sys.executable, "-c", _HANGING]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(_WAIT_SECONDS) == 128 + number
    assert (
        said.splitlines()[-1] == "could not finish in time; accepted events that are not delivered are kept"
    )


def test_many_accounts_are_served_with_few_threads(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    accounts = tmp_path / "accounts.yaml"
    names = [f"shop-{number}" for number in range(60)]
    accounts.write_text(
        "".join(f"{n}: {{account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}}\n" for n in names)
    )
    accounts.chmod(0o600)
    for name in names:
        _fill(outbox, 1, Account(_TARGET, name, recipient=_RECIPIENT))
    before = threading.active_count()
    with _sandbox() as (url, ledger):
        words = ("deliver", "--outbox", outbox, "--url", url, "--once", "--accounts", accounts)
        ran = call(*words, env=_CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (0, 60)
    assert threading.active_count() <= before + 8


def test_more_accounts_than_a_process_may_usually_have_files_open(tmp_path: Path) -> None:
    accounts, path = 150, tmp_path / "shop.outbox"
    for number in range(accounts):
        _fill(path, 2, Account(_TARGET, f"shop-{number}", recipient=_RECIPIENT))
    names = "{account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}\n"
    file = tmp_path / "accounts.yaml"
    file.write_text("".join(f"shop-{number}: {names}" for number in range(accounts)))
    file.chmod(0o600)
    words = [sys.executable, "-m", "mapper", "deliver", "--once", "--outbox", path, "--accounts", file]
    few = "ulimit -Sn 100; exec " + shlex.join(str(one) for one in [*words, "--url"])
    with _sandbox() as (url, ledger):
        ran = subprocess.run(
            ["sh", "-c", f"{few} {url}"],
            cwd=ROOT,
            env=environment(**_CREDENTIALS),
            capture_output=True,
            check=False,
        )
    assert (ran.returncode, ledger.processed) == (0, 2 * accounts), ran.stderr
