"""A part of an expression, and what to write in its place -> what advice makes a fix of."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.facts import Instead
from mapper.compiler.jmespath.refusal import InPlace
from mapper.compiler.jmespath.tree import Node


def in_place(node: Node, written: str, expression: Expression, *others: str) -> Instead:
    """That other text may stand in place of a part."""
    changes = (InPlace(node.start, node.end, one) for one in (written, *others))
    return Instead(expression, tuple(changes))
