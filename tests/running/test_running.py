"""A feed through a program from Python alone: no command line, and to the byte what `mapper run` writes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mapper
from mapper.feeds import Block, DecodedBlock, Lines, SourceBlock, read_texts
from mapper.feeds.block import Placed
from mapper.feeds.position import from_line, without_first
from mapper.running import Run
from mapper.values.safe_text import SafeError, SafeText
from tests.support.command import MAPPING, ROOT, call, event, ndjson

_TEXTS = (
    event(1),
    event(2, total="?"),
    "",
    '{"type": ',
    {"type": "return"},
    {"type": "order", "test": True},
    {"type": "order"},
    event(3, email="Ada@Example.COM"),
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping, in a folder of its own."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


def _lines(*texts: object, first: int = 1) -> Lines:
    return Lines(first, ndjson(*texts).rstrip("\n").encode())


def _many(count: int) -> Iterator[Block]:
    """A block for each of some hundred texts."""
    for number in range(count):
        yield _lines(*_TEXTS, first=1 + number * len(_TEXTS))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_feed_runs_from_python_as_from_the_command_line(small: Path, jobs: int) -> None:
    events = small.with_name("events.ndjson")
    events.write_text(ndjson(*(_TEXTS * 500)))
    out, rejects = io.BytesIO(), io.BytesIO()
    run = Run(mapper.compile_mapping(small), str(events), rejects)
    with open(events, "rb") as file:
        run.write_payloads(read_texts(file), out, jobs)
    written, kept = small.with_name("out"), small.with_name("rejects")
    assert call("run", small, events, "-o", written, "--rejects", kept).exit_code == 0
    assert out.getvalue() == written.read_bytes()
    assert rejects.getvalue() == kept.read_bytes()


def test_what_became_of_the_events_of_a_block_is_counted_and_said_with_its_place(small: Path) -> None:
    rejects = io.BytesIO()
    run = Run(mapper.compile_mapping(small), "orders", rejects)
    result = run.work(_lines(*_TEXTS, first=101))
    assert [json.loads(line)["event_id"] for line in result.payloads.splitlines()] == ["o-1", "o-2", "o-3"]
    assert rejects.getvalue() == result.rejects
    kept = [json.loads(line) for line in result.rejects.splitlines()]
    assert [(one["line"], one["outcome"]) for one in kept] == [
        (104, "rejected"),
        (105, "skipped"),
        (106, "skipped"),
        (107, "rejected"),
    ]
    assert kept[0]["reasons"][0]["place"] == "orders:104"
    counts = run.counts
    assert (counts.events, counts.sent, counts.skipped, counts.rejected) == (7, 3, 2, 2)
    assert counts.first_rejected == 107  # of line 104 there is no event
    assert run.last_line == 108
    assert b"ada" not in result.payloads.lower()


def test_fields_without_a_value_are_those_of_all_blocks(small: Path) -> None:
    wanting = MAPPING.replace("currency: {const: EUR}}}", "currency: {const: EUR}, order_id: order}}")
    small.write_text(wanting)
    run = Run(mapper.compile_mapping(small))
    run.work(_lines(event(1), event(2)))
    assert [one.path for one in run.unset.fields()] == ["custom_data.order_id"]
    assert run.unset.first_line() == 1
    run.work(_lines(event(3, order="n-1"), first=3))
    assert run.unset.fields() == ()
    assert run.unset.first_line() == 0


def test_meta_is_given_to_every_event(small: Path) -> None:
    small.write_text(MAPPING.replace("event_time: at", "event_time: $meta.received_at"))
    program = mapper.compile_mapping(small)
    known = Run(program, meta={"received_at": "2026-05-01T10:00:00Z"}).work(_lines(event(1)))
    assert json.loads(known.payloads)["event_time"] == 1777629600
    assert Run(program).work(_lines(event(1))).counts.rejected == 1


class _BreaksOff:
    """A feed that ends by an error after some blocks."""

    def __iter__(self) -> Iterator[Block]:
        yield from _many(50)
        raise SafeError(SafeText("the disk is gone"))


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_was_read_of_a_feed_that_breaks_off_is_kept(small: Path, jobs: int) -> None:
    run, out = Run(mapper.compile_mapping(small)), io.BytesIO()
    with pytest.raises(OSError, match="the disk is gone"):
        run.write_payloads(_BreaksOff(), out, jobs)
    assert out.getvalue().count(b"\n") == run.counts.sent == 150
    assert run.last_line == 50 * len(_TEXTS)


class _Full(io.BytesIO):
    """A file that has no room for one of the writes, and for the next ones again."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, content: object, /) -> int:
        self.writes += 1
        if self.writes == 10:
            raise OSError(28, "No space left on device")
        return super().write(content)  # type: ignore[arg-type]  # bytes


