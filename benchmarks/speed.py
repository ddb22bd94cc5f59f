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
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

import handwritten
import interpreted
import peers
import processes
import scaling
import shares
import workload
from agreement import differences, result_of, written_result_of
from machine import ROOT, machine, set_environment, stay_on_one_core
from program import DECODERS, bytes_to_bytes

from mapper import Program, compile_mapping

# In one round, each rival maps so many events: all of them the same.
_IN_A_ROUND = 5_000
# The rivals take so many turns in a round: in a short one what slows the machine down slows each alike.
_TURNS = 5

# What measures the seconds that a rival takes for an event, by the rival's name.
Rivals = dict[str, Callable[[int], float | None]]


def main() -> None:
    """Measure, print, and write the figures to build/speed.json, from which picture.py draws."""
    arguments = _arguments()
    cores = set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else {0}
    build = ROOT / "build"
    set_environment(build / "bytecode")
    stay_on_one_core()
    # As users call it, and without the guard, which no rival has.
    program, unguarded = (compile_mapping(processes.MAPPING, guard=guard) for guard in (True, False))
    events = list(workload.make_events(arguments.checked))
    lines = [line.rstrip(b"\n") for line in workload.write_events(_IN_A_ROUND)]
    for one in (program, unguarded):
        _agree(one, events)
    gc.collect()
    gc.freeze()  # the events are not to be gone through again whenever a rival makes garbage
    figures: dict[str, Any] = {
        "machine": machine("msgspec", "orjson", "jmespath", "jsonschema", "pydantic", "duckdb"),
        "rounds": arguments.rounds,
        "compared": len(events),
    }
    print(f"{figures['machine']}\nno difference between the rivals in {len(events):,} events\n")
    if skipped := peers.skipped():
        print(f"without these, which `make bench-peers` installs: {', '.join(skipped)}\n")
    on_events = _on_events(program, unguarded, lines)
    figures["event"] = measure_rounds("an event in, a payload out", on_events, arguments.rounds)
    on_bytes, same = _on_bytes(program, unguarded, lines)
    figures["bytes"] = measure_rounds("bytes in, bytes out", on_bytes, arguments.rounds, same)
    figures["same"] = same
    figures["shares"] = _shares(arguments.rounds)
    if arguments.events:
        figures["files"] = _files(processes.events_file(build, arguments.events), arguments, cores)
    figures["start"] = _start(arguments.rounds)
    figures["rules"] = _rules(arguments.rounds)
    figures["products"] = _products({"guarded": program, "unguarded": unguarded}, arguments.rounds)
    figures["unread"] = _unread(program, arguments.rounds)
    if arguments.memory:
        figures["memory"] = _memory(arguments.memory)
    (build / "speed.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--checked", type=int, default=20_000, help="events over which outputs are compared")
    parser.add_argument("--events", type=int, default=200_000, help="of whole processes; 0 leaves them out")
    parser.add_argument("--memory", type=int, default=2_000, help="MB of the large feed; 0 leaves it out")
    return parser.parse_args()


def _agree(program: Program, events: list[dict[str, Any]]) -> None:
    results = [result_of(program.apply(event)[0]) for event in events]
    for name, rival in (("handwritten", handwritten), ("interpreted", interpreted)):
        ours = iter(results)
        expect_none(name, differences(events, lambda event, ours=ours: next(ours), rival.payload_of))
    # Of JSON a program makes payloads by another form than of objects.
    lines = [json.dumps(event).encode() for event in events]
    by_hand = iter([handwritten.payload_of(handwritten.loads(line)) for line in lines])
    ours_written = partial(written_result_of, program)
    expect_none("handwritten, of bytes,", differences(lines, ours_written, lambda line: next(by_hand)))


def expect_none(name: str, found: list[str]) -> None:
    """End the run where a rival differs from the program."""
    if found:
        sys.exit(f"{name} differs in {len(found)} events; the first:\n{found[0]}")


def _on_events(program: Program, unguarded: Program, lines: list[bytes]) -> Rivals:
    decoded = {name: list(map(decode, lines)) for name, decode in DECODERS.items()}
    some = decoded["json"]
    return {
        "handwritten": partial(timed, handwritten.payload_of, some),
        **{
            f"Program.apply, decoded by {name}": partial(timed, program.apply, events)
            for name, events in decoded.items()
        },
        "Program.apply, no guard": partial(timed, unguarded.apply, some),
        "Program.apply_decoded, no guard": partial(timed, unguarded.apply_decoded, some),
        "jmespath.py, jsonschema": partial(timed, interpreted.payload_of, some),
    }


def _on_bytes(program: Program, unguarded: Program, lines: list[bytes]) -> tuple[Rivals, dict[str, float]]:
    """The rivals, and for which part of events the peers come to the same as the program."""
    results = [result_of(program.apply(json.loads(line))[0]) for line in lines]
    rivals: Rivals = {
        "handwritten": partial(timed, handwritten.bytes_to_bytes, lines),
        "Program.apply_json": partial(timed, partial(bytes_to_bytes, program), lines),
        "Program.apply_json, no guard": partial(timed, partial(bytes_to_bytes, unguarded), lines),
        "jmespath.py, jsonschema": partial(timed, _interpreted, lines),
    }
    same = {}
    for name, payload in peers.in_python().items():
        rivals[name] = partial(timed, payload, lines)
        same[name] = peers.share_of_same([payload(line) for line in lines], results)
    for name, peer in peers.in_bulk(lines).items():
        rivals[name] = partial(_once, peer.seconds)
        peer.seconds()
        same[name] = peers.share_of_same(peer.payloads(), results)
    return rivals, same


