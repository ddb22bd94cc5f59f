"""Checks: each code is said by one topic, relations have no cycle, and nothing else drops a diagnostic."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeAlias

import pytest

from mapper import compiling
from mapper.codes import CODES
from mapper.compiler.checks import run_checks
from mapper.compiler.checks.check_registry import (
    ANY,
    CHECKS,
    ERROR,
    EXPRESSION_CHECKS,
    FINAL_CHECKS,
    NEEDS,
    READ_CHECKS,
    TEXT_CHECKS,
    RegisteredCheck,
    RegisteredExpressionCheck,
    RegisteredPlainCheck,
    Relation,
)

_ROOT = Path(__file__).parents[2]
_TOPICS = sorted(
    path
    for path in (_ROOT / "mapper/compiler/checks").glob("*.py")
    if path.stem not in ("__init__", "check_facts", "check_registry", "run_checks")
)
_TOPICS += [_ROOT / "mapper/compiler/trials/refusals.py"]
_Registered: TypeAlias = RegisteredCheck | RegisteredExpressionCheck | RegisteredPlainCheck
_EVERY: list[_Registered] = [*CHECKS, *EXPRESSION_CHECKS, *READ_CHECKS, *TEXT_CHECKS, *FINAL_CHECKS]
# The fields of a diagnostic by which one could be told from another and dropped.
_TOLD_BY = frozenset({"code", "message", "hint"})
# What is asked there is no diagnostic yet: why a text is no expression.
_MAY_ASK = {
    "mapper/compiler/advice/refused.py": 3,
    "mapper/compiler/advice/token_advice.py": 1,
    "mapper/compiler/jmespath/expression.py": 1,
    "mapper/compiler/plan/own_steps.py": 1,
}


def _topic(one: _Registered) -> str:
    return one.function.__module__.rpartition(".")[2]


def test_each_topic_is_run() -> None:
    assert {_topic(one) for one in _EVERY} == {path.stem for path in _TOPICS}
    assert {path.stem for path in _TOPICS} <= {*vars(run_checks), *vars(compiling)}


def test_a_code_is_said_by_one_topic() -> None:
    topics: dict[str, set[str]] = defaultdict(set)
    for one in _EVERY:
        for code in one.codes:
            topics[code].add(_topic(one))
    assert {code: found for code, found in topics.items() if len(found) > 1} == {}
    assert topics.keys() <= CODES.keys()


@pytest.mark.parametrize("path", _TOPICS, ids=lambda path: path.stem)
def test_a_topic_says_the_codes_that_its_checks_name(path: Path) -> None:
    texts = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in CODES
    }
    said = {code for one in _EVERY if _topic(one) == path.stem for code in one.codes}
    named = {relation.code for one in _EVERY if _topic(one) == path.stem for relation in one.yields_to}
    assert said - texts == set()
    assert texts - said - named == set()


def test_what_checks_need_and_yield_to_is_known() -> None:
    assert {need for one in CHECKS for need in one.needs} <= NEEDS.keys()
    codes = {relation.code for one in _EVERY for relation in one.yields_to}
    assert codes <= {*CODES, ANY, ERROR}


def _superior(relation: Relation, check: _Registered) -> Iterator[int]:
    """The checks that a relation may yield to, by their place; of any, not those with the same relations.

    Checks of a whole text are run after all others, which so never yield to them.
    """
    own = check.yields_to
    for place, one in enumerate(_EVERY):
        if one in TEXT_CHECKS and check not in TEXT_CHECKS:
            continue
        is_meant = relation.code == ANY or (
            relation.code == ERROR and any(CODES[code].severity == "error" for code in one.codes)
        )
        if relation.code in one.codes or (is_meant and one.yields_to != own):
            yield place


def test_relations_have_no_cycle() -> None:
    graph = {
        place: {above for relation in one.yields_to for above in _superior(relation, one)}
        for place, one in enumerate(_EVERY)
    }
    assert len([*TopologicalSorter(graph).static_order()]) == len(_EVERY)


def _asks(tree: ast.Module) -> Iterator[int]:
    """The lines that ask a diagnostic for a code, or for a part of what it says, by a literal."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            about = [part for side in sides for part in ast.walk(side)]
            if any(isinstance(one, ast.Attribute) and one.attr in _TOLD_BY for one in about) and any(
                isinstance(one, ast.Constant) and isinstance(one.value, str) for one in about
            ):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            asked = any(isinstance(one, ast.Attribute) and one.attr in _TOLD_BY for one in ast.walk(of))
            if asked and node.func.attr in ("startswith", "endswith", "removeprefix", "find"):
                yield node.lineno


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ('[one for one in found if one.code != "M413"]', 1),
        ('[one for one in found if one.code in ("M125", "M302")]', 1),
        ('[one for one in found if one.code[:2] == "M0"]', 1),
        ('any("`personal`" in one.message for one in found)', 1),
        ('(one.hint or "").startswith("a rule")', 1),
        ("one.code == other.code", 0),
        ('node.name == "a"', 0),
    ],
)
def test_a_filter_by_what_a_diagnostic_says_is_seen(text: str, asks: int) -> None:
    assert len([*_asks(ast.parse(text))]) == asks


def test_nothing_tells_diagnostics_apart_by_what_they_say() -> None:
    files = [*(_ROOT / "mapper/compiler").rglob("*.py"), _ROOT / "mapper/compiling.py"]
    found = {}
    for path in files:
        lines = [*_asks(ast.parse(path.read_text(encoding="utf-8")))]
        if lines:
            found[path.relative_to(_ROOT).as_posix()] = lines
    assert {name: len(lines) for name, lines in found.items()} == _MAY_ASK, found
