"""The facts of a part of an expression whose type rules something out: its type, the known names."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.refusal import InPlace
from mapper.compiler.jmespath.tree import (
    Call,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    ObjectValues,
    Projection,
    Slice,
)
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.transforms.patterns import PatternFault
from mapper.values.frozen import dataclass
from mapper.values.types import Json, Type


@dataclass(frozen=True, slots=True)
class UnknownAttribute:
    """An attribute that a value does not have, and the names of those it has."""

    expression: Expression
    node: Field
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StrangeStep:
    """A step of a path at a value of a type that does not have such steps."""

    expression: Expression
    node: Field | Index | Slice | Flatten | ObjectValues | Projection | Filter
    base: Type


@dataclass(frozen=True, slots=True)
class StrangeArgument:
    """An argument of a type that a function never takes. is_call: the call, for all of its arguments.

    source: the expression that it is in.
    """

    function: str
    type: Type
    takes: Type
    node: Node
    source: Expression
    is_call: bool = False


@dataclass(frozen=True, slots=True)
class StrangeConstants:
    """Constants that a transform does not take as its arguments."""

    expression: Expression
    call: Call
    constants: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class NeverEqual:
    """A constant that the other side of a comparison never is, and all that it can be."""

    expression: Expression
    literal: Literal
    known: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class WrongPattern:
    """A text that is no pattern, or none that fits: in a file, or as a constant in an expression.

    transform: the one that it is given to, "" of none.
    """

    fault: PatternFault
    text: str
    written: ScalarNode | tuple[Literal, Expression]
    transform: str


def in_place(node: Node, written: str, expression: Expression, *others: str) -> Instead:
    """Another text that may be meant for a part."""
    changes = (InPlace(node.start, node.end, one) for one in (written, *others))
    return Instead(expression, tuple(changes))
