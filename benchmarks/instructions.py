"""How many instructions an event costs, as a ratio to the hand-written rival: the same on a busy machine.

    make bench-instructions
    .venv/bin/python benchmarks/instructions.py --event 1.0 --guard 0.56 --guarded 1.09

Counted by valgrind's callgrind, or by `perf stat` with `--by perf` where the machine lets it: for each rival
two runs of counted.py over different numbers of events, whose difference leaves out the start. `--event` and
`--bytes` say the ratios above which the exit status is 1, from parsed events to payloads and from JSON to
JSON; `--guard` that of what the guard costs an event, to the hand-written rival from event to payload;
`--guarded` that from JSON to guarded objects, to the hand-written rival from JSON to JSON without a guard;
`--constructs` that of ten patterns, two functions and a table, to the same by hand.
"""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import handwritten_constructs
import workload
from instruction_counts import instructions_of
from machine import ROOT, machine

from mapper import compile_mapping

# The fewer are enough for all that is made once.
_FEW, _MANY = 400, 1_400
_WAYS = {"event": "an event in, a payload out", "bytes": "bytes in, bytes out"}
# What the guard does with the outcomes of an event, which were made before.
_GUARD = "guard"
# From JSON to objects with the guard, where the rival goes from JSON to JSON without one.
_GUARDED = "guarded"
# Another mapping, with its own rival.
_CONSTRUCTS = "constructs"
_TITLES = {
    **_WAYS,
    _GUARD: "the guard, for an event",
    _GUARDED: "guarded, bytes in, objects out",
    _CONSTRUCTS: "patterns, functions, a table",
}
_RIVAL_OF = {_GUARD: "event", _GUARDED: "bytes"}
# The mapping of each way, and its events.
_GIVEN: dict[str, tuple[str, Callable[[int], Iterable[Any]]]] = {
    "event": ("mapping", workload.make_events),
    "bytes": ("mapping", workload.write_events),
    _GUARD: ("mapping", workload.make_events),
    _GUARDED: ("mapping", workload.write_events),
    _CONSTRUCTS: ("constructs", handwritten_constructs.make_events),
}


def main() -> None:
    """Print the counts and the ratios."""
    arguments = _arguments()
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("msgspec", "orjson"))
    asked = [("handwritten", way) for way in (*_WAYS, _CONSTRUCTS)] + [("program", way) for way in _TITLES]
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(os.cpu_count()) as at_once:
        _write(Path(made))
        # A count is the same whatever else goes on.
        counted = at_once.map(partial(_counted, arguments.by, Path(made)), asked)
        counts = dict(zip(asked, counted, strict=True))
    for (rival, way), count in counts.items():
        print(f"{_TITLES[way]:<32}{rival:<14}{count:>12,.0f} instructions an event")
    ratios = {way: counts["program", way] / counts["handwritten", _RIVAL_OF.get(way, way)] for way in _TITLES}
    for way, ratio in ratios.items():
        print(f"{_TITLES[way]:<32}{ratio:>8.3f}")
    above = [
        f"{_TITLES[way]}: more than {limit} times those of the hand-written rival"
        for way, ratio in ratios.items()
        if (limit := getattr(arguments, way)) and ratio > limit
    ]
    if above:
        sys.exit("\n".join(above))


def _write(made: Path) -> None:
    """A file for each way: its program and its events, which take most of a run where they are made there."""
    programs = {
        name: compile_mapping(ROOT / f"benchmarks/{name}.yaml", guard=False)
        for name in ("mapping", "constructs")
    }
    for way, (name, events) in _GIVEN.items():
        (made / way).write_bytes(pickle.dumps((programs[name], list(events(_MANY)))))


def _counted(by: str, made: Path, asked: tuple[str, str]) -> float:
    """The instructions of an event, for a rival and a way."""
    few, many = (_count(by, made, *asked, events) for events in (_FEW, _MANY))
    return (many - few) / (_MANY - _FEW)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    for way, what in _TITLES.items():
        parser.add_argument(f"--{way}", type=float, help=f"the most that {what} may cost")
    return parser.parse_args()


def _count(by: str, made: Path, rival: str, way: str, events: int) -> int:
    """The instructions of a process that maps so many events."""
    command = [sys.executable, str(ROOT / "benchmarks/counted.py"), str(made / way)]
    command += ["--rival", rival, "--way", way, "--events", str(events)]
    return instructions_of(by, command, made / f"{rival}-{way}-{events}.out")


if __name__ == "__main__":
    main()
