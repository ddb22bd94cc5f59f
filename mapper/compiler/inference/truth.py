"""Which parts of an expression give true, false or null, so that Python's own test of one means the same."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import And, Call, Comparison, Literal, Node, Not, Or
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.numeral import number_of
from mapper.transforms.registry import TRANSFORMS
from mapper.types import Invalid, Json

_TRUTHS = frozenset({"boolean", "null"})


_NUMBERS = frozenset({"integer", "number", "null"})
# Calculations, each of two operands that both must be there.
CALCULATIONS = frozenset({"add", "divide", "multiply", "subtract"})


def may_doubt(node: Node) -> bool:
    """Whether a node can show a mistake of the mapping in an event: a comparison, or a calculation."""
    if isinstance(node, Comparison):
        if node.operator not in ("==", "!="):
            return not (is_number(node.left) and is_number(node.right))
        return is_doubtful_equality(node)
    return is_calculation(node)


def is_doubtful_equality(node: Comparison) -> bool:
    """Whether the sides may be a text, and a number or boolean written like it."""
    literals = [one.value for one in (node.left, node.right) if isinstance(one, Literal)]
    if len(literals) == 2 or is_truth(node.left) or is_truth(node.right):
        return False
    if not literals:
        return not (is_number(node.left) and is_number(node.right))
    return is_doubtful_constant(literals[0])


def is_doubtful_constant(value: Json) -> bool:
    """Whether a value of another type may be written like a constant."""
    if isinstance(value, str):
        return value in ("true", "false") or _is_numeric(value)
    return isinstance(value, bool | int | float)


def _is_numeric(text: str) -> bool:
    try:
        return number_of(text) is not None
    except Invalid:
        return False


def is_calculation(node: Node) -> bool:
    """Whether a node calculates with two values of the event."""
    if not isinstance(node, Call) or node.name not in CALCULATIONS:
        return False
    return not any(isinstance(one, Literal) for one in node.arguments)


def is_number(node: Node) -> bool:
    """Whether a node gives a number or null."""
    if isinstance(node, Literal):
        return type(node.value) in (int, float)
    if not isinstance(node, Call):
        return False
    called = TRANSFORMS[node.name] if node.name in TRANSFORMS else FUNCTIONS[node.name]
    return called.gives.known and called.gives.kinds <= _NUMBERS


def is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    if isinstance(node, Or | And):
        return is_truth(node.left) and is_truth(node.right)
    if isinstance(node, Call):
        called = TRANSFORMS[node.name] if node.name in TRANSFORMS else FUNCTIONS[node.name]
        return called.gives.kinds <= _TRUTHS
    return isinstance(node, Comparison | Not)
