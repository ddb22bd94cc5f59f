"""How fast a mapping is applied, beside what an expert writes by hand for the same outputs.

    make bench
    build/bench-venv/bin/python benchmarks/speed.py --rounds 15 --events 200000

Every figure is a ratio within one run: the rivals take turns, round by round, on one core, so that what slows
the machine down slows all of them. Before anything is timed, each rival's outputs are compared with the
program's over the whole workload.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import handwritten
import interpreted
import workload
from agreement import differences, result_of
from machine import ROOT, machine, stay_on_one_core

from mapper import Program, compile_mapping
from mapper.runtime.decode import decode_event, encode

_MAPPING = ROOT / "benchmarks/mapping.yaml"
# In one round, each rival maps so many events; the slow one of them fewer.
_IN_A_ROUND = 5_000
_IN_A_SLOW_ROUND = 500

Rivals = dict[str, tuple[Callable[[Any], Any], list[Any]]]


def main() -> None:
    """Print the figures, the machine and the versions."""
    arguments = _arguments()
    stay_on_one_core()
    program = compile_mapping(_MAPPING)
    events = list(workload.make_events(arguments.checked))
    lines = [line.rstrip(b"\n") for line in workload.write_events(_IN_A_ROUND)]
    _agree(program, events)
    packages = ("msgspec", "orjson", "jmespath", "jsonschema")
    print(f"{machine(*packages)}\nno difference between the rivals in {len(events):,} events\n")
    _print_rounds("an event in, a payload out", _on_events(program, events), arguments.rounds)
    _print_rounds("bytes in, bytes out", _on_bytes(program, lines), arguments.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--checked", type=int, default=20_000, help="events over which outputs are compared")
    return parser.parse_args()


def _agree(program: Program, events: list[dict[str, Any]]) -> None:
    results = [result_of(program.apply(event)[0]) for event in events]
    for name, rival in (("handwritten", handwritten), ("interpreted", interpreted)):
        ours = iter(results)
        found = differences(events, lambda event, ours=ours: next(ours), rival.payload_of)
        if found:
            sys.exit(f"{name} differs in {len(found)} events; the first:\n{found[0]}")


def _on_events(program: Program, events: list[dict[str, Any]]) -> Rivals:
    some = events[:_IN_A_ROUND]
    return {
        "handwritten": (handwritten.payload_of, some),
        "Program.apply": (program.apply, some),
        "jmespath.py, jsonschema": (interpreted.payload_of, some[:_IN_A_SLOW_ROUND]),
    }


def _on_bytes(program: Program, lines: list[bytes]) -> Rivals:
    return {
        "handwritten": (_by_hand, lines),
        "Program, bytes to bytes": (lambda line: program_bytes_to_bytes(program, line), lines),
        "jmespath.py, jsonschema": (_interpreted, lines[:_IN_A_SLOW_ROUND]),
    }


def program_bytes_to_bytes(program: Program, line: bytes) -> list[bytes]:
    """An event's JSON in, its payloads' JSON out, by the fastest way that the project's own feed takes."""
    outcomes = program.apply(decode_event(line))
    return [encode(outcome.payload) for outcome in outcomes if outcome.payload is not None]


def _by_hand(line: bytes) -> bytes | None:
    payload = handwritten.payload_of(handwritten.loads(line))
    return handwritten.dumps(payload) if type(payload) is dict else None


def _interpreted(line: bytes) -> bytes | None:
    payload = interpreted.payload_of(handwritten.loads(line))
    return handwritten.dumps(payload) if type(payload) is dict else None


def _print_rounds(what: str, rivals: Rivals, rounds: int) -> None:
    """Medians of seconds for an event, and of the ratios to the first rival within each round."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name, (function, given) in rivals.items():
            seconds = _timed(function, given) / len(given)
            if number:  # the first round warms up
                taken[name].append(seconds)
    first = next(iter(taken.values()))
    print(f"{what:<28}  µs an event   events a second   to handwritten")
    for name, seconds in taken.items():
        middle = median(seconds)
        ratio = median(one / other for one, other in zip(seconds, first, strict=True))
        print(f"  {name:<26}{middle * 1e6:>13.1f}{1 / middle:>18,.0f}{ratio:>15.2f} x")
    print()


def _timed(function: Callable[[Any], Any], given: list[Any]) -> float:
    gc.collect()
    started = perf_counter()
    for one in given:
        function(one)
    return perf_counter() - started


if __name__ == "__main__":
    main()
