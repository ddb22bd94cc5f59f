"""A call whose arguments are worked out -> the Python text of it, with the checks its transform needs."""

from __future__ import annotations

from collections.abc import Sequence

from mapper.compiler.emit.expression_writer import Spot
from mapper.compiler.emit.module import Module, literal
from mapper.compiler.inference.result_types import takes_null
from mapper.compiler.jmespath.tree import Call, Filter, Literal, Node, Projection
from mapper.transforms.registry import TRANSFORMS, Parameter, Transform
from mapper.types import Kind, Type, constant, fit

_PYTHON: dict[Kind, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def transform_call(spot: Spot, call: Call, atoms: Sequence[str]) -> tuple[str, list[str]]:
    """The Python text of the call of a transform, and the atoms that must not be null for it.

    `atoms` hold the arguments. A transform is handed only what it takes.
    """
    transform = TRANSFORMS[call.name]
    texts = []
    needed = []
    for number, (node, atom) in enumerate(zip(call.arguments, atoms, strict=True)):
        parameter = _parameter(transform, number)
        nullable = takes_null(transform, number)
        if not nullable and (not isinstance(node, Literal) or node.value is None):
            needed.append(atom)
        takes = transform.takes if parameter is None else parameter.type
        who = f"`{transform.name}`" if parameter is None else f"`{parameter.name}` of `{transform.name}`"
        texts.append(_checked(spot, node, atom, takes, who, nullable))
    if transform.noting:
        texts.append(f"remarks={spot.names.remarks}")
    text = f"{spot.module.use(transform.function.__name__)}({', '.join(texts)})"
    return text, list(dict.fromkeys(needed))


def _parameter(transform: Transform, number: int) -> Parameter | None:
    """The parameter of an argument by its place; None for the value itself."""
    return None if number == 0 else transform.parameters[min(number, len(transform.parameters)) - 1]


def _checked(spot: Spot, node: Node, atom: str, takes: Type, who: str, nullable: bool) -> str:
    """An argument, with a check of its type where it is not known to fit."""
    if isinstance(node, Literal) and node.value is not None and fit(constant(node.value), takes) == "always":
        return atom
    if "array" in takes.kinds and isinstance(node, Projection | Filter) and not nullable:
        return atom  # a list, or null, of which a transform is not asked
    return expected(spot.module, atom, takes, who, nullable)


def expected(module: Module, atom: str, takes: Type, who: str, nullable: bool) -> str:
    """An argument with a check of its type; as it is where any type is taken."""
    types = [one.__name__ for one in python_types(takes)]
    if not types:
        return atom
    types += ["type(None)"] if nullable else []
    return f"{module.use('expect')}({atom}, {literal(who)}, {', '.join(types)})"


def python_types(takes: Type) -> tuple[type, ...]:
    """The Python types of the values of a type, null aside; none where it is every type."""
    if not takes.known or takes.kinds >= _PYTHON.keys():
        return ()
    return tuple(dict.fromkeys(one for kind, some in _PYTHON.items() if kind in takes.kinds for one in some))
