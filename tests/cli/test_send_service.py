"""`mapper send` for hours: it follows a file, keeps to its space, shows how it goes, maps in processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mapper.cli.option_types import Size
from mapper.cli.progress_line import progress_text
from mapper.delivery.credentials import Secret
from mapper.delivery.outbox.store import Account, AccountStatus, Counts
from mapper.delivery.sandbox_server import Fault
from tests.cli.test_send import CREDENTIALS, TOKEN, now, sandbox
from tests.support.command import MAPPING, call, environment, event, ndjson, start, terminal

_WAIT_SECONDS = 60


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


def _orders(first: int, count: int) -> str:
    return ndjson(*(event(number, at=now()) for number in range(first, first + count)))


def _wait_for(run: subprocess.Popen[bytes], holds: Callable[[], object]) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until
        assert run.poll() is None
        time.sleep(0.02)


def _delivered(outbox: Path) -> int:
    """How many events an outbox has delivered."""
    (found,) = json.loads(call("outbox", "status", "--outbox", outbox, "--format", "json").stdout)
    return int(found["delivered"])


@contextmanager
def _started(*words: object, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    with start("send", *words, env=environment(**CREDENTIALS), **options) as run:
        try:
            yield run
        finally:
            run.kill()


def test_a_file_is_followed_through_a_rotation_and_after_a_kill(small: Path, tmp_path: Path) -> None:
    log = tmp_path / "shop.ndjson"
    log.write_text(_orders(0, 3))
    with sandbox() as (url, ledger):
        words = (small, log, "--follow", "--url", url, "--outbox", tmp_path / "outbox")
        with _started(*words) as run:
            _wait_for(run, lambda: ledger.processed == 3)
            with log.open("a", encoding="utf-8") as file:
                file.write(_orders(3, 2))
            # Not only processed: of what is not settled by then, the next run sends copies.
            _wait_for(run, lambda: _delivered(tmp_path / "outbox") == 5)
            run.send_signal(signal.SIGKILL)
        with log.open("a", encoding="utf-8") as file:
            file.write(_orders(5, 1))
        log.rename(tmp_path / "shop.ndjson.1")
        log.write_text(_orders(6, 1))
        with _started(*words) as run:
            _wait_for(run, lambda: ledger.processed == 7)
            run.send_signal(signal.SIGTERM)
            assert run.stderr is not None
            told = run.stderr.read().decode()
            assert run.wait(_WAIT_SECONDS) == 143
    assert ledger.duplicates == 0
    assert "the file was replaced; the new one is read from its start" in told
    assert told.splitlines()[-1] == (
        "mapper: interrupted, after line 1 of the feed; the same command continues from there"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-", "--follow"), "--follow needs a file"),
        (("{file}", "--follow", "--dry-run"), "--follow cannot be combined"),
        (("{file}", "--again", "--resume-at", "2"), "--again and --resume-at cannot be combined"),
        (("{file}", "--account", "x"), "--account needs --accounts FILE"),
        (("{file}", "--max-outbox", "5 apples"), "is not a size; write 500MiB"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    small: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(_orders(0, 1))
    ran = call("send", small, *(word.format(file=file) for word in words), env=CREDENTIALS)
    assert ran.exit_code == 2
    assert said in ran.stderr


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("2kB", 2000), ("1.5MiB", 1_572_864), ("1GB", 10**9)])
def test_a_size_is_read(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("name", ["events.ndjson", "events.json", "events.csv"])
@pytest.mark.parametrize("line", [1, 2, 4])
def test_a_feed_is_read_from_the_line_that_is_named_and_goes_on_from_there(
    small: Path, tmp_path: Path, name: str, line: int
) -> None:
    file = tmp_path / name
    orders = [event(number, at=now()) for number in range(4)]
    if name.endswith(".csv"):
        rows = ["type,id,at,email,total", *(",".join(str(value) for value in one.values()) for one in orders)]
        file.write_text("\n".join(rows) + "\n")
        orders = [None, *orders]  # type: ignore[list-item]  # a line without an event
    elif name.endswith(".json"):
        file.write_text("[\n" + ",\n".join(map(json.dumps, orders)) + "\n]")
        orders = [None, *orders]  # type: ignore[list-item]  # a line without an event
    else:
        file.write_text(ndjson(*orders))
    due = [one["id"] for one in orders[line - 1 :] if one is not None]
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url)
        ran = call(*words, "--resume-at", line, env=CREDENTIALS)
        assert ran.exit_code == 0, ran.stderr
        assert [one["event_id"] for one in ledger.received] == due
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, len(ledger.received)) == (0, len(due))
        ran = call(*words, "--resume-at", 99, env=CREDENTIALS)
        assert (ran.exit_code, len(ledger.received)) == (65, len(due))
        assert f"{file} has no line 99" in ran.stderr


def test_a_pipe_is_read_from_the_line_that_is_named(small: Path) -> None:
    with sandbox() as (url, ledger):
        ran = call("send", small, "--url", url, "--resume-at", 3, stdin=_orders(0, 4), env=CREDENTIALS)
    assert ran.exit_code == 0
    assert [one["event_id"] for one in ledger.received] == ["o-2", "o-3"]
    assert ran.stderr.startswith("mapper: reading from a pipe, which cannot be read again")


@pytest.mark.parametrize("jobs", [1, 3])
def test_several_jobs_deliver_what_one_delivers_and_keep_the_places(
    small: Path, tmp_path: Path, jobs: int
) -> None:
    file, rejects = tmp_path / "events.ndjson", tmp_path / "rejects"
    lines = [event(number, at=now(), note="x" * 200) for number in range(6000)]
    lines[2500], lines[5000] = "{", event(5000, at=now(9))  # type: ignore[call-overload]  # not JSON
    file.write_text(ndjson(*lines))
    with sandbox() as (url, ledger):
        words = (small, file, "--url", url, "--jobs", jobs, "--rejects", rejects)
        with _started(*words, "--outbox", tmp_path / "outbox") as run:
            assert run.stderr is not None
            told = run.stderr.read().decode()
            assert run.wait(_WAIT_SECONDS) == 1, told
    assert {one["event_id"] for one in ledger.received} == {
        f"o-{number}" for number in range(6000) if number not in (2500, 5000)
    }
    assert (ledger.processed, ledger.duplicates) == (5998, 0)
    found = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert sorted((one["line"], one["outcome"]) for one in found) == [(2501, "rejected"), (5001, "expired")]


def test_signals_to_all_processes_end_the_one_that_reads_and_writes_in_order(
    small: Path, tmp_path: Path
) -> None:
    with sandbox() as (url, ledger):
        words = (small, "--url", url, "--jobs", 2, "--outbox", tmp_path / "outbox")
        with _started(*words, start_new_session=True) as run:
            assert run.stdin is not None
            assert run.stderr is not None
            run.stdin.write(_orders(0, 3).encode())
            run.stdin.flush()
            _wait_for(run, lambda: ledger.processed == 3)
            os.killpg(run.pid, signal.SIGTERM)
            told = run.stderr.read().decode()
            assert run.wait(_WAIT_SECONDS) == 143
    assert "worker" not in told
    assert "after line 3 of the feed" in told.splitlines()[-1]


def test_a_full_outbox_accepts_more_as_it_is_delivered(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(_orders(0, 9000))
    with sandbox() as (url, ledger):
        words = ("--url", url, "--outbox", tmp_path / "outbox", "--max-outbox", "200kB")
        ran = call("send", small, file, *words, env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed) == (0, 9000)
    assert ran.stderr.count("waiting until deliveries make room") == 1


@pytest.mark.parametrize("limit", [("--max-outbox", "1kB"), ("--min-free", "1000000GB")])
def test_an_outbox_that_no_delivery_can_make_room_in_is_status_74(
    small: Path, tmp_path: Path, limit: tuple[str, str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(_orders(0, 30))
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url, "--outbox", tmp_path / "outbox")
        ran = call(*words, *limit, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (74, 0)
        assert "no delivery can make room" in ran.stderr
        assert ran.stderr.splitlines()[-1].endswith(
            "after line 0 of the feed; the same command continues from there"
        )
        assert call(*words, env=CREDENTIALS).exit_code == 0
        assert (ledger.processed, ledger.duplicates) == (30, 0)


def test_lines_for_machines_are_json_each_and_tell_all(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(_orders(0, 3) + ndjson(event(7, at=now(9)), "{"))
    chances = iter([0.0, 1.0, 1.0])
    with sandbox(faults=(Fault("503", 0.5),), chance=lambda: next(chances)) as (url, _):
        ran = call("send", small, file, "--url", url, "--log-format", "json", env=CREDENTIALS)
    assert ran.exit_code == 1
    said = [json.loads(line) for line in ran.stderr.splitlines()]
    assert "retrying in 1 s" in said[0]["message"]
    end = said[-1]
    assert (end["message"], end["events"], end["to_send"], end["rejected"]) == ("ended", 5, 4, 1)
    ends = [end[name] for name in ("delivered", "refused", "expired", "waiting", "line")]
    assert ends == [3, 0, 1, 0, 5]
    assert (end["refused_reasons"], end["waiting_reasons"]) == ([], [])
    assert [(one["count"], one["first"]) for one in end["expired_reasons"]] == [(1, f"{file}:4")]


def test_the_metrics_of_a_run_are_in_the_file_once_it_has_ended(small: Path, tmp_path: Path) -> None:
    file, metrics = tmp_path / "events.ndjson", tmp_path / "metrics"
    file.write_text(_orders(0, 3))
    with sandbox() as (url, _):
        call("send", small, file, "--url", url, "--metrics", metrics, env=CREDENTIALS)
    text = metrics.read_text()
    assert re.search(r"^mapper_delivered_events_total\{.*\} 3$", text, re.M)
    assert re.search(r"^mapper_requests_total\{.*\} 1$", text, re.M)


@pytest.mark.parametrize("counts", [Counts(5, 3, 1, 1, 0), Counts(2_000_005, 2_000_003, 1, 0, 1)])
def test_a_line_on_a_terminal_tells_of_this_run(counts: Counts) -> None:
    status = AccountStatus(Account("shop/events-v1"), counts, 1000.0, 0, 0.0)
    text = progress_text(status, Counts(accepted=2, delivered=1), 7.4, 1300.0)
    assert text == (
        f"{counts.accepted - 2:,} accepted · {counts.pending:,} waiting for 5 min · 0 delivered · "
        "1 dead · 7 a second"
    )


@pytest.mark.parametrize(("failing", "said"), [(3, "failing for 4 min"), (2, "2 of them failing for 4 min")])
def test_a_line_on_a_terminal_tells_since_when_it_fails(failing: int, said: str) -> None:
    account = Account("shop/events-v1")
    status = AccountStatus(account, Counts(3, 3), 1000.0, 0, 0.0, failing, 1060.0)
    text = progress_text(status, Counts(), 0.0, 1300.0)
    assert text == f"3 accepted · 3 waiting for 5 min · {said} · 0 delivered · 0 a second"


def test_a_terminal_shows_how_it_goes_and_is_left_clean(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(_orders(0, 30))
    with sandbox(latency_seconds=0.6) as (url, _):
        words = (small, file, "--url", url, "--outbox", tmp_path / "outbox")
        with (
            terminal() as (screen, read),
            _started(*words, stderr=screen, stdin=subprocess.DEVNULL) as run,
        ):
            shown = read()
            assert run.wait(_WAIT_SECONDS) == 0
    assert "30 accepted · 30 waiting" in shown
    assert "\r\x1b[K30 events: 30 to send" in shown


@pytest.mark.parametrize("name", [None, "south"])
def test_an_account_of_the_operators_file_is_sent_for(small: Path, tmp_path: Path, name: str | None) -> None:
    file, accounts = tmp_path / "events.ndjson", tmp_path / "accounts.yaml"
    file.write_text(_orders(0, 3))
    south = "south: {account: SOUTH, token: 'file:token'}\n"
    north = "north: {account: NORTH, token: NORTH_TOKEN}\n" if name else ""
    accounts.write_text(south.replace("file:token", f"file:{tmp_path / 'token'}") + north)
    accounts.chmod(0o600)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with sandbox(known={"token": Secret(TOKEN)}) as (url, ledger):
        words = ["send", small, file, "--url", url, "--accounts", accounts, "--outbox", tmp_path / "outbox"]
        secrets = {"SOUTH": "549755885175", **dict.fromkeys(CREDENTIALS)}
        if name:
            ran = call(*words, env=secrets)
            assert ran.exit_code == 2
            assert "choose an account with --account: north, south" in ran.stderr
            words += ["--account", name]
        ran = call(*words, env=secrets)
    assert (ran.exit_code, ledger.processed) == (0, 3), ran.stderr
    ran = call("outbox", "status", "--outbox", tmp_path / "outbox")
    assert "pinterest/conversions-v5 south, account=549755885175 at http://" in ran.stdout
