"""The cost of the guard for a payload, beside that of making one and beside code by hand; of long texts.

    make bench-guard
    .venv/bin/python benchmarks/guard.py --rounds 20

The events are the samples of tests/cases/events, each through its ready mapping, and those of the other
benchmarks: one core, CPU time of the process, the best of some rounds in which both take turns.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time
from typing import Any

import figures
import handwritten
from machine import ROOT
from workload import make_events, write_events

sys.path.insert(0, str(ROOT))
_MICRO = 1e6
# What a text is made of that keeps the guard busy, and the lengths to compare.
_HOSTILE = {
    "a@ again and again": "a@",
    "labels of one letter after @": "a.",
    "percent signs": "%25",
    "parameters": "&aB=",
    "letters beyond ASCII": "\xe9%",
}
_LENGTHS = (100_000, 200_000)
_WORKLOAD = 1_000

Pair = tuple[Any, dict[str, Any], dict[str, Any]]


def main() -> None:
    """Print the tables, and the ratio between them."""
    from mapper import read_schema
    from mapper.guard import Guard

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    guard = Guard(read_schema("pinterest/conversions-v5"))
    print("  apply us   guard us   share   payloads   mapping")
    everything: list[Pair] = []
    figures.note("guard", _print_row("the workload", list(_workload()), guard.check, rounds))
    for name, pairs in sorted(_pairs().items()):
        everything += pairs
        _print_row(name, pairs, guard.check, rounds)
    _print_row("all", everything, guard.check, rounds)
    _print_whole(rounds)
    print(f"\n  ms for {_LENGTHS[0]:,}   ms for {_LENGTHS[1]:,}   a text of")
    for name, part in _HOSTILE.items():
        shorter, longer = (_milliseconds(guard.check, part, length) for length in _LENGTHS)
        print(f"  {shorter:14.1f}   {longer:14.1f}   {name}")


def _print_whole(rounds: int) -> None:
    """From JSON to guarded payloads, beside code by hand from JSON to JSON without a guard."""
    from mapper import compile_mapping

    program, lines = (
        compile_mapping(ROOT / "benchmarks/mapping.yaml").prepare(),
        list(write_events(_WORKLOAD)),
    )
    ways: tuple[Callable[[bytes], object], ...] = (program.apply_json, handwritten.bytes_to_bytes)

    def map_all(way: Callable[[bytes], object]) -> None:
        for line in lines:
            way(line)

    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, way in enumerate(ways):
            best[place] = min(best[place], _seconds(partial(map_all, way), 1))
    guarded, by_hand = (seconds / len(lines) * _MICRO for seconds in best)
    figures.note("guarded, by hand", guarded / by_hand)
    print(f"\n  {guarded:.1f} us an event from JSON to guarded objects")
    print(f"  {by_hand:.1f} us by hand from JSON to JSON, with no guard")
    print(f"  {guarded / by_hand:.2f} x the code by hand")


def _workload() -> Iterator[Pair]:
    """Events of the other benchmarks, with their mapping."""
    from mapper import compile_mapping

    program = compile_mapping(ROOT / "benchmarks/mapping.yaml", guard=False)
    for event in make_events(_WORKLOAD):
        yield from ((program, event, one.payload) for one in program.apply(event) if one.payload is not None)


def _pairs() -> dict[str, list[Pair]]:
    """By mapping: its program, an event and the payload it gives."""
    from mapper import compile_mapping
    from tests.oracles.golden import ADDED_BY_THE_SERVER, EVENTS, KNOWN_BY_THE_HOST, MAPPING_OF

    programs = {
        name: compile_mapping(ROOT / f"mappings/{name}.yaml", guard=False) for name in MAPPING_OF.values()
    }
    found: dict[str, list[Pair]] = {}
    for file in EVENTS:
        name = next(name for start, name in MAPPING_OF.items() if file.stem.startswith(start))
        event = json.loads(file.read_bytes()) | ADDED_BY_THE_SERVER.get(file.stem, {})
        for outcome in programs[name].apply(event, KNOWN_BY_THE_HOST):
            if outcome.payload is not None:
                found.setdefault(name, []).append((programs[name], event, outcome.payload))
    return found


def _print_row(name: str, pairs: list[Pair], check: Callable[[Any], object], rounds: int) -> float:
    """The row of a mapping; the guard's microseconds for a payload."""
    from tests.oracles.golden import KNOWN_BY_THE_HOST

    def apply() -> None:
        for program, event, _ in pairs:
            program.apply(event, KNOWN_BY_THE_HOST)

    def guard() -> None:
        for *_, payload in pairs:
            check(payload)

    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, work in enumerate((apply, guard)):
            best[place] = min(best[place], _seconds(work, max(2_000 // len(pairs), 1)))
    applied, guarded = (seconds / len(pairs) * _MICRO for seconds in best)
    print(f"  {applied:8.1f}   {guarded:8.1f}   {guarded / applied:5.0%}   {len(pairs):8}   {name}")
    return guarded


def _seconds(work: Callable[[], object], times: int) -> float:
    began = process_time()
    for _ in range(times):
        work()
    return (process_time() - began) / times


def _milliseconds(check: Callable[[Any], object], part: str, length: int) -> float:
    payload = {"event_id": "x@" + part * (length // len(part))}
    return min(_seconds(lambda: check(payload), 3) for _ in range(3)) * 1000


if __name__ == "__main__":
    main()
