"""Payloads have somewhere to go, and events come from somewhere: else a command ends before it reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import MAPPING, ROOT, call, event, ndjson

_OUT = "is closed, so what is written there would be lost"
_IN = "stdin is closed, so no event can be read"
_LOST: dict[str, tuple[str, str]] = {
    "run MAPPING EVENTS": (">&-", _OUT),
    "run MAPPING EVENTS -o -": (">&-", _OUT),
    "run MAPPING EVENTS -o /dev/stdout": (">&-", _OUT),
    "run MAPPING EVENTS -o out --rejects -": (">&-", _OUT),
    "run MAPPING": (">&-", _OUT),
    "eval id EVENTS": (">&-", _OUT),
    "send MAPPING EVENTS --dry-run --rejects -": (">&-", _OUT),
    "outbox export": (">&-", _OUT),
    "init --like ga4 -o -": (">&-", _OUT),
    "run MAPPING -": ("<&-", _IN),
    "run MAPPING /dev/stdin": ("<&-", _IN),
    "send MAPPING --dry-run": ("<&-", _IN),
    "stats MAPPING -": ("<&-", _IN),
    "eval id": ("<&-", _IN),
    "check MAPPING --events -": ("<&-", _IN),
}


def _call(folder: Path, words: str, redirections: str) -> subprocess.CompletedProcess[bytes]:
    (folder / "small.yaml").write_text(MAPPING)
    (folder / "events.ndjson").write_text(ndjson(event(1)))
    files = {"MAPPING": folder / "small.yaml", "EVENTS": folder / "events.ndjson", "out": folder / "out"}
    command = [sys.executable, "-m", "mapper", *(str(files.get(word, word)) for word in words.split())]
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", *command]
    return subprocess.run(shell, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("words", _LOST)
def test_a_command_whose_stream_is_closed_ends_with_2_before_it_reads(tmp_path: Path, words: str) -> None:
    redirections, told = _LOST[words]
    ran = _call(tmp_path, words, redirections)
    assert ran.returncode == 2
    assert told in ran.stderr.decode()
    assert ran.stdout == b""
    assert b"to send" not in ran.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", ["run MAPPING EVENTS -o out", "check MAPPING"])
def test_a_command_that_writes_no_payloads_there_does_its_work(tmp_path: Path, words: str) -> None:
    assert _call(tmp_path, words, ">&-").returncode == 0
    assert (tmp_path / "out").exists() == ("out" in words)


@pytest.mark.parametrize("text", ["", "\n\n", "[]"])
@pytest.mark.parametrize("options", [[], ["--fail-on-empty"]])
def test_an_empty_feed_is_a_failure_only_where_that_is_asked_for(
    tmp_path: Path, text: str, options: list[str]
) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    (tmp_path / "events.json").write_text(text)
    ran = call("run", tmp_path / "small.yaml", tmp_path / "events.json", *options)
    assert (ran.exit_code, ran.stdout) == (len(options), "")
    (tmp_path / "events.json").write_text(ndjson(event(1)))
    assert call("run", tmp_path / "small.yaml", tmp_path / "events.json", *options).exit_code == 0
