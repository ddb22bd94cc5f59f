"""The tests that stand in mapping files, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mapper import Outcome, Program
from mapper.compiler.syntax.mapping import MappingTest, read_mapping
from mapper.text import Text


def own_tests(paths: Iterable[Path]) -> list[Any]:
    """Parameters (path, case) of every test in some mapping files."""
    found: list[Any] = []
    cases = []
    for path in paths:
        mapping = read_mapping(Text(path.name, path.read_text(encoding="utf-8")), found)
        assert mapping is not None
        cases += [pytest.param(path, case, id=f"{path.stem}: {case.name}") for case in mapping.tests]
    return cases


def outcomes_of(program: Program, case: MappingTest) -> list[Outcome]:
    """What the event of a test ends as."""
    assert isinstance(case.given, dict)
    return program.apply(case.given, case.meta if isinstance(case.meta, dict) else None)


def assert_holds(program: Program, case: MappingTest) -> None:
    """Assert that an event ends as its test says."""
    outcomes = outcomes_of(program, case)
    if isinstance(case.expect, list):
        assert _as_expected([outcome.payload for outcome in outcomes], case.expect) == case.expect
        return
    (outcome,) = outcomes
    if case.expect_skip is not None:
        assert outcome.skip is not None
        assert case.expect_skip in (outcome.skip.kind, outcome.skip.reason)
    elif case.expect_rejection is not None:
        assert outcome.rejection is not None
        assert [reason.path for reason in outcome.rejection.reasons] == case.expect_rejection
    else:
        assert outcome.rejection is None
        assert _as_expected(outcome.payload, case.expect) == case.expect


def _as_expected(value: Any, expected: Any) -> Any:
    """The part of a value that a test speaks of: of objects only the fields it names."""
    if isinstance(value, dict) and isinstance(expected, dict):
        return {name: _as_expected(value.get(name), inner) for name, inner in expected.items()}
    if isinstance(value, list) and isinstance(expected, list) and len(value) == len(expected):
        return [_as_expected(one, inner) for one, inner in zip(value, expected, strict=True)]
    return value
