"""How many instructions an event costs, as a ratio to the hand-written rival: the same on a busy machine.

    make bench-instructions
    build/bench-venv/bin/python benchmarks/instructions.py --at-most 1.2

Counted by valgrind's callgrind, or by `perf stat` with `--by perf` where the machine lets it: for each rival
two runs over different numbers of events, whose difference leaves out the start and the compiling. With
`--at-most` the exit status is 1 where the ratio is above.
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
from pathlib import Path
from typing import Any

import handwritten
import workload
from machine import ROOT, machine

from mapper import compile_mapping

# The fewer are enough for all that is made once, the fast form of a program among it.
_FEW, _MANY = 400, 1_400
_RIVALS = ("handwritten", "program")


def main() -> None:
    """Print the counts and the ratio."""
    arguments = _arguments()
    if arguments.rival:
        _map(arguments.rival, arguments.events)
        return
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("msgspec", "orjson"))
    counts = {}
    for rival in _RIVALS:
        few, many = (_count(arguments.by, rival, events) for events in (_FEW, _MANY))
        counts[rival] = (many - few) / (_MANY - _FEW)
        print(f"  {rival:<14}{counts[rival]:>12,.0f} instructions an event")
    ratio = counts["program"] / counts["handwritten"]
    print(f"  ratio         {ratio:>12.3f}")
    if arguments.at_most and ratio > arguments.at_most:
        sys.exit(f"more than {arguments.at_most} times those of the hand-written rival")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    parser.add_argument("--at-most", type=float, help="the ratio above which the exit status is 1")
    parser.add_argument("--rival", choices=_RIVALS, help="map within this one process, for the counter")
    parser.add_argument("--events", type=int, default=_FEW)
    return parser.parse_args()


def _map(rival: str, events: int) -> None:
    """Read as many events for any count, so that only the mapping differs; then map so many of them."""
    some = list(workload.make_events(_MANY))[:events]
    program = compile_mapping(ROOT / "benchmarks/mapping.yaml")
    by: dict[str, Callable[[dict[str, Any]], Any]]
    by = {"program": program.apply, "handwritten": handwritten.payload_of}
    for event in some:
        by[rival](event)


def _count(by: str, rival: str, events: int) -> int:
    """The instructions of a process that maps so many events."""
    command = [sys.executable, __file__, "--rival", rival, "--events", str(events)]
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
