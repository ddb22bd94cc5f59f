"""A call of a transform -> those of its arguments that are constants, by the names of its parameters."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import Call, Literal, MultiList, Node
from mapper.transforms.registry import Transform
from mapper.values.types import Json


def is_constant(node: Node) -> bool:
    """Whether a part of an expression is a constant, or a list of them."""
    if isinstance(node, MultiList):
        return all(isinstance(one, Literal) for one in node.elements)
    return isinstance(node, Literal)


def constant_arguments(transform: Transform, call: Call, *, due: bool = False) -> dict[str, Json]:
    """The constants that a call gives, less the value itself. due: only those that must be constants."""
    found: dict[str, Json] = {}
    nodes = call.arguments[1:]
    for number, parameter in enumerate(transform.parameters[: len(nodes)]):
        given = nodes[number:] if parameter.variadic else nodes[number : number + 1]
        if all(map(is_constant, given)) and (parameter.constant or not due):
            values = [_value(one) for one in given]
            found[parameter.name] = values if parameter.variadic else values[0]
    return found


def _value(node: Node) -> Json:
    if isinstance(node, MultiList):
        return [_value(one) for one in node.elements]
    assert isinstance(node, Literal)
    return node.value
