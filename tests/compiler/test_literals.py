"""A constant may be written wherever a value may be, and the code for it is Python without a warning."""

from __future__ import annotations

import warnings

import pytest

from mapper.compiling import compile_expression

pytestmark = pytest.mark.quick

_CONSTANTS = ("`10`", "`1.5`", "`-1`", "`true`", "`false`", "`null`", "'x'", "`[1]`", '`{"b": 1}`')
_AROUND = (
    "a | {} | b",
    "{} | b",
    "a | {} | [0]",
    "a | {} | b.c | d",
    "a | (b || {}) | c",
    "a | {} | [?b]",
    "a | {} | {{x: b}}",
    "[a | {} | b]",
    "a | {} | length(@)",
    "a | {} | b == {}",
)


@pytest.mark.parametrize("around", _AROUND)
@pytest.mark.parametrize("constant", _CONSTANTS)
def test_a_constant_can_be_anywhere(constant: str, around: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_expression(around.format(constant, constant))
