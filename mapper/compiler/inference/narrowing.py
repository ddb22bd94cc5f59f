"""Condition -> what is known of the values it reads where it holds, and where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import TypeAlias

from mapper.compiler.inference.result_types import literal_type
from mapper.compiler.jmespath.call_facts import is_nothing_for_null
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
)
from mapper.runtime.functions import FUNCTIONS
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Json, Type

_CURRENT = "@"

ReadPath: TypeAlias = tuple[str, ...]
"""A path: `@` or `$name`, then names."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the value at a path: it is there; and, if `constant` is given, which one it is."""

    path: ReadPath
    constant: Literal | None = None


def facts(condition: Node, holds: bool) -> list[Fact]:
    """The facts that hold where a condition holds, or where it does not."""
    match condition:
        case And() | Or():
            both = holds if isinstance(condition, And) else not holds
            parts = (condition.left, condition.right)
            return [fact for part in parts for fact in facts(part, holds)] if both else []
        case Not():
            return facts(condition.operand, not holds)
        case Comparison():
            return _compared(condition, holds)
        case Call():
            return _there(condition.arguments[:1]) if holds and is_nothing_for_null(condition.name) else []
        case Field() | Variable() | Current():
            return _there([condition]) if holds else []
        case Literal() | Index() | Slice() | Flatten() | ObjectValues() | Projection() | Filter() | Then():
            return []
        case MultiList() | MultiHash() | Reference() | OwnCall():
            return []


def read_path(node: Node) -> ReadPath | None:
    """The path that a node is, if it is a plain one."""
    names: list[str] = []
    while isinstance(node, Field):
        names.append(node.name)
        node = node.base
    if isinstance(node, Current):
        return (_CURRENT, *reversed(names))
    return (f"${node.name}", *reversed(names)) if isinstance(node, Variable) else None


def _there(nodes: Iterable[Node]) -> list[Fact]:
    paths = [read_path(node) for node in nodes]
    return [Fact(path) for path in paths if path is not None]


def _compared(comparison: Comparison, holds: bool) -> list[Fact]:
    literal, other = comparison.right, comparison.left
    if isinstance(other, Literal):
        literal, other = other, literal
    if not isinstance(literal, Literal):
        return []
    equal = comparison.operator == "==" if holds else comparison.operator == "!="
    if literal.value is None:
        return [] if equal or comparison.operator not in ("==", "!=") else _there([other])
    if isinstance(other, Call) and other.name in FUNCTIONS:
        return _there(other.arguments[:1]) if _is_strict(other.name) else []
    if equal:
        path = read_path(other)
        return [] if path is None else [Fact(path, literal)]
    ordered = holds and comparison.operator not in ("==", "!=")
    return _there([other]) if ordered else []


def _is_strict(name: str) -> bool:
    return "null" not in FUNCTIONS[name].takes[0].type.kinds


def narrowed(
    at: Type, variables: Mapping[str, Type], known: Iterable[Fact]
) -> tuple[Type, Mapping[str, Type]]:
    """The types of the current value and of the variables where some facts are known."""
    for fact in known:
        root, *names = fact.path
        if root == _CURRENT:
            at = _narrowed(at, names, fact.constant)
        elif root[1:] in variables:
            variables = {**variables, root[1:]: _narrowed(variables[root[1:]], names, fact.constant)}
    return at, variables


def _narrowed(value: Type, names: list[str], constant: Literal | None) -> Type:
    if not names:
        return value.without("null") if constant is None else _exactly(value, constant.value)
    name, *rest = names
    if value.known and "object" not in value.kinds:
        return value
    inside = _narrowed(value.field(name) if value.known else UNKNOWN, rest, constant)
    besides = tuple((key, known) for key, known in value.fields or () if key != name)
    if value.known and value.closed and len(besides) == len(value.fields or ()):
        return value  # there is no such field, which is said elsewhere
    fields = tuple(sorted((*besides, (name, inside)), key=itemgetter(0)))
    others = value.others if value.known else None
    closed = value.known and value.closed
    return Type(frozenset({"object"}), fields=fields, closed=closed, others=others)


def _exactly(value: Type, constant: Json) -> Type:
    """A type that equals a constant; as it was where it never does."""
    exact = literal_type(constant)
    if not value.known or value.kinds & exact.kinds or exact.kinds <= {"integer", "number"}:
        return replace(exact, format=value.format)
    return value
