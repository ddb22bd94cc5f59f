"""One thing that is broken in a feed may break all that follows it: that ends the run, within bounds."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from mapper.running.feed_run import MOST_BROKEN
from tests.cli.test_send import CREDENTIALS, sandbox
from tests.serving.server import counts
from tests.support.command import MAPPING, call, event
from tests.support.depth import some

_MANY = 20 * MOST_BROKEN
_TOLD = (
    r"mapper: ([\d,]+) in a row hold no event, from line ([\d,]+) on: check there for an unclosed quote or "
    r"bracket, or another format; the feed is not read on, after line [\d,]+ of the feed"
)
_ROW = b"order,o-1,2026-05-01T10:00:00Z,a@example.com,1\n"
_HEADER = b"type,id,at,email,total\n"
_ORDER = json.dumps(event(1)).encode()

# The name of a feed, what comes before its first broken line, and what follows: all of it broken.
_FEEDS: dict[str, tuple[str, bytes, bytes]] = {
    "a quote that is never closed": ("orders.csv", _HEADER + _ROW, b'"x\n' * 2 * _MANY),
    "rows of another length": ("orders.csv", _HEADER + _ROW, b"x\n" * _MANY),
    "bytes that are no UTF-8": ("orders.csv", _HEADER + _ROW, b"\xff,,,,\n" * _MANY),
    "commas without elements": ("orders.json", b"[%b,\n" % _ORDER, b",\n" * _MANY),
    "elements that are no objects": ("orders.json", b"[%b,\n1" % _ORDER, b",1" * _MANY),
    "brackets between values": ("orders.json", b"%b\n" % _ORDER, b"}\n" * _MANY),
    "lines that are no JSON": ("orders.ndjson", b"%b\n" % _ORDER, b"x\n" * _MANY),
    "lines with a lone bracket": ("orders.ndjson", b"%b\n" % _ORDER, b"{\n" * _MANY),
}


def _write(folder: Path, kind: str) -> tuple[Path, Path]:
    name, *parts = _FEEDS[kind]
    (folder / "small.yaml").write_text(MAPPING)
    path = folder / f"{name}.gz"
    path.write_bytes(gzip.compress(b"".join(parts)))
    return folder / "small.yaml", path


@pytest.mark.parametrize("kind", _FEEDS)
@pytest.mark.parametrize("jobs", some([1, 2]))
def test_a_run_ends_where_so_many_in_a_row_hold_no_event(tmp_path: Path, kind: str, jobs: int) -> None:
    mapping, feed = _write(tmp_path, kind)
    rejects = tmp_path / "rejects.ndjson"
    ran = call("run", mapping, feed, "--rejects", rejects, "--jobs", jobs)
    assert ran.exit_code == 2
    first = json.loads(rejects.read_bytes().partition(b"\n")[0])["line"]
    told = re.fullmatch(_TOLD, ran.stderr.splitlines()[-1])
    assert told is not None, ran.stderr
    # An element that is missing is told at the comma after it.
    assert first == int(told[2].replace(",", "")) == _FEEDS[kind][1].count(b"\n") + 1
    # The event before them is written, and each of them up to there is in the rejects.
    assert ran.stdout.count("\n") == 1
    lines = rejects.read_bytes().count(b"\n")
    assert MOST_BROKEN <= int(told[1].replace(",", "")) <= lines < _MANY / 2


@pytest.mark.parametrize("kind", some(_FEEDS, 2))
def test_send_stops_there_and_accepts_what_comes_before(tmp_path: Path, kind: str) -> None:
    mapping, feed = _write(tmp_path, kind)
    outbox = tmp_path / "outbox"
    with sandbox() as (url, _):
        ran = call("send", mapping, feed, "--outbox", outbox, "--url", url, env=CREDENTIALS)
    assert ran.exit_code == 65, ran.stderr
    assert " in a row hold no event, from line " in ran.stderr
    found = counts(outbox)
    assert found.accepted - found.dead == 1
    assert MOST_BROKEN <= found.dead < _MANY / 2


def test_as_many_broken_lines_with_events_between_them_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    feed = tmp_path / "orders.csv"
    feed.write_bytes(_HEADER + (b"x\n" * (MOST_BROKEN // 10) + _ROW) * 20)
    ran = call("run", tmp_path / "small.yaml", feed)
    assert (ran.exit_code, ran.stdout.count("\n")) == (0, 20)
