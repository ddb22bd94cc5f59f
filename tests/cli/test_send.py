"""`mapper send` delivers, says what became of every payload, and ends with the status that tells why."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import mapper
from mapper.delivery.credentials import Secret
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account
from mapper.delivery.sandbox_server import Fault, Ledger, sandbox_app, serve
from tests.support.command import MAPPING, WRONG, call, environment, event, ndjson, start

TOKEN, ACCOUNT = "pina_canary-5d1c", "549755885175"
CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": TOKEN, "PINTEREST_AD_ACCOUNT_ID": ACCOUNT}
NAMES = tuple(CREDENTIALS)
TARGET = "pinterest/conversions-v5"


def now(days: int = 0) -> str:
    """The present time, or one some days ago, as an event has it."""
    return datetime.fromtimestamp(int(time.time()) - days * 86_400, UTC).isoformat()


@contextmanager
def sandbox(**options: Any) -> Iterator[tuple[str, Ledger]]:
    """The address of a sandbox, and what it sees."""
    ledger = Ledger(keep=True)
    app = sandbox_app(mapper.destination(TARGET), mapper.validator(TARGET), ledger=ledger, **options)
    with serve(app) as url:
        yield url, ledger


def _host(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


@pytest.fixture
def events(tmp_path: Path) -> Callable[..., Path]:
    """A file of orders of the present time, and of other lines."""

    def make(count: int, *others: Any) -> Path:
        path = tmp_path / "events.ndjson"
        path.write_text(ndjson(*(event(number, at=now()) for number in range(count)), *others))
        return path

    return make


def test_all_payloads_arrive_once_and_are_told(small: Path, events: Callable[..., Path]) -> None:
    with sandbox(known={"token": Secret(TOKEN)}) as (url, ledger):
        ran = call("send", small, events(25, "{"), "--url", url, "--batch-size", 10, env=CREDENTIALS)
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert sorted(one["event_id"] for one in ledger.received) == sorted(f"o-{number}" for number in range(25))
    assert (ledger.requests, ledger.duplicates) == ({200: 3}, 0)
    assert ran.stderr.splitlines() == [
        "26 events: 25 to send, 0 skipped, 1 rejected",
        "to send",
        "         25  checkout",
        "rejected",
        "          1  not JSON: unexpected end (first on line 26)",
        f"sent to {_host(url)} (in place of Pinterest), 3 requests: 25 delivered, 0 refused",
    ]


def test_a_payload_that_has_expired_is_told_with_its_line_and_is_status_1(
    small: Path, events: Callable[..., Path], tmp_path: Path
) -> None:
    file = events(2, event(7, at=now(9)), {"type": "order"})
    with sandbox() as (url, ledger):
        ran = call("send", small, file, "--url", url, "--rejects", tmp_path / "rejects", env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed) == (1, 2)
    assert "1 request: 2 delivered, 0 refused, 1 expired\n" in ran.stderr
    assert "expired\n          1  `event_time` is more than 9 d ago;" in ran.stderr
    found = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [(one["line"], one["outcome"]) for one in found] == [(4, "rejected"), (3, "expired")]
    assert found[1]["reasons"][0]["kind"] == "too_old"


def test_events_that_are_too_old_do_not_keep_the_rest_of_a_file_from_being_read(
    small: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backlog.ndjson"
    old, new = now(9), now()
    file.write_text(ndjson(*(event(number, at=old if number < 3000 else new) for number in range(3500))))
    with sandbox() as (url, ledger):
        ran = call("send", small, file, "--url", url, env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed) == (1, 500)
    assert ": 500 delivered, 0 refused, 3,000 expired\n" in ran.stderr
    assert "at fault" not in ran.stderr


def test_a_file_whose_name_is_not_utf_8_is_read_once(small: Path, events: Callable[..., Path]) -> None:
    file = events(2)
    file = file.rename(file.with_name("e\udcff.ndjson"))
    with sandbox() as (url, _):
        told = [call("send", small, file, "--url", url, env=CREDENTIALS) for _ in "12"]
    assert [one.exit_code for one in told] == [0, 0]
    assert "2 delivered" in told[0].stderr
    assert "was read to its end before" in told[1].stderr


def test_an_event_of_a_pipe_is_named_by_its_line(small: Path) -> None:
    with sandbox() as (url, _):
        stdin = ndjson(event(1, at=now()), event(7, at=now(9)))
        ran = call("send", small, "--url", url, stdin=stdin, env=CREDENTIALS)
    assert "accepts only the last 7 d (first: <stdin>:2)" in ran.stderr


def test_in_test_mode_nothing_is_kept(small: Path, events: Callable[..., Path]) -> None:
    with sandbox() as (url, ledger):
        ran = call("send", small, events(3), "--url", url, "--test", env=CREDENTIALS)
    assert (ran.exit_code, ledger.tested, ledger.processed) == (0, 3, 0)
    assert (
        f"checked by {_host(url)} (in place of Pinterest) in test mode, nothing is stored, 1 req"
        in ran.stderr
    )


def test_a_dry_run_needs_no_credentials_and_sends_nothing(small: Path, events: Callable[..., Path]) -> None:
    file = events(25, event(30, at=now(9)))
    ran = call("send", small, file, "--dry-run", "--batch-size", 10, env=dict.fromkeys(NAMES))
    assert ran.exit_code == 0
    told = ran.stderr.splitlines()
    assert told[-3].startswith("dry run: 25 payloads in 3 requests of ")
    assert told[-3].endswith("would be sent to https://api.pinterest.com/v5/ad_accounts/{account}/events")
    assert told[-2] == "would not be sent"


@pytest.mark.parametrize(
    ("changes", "arguments", "status", "told"),
    [
        ({"PINTEREST_ACCESS_TOKEN": None}, (), 78, "PINTEREST_ACCESS_TOKEN"),
        (dict.fromkeys(NAMES), (), 78, "PINTEREST_ACCESS_TOKEN (access token) and PINTEREST_AD_ACCOUNT_ID"),
        ({"PINTEREST_AD_ACCOUNT_ID": "my shop"}, (), 78, "PINTEREST_AD_ACCOUNT_ID is no ad account id"),
        ({}, ("--url", "http://example.com/v5"), 78, "the address must begin with https://"),
        ({}, ("--url", f"https://{TOKEN}@example.com/v5"), 78, "the address contains a user name"),
    ],
)
def test_what_must_be_set_right_first_is_told_before_anything_is_read(
    small: Path, changes: dict[str, str | None], arguments: tuple[str, ...], status: int, told: str
) -> None:
    ran = call("send", small, *arguments, stdin=ndjson(event(1)), env={**CREDENTIALS, **changes})
    assert ran.exit_code == status
    assert told in ran.stderr.splitlines()[0]
    assert "  hint: " in ran.stderr
    assert "events:" not in ran.stderr
    assert TOKEN not in ran.stderr


def test_a_token_that_is_not_taken_is_status_77_and_says_where_the_events_are_kept(
    small: Path, events: Callable[..., Path]
) -> None:
    file = events(3)
    with sandbox(known={"token": Secret("another")}) as (url, ledger):
        ran = call("send", small, file, "--url", url, env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed) == (77, 0)
    assert "0 delivered, 0 refused, 3 not delivered" in ran.stderr
    assert "3 events not delivered yet, kept in /" in ran.stderr
    assert "hint: make a new token" in ran.stderr
    assert TOKEN not in ran.stderr


def test_a_service_that_does_not_answer_is_given_up_with_status_69(
    small: Path, events: Callable[..., Path]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v5"
    ran = call("send", small, events(3), "--url", url, "--give-up", "100ms", env=CREDENTIALS)
    assert ran.exit_code == 69
    assert "stopped: gave up: 127.0.0.1 refused the connection\n" in ran.stderr
    assert "3 events not delivered yet, kept in " in ran.stderr
    assert "of the feed" not in ran.stderr


def test_what_is_not_delivered_is_delivered_by_the_next_run_without_mapping_it_again(
    small: Path, events: Callable[..., Path]
) -> None:
    file = events(3000)
    drawn = 0.0
    with sandbox(faults=(Fault("503", 0.5),), chance=lambda: drawn) as (url, ledger):
        ran = call("send", small, file, "--url", url, "--give-up", "100ms", env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (69, 0)
        drawn = 1.0
        ran = call("send", small, file, "--url", url, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed, ledger.duplicates) == (0, 3000, 0)
        ran = call("send", small, file, "--url", url, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (0, 3000)
        told = f"mapper: {file} was read to its end before: nothing waits; --again sends it again\n"
        assert ran.stderr == told
        ran = call("send", small, file, "--url", url, "--again", env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed, ledger.duplicates) == (0, 6000, 3000)


def test_dead_letters_that_wait_again_are_sent_without_a_word_of_sending_the_file_again(
    small: Path, events: Callable[..., Path]
) -> None:
    file, drawn = events(3), 0.0
    with sandbox(faults=(Fault("422", 0.5),), chance=lambda: drawn) as (url, ledger):
        words = ("send", small, file, "--url", url)
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (1, 0)
        assert "3 events waiting again" in call("outbox", "retry").stderr
        drawn = 1.0
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (0, 3)
        assert ran.stderr.startswith(f"mapper: {file} was read to its end before: 3 events waiting\n")
        assert "--again" not in ran.stderr


def test_a_file_that_grew_is_read_on_and_one_that_was_rewritten_is_not(
    small: Path, events: Callable[..., Path]
) -> None:
    file = events(3)
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url)
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, "reading " in ran.stderr) == (0, False)
        with file.open("a", encoding="utf-8") as more:
            more.write(ndjson(event(3, at=now())))
        ran = call(*words, env=CREDENTIALS)
        assert ran.exit_code == 0
        resumed = f"mapper: reading {file} from line 4: those before it were accepted by an earlier run"
        assert ran.stderr.splitlines()[0] == resumed
        assert sorted(one["event_id"] for one in ledger.received) == ["o-0", "o-1", "o-2", "o-3"]
        file.write_text(ndjson(event(4, at=now())))
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (65, 4)
        assert ran.stderr.splitlines() == [
            f"mapper: {file} is not the file that was read before: was it rotated or rewritten?",
            "  hint: --from-start reads it from its start; a renamed file is continued with --resume-at 5",
        ]
        ran = call(*words, "--from-start", env=CREDENTIALS)
        assert ran.exit_code == 0, ran.stderr
        assert (ledger.processed, ledger.received[-1]["event_id"]) == (5, "o-4")


def test_a_file_that_was_cut_is_not_read_on(small: Path, events: Callable[..., Path]) -> None:
    file = events(100)
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url)
        assert call(*words, env=CREDENTIALS).exit_code == 0
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines[:60]))
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (65, 100)
    assert "is shorter than when it was read before; --from-start reads it from its start" in ran.stderr


def test_in_test_mode_nothing_of_a_file_counts_as_sent(small: Path, events: Callable[..., Path]) -> None:
    file = events(3)
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url, "--outbox", file.with_name("outbox"))
        assert call(*words, "--test", env=CREDENTIALS).exit_code == 0
        assert not file.with_name("outbox").exists()
        assert call(*words, env=CREDENTIALS).exit_code == 0
    assert (ledger.tested, ledger.processed) == (3, 3)


_SEVERAL_BLOCKS = 15_000


def test_another_process_that_delivers_leaves_what_is_accepted_for_it(
    small: Path, events: Callable[..., Path]
) -> None:
    file = events(_SEVERAL_BLOCKS)
    outbox = file.with_name("outbox")
    store = open_outbox(outbox)
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url, "--outbox", outbox)
        with store.own(Account(TARGET, recipient=f"account={ACCOUNT} at {url}")):
            ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (75, 0)
        assert f"{_SEVERAL_BLOCKS:,} events: {_SEVERAL_BLOCKS:,} to send, 0 skipped, 0 rejected" in ran.stderr
        assert "interrupted" not in ran.stderr
        taken = f"another process delivers for pinterest/conversions-v5 default, account={ACCOUNT} at {url}"
        assert f"{taken}; the accepted events wait for it\n" in ran.stderr
        assert call(*words, env=CREDENTIALS).exit_code == 0
        assert (ledger.processed, ledger.duplicates) == (_SEVERAL_BLOCKS, 0)
    store.close()


def test_a_named_pipe_is_read_once(small: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_text(ndjson(event(1, at=now()))))
    writing.start()
    with sandbox() as (url, ledger):
        ran = call("send", small, pipe, "--url", url, env=CREDENTIALS)
    writing.join()
    assert (ran.exit_code, ledger.processed) == (0, 1)


@pytest.mark.parametrize("rate", ["nan", "inf", "0", "-1", "1e3", "often"])
def test_a_rate_is_a_number_above_0(small: Path, rate: str) -> None:
    ran = call("send", small, "--dry-run", "--max-rate", rate)
    assert (ran.exit_code, "is not a rate above 0" in ran.stderr) == (2, True)


def test_a_service_that_fails_now_and_then_gets_everything(small: Path, events: Callable[..., Path]) -> None:
    chances = iter([0.0, 1.0, 1.0])
    with sandbox(faults=(Fault("503", 0.5),), chance=lambda: next(chances)) as (url, ledger):
        ran = call("send", small, events(3), "--url", url, env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed) == (0, 3)
    assert "retrying in 1 s" in ran.stderr


def test_a_mapping_with_errors_delivers_nothing(small: Path, events: Callable[..., Path]) -> None:
    small.write_text(WRONG)
    ran = call("send", small, events(3), env=CREDENTIALS)
    assert ran.exit_code == 1
    assert ran.stderr.startswith("error[M301]")


def test_a_feed_that_breaks_is_status_65(small: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("no file here that can be opened and not read")
    with sandbox() as (url, _):
        ran = call("send", small, "/proc/self/mem", "--url", url, env=CREDENTIALS)
    assert ran.exit_code == 65
    assert ran.stderr == "mapper: /proc/self/mem: Input/output error\n"


def test_rejects_that_cannot_be_written_are_status_74_and_what_they_belong_to_is_not_accepted(
    small: Path, events: Callable[..., Path]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no disk here that is always full")
    file = events(3, "{")
    with sandbox() as (url, ledger):
        words = ("send", small, file, "--url", url)
        ran = call(*words, "--rejects", "/dev/full", env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed) == (74, 0)
        told = "No space left on device, after line 0 of the feed; the same command continues from there"
        assert f"mapper: /dev/full: {told}\n" in ran.stderr
        rejects = file.with_name("rejects")
        assert call(*words, "--rejects", rejects, env=CREDENTIALS).exit_code == 0
        assert (ledger.processed, ledger.duplicates) == (3, 0)
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [4]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_request_under_way_finish_and_names_where_to_go_on(
    small: Path, number: int
) -> None:
    with sandbox(latency_seconds=0.5) as (url, ledger):
        arguments = ("send", small, "--url", url, "--batch-size", 2)
        with start(*arguments, env=environment(**CREDENTIALS)) as run:
            assert run.stdin is not None
            assert run.stderr is not None
            run.stdin.write(ndjson(*(event(one, at=now()) for one in range(2))).encode())
            run.stdin.flush()
            deadline = time.monotonic() + 60
            while not ledger.arrived and time.monotonic() < deadline:
                time.sleep(0.02)
            run.send_signal(number)
            told = run.stderr.read().decode()
            assert run.wait(20) == (130 if number == signal.SIGINT else 143)
    assert ledger.processed == 2
    assert told.splitlines()[0].startswith("mapper: reading from a pipe, which cannot be read again")
    assert told.splitlines()[1] == "mapper: finishing the requests in progress; a second signal ends at once"
    assert "2 delivered, 0 refused" in told
    told_where = "after line 2 of the feed: send the lines after it again; a pipe cannot be read again"
    assert told.splitlines()[-1] == f"mapper: interrupted, {told_where}"
    assert "Traceback" not in told


def test_a_disk_that_is_full_is_status_74_and_the_same_command_goes_on_once_there_is_space(
    small: Path, events: Callable[..., Path], small_disk: Path
) -> None:
    file = events(40_000)
    outbox = small_disk / "outbox"
    with sandbox(faults=(Fault("503", 1.0),)) as (url, _):
        words = ("send", small, file, "--url", url, "--outbox", outbox, "--give-up", "5s", "--min-free", "0")
        ran = call(*words, env=CREDENTIALS)
    assert ran.exit_code == 74
    told = [line for line in ran.stderr.splitlines() if line.startswith("mapper: /")]
    assert told, ran.stderr
    assert all(f"mapper: {outbox}: No space left on device" in line for line in told)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    store = open_outbox(outbox)
    assert store.audit() == []
    (status,) = store.status()
    (position,) = store._connection.execute("SELECT record FROM feed").fetchone()
    store.close()
    assert 0 < status.counts.pending == position < 40_000
    with sandbox() as (url, ledger):
        ran = call("send", small, file, "--url", url, "--outbox", outbox, env=CREDENTIALS)
    assert (ran.exit_code, ledger.processed, ledger.duplicates) == (0, 40_000, 0)


def test_a_home_that_cannot_be_used_is_named_with_what_to_do(
    small: Path, events: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("")
    env = {**CREDENTIALS, "HOME": str(tmp_path / "home"), "XDG_STATE_HOME": None}
    ran = call("send", small, events(1), "--url", "http://127.0.0.1:9/v5", env=env)
    folder = tmp_path / "home/.local/state/mapper"
    hint = "name a file with --outbox, or set XDG_STATE_HOME"
    assert ran.stderr == f"mapper: the folder for the outbox, {folder}, cannot be made; {hint}\n"
    assert ran.exit_code == 74
