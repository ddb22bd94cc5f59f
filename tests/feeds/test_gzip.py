"""Compressed feeds: told by their first bytes, unpacked piece by piece, kept as far as they go."""

from __future__ import annotations

import gzip
import io
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mapper.feeds import SourceEvent, read_events
from tests.support.command import MAPPING, call, event, ndjson

_TEXT = ndjson({"a": 1}, {"a": 2}).encode()


def _events(content: bytes, name: str = "events") -> list[Any]:
    return [
        one.event["a"] for one in read_events(io.BytesIO(content), None, name) if isinstance(one, SourceEvent)
    ]


@pytest.mark.parametrize(
    ("name", "content", "events"),
    [
        ("events.ndjson.gz", gzip.compress(_TEXT), [1, 2]),
        ("events", gzip.compress(_TEXT), [1, 2]),
        ("events.NDJSON.GZ", gzip.compress(b"\xef\xbb\xbf" + _TEXT), [1, 2]),
        ("events.json.gz", gzip.compress(json.dumps([{"a": 1}, {"a": 2}], indent=1).encode()), [1, 2]),
        ("events.csv.gz", gzip.compress(b"a;b\n1;2\n2;3\n"), ["1", "2"]),
        ("two members", gzip.compress(_TEXT[:5]) + gzip.compress(_TEXT[5:]), [1, 2]),
        ("padded", gzip.compress(_TEXT) + b"\0" * 1000, [1, 2]),
        ("zeros between", gzip.compress(_TEXT) + b"\0" * 9 + gzip.compress(_TEXT), [1, 2, 1, 2]),
        ("no gzip.gz", _TEXT, [1, 2]),
        ("empty.gz", b"", []),
        ("empty member.gz", gzip.compress(b""), []),
    ],
    # The bytes hold the time at which they were compressed.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_compressed_feed_is_read_as_what_is_in_it(name: str, content: bytes, events: list[Any]) -> None:
    assert _events(content, name) == events


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda packed: packed[:-20], "the compressed feed ends unexpectedly"),
        (lambda packed: packed[:-8] + b"12345678", "the compressed feed is corrupt"),
        (lambda packed: packed + b"more", "the compressed feed is corrupt"),
    ],
)
def test_what_was_read_before_a_feed_breaks_off_is_kept(
    tmp_path: Path, spoil: Any, told: str, jobs: int
) -> None:
    mapping, events = tmp_path / "small.yaml", tmp_path / "events.gz"
    mapping.write_text(MAPPING)
    events.write_bytes(spoil(gzip.compress(ndjson(*(event(number) for number in range(5_000))).encode())))
    ran = call("run", mapping, events, "--jobs", jobs)
    made = ran.stdout.splitlines()
    assert ran.exit_code == 2
    assert 4_000 < len(made) <= 5_000
    assert ran.stderr.startswith(f"{len(made):,} events: {len(made):,} to send")
    assert ran.stderr.endswith(f"mapper: {told}, after line {len(made):,} of the feed\n")


@pytest.mark.parametrize("command", ["run", "send --dry-run"])
@pytest.mark.parametrize(
    ("name", "kept"), [("events.ndjson.gz", 5000), ("orders.csv.gz", 5000), ("orders.csv.gz", 25)]
)
def test_every_command_says_after_which_line_a_feed_breaks_off(
    tmp_path: Path, command: str, name: str, kept: int
) -> None:
    mapping, events = tmp_path / "small.yaml", tmp_path / name
    mapping.write_text(MAPPING)
    rows = [f"order,o-{number},2026-05-01T10:00:00Z,ada{number}@example.com,1.5\n" for number in range(5_000)]
    csv = "type,id,at,email,total\n" + "".join(rows)
    content = csv if "csv" in name else ndjson(*(event(number) for number in range(5_000)))
    events.write_bytes(gzip.compress(content.encode())[:kept])
    ran = call(*command.split(), mapping, events)
    assert ran.exit_code == (2 if command == "run" else 65)
    where = "" if kept == 25 else r", after line [1-9][\d,]* of the feed"
    assert re.fullmatch(f"mapper: the compressed feed ends unexpectedly{where}", ran.stderr.splitlines()[-1])


def test_what_grows_when_it_is_unpacked_takes_no_more_memory() -> None:
    packed = gzip.compress(b" " * 2**27 + b'\n{"a": 1}\n')
    assert len(packed) < 2**18
    tracemalloc.start()
    try:
        assert _events(packed, "events.ndjson.gz") == [1]
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
