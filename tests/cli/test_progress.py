"""The progress on a terminal: each command that may take long shows one line, and leaves nothing of it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from mapper.cli import commands, progress
from mapper.cli.outbox_file import open_found
from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery, Settlement, Unmapped
from mapper.values.safe_text import SafeText
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_MAPPING = str(_ROOT / "benchmarks/mapping.yaml")
_ACCOUNT = Account("pinterest/conversions-v5", recipient="account=1 at https://api.example")
_OUTBOX = ["--outbox", "shop.outbox"]
# The command, and what its line says.
_COMMANDS = {
    "check": (["check", "one.yaml", "two.yaml"], "files"),
    "check, fixes": (["check", "--diff", "one.yaml", "two.yaml"], "checks of files"),
    "check, events": (["check", "one.yaml", "--events", "events.ndjson"], "events"),
    "test": (["test", "one.yaml"], "tests"),
    "test, jobs": (["test", "--jobs", "2", "one.yaml", "two.yaml"], "tests"),
    "run": (["run", "one.yaml", "events.ndjson", "-o", "payloads.ndjson"], "events"),
    "init": (["init", "events.ndjson", "-o", "mappings/draft.yaml"], "events"),
    "stats": (["stats", "one.yaml", "events.ndjson"], "events"),
    "diff": (["diff", "one.yaml", "two.yaml", "events.ndjson"], "events"),
    "explain": (["explain", "one.yaml", "many.ndjson:30000"], "events"),
    "status": (["outbox", "status", *_OUTBOX], "opening the outbox"),
    "dead": (["outbox", "dead", *_OUTBOX], "counting dead letters"),
    "dead, reasons": (["outbox", "dead", "--group-by", "reason", *_OUTBOX], "dead letters"),
    "waiting, reasons": (["outbox", "waiting", "--group-by", "reason", *_OUTBOX], "events"),
    "find": (["outbox", "find", "e-1", *_OUTBOX], "looking through the outbox"),
    "export": (["outbox", "export", "-o", "dead.ndjson", *_OUTBOX], "dead letters"),
    "retry": (["outbox", "retry", *_OUTBOX], "queueing dead letters again"),
    "purge": (["outbox", "purge", "--yes", *_OUTBOX], "deleting dead letters"),
    "restored": (["outbox", "restored", *_OUTBOX], "marking what waits"),
    "recover": (["outbox", "recover", *_OUTBOX, "-o", "new.outbox"], "saving what can be read"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with mappings, events and an outbox, in which all progress is shown at once."""
    text = Path(_MAPPING).read_text(encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    event = {"type": "track", "event": "Order Completed", "messageId": "m"}
    (tmp_path / "events.ndjson").write_text(f"{json.dumps(event)}\n" * 5, encoding="utf-8")
    (tmp_path / "many.ndjson").write_text("{}\n" * 30_000, encoding="utf-8")
    store = open_outbox(tmp_path / "shop.outbox")
    parcels = tuple(Parcel(0, "", one, 1, b'{"event_id":"e-%d"}' % one) for one in range(4))
    store.put(Accepted(_ACCOUNT, "1", parcels, (Unmapped(9, "invalid", SafeText("none")),)), 1)
    (chunk,) = store.claim(_ACCOUNT, 9, 9_999, 1)
    receipts = tuple(Receipt(one, "refused", "rejected") for one in chunk.parcels)
    store.settle((Settlement(chunk, receipts),), 1)
    store.put(Accepted(_ACCOUNT, "1", parcels), 1)
    assert store.letter_totals(DeadQuery()).letters == 5
    store.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "_STEP_SECONDS", 0.0)
    return tmp_path


def _told(words: list[str], stderr: IO[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    with pytest.raises(SystemExit) as ended:
        commands.main(words, prog_name="mapper")
    assert ended.value.code in (0, 1, None), ended.value.code


def _slowly(work: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*given: Any) -> Any:
        time.sleep(0.05)
        return work(*given)

    return slow


def _on_terminal(work: Callable[[IO[str]], None]) -> str:
    """All that some work writes on a terminal."""
    ours, theirs = pty.openpty()
    found: list[bytes] = []

    def read() -> None:
        while True:
            try:
                found.append(os.read(ours, 65_536))
            except OSError:  # the other end is closed
                return

    reading = threading.Thread(target=read)
    reading.start()
    try:
        with open(theirs, "w", encoding="utf-8") as terminal:
            work(terminal)
    finally:
        reading.join()
        os.close(ours)
    return b"".join(found).decode()


@pytest.mark.parametrize("name", _COMMANDS)
def test_a_command_shows_its_progress_and_leaves_nothing_of_it(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, what = _COMMANDS[name]
    # Work that counts nothing waits for a second before it is named: here for no time.
    monkeypatch.setattr(progress, "_STILL_SECONDS", 0.001)
    for slow in ("letter_totals", "waiting", "retry", "purge", "mark_restored"):
        monkeypatch.setattr(SqliteOutbox, slow, _slowly(getattr(SqliteOutbox, slow)))
    monkeypatch.setattr("mapper.cli.outbox_view.open_found", _slowly(open_found))
    told = _on_terminal(lambda stderr: _told(words, stderr, monkeypatch))
    written = re.findall(r"\r\x1b\[K([^\r\n]*)", told)
    assert any(re.fullmatch(rf"([\d,]+ )?{what} · .*", line) for line in written), told
    left = [re.split(r"\r\x1b\[K", line)[-1] for line in re.split(r"\r?\n", told)]
    assert not any(re.search(r" a second$| · \d+ s$", line) for line in left), told


@pytest.mark.parametrize("name", some([*_COMMANDS], 8))
def test_a_pipe_gets_no_progress(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    _told(_COMMANDS[name][0], stderr, monkeypatch)
    assert "\x1b" not in stderr.getvalue()
    assert "\r" not in stderr.getvalue()
    assert " a second" not in stderr.getvalue()


@pytest.mark.parametrize("name", some([*_COMMANDS], 8))
@pytest.mark.parametrize("is_before", [True, False])
def test_a_quiet_command_shows_nothing_on_a_terminal(
    is_before: bool, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, quiet = _COMMANDS[name][0], ["--quiet"]
    words = [*quiet, *words] if is_before else [*words, *quiet]
    assert _on_terminal(lambda stderr: _told(words, stderr, monkeypatch)) == ""
