"""`a | b` between two paths, most likely meant as `a || b`; `a | length`, meant as `count(a)` -> warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mapper.compiler.jmespath.facts import Instead, PipedFunction
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import Current, Field, Flatten, Index, Node, Projection, Then, Variable
from mapper.diagnostic import Diagnostic

if TYPE_CHECKING:
    from mapper.compiler.jmespath.expression import Expression

# What other languages call behind a pipe: what no attribute is called, and what one may be called too.
ONLY_FUNCTIONS = frozenset(
    {
        *("length", "len", "tostring", "tonumber", "to_string", "to_number", "ascii_downcase"),
        *("ascii_upcase", "keys", "to_entries", "from_entries", "with_entries", "not", "lowercase"),
        *("uppercase", "downcase", "upcase", "lower", "upper", "trim", "strip", "floor", "ceil", "abs"),
        *("reverse", "sort", "uniq", "to_array", "sha256", "boolean", "integer", "toString"),
        *("toLowerCase", "toUpperCase", "to_datetime", "to_timestamp", "parse_date", "strptime"),
        *("parse_json", "from_json", "fromjson"),
    }
)
FUNCTIONS_TOO = frozenset(
    {"add", "avg", "count", "digits", "first", "last", "max", "min", "round", "size", "sum", "text", "unique"}
)


def piped_paths(expression: Expression) -> Iterator[Diagnostic]:
    """A warning for each `|` before a plain path: a path below another one is written with a dot."""
    said: set[int] = set()
    for node in expression.parsed.nodes:
        if not isinstance(node, Then) or id(node) in said:
            continue
        pipe = expression.text.find("|", node.left.end, node.right.start)
        if pipe < 0:
            continue
        name = _function(node)
        if name is not None:
            said |= set(map(id, _piped(node)))
            yield _called(node, name, pipe, expression)
        elif _is_path(node.left) and _is_path(node.right):
            yield _either(node, pipe, expression)


def _either(node: Then, pipe: int, expression: Expression) -> Diagnostic:
    """`a | b`, most likely meant as the first of two."""
    left, right = (expression.text[one.start : one.end] for one in (node.left, node.right))
    written = f"{left} || {right}"
    message = f"`{left} | {right}` reads `{right}` of `{left}`"
    hint = f"the first of two values is written `{written}`"
    if isinstance(node.right, Variable):
        message = f"`{left} | {right}` is always `{right}`"
    else:
        hint += f", a path `{left}.{right}`"
    fact = Instead(expression, (InPlace(node.left.start, node.right.end, written),))
    return Diagnostic("M208", expression.locate(pipe, pipe + 1), message, hint, facts=fact)


def _called(node: Then, name: str, pipe: int, expression: Expression) -> Diagnostic:
    """`a | length`, meant as a call of a function at `a`."""
    left, right = (expression.text[one.start : one.end] for one in (node.left, node.right))
    message = f"{coded(f'{left} | {right}')} reads `{name}` of {coded(left)}"
    pipes = list(_piped(node))
    names = tuple(_function(one) or "" for one in reversed(pipes))
    fact = PipedFunction(expression, node, pipes[-1].left, names)
    return Diagnostic("M208", expression.locate(pipe, pipe + 1), message, facts=fact)


def _function(node: Node) -> str | None:
    """The function that a name behind `|` was meant as: of values but paths only what is no attribute."""
    if not isinstance(node, Then):
        return None
    field = node.right
    if isinstance(field, Projection) and isinstance(field.base, Flatten) and isinstance(field.right, Current):
        field = field.base.base
    if not isinstance(field, Field) or not isinstance(field.base, Current) or field.quoted:
        return None
    only = field.name in ONLY_FUNCTIONS
    if not only and (field is not node.right or field.name not in FUNCTIONS_TOO):
        return None
    # Of what is a list, its type says that it has no such attribute.
    is_value = isinstance(node.left, Index) or _function(node.left) is not None
    return field.name if _is_path(node.left) or (only and is_value) else None


def _piped(node: Node) -> Iterator[Then]:
    """The pipes of functions that begin a pipe of one, the last first."""
    while isinstance(node, Then) and _function(node) is not None:
        yield node
        node = node.left


def _is_path(node: Node) -> bool:
    while isinstance(node, Field):
        node = node.base
    return isinstance(node, Current | Variable)
