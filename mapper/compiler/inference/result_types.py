"""Types of constants, and of what a function gives for arguments of given types.

Which parts of an expression give true, false or null, so that Python's own test of one means the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mapper.compiler.inference.constant_arguments import constant_arguments, is_constant
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.jmespath.tree import And, Call, Comparison, Literal, Node, Not, Or
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.numeral import number_of
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.transforms.tables import FileTable
from mapper.values.types import Invalid, Json, Type, constant, of, union


def literal_type(value: Json) -> Type:
    """The type of a constant, down to its elements and fields; of a file's table, only that it is one."""
    if isinstance(value, FileTable):
        return of("object")
    made = constant(value)
    if isinstance(value, list):
        return replace(made, items=union(map(literal_type, value)) if value else None)
    if isinstance(value, dict):
        fields = tuple(sorted(((key, literal_type(one)) for key, one in value.items()), key=_name))
        return replace(made, fields=fields, closed=True)
    return made


def _name(field: tuple[str, Type]) -> str:
    return field[0]


def call_type(call: Call, types: Sequence[Type]) -> Type:
    """The type of what a function gives."""
    entry = FUNCTIONS.get(call.name)
    if entry is not None:
        return entry.gives if entry.refines is None else entry.refines(types)
    transform = TRANSFORMS[call.name]
    if transform.refines is not None:
        return transform.refines(types)
    may_be_null = any(
        "null" in value.kinds and not takes_null(transform, number) for number, value in enumerate(types)
    )
    gives = transform.gives
    if transform.typed is not None and not any(_may_change_type(transform, call)):
        gives = transform.gives_for(constant_arguments(transform, call))
    return gives.optional() if may_be_null else gives


def _may_change_type(transform: Transform, call: Call) -> Iterator[bool]:
    """Whether an argument is no constant, and the type of the result depends on it; for each argument."""
    for number, argument in enumerate(call.arguments[1:]):
        parameter = transform.parameters[min(number, len(transform.parameters) - 1)]
        yield parameter.sets_type and not is_constant(argument)


def takes_null(transform: Transform, number: int) -> bool:
    """Whether a null is a value of an argument of a transform (0 is the value itself)."""
    if number == 0:
        return "null" in transform.takes.kinds
    return transform.parameters[min(number, len(transform.parameters)) - 1].nullable


_TRUTHS = frozenset({"boolean", "null"})
_NUMBERS = frozenset({"integer", "number", "null"})


def may_doubt(node: Node) -> bool:
    """Whether a node can show a mistake in an event: a comparison, a calculation, an optional argument."""
    if isinstance(node, Comparison):
        if node.operator not in ("==", "!="):
            return not (is_number(node.left) and is_number(node.right))
        return _is_doubtful_equality(node)
    return is_calculation(node) or _may_lack(node)


def _may_lack(node: Node) -> bool:
    """Whether a transform works without an argument that is read, and may be invalid."""
    if not isinstance(node, Call) or node.name not in TRANSFORMS:
        return False
    arguments = zip(TRANSFORMS[node.name].parameters, node.arguments[1:], strict=False)
    return any(one.may_lack and not isinstance(argument, Literal) for one, argument in arguments)


def _is_doubtful_equality(node: Comparison) -> bool:
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
    gives = _gives(node)
    return gives.known and gives.kinds <= _NUMBERS


def is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    if isinstance(node, Or | And):
        return is_truth(node.left) and is_truth(node.right)
    if isinstance(node, Call):
        return _gives(node).kinds <= _TRUTHS
    return isinstance(node, Comparison | Not)


def _gives(call: Call) -> Type:
    """The type of a function's result, whatever its arguments are."""
    return TRANSFORMS[call.name].gives if call.name in TRANSFORMS else FUNCTIONS[call.name].gives
