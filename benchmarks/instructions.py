"""How many instructions an event costs, as a ratio to the hand-written rival: the same on a busy machine.

    make bench-instructions
    .venv/bin/python benchmarks/instructions.py --event 1.0 --bytes 0.75 --guard 0.7 --constructs 1.45

Counted by valgrind's callgrind, or by `perf stat` with `--by perf` where the machine lets it: for each rival
two runs over different numbers of events, whose difference leaves out the start and the compiling. `--event`
and `--bytes` say the ratios above which the exit status is 1, from parsed events to payloads and from JSON to
JSON; `--guard` that of what the guard costs an event, to the hand-written rival from event to payload;
`--constructs` that of ten patterns, two functions and a table, to the same by hand.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import handwritten
import handwritten_constructs
import workload
from machine import ROOT, machine
from program import bytes_to_bytes

from mapper import compile_mapping, guarded

# The fewer are enough for all that is made once.
_FEW, _MANY = 400, 1_400
_WAYS = {"event": "an event in, a payload out", "bytes": "bytes in, bytes out"}
# What the guard does with the outcomes of an event, which were made before.
_GUARD = "guard"
# Another mapping, with its own rival.
_CONSTRUCTS = "constructs"
_TITLES = {**_WAYS, _GUARD: "the guard, for an event", _CONSTRUCTS: "patterns, functions, a table"}
_EVENTS: dict[str, Callable[[int], Any]] = {
    "bytes": workload.write_events,
    _CONSTRUCTS: handwritten_constructs.make_events,
}
_RIVALS = ("handwritten", "program")
_BY_HAND: dict[str, Callable[[Any], Any]] = {
    "event": handwritten.payload_of,
    "bytes": handwritten.bytes_to_bytes,
    _CONSTRUCTS: handwritten_constructs.payload_of,
}


def main() -> None:
    """Print the counts and the ratios."""
    arguments = _arguments()
    if arguments.rival:
        _map(arguments.rival, arguments.way, arguments.events)
        return
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("msgspec", "orjson"))
    asked = [("handwritten", way) for way in (*_WAYS, _CONSTRUCTS)] + [("program", way) for way in _TITLES]
    with ThreadPoolExecutor(os.cpu_count()) as at_once:  # a count is the same whatever else goes on
        counts = dict(zip(asked, at_once.map(partial(_counted, arguments.by), asked), strict=True))
    for (rival, way), count in counts.items():
        print(f"{_TITLES[way]:<32}{rival:<14}{count:>12,.0f} instructions an event")
    ratios = {
        way: counts["program", way] / counts["handwritten", "event" if way == _GUARD else way]
        for way in _TITLES
    }
    for way, ratio in ratios.items():
        print(f"{_TITLES[way]:<32}{ratio:>8.3f}")
    above = [
        f"{_TITLES[way]}: more than {limit} times those of the hand-written rival"
        for way, ratio in ratios.items()
        if (limit := getattr(arguments, way)) and ratio > limit
    ]
    if above:
        sys.exit("\n".join(above))


def _counted(by: str, asked: tuple[str, str]) -> float:
    """The instructions of an event, for a rival and a way."""
    few, many = (_count(by, *asked, events) for events in (_FEW, _MANY))
    return (many - few) / (_MANY - _FEW)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    for way, what in _TITLES.items():
        parser.add_argument(f"--{way}", type=float, help=f"the most that {what} may cost")
    parser.add_argument("--rival", choices=_RIVALS, help="map within this one process, for the counter")
    parser.add_argument("--way", choices=_TITLES, default="event")
    parser.add_argument("--events", type=int, default=_FEW)
    return parser.parse_args()


def _map(rival: str, way: str, events: int) -> None:
    """Read as many events for any count, so that only the mapping differs; then map so many of them."""
    given: list[Any] = list(_EVENTS.get(way, workload.make_events)(_MANY))
    if rival == "handwritten":
        take = _BY_HAND[way]
    else:
        name = "constructs" if way == _CONSTRUCTS else "mapping"
        program = compile_mapping(ROOT / f"benchmarks/{name}.yaml", guard=False).prepare()
        if way == _GUARD:
            given = [program.apply(event) for event in given]
        by: dict[str, Callable[[Any], Any]] = {
            "event": program.apply_decoded,
            _CONSTRUCTS: program.apply_decoded,
            "bytes": partial(bytes_to_bytes, program),
            _GUARD: guarded(program).look or list,
        }
        take = by[way]
    for one in given[:events]:
        take(one)


def _count(by: str, rival: str, way: str, events: int) -> int:
    """The instructions of a process that maps so many events."""
    command = [sys.executable, __file__, "--rival", rival, "--way", way, "--events", str(events)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    if by == "perf":
        command = ["perf", "stat", "-x,", "-e", "instructions:u", *command]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
        found = re.search(r"^([0-9]+),", told, re.MULTILINE)
    else:
        with tempfile.TemporaryDirectory() as made:
            out = Path(made) / "out"
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
            subprocess.run(command, env=environment, capture_output=True, check=True)
            found = re.search(r"^(?:summary|totals): ([0-9]+)", out.read_text(errors="replace"), re.MULTILINE)
    if found is None:
        sys.exit(f"{by} did not tell how many instructions there were")
    return int(found[1])


if __name__ == "__main__":
    main()