@pytest.mark.parametrize("jobs", [1, 3])
def test_nothing_is_written_after_a_write_that_failed(small: Path, jobs: int) -> None:
    run, out = Run(mapper.compile_mapping(small)), _Full()
    with pytest.raises(OSError, match="No space"):
        run.write_payloads(_many(200), out, jobs)
    assert out.writes == 10
    assert run.counts.sent == 27


def test_a_worker_may_make_anything_of_a_block_in_other_processes(small: Path) -> None:
    run = Run(mapper.compile_mapping(small))
    found: list[tuple[int, int]] = []
    run.work_all(_Lengths(), _many(40), found.append, jobs=2)
    assert found == [(1 + number * len(_TEXTS), len(_TEXTS)) for number in range(40)]


class _Lengths:
    def work(self, block: Block) -> tuple[int, int]:
        texts: list[Placed] = list(block.texts())
        return texts[0][0], len(block)


def test_events_that_are_no_lines_of_a_file_are_a_block_too(small: Path) -> None:
    run = Run(mapper.compile_mapping(small), "webhook")
    texts = [(1, json.dumps(event(1)).encode()), (1, json.dumps(event(2)).encode())]
    assert run.work(DecodedBlock(list(texts))).counts.sent == 2
    assert run.work(DecodedBlock([])).last_line == 0


_META_MAPPING = MAPPING.replace(
    "  event_time: ",
    "  custom_data: {search_string: $meta.headers.topic, order_id: $meta.source}\n  event_time: ",
)


def _source_block(first: int, count: int) -> SourceBlock:
    numbers = range(first, first + count)
    found = [(number, b"{" if number % 5 == 0 else event_text(number)) for number in numbers]
    return SourceBlock(found, [{"source": f"s-{n}", "headers": {"topic": f"t-{n}"}} for n in numbers])


def event_text(number: int) -> bytes:
    return json.dumps(event(number)).encode()


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_event_of_a_source_has_what_the_source_knows_of_it(small: Path, jobs: int) -> None:
    small.write_text(_META_MAPPING)
    program, out = mapper.compile_mapping(small), io.BytesIO()
    run = Run(program, "kafka:x/orders/0", meta={"source": "for all"})
    blocks = [_source_block(1 + 40 * part, 40) for part in range(20)]
    run.write_payloads([*blocks, _lines(event(801), first=801)], out, jobs)
    sent = [json.loads(line) for line in out.getvalue().splitlines()]
    numbers = [number for number in range(1, 801) if number % 5]
    found = [one["custom_data"] for one in sent]
    known = [{"search_string": f"t-{n}", "order_id": f"s-{n}"} for n in numbers]
    assert [{key: one.get(key) for key in ("search_string", "order_id")} for one in found[:-1]] == known
    assert (found[-1]["order_id"], "search_string" in found[-1]) == ("for all", False)
    again = io.BytesIO()
    Run(program, meta={"source": "for all"}).write_payloads(
        [*blocks, _lines(event(801), first=801)], again, jobs
    )
    assert again.getvalue() == out.getvalue()


def test_a_block_of_a_source_is_read_on_with_what_is_known_of_its_events() -> None:
    block = _source_block(1, 10)
    (rest,) = without_first([block], 4)
    assert rest == SourceBlock(block.found[4:], block.known[4:])
    (on,) = from_line([block], 8, lambda count: None)
    assert on == SourceBlock(block.found[7:], block.known[7:])
    with pytest.raises(ValueError, match="each of its texts"):
        SourceBlock(block.found, [])


def test_a_feed_runs_without_the_command_line() -> None:
    code = "import sys, mapper.running; print(*sorted(one for one in sys.modules if one.startswith(%r)))"
    for room in ("mapper.cli", "mapper.compiler", "click", "mapper.delivery"):
        words = [sys.executable, "-c", code % room]
        ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
        assert ran.stdout.split() == []
