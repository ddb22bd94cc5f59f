"""`mapper serve --suppress`: events of persons on a list are skips, also after a new list came."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from mapper.delivery.exit_status import ExitStatus
from mapper.suppression.building import PersonRow, build_list
from mapper.suppression.listing import digest_of
from tests.cli.test_canary import leaks
from tests.cli.test_send import sandbox
from tests.serving.server import SECRETS, counts, letters, now, payloads, serving, write_intake
from tests.support.command import ROOT
from tests.support.waiting import wait_until

_PERSON = "canary.ada@example.com"


def _listed(path: Path, *texts: str) -> Path:
    build_list([PersonRow(1, tuple(map(digest_of, texts)), False)], str(path), skip_invalid=False)
    return path


def test_events_of_persons_on_a_list_are_skipped_by_each_process(tmp_path: Path) -> None:
    built = _listed(tmp_path / "people.sup", _PERSON)
    today = tmp_path / "today.csv"
    today.write_text("email\nada3@example.com\n")
    today.chmod(0o600)
    lists = ("--suppress", built, "--suppress", today)
    with serving(tmp_path, *lists, "--no-deliver", "--jobs", 2) as server:
        events = [now(1), now(2, email=_PERSON), now(3), now(4)]
        assert server.post("/token", events).status == 202
        assert counts(server.outbox).skipped == 2
        _listed(built, "ada5@example.com")
        time.sleep(1.1)
        assert server.post("/token", [now(5), now(6, email=_PERSON)]).status == 202
        wait_until(lambda: counts(server.outbox).skipped == 3)
        assert server.end() == 0
        assert not leaks(server.said(), _PERSON)
    assert [one["event_id"] for one in payloads(server.outbox)] == ["o-1", "o-4", "o-6"]
    assert letters(server.outbox) == []


def test_what_waits_of_persons_on_a_list_is_erased_by_a_server_that_delivers(tmp_path: Path) -> None:
    built = _listed(tmp_path / "people.sup", _PERSON)
    with sandbox() as (url, ledger):
        with serving(tmp_path, "--url", url, "--no-deliver") as server:
            assert server.post("/token", [now(1), now(2, email=_PERSON)]).status == 202
            assert server.end() == 0
        with serving(tmp_path, "--url", url, "--suppress", built) as server:
            wait_until(lambda: counts(server.outbox).pending == 0)
            assert server.end() == 0
    assert [one["event_id"] for one in ledger.received] == ["o-1"]
    found = counts(tmp_path / "outbox")
    assert (found.delivered, found.erased) == (1, 1)


def test_nothing_is_served_with_a_broken_list(tmp_path: Path) -> None:
    (tmp_path / "people.sup").touch(0o600)
    words = ["serve", write_intake(tmp_path), "--outbox", tmp_path / "outbox", "--port", "0"]
    ran = subprocess.run(
        [sys.executable, "-m", "mapper", *map(str, words), "--suppress", str(tmp_path / "people.sup")],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (ExitStatus.WRONG_SETUP, "")
    assert "people.sup: " in ran.stderr
    assert "Traceback" not in ran.stderr
