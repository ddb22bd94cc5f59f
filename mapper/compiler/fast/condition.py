"""Conditions of the fast form: the Python test that one holds."""

from __future__ import annotations

from mapper.compiler.code.truth import is_truth
from mapper.compiler.expression import Expression
from mapper.compiler.fast.point import Point


def write_condition(expression: Expression, point: Point) -> str:
    """The Python test that a condition holds."""
    atom = point.value(expression)
    return atom if is_truth(expression.root) else f"not {point.use('falsy')}({atom})"
