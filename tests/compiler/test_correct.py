"""Correct mappings, each of one construct: nothing is said of them, and their own tests hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mapper import Program, check_mapping, compile_mapping, validator
from mapper.authoring import MappingTest
from tests.support.depth import some
from tests.support.mapping_tests import assert_hold, outcomes_of, own_tests

pytestmark = pytest.mark.quick

_CASES = sorted((Path(__file__).parents[1] / "cases" / "correct").glob("*.yaml"))


@cache
def _program(path: Path) -> Program:
    return compile_mapping(path)


@pytest.mark.parametrize("path", some(_CASES), ids=lambda path: path.stem)
def test_nothing_is_said_of_a_correct_mapping(path: Path) -> None:
    assert [f"{found.span.place} {found.code} {found.message}" for found in check_mapping(path)] == []


@pytest.mark.parametrize("path", some(_CASES), ids=lambda path: path.stem)
def test_a_correct_mapping_shows_what_it_does(path: Path) -> None:
    assert own_tests([path])


@pytest.mark.parametrize("path", some(_CASES), ids=lambda path: path.stem)
def test_a_correct_mapping_does_what_its_tests_say(path: Path) -> None:
    assert_hold(path)


@pytest.mark.parametrize(("path", "case"), own_tests(some(_CASES)))
def test_a_payload_of_a_correct_mapping_is_valid(path: Path, case: MappingTest) -> None:
    for outcome in outcomes_of(_program(path), case):
        assert outcome.payload is None or validator("pinterest/conversions-v5")(outcome.payload) == []
