"""Comparisons that Python's own tests decide as JMESPath does, where one side is a constant."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import Comparison, Literal


def plain_equality(node: Comparison, left: str, right: str) -> str | None:
    """Python's own test, where it means the same: with a text, null, true or false on one side."""
    sides = [(node.left, left), (node.right, right)]
    constants = [one for one in sides if isinstance(one[0], Literal)]
    others = [atom for one, atom in sides if not isinstance(one, Literal)]
    if len(constants) != 1 or not others:
        return None
    constant, text = constants[0]
    assert isinstance(constant, Literal)
    if isinstance(constant.value, str):
        return f"{others[0]} {node.operator} {text}"
    if constant.value is None or isinstance(constant.value, bool):
        return f"{others[0]} {'is' if node.operator == '==' else 'is not'} {text}"
    return None


def of_another_kind(node: Comparison, left: str, right: str) -> str:
    """The Python test that a value is not one of another type that is written like a constant."""
    atom, constant = (right, node.left) if isinstance(node.left, Literal) else (left, node.right)
    if not isinstance(constant, Literal):
        return ""
    return f"type({atom}) is str" if isinstance(constant.value, str) else f"type({atom}) is not str"
