"""What the benchmarks measure with is what they say it is."""

from __future__ import annotations

import runpy
import subprocess
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import mapper
from tests.support.depth import seeds

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_SHOPS = runpy.run_path(str(_BENCHMARKS / "shops.py"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mapping_that_is_measured_has_its_length_and_nothing_wrong(seed: int) -> None:
    text: str = _SHOPS["write_shop"](seed)
    assert text.count("\n") == _SHOPS["LINES"]
    assert text == _SHOPS["write_shop"](seed)
    assert mapper.check_text(text) == ()


_UNCOLLECTED = """\
import gc, runpy, sys
import mapper
from mapper import authoring
write_shop = runpy.run_path(sys.argv[1])["write_shop"]
texts = [write_shop(seed) for seed in (1, 2)]
authoring.review_text(texts[0])  # imports, and what is kept of schemas and expressions
gc.collect()
gc.disable()
authoring.review_text(texts[1])
print(gc.collect())
"""


def test_checking_leaves_nothing_for_the_garbage_collector() -> None:
    # In a process of its own: threads and caches of other tests leave something at any moment.
    words = [sys.executable, "-c", _UNCOLLECTED, str(_BENCHMARKS / "shops.py")]
    ran = subprocess.run(words, cwd=_BENCHMARKS.parent, capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    names = (
        *("agreement", "checking", "figures", "handwritten", "interpreted", "picture", "processes", "runs"),
        "workload",
    )
    return {name: import_module(name) for name in names}


def test_the_measured_mapping_has_nothing_wrong_with_it() -> None:
    assert mapper.check_text((_BENCHMARKS / "mapping.yaml").read_text(encoding="utf-8")) == ()


def test_each_stage_of_a_check_that_is_measured_is_there(modules: dict[str, Any]) -> None:
    stages = {**modules["checking"].STAGES, **modules["checking"].NOT_CHECKING}
    gone = [
        f"{module}.{name}" for places in stages.values() for module, name in places if not _has(module, name)
    ]
    assert gone == []


def _has(module: str, name: str) -> bool:
    return hasattr(import_module(module), name)


@pytest.mark.parametrize(("rival", "count"), [("handwritten", 3000), ("interpreted", 600)])
def test_a_rival_comes_to_the_same_as_the_program(modules: dict[str, Any], rival: str, count: int) -> None:
    program = mapper.compile_mapping(_BENCHMARKS / "mapping.yaml")
    agreement = modules["agreement"]
    events = list(modules["workload"].make_events(count))
    results = [agreement.result_of(program.apply(event)[0]) for event in events]
    assert sum(type(result) is dict for result in results) > 0.8 * count
    assert agreement.differences(events, modules[rival].payload_of, lambda event: results.pop(0)) == []


def test_of_bytes_too_a_rival_comes_to_the_same_as_the_program(modules: dict[str, Any]) -> None:
    program = mapper.compile_mapping(_BENCHMARKS / "mapping.yaml")
    lines = list(modules["workload"].write_events(1000))
    by_hand = modules["handwritten"]
    results = iter([by_hand.payload_of(by_hand.loads(line)) for line in lines])
    ours = partial(modules["agreement"].written_result_of, program)
    assert modules["agreement"].differences(lines, ours, lambda line: next(results)) == []
    assert len(modules["agreement"].differences(lines, ours, lambda line: {})) == len(lines)


@pytest.mark.parametrize(("rival", "count"), [("handwritten", 1000), ("jmespath.py, jsonschema", 200)])
def test_a_rival_on_a_ready_mapping_comes_to_the_same_as_the_program(
    modules: dict[str, Any], rival: str, count: int
) -> None:
    ready = import_module("ready_peers")
    program = mapper.compile_mapping(ready.MAPPING, guard=False)
    for seed in seeds(5):
        rows = list(modules["workload"].make_orders(count // 10, seed))
        events = rows + ready.changed_events(count, seed)
        assert ready.differing(program, events, ready.RIVALS[rival]) == []
        assert sum(type(ready.RIVALS[rival].payload_of(one)) is dict for one in events) > 0.4 * len(events)


_TIMES = (
    "2026-05-01 24:00:00",
    "2026-05-01 23:59:60",
    "2026-03-29 02:30:00",
    "2026-10-25T02:30:00.5",
    "2026-05-01",
)
_ZONES = ("Europe/Berlin", "utc", "+02:00", "localtime", "US", None)
_PHONES = (
    "010 9999 1234",
    "0014155552671",
    "011 44 20 7946 0018",
    "(415) 555-2671",
    "030901820.0",
    "+030 901820",
)
_COUNTRIES = ("DE", "US", "Japan", "mx", "BR", "AR", "RU", "xx", ["DE"], 49)


@pytest.mark.parametrize("rival", ["handwritten", "jmespath.py, jsonschema"])
def test_a_rival_on_a_ready_mapping_reads_times_and_phones_as_the_program(
    modules: dict[str, Any], rival: str
) -> None:
    ready = import_module("ready_peers")
    row = next(modules["workload"].make_orders(1))
    rows = [{**row, "ordered_at": time, "time_zone": zone} for time in _TIMES for zone in _ZONES]
    rows += [{**row, "phone": phone, "country": country} for phone in _PHONES for country in _COUNTRIES]
    program = mapper.compile_mapping(ready.MAPPING, guard=False)
    assert ready.differing(program, rows, ready.RIVALS[rival]) == []


def test_files_are_the_same_only_if_their_values_have_the_same_types(
    modules: dict[str, Any], tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text('{"a":1,"b":[2]}\n')
    compare = modules["processes"]._compare
    other.write_text('{"b":[2],"a":1}\n')
    compare(one, other, "mapper run")
    for text in ('{"a":true,"b":[2]}\n', '{"a":1.0,"b":[2]}\n', '{"a":1,"b":[2]}\n{}\n'):
        other.write_text(text)
        with pytest.raises(SystemExit):
            compare(one, other, "mapper run")


def test_a_difference_between_rivals_is_found(modules: dict[str, Any]) -> None:
    differences = modules["agreement"].differences
    assert len(differences([{}, {"a": 1}], lambda event: event, lambda event: {"a": True})) == 2
    assert differences([{"a": 1, "b": 2}], lambda event: event, lambda event: {"b": 2, "a": 1}) == []


def test_the_workload_is_the_same_for_the_same_seed_and_as_large_as_it_says(modules: dict[str, Any]) -> None:
    workload = modules["workload"]
    lines = list(workload.write_events(300))
    assert lines == list(workload.write_events(400))[:300]
    assert 1800 < sum(map(len, lines)) / len(lines) < 2000
    assert lines != list(workload.write_events(300, seed=1))


def test_the_picture_draws_the_faster_longer(modules: dict[str, Any]) -> None:
    seconds = {"handwritten": [2e-5], "Program": [1e-5, 1e-5, 9.0]}
    curve = {"10": {"apply": 1e-5}, "1000": {"apply": 1e-3}}
    figures = {"machine": "<any>", "event": seconds, "bytes": seconds, "rules": curve}
    sizes = {"1": {"bytes": 2_000, "guarded": 1e-4}, "1000": {"bytes": 1_000_000, "guarded": 5e-2}}
    text = modules["picture"].draw({**figures, "products": sizes})
    bars = ElementTree.fromstring(text).findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["ours", "other", "ours", "other"]
    assert float(bars[0].get("width", 0)) == 2 * float(bars[1].get("width", 0))


# A process that lets a child end, starts another one that lives on, and is busy itself, a while each.
_FAMILY = """
import subprocess, sys, time
busy = "import time\\nwhile time.process_time() < 0.3: pass\\n"
subprocess.run([sys.executable, "-c", busy])
waiting = busy + "print(flush=True)\\ntime.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE)
child.stdout.readline()
exec(busy)
print(flush=True)
sys.stdin.read()
child.kill()
"""


def test_the_processor_time_of_a_process_is_that_of_all_that_it_started(modules: dict[str, Any]) -> None:
    words = [sys.executable, "-c", _FAMILY]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        taken = modules["runs"].processor_seconds(process.pid)
        process.communicate()
    assert taken > 0.85
    assert modules["runs"].processor_seconds(process.pid) == 0


def test_each_figure_has_a_command_that_there_is(modules: dict[str, Any]) -> None:
    makefile = (_BENCHMARKS.parent / "Makefile").read_text(encoding="utf-8")
    commands = {figure.command for figure in modules["figures"].FIGURES.values()}
    assert [one for one in commands if f"\n{one.removeprefix('make ')}:" not in makefile] == []


def test_a_figure_that_falls_short_is_said_to(modules: dict[str, Any]) -> None:
    figures = modules["figures"]
    at = {"machine": "M", "commit": "c", "day": "2026-11-26", "load": 1.5}
    noted = {
        "guard": {"seen": 10.04, "if_free": None, **at},
        "send, bare": {"seen": 14_000.0, "if_free": 16_000.0, **at},
        "send, sandbox": {"seen": 12_000.0, "if_free": 13_000.0, **at, "load": 0.5},
    }
    rows = figures.table(noted).splitlines()
    assert len(rows) == 2 + len(figures.FIGURES)
    of = dict(zip(figures.FIGURES, rows[2:], strict=True))
    asked = [of[name] for name in ("guard", "send, bare", "send, sandbox", "serve")]
    cells = [[cell.strip() for cell in row.split("|")[2:-2]] for row in asked]
    assert cells == [
        ["at most 10 µs an event", "10.0 µs an event", "", "**no**"],
        ["at least 15,000 events/s", "14,000 events/s", "16,000", "if all cores were free"],
        ["at least 12,000 events/s", "12,000 events/s", "13,000", "yes"],
        ["at least 10,000 events/s", "not measured", "", ""],
    ]
    assert figures.places(noted) == ["M, 2026-11-26: commit c; load 0.5 to 1.5"]


def test_constructs_by_hand_give_what_their_mapping_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    by_hand = import_module("handwritten_constructs")
    program = mapper.compile_mapping(_BENCHMARKS / "constructs.yaml", guard=False)
    events = list(by_hand.make_events(300))
    assert [program.apply(one)[0].payload for one in events] == [by_hand.payload_of(one) for one in events]
    assert {one["event_name"] for one in map(by_hand.payload_of, events)} == {"lead", "signup", "page_visit"}
