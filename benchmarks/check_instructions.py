"""How many instructions `mapper check` of the ready mappings takes, as a ratio to PyYAML on the same files.

    make bench-instructions
    .venv/bin/python benchmarks/check_instructions.py --most 1.07

Whole processes, from start to end, with modules compiled as pip leaves them. The yardstick is a process that
loads each file five times with PyYAML over libyaml. `--most` says the ratio above which the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from instruction_counts import instructions_of
from machine import ROOT, machine, set_environment

_MAPPINGS = ROOT / "mappings"
_LOAD_YAML = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    for _ in range(5):
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
"""
_PROCESSES = {
    "PyYAML": ["-c", _LOAD_YAML, str(_MAPPINGS)],
    "mapper check": ["-m", "mapper", "check", str(_MAPPINGS)],
}


def main() -> None:
    """Print the counts and the ratio."""
    arguments = _arguments()
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("pyyaml", "click"))
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(os.cpu_count()) as at_once:
        set_environment(Path(made) / "bytecode")
        for command in _PROCESSES.values():
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
        counted = at_once.map(
            lambda name: instructions_of(
                arguments.by, [sys.executable, *_PROCESSES[name]], Path(made) / f"{name}.out"
            ),
            _PROCESSES,
        )
        counts = dict(zip(_PROCESSES, counted, strict=True))
    for name, count in counts.items():
        print(f"{name:<24}{count:>16,} instructions")
    ratio = counts["mapper check"] / counts["PyYAML"]
    print(f"{'to PyYAML':<24}{ratio:>16.2f}")
    if arguments.most is not None and ratio > arguments.most:
        sys.exit(f"a check takes more than {arguments.most} times the instructions of PyYAML")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    parser.add_argument("--most", type=float, help="the most that a check may cost")
    return parser.parse_args()


if __name__ == "__main__":
    main()
