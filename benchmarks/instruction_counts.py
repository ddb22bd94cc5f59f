"""A command -> how many instructions its process takes: about the same on a busy machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from machine import ROOT

_TOTAL = re.compile(r"^(?:summary|totals): ([0-9]+)", re.MULTILINE)


def instructions_of(by: str, command: Sequence[str], out: Path) -> int:
    """Counted by `valgrind`, which writes to a file, or by `perf` where the machine lets it."""
    if by == "perf":
        counting = ["perf", "stat", "-x,", "-e", "instructions:u", *command]
        told = subprocess.run(counting, env=_environment(), capture_output=True, text=True, check=True).stderr
        found = re.search(r"^([0-9]+),", told, re.MULTILINE)
    else:
        _under_valgrind(command, out)
        found = _TOTAL.search(out.read_text(errors="replace"))
    if found is None:
        sys.exit(f"{by} did not tell how many instructions there were")
    return int(found[1])


def instructions_of_children(command: Sequence[str], folder: Path) -> dict[str, int]:
    """The instructions of processes that a command forks, by the words that it prints before their numbers.

    Each has those of the command in its own, up to the fork. Counted by `valgrind`, in files of a folder.
    """
    counts = {}
    for line in _under_valgrind(command, folder / "%p.out").splitlines():
        words, _, number = line.rpartition(" ")
        found = _TOTAL.search((folder / f"{number}.out").read_text(errors="replace"))
        if found is None:
            sys.exit("valgrind did not tell how many instructions there were")
        counts[words] = int(found[1])
    return counts


def _under_valgrind(command: Sequence[str], out: Path) -> str:
    counting = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
    return subprocess.run(counting, env=_environment(), capture_output=True, text=True, check=True).stdout


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