def _interpreted(line: bytes) -> bytes | None:
    payload = interpreted.payload_of(handwritten.loads(line))
    return handwritten.dumps(payload) if type(payload) is dict else None


def measure_rounds(
    what: str, rivals: Rivals, rounds: int, same: dict[str, float] | None = None
) -> dict[str, list[float]]:
    """Seconds for an event, by rival and round; the rivals take turns. same: which part of outputs is."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        turns: dict[str, list[float]] = {name: [] for name in rivals}
        for turn in range(_TURNS):
            for name, measure in rivals.items():
                if (seconds := measure(turn)) is not None:
                    turns[name].append(seconds)
        if number:  # the first round warms up
            for name, measured in turns.items():
                taken[name].append(mean(measured))
    print(f"{what:<33}  µs an event   events a second   to handwritten   same outputs")
    for name, seconds in taken.items():
        middle, ratio = median(seconds), ratio_to(seconds, taken["handwritten"])
        part = (same or {}).get(name, 1)
        print(f"  {name:<31}{middle * 1e6:>13.1f}{1 / middle:>18,.0f}{ratio:>15.2f} x{part:>15.0%}")
    print()
    return taken


def ratio_to(seconds: list[float], others: list[float]) -> float:
    """The median of the ratios within each round."""
    return median(one / other for one, other in zip(seconds, others, strict=True))


def timed(function: Callable[[Any], Any], given: list[Any], turn: int) -> float:
    """The processor's seconds for one of those given, of which each turn has its part."""
    part = given[turn::_TURNS]
    gc.collect()
    started = process_time()
    for one in part:
        function(one)
    return (process_time() - started) / len(part)


def _once(measure: Callable[[], float], turn: int) -> float | None:
    """The time of a measurement that goes through all events at once, in the first turn of a round."""
    return measure() if turn == 0 else None


def _shares(rounds: int) -> dict[str, float]:
    measured = shares.measure_shares(rounds)
    print("bytes in, bytes out, no guard, by stage")
    shares.print_shares(measured)
    print()
    return measured


def _files(events: Path, arguments: argparse.Namespace, cores: set[int]) -> dict[str, list[float]]:
    taken = processes.measure_files(events, arguments.rounds, cores)
    print(f"{f'{arguments.events:,} events, whole process':<34}seconds   to handwritten")
    for name, seconds in taken.items():
        ratio = ratio_to(seconds, taken["handwritten"])
        print(f"  {name:<32}{median(seconds):>7.2f}{ratio:>15.2f} x")
    if processes.ON_TWO in taken:
        ratio = ratio_to(taken[processes.ON_TWO], taken["mapper run"])
        print(f"  {'two cores to one':<39}{ratio:>15.2f} x")
    print()
    return taken


def _start(rounds: int) -> dict[str, list[float]]:
    taken = processes.measure_start(rounds)
    print("start to the first payload            ms")
    for name, seconds in taken.items():
        print(f"  {name:<32}{median(seconds) * 1e3:>6.0f}")
    print()
    return taken


def _rules(rounds: int) -> dict[int, dict[str, float]]:
    measured = scaling.measure_rules(rounds)
    print("rules of a mapping   compile ms   µs a rule   apply µs   µs a rule")
    for rules, seconds in measured.items():
        compiling, applying = seconds["compile"], seconds["apply"]
        print(
            f"{rules:>18}{compiling * 1e3:>13.1f}{compiling * 1e6 / rules:>12.1f}"
            f"{applying * 1e6:>11.1f}{applying * 1e6 / rules:>12.3f}"
        )
    print()
    return measured


def _products(programs: dict[str, Program], rounds: int) -> dict[int, dict[str, float]]:
    measured = scaling.measure_products(programs, rounds)
    print("Program.apply of a cart: products, bytes,  µs, µs a product;  no guard: µs, µs a product")
    for products, found in measured.items():
        told = "".join(
            f"{found[name] * 1e6:>12,.0f}{found[name] * 1e6 / products:>8.2f}" for name in programs
        )
        print(f"{products:>10,}{found['bytes']:>12,}{told}")
    print()
    return measured


def _unread(program: Program, rounds: int) -> dict[int, float]:
    measured = scaling.measure_unread(program, rounds)
    print("bytes of an event, most of them unread   µs, bytes to bytes   µs a KB")
    for size, seconds in measured.items():
        print(f"{size:>39,}{seconds * 1e6:>21,.0f}{seconds * 1e9 / size:>10.2f}")
    print()
    return measured


def _memory(megabytes: int) -> dict[int, float]:
    held = processes.measure_memory(megabytes)
    print("MB read by mapper run   most MB held")
    for read, most in held.items():
        print(f"{read:>21,}{most:>15.1f}")
    return held


if __name__ == "__main__":
    main()
