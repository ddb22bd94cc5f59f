"""The parts of an expression, each with the characters it is written as (`start` up to `end`).

Every node is worked out at a current value. A part that starts with a field, an index or a bracket has
an implied `Current` (an empty one) as its base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, get_args
from typing import Literal as OneOf

from mapper.compiler.jmespath.origin import Origin
from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Json, Type

Operator = OneOf["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Current:
    """The current value: `@`, or implied (`start == end`)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an expression: `$name`."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: `'text'` or JSON between backticks."""

    start: int
    end: int
    value: Json


@dataclass(frozen=True, slots=True)
class Field:
    """`base.name`; null where the base is no object. name_start: where the name itself begins."""

    start: int
    end: int
    base: Node
    name: str
    name_start: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """`base[index]`; null where the base is no list or too short."""

    start: int
    end: int
    base: Node
    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The elements of `base[first:last:step]`; null where the base is no list. Its parent is a Projection."""

    start: int
    end: int
    base: Node
    first: int | None
    last: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Flatten:
    """`base[]` before its projection: lists in the list opened, one level. Its parent is a Projection."""

    start: int
    end: int
    base: Node


@dataclass(frozen=True, slots=True)
class ObjectValues:
    """The values of an object, `base.*` before its projection. Its parent is a Projection."""

    start: int
    end: int
    base: Node


@dataclass(frozen=True, slots=True)
class Projection:
    """`right` at each element of the list `base`, nulls left out; null where the base is no list."""

    start: int
    end: int
    base: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Filter:
    """`base[?condition]right`: a projection over the elements for which the condition holds."""

    start: int
    end: int
    base: Node
    condition: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Then:
    """`right` at the value of `left`: `left | right`, `left.[...]`, `left.{...}`, `left.function(...)`."""

    start: int
    end: int
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class MultiList:
    """`[element, ...]`: a list; null where the current value is null."""

    start: int
    end: int
    elements: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MultiHash:
    """`{key: value, ...}`: an object; null where the current value is null."""

    start: int
    end: int
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`left || right`: the left one unless it is falsy."""

    start: int
    end: int
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class And:
    """`left && right`: the left one if it is falsy, else the right one."""

    start: int
    end: int
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`: whether it is falsy."""

    start: int
    end: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left == right` and its like."""

    start: int
    end: int
    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Reference:
    """`&body`: an expression that a function works out at each element. Only ever an argument."""

    start: int
    end: int
    body: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(argument, ...)`; the name ends at `name_end`."""

    start: int
    end: int
    name: str
    name_end: int
    arguments: tuple[Node, ...]


@dataclass(eq=False)
class OwnFunction:
    """One of a mapping's `functions`, as far as those who call it have to know it.

    name: as its author wrote it; parameters: those too. takes_list: the first of them takes a list as a
    whole. copies: how often the value of each parameter may be in the result. calls: how many functions run
    at most, this one included; depth: how many of them run within each other. flows: by the number of a
    parameter, what of its value goes into the result, from there on. catches: an invalid part of its value
    may be noted, and the rest used. typed: of the types of what it is given, the type of the result, and
    what can never work with these.
    """

    name: str
    parameters: tuple[str, ...]
    takes_list: bool = False
    copies: tuple[int, ...] = ()
    calls: int = 1
    depth: int = 1
    flows: tuple[tuple[int, Origin], ...] = ()
    catches: bool = False
    typed: Callable[[Sequence[Type]], tuple[Type, tuple[Diagnostic, ...]]] = lambda types: (UNKNOWN, ())


@dataclass(frozen=True, slots=True)
class OwnCall:
    """A call of one of the mapping's `functions`; None where there is none of the name, or none known yet."""

    start: int
    end: int
    name: str
    name_end: int
    arguments: tuple[Node, ...]
    function: OwnFunction | None = None


Node: TypeAlias = (
    Current
    | Variable
    | Literal
    | Field
    | Index
    | Slice
    | Flatten
    | ObjectValues
    | Projection
    | Filter
    | Then
    | MultiList
    | MultiHash
    | Or
    | And
    | Not
    | Comparison
    | Reference
    | Call
    | OwnCall
)


_NODES = get_args(Node)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order they are written."""
    parts = _CHILDREN.get(type(node))
    return parts(node) if parts else ()


# By type, since trees are walked often and a `match` tries one case after the other.
_CHILDREN: dict[type, Callable[[Any], tuple[Node, ...]]] = {
    **dict.fromkeys((Field, Index, Slice, Flatten, ObjectValues), lambda node: (node.base,)),
    **dict.fromkeys((Then, Or, And, Comparison), lambda node: (node.left, node.right)),
    Projection: lambda node: (node.base, node.right),
    Filter: lambda node: (node.base, node.condition, node.right),
    MultiList: lambda node: node.elements,
    MultiHash: lambda node: tuple(value for _, value in node.entries),
    Not: lambda node: (node.operand,),
    Reference: lambda node: (node.body,),
    **dict.fromkeys((Call, OwnCall), lambda node: node.arguments),
}


def with_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """A node with other parts in place of its own."""
    given = {name: getattr(node, name) for name in node.__slots__}
    return type(node)(**{name: _changed(value, change) for name, value in given.items()})


def _changed(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, tuple):
        return tuple([_changed(one, change) for one in value])
    return change(value) if isinstance(value, _NODES) else value


def nodes(root: Node) -> list[Node]:
    """Each node below and with `root`, parents first, in the order written."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        parts = children(node)
        if parts:
            waiting.extend(reversed(parts))
    return found


def with_variables(root: Node, names: Mapping[str, str]) -> Node:
    """A tree with other names for some of its variables, at the places where they were written."""
    if isinstance(root, Variable):
        return replace(root, name=names.get(root.name, root.name))
    return with_parts(root, lambda part: with_variables(part, names))


def bound(root: Node, functions: Mapping[str, OwnFunction]) -> Node:
    """A tree whose calls are of a mapping's functions."""
    if isinstance(root, OwnCall):
        root = replace(root, function=functions.get(root.name))
    return with_parts(root, lambda part: bound(part, functions))


def deeper_than(root: Node, levels: int) -> Node | None:
    """The first node, as written, that is nested more than so many levels deep."""
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > levels:
            return node
        waiting.extend((child, level + 1) for child in reversed(children(node)))
    return None


_T = TypeVar("_T")


class Evaluation(Generic[_T]):
    """An evaluation of an expression, where the current value is known to be something.

    A method for each kind of node, `of_field` for Field: a class that lacks one cannot be defined.
    """

    _by_kind: ClassVar[dict[type, Callable[..., Any]]]

    def __init_subclass__(cls) -> None:
        cls._by_kind = {kind: getattr(cls, f"of_{kind.__name__.lower()}") for kind in get_args(Node)}

    def of(self, node: Node, at: _T) -> _T:
        """The result of a node where the current value is `at`."""
        made: _T = self._by_kind[type(node)](self, node, at)
        return made

    def of_current(self, node: Current, at: _T) -> _T:
        return at

    def of_then(self, node: Then, at: _T) -> _T:
        return self.of(node.right, self.of(node.left, at))
