"""Conditions of the fast form: the Python test that one holds."""

from __future__ import annotations

from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import And, Call, Comparison, Node, Not, Or
from mapper.compiler.fast.point import Point

# Functions that give true, false or null.
_TRUTHS = frozenset({"boolean", "contains", "ends_with", "not", "present", "starts_with"})


def write_condition(expression: Expression, point: Point) -> str:
    """The Python test that a condition holds."""
    atom = point.value(expression)
    return atom if _is_truth(expression.root) else f"not {point.use('falsy')}({atom})"


def _is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    match node:
        case Comparison() | Not():
            return True
        case Call():
            return node.name in _TRUTHS
        case Or() | And():
            return _is_truth(node.left) and _is_truth(node.right)
        case _:
            return False
