"""How many instructions `mapper check` of the ready mappings takes, as a ratio to PyYAML on the same files.

    make bench-instructions
    .venv/bin/python benchmarks/check_instructions.py --most 1.07 --again 0.15

Whole processes, from start to end, with modules compiled as pip leaves them. The yardstick is a process that
loads each file five times with PyYAML over libyaml. A check again is one of files that were clean and have
not changed, to a check of all. `--most` and `--again` say the ratios above which the exit status is 1.
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
    "mapper check": ["-m", "mapper", "check", "--no-cache", str(_MAPPINGS)],
    "mapper check again": ["-m", "mapper", "check", str(_MAPPINGS)],
}


def main() -> None:
    """Print the counts and the ratio."""
    arguments = _arguments()
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("pyyaml", "click"))
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(os.cpu_count()) as at_once:
        set_environment(Path(made) / "bytecode")
        os.environ["MAPPER_CACHE_DIR"] = str(Path(made) / "cache")
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
    again = counts["mapper check again"] / counts["mapper check"]
    print(f"{'check, to PyYAML':<24}{ratio:>16.2f}\n{'again, to check':<24}{again:>16.2f}")
    if arguments.most is not None and ratio > arguments.most:
        sys.exit(f"a check takes more than {arguments.most} times the instructions of PyYAML")
    if arguments.again is not None and again > arguments.again:
        sys.exit(f"a check of unchanged files takes more than {arguments.again} of the first one")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    parser.add_argument("--most", type=float, help="the most that a check may cost")
    parser.add_argument("--again", type=float, help="the most that one of unchanged files may cost, to it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
