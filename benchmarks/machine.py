"""Where a benchmark runs: machine, versions, commit, and an environment that runs this checkout."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def machine(*packages: str) -> str:
    """The machine, Python, the versions of packages that are installed, and the commit, in one line."""
    versions = [f"{name} {found}" for name in packages if (found := _version(name))]
    python = ", ".join((f"Python {platform.python_version()}", *versions))
    return f"{_processor()}, one core; {python}; {_commit()}"


def whole_machine(*packages: str) -> str:
    """The same of a benchmark on all cores, with how busy they are: the load of 1, 5 and 15 minutes."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return machine(*packages).replace("one core", f"{os.cpu_count()} cores, load {load}")


def stay_on_one_core() -> None:
    """Run this process, and those it starts, on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def set_environment(bytecode: Path) -> None:
    """Let all processes run this checkout, with its modules compiled, as pip leaves an installed package."""
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["PYTHONPYCACHEPREFIX"] = str(bytecode)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"commit {told.stdout.strip() or 'unknown'}"
