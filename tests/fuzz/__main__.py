"""`python -m tests.fuzz SECONDS [NAME...]`: the targets one after another, and what of their finds is real.

FUZZ_PYTHON names the interpreter that has atheris. Exits 1 where something breaks a promise, or takes more
CPU than `MOST_SECONDS` without atheris around it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

from tests.fuzz.target import Target

ROOT = Path(__file__).parents[2]
NAMES = ("yaml_text", "expression_text", "events", "transforms", "payloads")
MOST_SECONDS = 0.2
_RAN = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_COVERED = re.compile(r"cov: (\d+)")


def main(seconds: int, names: tuple[str, ...]) -> int:
    """How many finds are real."""
    real = 0
    for name in names:
        folder = ROOT / "build" / "fuzz" / name
        told = _run(name, seconds, folder)
        target: Target = import_module(f"tests.fuzz.{name}").TARGET
        finds = [path for path in sorted((folder / "found").glob("*")) if _is_real(target, path)]
        ran, covered = _RAN.search(told), _COVERED.findall(told)
        reached = f"{int(ran[1]) if ran else 0:,} executions, {covered[-1] if covered else 0} branches"
        print(f"{name}: {reached}, {len(finds)} finds", flush=True)
        if ran is None:
            print(told[-2000:])
        real += len(finds) + (ran is None)
    return real


def _run(name: str, seconds: int, folder: Path) -> str:
    """All that a run of a target tells."""
    command = [os.environ.get("FUZZ_PYTHON", sys.executable), "-m", "tests.fuzz.guided", name, str(seconds)]
    ran = subprocess.run([*command, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told = ran.stdout.decode(errors="replace")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").write_text(told, encoding="utf-8")
    return told


def _is_real(target: Target, path: Path) -> bool:
    """Whether a find is one without atheris too; if so, it is told."""
    given = path.read_bytes()
    started = time.process_time()
    try:
        target.check(given)
    except Exception:
        print(f"{path.relative_to(ROOT)}:\n{traceback.format_exc(limit=-3)}", flush=True)
        return True
    taken = _least_seconds(target, given) if time.process_time() - started > MOST_SECONDS else 0.0
    if taken > MOST_SECONDS:
        print(f"{path.relative_to(ROOT)}: {taken * 1000:.0f} ms of CPU", flush=True)
    return taken > MOST_SECONDS


def _least_seconds(target: Target, given: bytes) -> float:
    """Of three more runs: the first also pays for what is made once."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        target.check(given)
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), tuple(sys.argv[2:]) or NAMES) > 0)
