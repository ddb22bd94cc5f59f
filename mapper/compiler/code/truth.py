"""Which parts of an expression give true, false or null, so that Python's own test of one means the same."""

from __future__ import annotations

from mapper.compiler.expressions.tree import And, Call, Comparison, Node, Not, Or
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.registry import TRANSFORMS

_TRUTHS = frozenset({"boolean", "null"})


def is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    match node:
        case Comparison() | Not():
            return True
        case Call():
            called = TRANSFORMS[node.name] if node.name in TRANSFORMS else FUNCTIONS[node.name]
            return called.gives.kinds <= _TRUTHS
        case Or() | And():
            return is_truth(node.left) and is_truth(node.right)
        case _:
            return False
