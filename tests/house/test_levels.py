"""The depths of the tests: each room has quick ones, nothing is drawn by chance, failures are repeated."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import depth
from tests.support.depth import Depth, by_seed, examples, seeds, some

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_MODULES = sorted((_ROOT / "tests").rglob("*.py"))
_FILES = [path for path in _MODULES if path.name.startswith("test_")]
_SEED = 7


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    """The calls of a function of this name in a file."""
    text = path.read_text(encoding="utf-8")
    if f"{name}(" in text:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                yield node


def test_each_room_has_tests_of_a_quick_run() -> None:
    quick = {
        path.parent for path in _FILES if "\npytestmark = pytest.mark.quick\n" in path.read_text("utf-8")
    }
    assert {path.parent for path in _FILES} - quick == set()


def test_what_is_drawn_is_chosen_by_the_depth_alone() -> None:
    """`examples` says how many; the profile says how: no test has a number or a way of its own."""
    wrong = [
        f"{path.relative_to(_ROOT)}:{call.lineno} {one.arg}={ast.unparse(one.value)}"
        for path in _MODULES
        for call in _calls(path, "settings")
        for one in call.keywords
        if one.arg in ("derandomize", "database", "deadline", "print_blob")
        or (one.arg == "max_examples" and not ast.unparse(one.value).startswith("examples("))
    ]
    assert wrong == []


def test_a_room_with_tests_of_full_depth_has_others() -> None:
    for room in {path.parent for path in _FILES}:
        texts = [path.read_text(encoding="utf-8") for path in room.glob("test_*.py")]
        tests = [one for text in texts for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
        of_full = [one for one in tests if "mark.full" in "".join(map(ast.unparse, one.decorator_list))]
        assert 2 * len(of_full) < sum(one.name.startswith("test_") for one in tests), room


@pytest.mark.parametrize(
    ("at", "count", "rows"),
    [(Depth.FULL, 100, 40), (Depth.USUAL, 20, 8), (Depth.QUICK, 5, 1)],
)
def test_a_depth_takes_its_share(monkeypatch: pytest.MonkeyPatch, at: Depth, count: int, rows: int) -> None:
    monkeypatch.setattr(depth, "DEPTH", at)
    monkeypatch.setattr(depth, "_NAMED", [])
    assert examples(100) == len(seeds(100)) == count
    assert examples(2) == 2
    table = [str(number) for number in range(40)]
    chosen = some(table, 8)
    assert len(chosen) == rows
    assert chosen == [row for row in table if row in chosen]
    assert {"3", "4"} <= {*some(table, 8, ["3", "4"])}
    assert (len(some(table)) == 40) == (at is not Depth.QUICK)


def test_a_row_that_is_named_runs_at_any_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "DEPTH", Depth.QUICK)
    monkeypatch.setattr(depth, "_NAMED", ["tests/a/test_b.py::test_c[d]"])
    assert len(some(range(40), 8)) == 40


def test_the_seed_counts_at_full_depth_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}
    for at in Depth:
        monkeypatch.setattr(depth, "DEPTH", at)
        for seed in (0, _SEED):
            monkeypatch.setattr(depth, "SEED", seed)
            drawn[at, seed] = by_seed("a test").random(), seeds(40)[0]
    assert len({*drawn.values()}) == 2
    assert drawn[Depth.FULL, _SEED] != drawn[Depth.FULL, 0] == drawn[Depth.USUAL, _SEED]


# What Hypothesis draws in a process that has imported some modules.
_DRAWING = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import tests.conftest
from hypothesis import given, settings, strategies as st
drawn = []
settings(max_examples=500)(given(st.text() | st.integers() | st.floats())(lambda one: drawn.append(one)))()
print(ascii(drawn))
"""


def test_one_seed_draws_the_same_whatever_else_a_process_has_imported() -> None:
    modules = ["mapper.compiler.advice.advise", "mapper.delivery.courier", "mapper.workbench.draft"]
    told = [
        subprocess.run(
            [sys.executable, "-c", _DRAWING, *names],
            cwd=_ROOT,
            env={**os.environ, "TEST_DEPTH": "usual"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for names in ([], modules)
    ]
    assert told[0] == told[1]
    assert len(told[0]) > 100


def test_a_failure_is_repeated_by_the_line_that_is_printed_for_it(tmp_path: Path) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(
        "import pytest\nfrom tests.support.depth import SEED\n"
        "@pytest.mark.parametrize('one', [\"it's $HOME\"])\ndef test_a(one): assert SEED != 5\n"
    )
    words = ["-m", "pytest", "-q", str(file)]
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, *words, "-p", "tests.support.costs"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(_ROOT), "TEST_DEPTH": "full", "TEST_SEED": "5"},
            capture_output=True,
            text=True,
            check=False,
        )
        (line,) = (one for one in ran.stdout.splitlines() if one.startswith("TEST_DEPTH="))
        depth_and_seed, words = shlex.split(line)[:2], shlex.split(line)[3:]
        assert depth_and_seed == ["TEST_DEPTH=full", "TEST_SEED=5"]
        assert words == ["-m", "pytest", "test_one.py::test_a[it's $HOME]"]
