"""Runs the tests that reach each of a sample of mutants, and says how many of them notice.

Called by .ci/mutate within the folder `mutants` that mutmut has made. mutmut runs single tests by their ids,
and the ids of our tables hold brackets and colons; here such tests are run with all the rows of their table.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

_ARGUMENTS = ["-x", "-q", "-p", "no:cacheprovider", "--snapshot-warn-unused", "--tb=no", "-rN"]
_PLAIN = re.compile(r"[\w.\-]+\]")
_NUMBER = re.compile(r"__mutmut_\d+$")
# A process that a test starts has no mutant in it.
_STARTS_PROCESSES = re.compile(r"import subprocess|\bstart\(|postgres")
_AT_ONCE = 2
_LONGEST_SECONDS = 90


def main(number: int, seed: int) -> None:
    """Print each mutant that survives, and the share of those that do not."""
    stats = json.loads(Path("mutmut-stats.json").read_bytes())["tests_by_mangled_function_name"]
    names = sorted(
        name
        for meta in Path("mapper").rglob("*.meta")
        for name in json.loads(meta.read_bytes())["exit_code_by_key"]
    )
    sample = Random(seed).sample(names, min(number, len(names)))
    tests = {name: _tests(stats.get(_NUMBER.sub("", name), [])) for name in sample}
    every = sorted({one for some in tests.values() for one in some})
    if _wait(_start("", every)) != 0:
        sys.exit("the tests do not pass without a mutant")
    ends = _run(tests)
    survived = sorted(name for name, end in ends.items() if end in ("survived", "no tests"))
    print(*survived, sep="\n")
    share = 1 - len(survived) / len(ends)
    margin = 1.96 * (share * (1 - share) / len(ends)) ** 0.5
    print(f"{dict(Counter(ends.values()))}: {share:.1%} of {len(ends)} found, {margin:.1%} more or less")


def select(room: str) -> None:
    """Let mutmut, in the folder we are in, make mutants of one room, and run that room's tests."""
    if room == "compiler":
        return
    settings = Path("pyproject.toml").read_text(encoding="utf-8")
    files = sorted(Path("tests", room).glob("test_*.py"))
    chosen = [path for path in files if not _STARTS_PROCESSES.search(path.read_text(encoding="utf-8"))]
    head, start, rest = settings.partition("pytest_add_cli_args_test_selection = [\n")
    _, end, rest = rest.partition("]\n")
    lines = "".join(f'    "{one}",\n' for one in ("--snapshot-warn-unused", *map(str, chosen)))
    settings = head.replace("mapper/compiler/*", f"mapper/{room}/*") + start + lines + end + rest
    Path("pyproject.toml").write_text(settings, encoding="utf-8")


def _tests(ids: list[str]) -> list[str]:
    parted = (one.partition("[") for one in ids)
    return sorted({head + mark + row if _PLAIN.fullmatch(row) else head for head, mark, row in parted})


def _run(tests: dict[str, list[str]]) -> dict[str, str]:
    ends = {name: "no tests" for name, some in tests.items() if not some}
    waiting = [name for name, some in tests.items() if some]
    running: dict[int, tuple[str, float]] = {}
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            name = waiting.pop()
            running[_start(name, tests[name])] = (name, time.monotonic())
        done, status = os.waitpid(-1, os.WNOHANG)
        if done:
            name, _ = running.pop(done)
            ends[name] = "killed" if os.waitstatus_to_exitcode(status) else "survived"
            continue
        time.sleep(0.05)
        for process, (name, began) in list(running.items()):
            if time.monotonic() - began > _LONGEST_SECONDS:
                os.killpg(process, signal.SIGKILL)
                _wait(process)
                del running[process]
                ends[name] = "timeout"
    return ends


def _start(name: str, tests: list[str]) -> int:
    process = os.fork()
    if process:
        return process
    os.setsid()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ["MUTANT_UNDER_TEST"] = name
    try:
        code = int(pytest.main([*_ARGUMENTS, *tests]))
    except BaseException:  # whatever a mutant does, it was noticed
        code = 99
    os._exit(code)


def _wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    if sys.argv[1] == "--select":
        select(sys.argv[2])
    else:
        sys.path.insert(0, os.getcwd())
        os.environ["MUTANT_UNDER_TEST"] = ""
        main(int(sys.argv[1]), int(sys.argv[2]))
