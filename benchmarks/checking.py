"""How long `mapper check` takes for a folder of mappings, from cold: new processes, on one core.

    make bench-check
    .venv/bin/python benchmarks/checking.py --rounds 15 --files 100

Each round starts three processes, one after the other: a Python that does nothing, one that only loads the
files with PyYAML, and `mapper check`. So what slows the machine down slows all three, and their ratio holds.
A last process is watched from within: the share of each stage is its own time, without that of the stages
it calls.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import wraps
from importlib import import_module
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from machine import machine, set_environment, stay_on_one_core
from shops import LINES, write_shops

_LOAD_YAML = """
import pathlib, sys, yaml
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
"""
_PROCESSES = {
    "python": ("-c", "pass"),
    "pyyaml": ("-c", _LOAD_YAML),
    "check": ("-m", "mapper", "check", "--no-cache"),
}
# Each stage with the functions it begins in, by the module that calls them. Where a function has moved,
# the benchmark says so and ends: a share must not go silently to another stage.
STAGES = {
    "read the files": (
        ("mapper.project.project", "read_text"),
        ("mapper.analysis", "project_of"),
        ("mapper.compiling", "project_of"),
    ),
    "YAML": (("mapper.compiler.syntax.mapping", "read_yaml"),),
    "shape of the mapping": (("mapper.compiling", "read_mapping"),),
    "expressions": (("mapper.compiler.file_reading", "parse_expression"),),
    "schemas": (
        ("mapper.compiler.plan.planner", "_read_target"),
        ("mapper.compiler.plan.planner", "_read_source"),
    ),
    "types of expressions": (
        ("mapper.compiler.plan.scope", "infer"),
        ("mapper.compiler.plan.scope", "infer_condition"),
    ),
    "plan": (("mapper.compiler.checks.run_checks", "make_plan"),),
    "checks": (("mapper.compiling", "checked_plan"),),
    "coverage": (("mapper.analysis", "signal_coverage"),),
}
NOT_CHECKING = {
    "generate": (("mapper.compiler.emit.readable.readable_program", "generate"),),
    "second wall": (("mapper.compiler.emit.readable.readable_program", "check_code"),),
}


def main() -> None:
    """Print the figures, the machine and the versions."""
    arguments = _arguments()
    if arguments.watch:
        print(_watch(arguments.watch, arguments.compile))
        return
    stay_on_one_core()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "mappings"
        folder.mkdir()
        set_environment(Path(made) / "bytecode")
        write_shops(folder, arguments.files)
        print(f"{arguments.files} mappings of {LINES} lines; {machine('pyyaml', 'click')}")
        _print_rounds(folder, arguments.rounds)
        for also in ([], ["--compile"]):
            subprocess.run([sys.executable, __file__, "--watch", str(folder), *also], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--watch", metavar="FOLDER", help="the stages within this one process")
    parser.add_argument("--compile", action="store_true", help="with --watch: compile, not only check")
    return parser.parse_args()


def _print_rounds(folder: Path, rounds: int) -> None:
    """Medians of the processes, each run once in each round after one round that warms the disk's cache."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in _PROCESSES}
    for number in range(rounds + 1):
        for name, command in _PROCESSES.items():
            taken = _run([sys.executable, *command, *([] if name == "python" else [str(folder)])])
            if number:
                times[name].append(taken)
    middle = {name: median(wall for wall, _ in taken) for name, taken in times.items()}
    print(f"\nmedians of {rounds} rounds       wall ms   least    cpu ms   to pyyaml")
    for name, taken in times.items():
        least, cpu = min(wall for wall, _ in taken), median(cpu for _, cpu in taken)
        ratio = middle[name] / middle["pyyaml"]
        print(f"  {name:<22}{middle[name] * 1e3:>12.0f}{least * 1e3:>8.0f}{cpu * 1e3:>10.0f}{ratio:>11.2f} x")


def _run(command: list[str]) -> tuple[float, float]:
    """The seconds of one process: by the clock, and of the processor."""
    before, started = os.times(), perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken, after = perf_counter() - started, os.times()
    if done.returncode or done.stdout:
        sys.exit(f"these mappings should be silent:\n{done.stdout}{done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return taken, cpu


class _Watch:
    """A clock of stages within each other: each is charged only while none that it called runs."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        self._running: list[str] = []
        self._since = perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._charge()
        self._running.append(name)
        yield
        self._charge()
        self._running.pop()

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **named)

        return run

    def _charge(self) -> None:
        now = perf_counter()
        if self._running:
            self.own[self._running[-1]] = self.own.get(self._running[-1], 0.0) + now - self._since
        self._since = now


def _watch(folder: str, compiling: bool) -> str:
    watch = _Watch()
    with watch.stage("imports"):
        import_module("mapper.cli")
        check = import_module("mapper.cli.check")
        rooms = import_module("mapper.compiling")
        import_module("mapper.analysis")
    for name, places in {**STAGES, **(NOT_CHECKING if compiling else {})}.items():
        for module, function in places:
            room = import_module(module)
            setattr(room, function, watch.watched(name, getattr(room, function)))
    with watch.stage("the rest"):
        if compiling:
            for path in sorted(Path(folder).iterdir()):
                rooms.compile_mapping(path)
        else:
            with redirect_stderr(StringIO()):
                check.command.main([folder, "--no-cache"], standalone_mode=False)
    whole = sum(watch.own.values())
    what = "compile, in one process" if compiling else "check"
    head = f"\n{what}, watched: {whole * 1e3:.0f} ms (start of Python aside)\n"
    rows = sorted(watch.own.items(), key=lambda one: -one[1])
    return head + "\n".join(f"  {name:<24}{own * 1e3:>8.1f} ms{own / whole:>8.1%}" for name, own in rows)


if __name__ == "__main__":
    main()
