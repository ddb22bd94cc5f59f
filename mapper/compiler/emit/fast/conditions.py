"""Conditions of the fast form: the Python test that one holds."""

from __future__ import annotations

from mapper.compiler.emit.fast.point import Point
from mapper.compiler.inference.truth import is_truth
from mapper.compiler.jmespath.expression import Expression


def write_condition(expression: Expression, point: Point) -> str:
    """The Python test that a condition holds."""
    atom = point.value(expression)
    return atom if is_truth(expression.root) else f"not {point.use('falsy')}({atom})"
