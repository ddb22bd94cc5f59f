"""A command -> how many instructions its process takes: about the same on a busy machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from machine import ROOT


def instructions_of(by: str, command: Sequence[str], out: Path) -> int:
    """Counted by `valgrind`, which writes to a file, or by `perf` where the machine lets it."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    if by == "perf":
        counting = ["perf", "stat", "-x,", "-e", "instructions:u", *command]
        told = subprocess.run(counting, env=environment, capture_output=True, text=True, check=True).stderr
        found = re.search(r"^([0-9]+),", told, re.MULTILINE)
    else:
        counting = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
        subprocess.run(counting, env=environment, capture_output=True, check=True)
        found = re.search(r"^(?:summary|totals): ([0-9]+)", out.read_text(errors="replace"), re.MULTILINE)
    if found is None:
        sys.exit(f"{by} did not tell how many instructions there were")
    return int(found[1])
