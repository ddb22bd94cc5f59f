"""A plugin of pytest: the CPU seconds of each test and folder, and the command that runs a failed test again.

A test's are those of its process and of the processes that it waited for. What no test waited for, such as
collecting and servers of several tests, is in the total alone. TEST_COSTS names a file for each test's costs.
"""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter, defaultdict
from collections.abc import Generator
from typing import Any

import pytest

from tests.support.depth import DEPTH, SEED, Depth

_BEGAN = pytest.StashKey[float]()
_FEWEST_FOLDERS = 3
# By the names of the tests.
_COSTS: defaultdict[str, float] = defaultdict(float)


def _cpu_seconds() -> float:
    """Of this process and of those that it waited for, since it began."""
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Notes what was used before a test."""
    item.stash[_BEGAN] = _cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts the CPU seconds of a phase on its report, which a worker passes on."""
    report = yield
    now = _cpu_seconds()
    vars(report)["cpu_seconds"] = now - item.stash[_BEGAN]
    item.stash[_BEGAN] = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up the phases of a test."""
    _COSTS[report.nodeid] += vars(report)["cpu_seconds"]


def pytest_report_header() -> str:
    """The depth, and the seed where it counts."""
    return f"depth: {' '.join(_settings())}"


def _settings() -> list[str]:
    return [f"TEST_DEPTH={DEPTH.value}", *([f"TEST_SEED={SEED}"] if DEPTH is Depth.FULL else [])]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of folders where there are some, and a command for each test that failed."""
    if len(folders := _folders()) >= _FEWEST_FOLDERS:
        terminalreporter.section(f"CPU seconds ({' '.join(_settings())})")
        for name, count, seconds in folders:
            terminalreporter.write_line(f"{name:26}{count:7,} tests{seconds:10,.1f}")
        terminalreporter.write_line(f"{'all':26}{len(_COSTS):7,} tests{sum(_COSTS.values()):10,.1f}")
        # The workers have ended by now.
        terminalreporter.write_line(f"{'with what no test waited for':39}{_cpu_seconds():10,.1f}")
    failed = [one.nodeid for kind in ("failed", "error") for one in terminalreporter.stats.get(kind, ())]
    if failed:
        terminalreporter.section("to run what failed again")
        for name in dict.fromkeys(failed):
            terminalreporter.write_line(replay(name))
    if file := os.environ.get("TEST_COSTS"):
        with open(file, "w", encoding="utf-8") as out:
            out.writelines(json.dumps([name, round(cost, 3)]) + "\n" for name, cost in _COSTS.items())


def _folders() -> list[tuple[str, int, float]]:
    """Each folder with the number of its tests and their CPU seconds, the dearest first."""
    count, seconds = Counter[str](), defaultdict[str, float](float)
    for name, cost in _COSTS.items():
        folder = name.partition("::")[0].rpartition("/")[0]
        count[folder] += 1
        seconds[folder] += cost
    dearest = sorted(seconds, key=lambda folder: -seconds[folder])
    return [(folder, count[folder], seconds[folder]) for folder in dearest]


def replay(name: str) -> str:
    """The command that runs a test again as it was run."""
    return " ".join([*_settings(), ".venv/bin/python", "-m", "pytest", shlex.quote(name)])
