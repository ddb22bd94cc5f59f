"""`mapper run --jobs`: several processes give to the byte what one gives, and none is lost without a word."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper.cli.option_types import Jobs
from mapper.running import workers
from tests.support.command import MAPPING, call, event, give, ndjson, start

_WANTING = MAPPING.replace(
    "currency: {const: EUR}}}",
    "currency: {const: EUR}, order_id: number, contents: {each: lines, item: {id: sku, item_price: price}}}}",
)
# Larger than a few of the blocks that a feed is read in.
_EVENTS = 6_000


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping, in a folder of its own."""
    path = tmp_path / "small.yaml"
    path.write_text(_WANTING)
    return path


@pytest.mark.parametrize(
    ("value", "jobs"),
    [
        ("1", 1),
        ("256", 256),
        ("auto", 3),
        ("0", None),
        ("257", None),
        ("-1", None),
        ("AUTO", None),
        ("", None),
    ],
)
def test_jobs_are_a_number_or_one_for_each_core(
    value: str, jobs: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 5, 7})
    if jobs is not None:
        assert Jobs().convert(value, None, None) == jobs
        return
    ran = call("check", "--jobs", value)
    assert (ran.exit_code, "Invalid value for '--jobs'" in ran.stderr) == (2, True)
    assert "valid jobs" not in ran.stderr


def test_jobs_on_a_machine_of_several_cores_give_what_one_gives(small: Path) -> None:
    events = ndjson(*(event(one) for one in range(300)))
    assert (
        call("run", small, "--jobs", "auto", stdin=events).output == call("run", small, stdin=events).output
    )


def _dirty() -> Iterator[Any]:
    """Orders, most of them fine, between all that a feed may hold beside them."""
    strange: tuple[Any, ...] = (
        *("", "  ", '{"type": ', "[1]", '{"a": "\\ud800"}', {"type": "return"}),
        *({"type": "order", "test": True}, {"type": "view", "id": 1, "at": "x"}, {"type": "order"}),
    )
    for number in range(_EVENTS):
        yield event(number, total="?" if number % 7 == 0 else number, note="x" * (number % 300))
        if number % 3 == 0:
            yield strange[number // 3 % len(strange)]
        if number % 500 == 499:
            yield {"type": f"name-{number}", "email": "ada@example.com"}
    yield event(_EVENTS, lines=[{"sku": "a"}], at="2026-05-01T10:00:00")


def _ran(mapping: Path, events: Path, *arguments: object) -> tuple[bytes, bytes, str, int]:
    """The payloads, the rejects, what was told and the exit status of a run."""
    out, rejects = mapping.with_name("out"), mapping.with_name("rejects")
    ran = call("run", mapping, events, "-o", out, "--rejects", rejects, *arguments)
    return out.read_bytes(), rejects.read_bytes(), ran.stderr, ran.exit_code


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("name", ["events.ndjson", "events.json"])
def test_several_jobs_give_to_the_byte_what_one_gives(small: Path, name: str, jobs: int) -> None:
    events = small.with_name(name)
    rows = list(_dirty())
    if name.endswith(".json"):
        events.write_text(json.dumps([one for one in rows if isinstance(one, dict)], indent=1))
    else:
        events.write_text(ndjson(*rows))
    one, several = _ran(small, events), _ran(small, events, "--jobs", jobs)
    assert several == one
    payloads = [json.loads(line)["event_id"] for line in one[0].splitlines()]
    assert len(payloads) > _EVENTS / 2
    assert payloads == sorted(payloads, key=lambda name: int(name[2:]))
    assert "never had a value" in one[2]


@pytest.mark.parametrize("size", [100, 30_000, 250_000])
def test_what_no_slot_has_room_for_is_worked_off_in_its_place(
    small: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_SLOT_BYTES", size)
    events = small.with_name("events.json")
    events.write_text(json.dumps([*[{}] * 10_000, *[event(number) for number in range(2_000)]]))
    assert _ran(small, events, "--jobs", "2") == _ran(small, events)


def test_what_the_guard_stops_is_the_same_in_several_jobs(small: Path) -> None:
    rules = "value: total, order_id: {from: note, required: true}, search_string: note"
    small.write_text(MAPPING.replace("value: total", rules))
    events = small.with_name("events.ndjson")
    notes = ("ada@example.com", "A-1")
    events.write_text(ndjson(*(event(number, note=notes[number % 2]) for number in range(3_000))))
    one, several = _ran(small, events), _ran(small, events, "--jobs", 2)
    assert one == several
    assert (one[0].count(b"\n"), one[1].count(b"\n")) == (1_500, 1_500)
    small.write_text(small.read_text().replace(", required: true", ""))
    left, several = _ran(small, events), _ran(small, events, "--jobs", 2)
    assert left == several
    assert (left[0].count(b"\n"), left[0].count(b"order_id"), left[1]) == (3_000, 1_500, b"")


def test_a_value_that_json_does_not_have_costs_its_event_in_a_block_of_many(small: Path) -> None:
    small.write_text(MAPPING.replace("value: total", "value: total, order_id: \"join('', [note, ''])\""))
    events = small.with_name("events.ndjson")
    events.write_text(ndjson(*(event(number, note=f"n-{number} null") for number in range(50))))
    one, several = _ran(small, events), _ran(small, events, "--jobs", 2)
    assert one == several
    assert one[0].count(b"null") == 50


def _started(small: Path, *arguments: object) -> subprocess.Popen[bytes]:
    """A run of two jobs whose first payloads have come."""
    run = start("run", small, "--jobs", 2, *arguments)
    give(run, 1, 2)
    return run


def _children(run: subprocess.Popen[bytes]) -> list[int]:
    if shutil.which("pgrep") is None:
        pytest.skip("pgrep is not on this machine")
    found = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in found.stdout.split()]


def _are_gone(processes: list[int]) -> bool:
    for process in processes:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            continue
        return False
    return True


def test_a_payload_leaves_as_soon_as_its_event_came(small: Path) -> None:
    run = _started(small)
    rest, told = run.communicate(ndjson(event(3)).encode(), timeout=60)
    assert (run.returncode, json.loads(rest)["event_id"]) == (0, "o-3")
    assert told.startswith(b"3 events: 3 to send")


def test_a_process_that_dies_ends_the_run_with_a_word_and_what_was_done(small: Path) -> None:
    run = _started(small)
    children = _children(run)
    assert len(children) == 2
    os.kill(children[0], signal.SIGKILL)
    assert run.wait(20) == 2
    _, told = run.communicate()
    assert told.startswith(b"2 events: 2 to send")
    last = told.splitlines()[-1]
    assert last == b"mapper: a worker process was killed by signal 9, after line 2 of the feed"
    assert _are_gone(children)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes_with_status_130_and_one_line(small: Path, number: int) -> None:
    run = _started(small)
    children = _children(run)
    run.send_signal(number)
    _, told = run.communicate(timeout=60)
    assert (run.returncode, told) == (130, b"mapper: interrupted\n")
    assert _are_gone(children)


def test_a_reader_that_goes_away_is_told_in_one_line(small: Path) -> None:
    events = small.with_name("events.ndjson")
    events.write_text(ndjson(*(event(number) for number in range(_EVENTS))))
    with start("run", small, events, "--jobs", 2) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline()
        run.stdout.close()
        told, status = run.stderr.read().decode(), run.wait(20)
    assert told.startswith("mapper: the reader of the payloads closed the pipe, after line ")
    assert (len(told.splitlines()), status) == (1, 2)
