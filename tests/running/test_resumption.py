"""A feed goes on from an offset of its file, where that is lines, as it would by counting its lines."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

import mapper.feeds
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Position
from mapper.feeds import Block
from mapper.running.resumption import FeedFormat
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, call, event, ndjson
from tests.support.depth import seeds

pytestmark = pytest.mark.quick


class _Read(io.BytesIO):
    """A file that knows from where on it was read."""

    first = 10**9

    def read1(self, size: int | None = -1, /) -> bytes:
        self.first = min(self.first, self.tell())
        return super().read1(size)


def _texts(blocks: Any) -> list[tuple[int, Any]]:
    return [placed for block in blocks for placed in block.texts() if placed[1]]


def _content(chance: random.Random) -> bytes:
    """Lines of NDJSON: some blank, some long, the last one perhaps not ended, perhaps with a mark."""
    lines = [
        chance.choice((b"", b" ", b'{"a": 1}', b'{"a": "%s"}' % (b"x" * 90), b"{", '{"b": "é"}'.encode()))
        for _ in range(chance.randint(1, 40))
    ]
    end = chance.choice((b"\n", b"\r\n"))
    return chance.choice((b"", b"\xef\xbb\xbf")) + end.join(lines) + chance.choice((b"", end))


@pytest.mark.parametrize("seed", seeds(60))
def test_what_comes_after_an_offset_is_what_comes_after_its_line(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(mapper.feeds, "CHUNK", chance.choice((7, 64, 300)))
    feed, content = FeedFormat("events.ndjson"), _content(chance)
    blocks: list[Block] = list(feed.texts(io.BytesIO(content)))
    record = 0
    for number, block in enumerate(blocks):
        record += len(block)
        start = Position(record, block.end)
        file = _Read(content + ndjson(event(1)).encode())
        after, offset = feed.texts_after(start, io.BytesIO(content), file)
        assert offset == block.end > 0
        grown = list(feed.texts(io.BytesIO(content + ndjson(event(1)).encode())))
        whole, line = _texts(grown), record
        assert _texts(after) == [one for one in whole if one[0] > line]
        assert file.first >= offset
        if number == len(blocks) - 1:
            assert block.end == len(content)


@pytest.mark.parametrize("name", ["events.csv", "events.json", "events.ndjson.gz"])
def test_what_has_no_lines_of_its_own_is_read_again_up_to_its_record(name: str) -> None:
    orders = [event(number) for number in range(4)]
    content = {
        "events.csv": ("\n".join(["id", *(one["id"] for one in orders)]) + "\n").encode(),
        "events.json": json.dumps(orders, indent=1).encode(),
        "events.ndjson.gz": gzip.compress(ndjson(*orders).encode()),
    }[name]
    feed = FeedFormat(name)
    assert {block.end for block in feed.texts(io.BytesIO(content))} == {-1}
    after, offset = feed.texts_after(Position(3, len(content)), io.BytesIO(content), io.BytesIO(content))
    assert (offset, len(_texts(after))) == (-1, 1)


def test_a_file_that_is_shorter_than_its_offset_ends_it() -> None:
    feed, content = FeedFormat("events.ndjson"), ndjson(event(1)).encode()
    after, _ = feed.texts_after(Position(5, 500), io.BytesIO(content), io.BytesIO(content))
    with pytest.raises(EOFError):
        list(after)


@pytest.mark.parametrize("jobs", [1, 2])
def test_send_keeps_the_offset_of_the_last_line_that_it_accepted(tmp_path: Path, jobs: int) -> None:
    mapping, file, outbox = tmp_path / "small.yaml", tmp_path / "events.ndjson", tmp_path / "outbox"
    mapping.write_text(MAPPING)
    file.write_text(ndjson(*(event(number, at=now()) for number in range(5))))
    with sandbox() as (url, ledger):
        words = ("send", mapping, file, "--url", url, "--outbox", outbox, "--jobs", jobs)
        assert call(*words, env=CREDENTIALS).exit_code == 0
        with file.open("a") as more:
            more.write(ndjson(event(5, at=now()), "{") + '{"type": "order"')
        assert call(*words, env=CREDENTIALS).exit_code == 0
        size = file.stat().st_size
        with file.open("a") as more:
            more.write(', "of": "a line that was read"}\n' + ndjson(event(6, at=now())))
        assert call(*words, env=CREDENTIALS).exit_code == 0
    assert [one["event_id"] for one in ledger.received] == [f"o-{number}" for number in range(7)]
    store = open_outbox(outbox)
    (feed,) = store.feeds()
    assert (feed.position.record, feed.position.offset) == (9, file.stat().st_size)
    assert size < feed.position.offset
    store.close()
