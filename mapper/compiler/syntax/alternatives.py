"""Mapping -> its expressions, grouped where each may give the value in place of the others."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.jmespath.call_facts import CHOOSING
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import And, Call, Or
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import Role, Value, parts
from mapper.values.frozen import dataclass

# What is within a value under these roles is asked or made for itself.
_OWN: frozenset[Role] = frozenset({"when", "where", "items", "item", "list", "field", "element"})


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Expressions of which each may give the value of one rule."""

    expressions: tuple[Expression, ...]

    @property
    def is_choice(self) -> bool:
        """Whether another one, or another part, may give what one of them does not."""
        return len(self.expressions) > 1 or any(map(chooses, self.expressions))


def chooses(expression: Expression) -> bool:
    """Whether an expression takes one of several parts, of which others may be missing."""
    return any(
        isinstance(node, Or | And) or (isinstance(node, Call) and node.name in CHOOSING)
        for node in expression.parsed.nodes
    )


def alternatives_of(mapping: Mapping) -> list[Alternatives]:
    """All expressions of a mapping, each once."""
    return [one for value in mapping.every_value for one in _of(value)]


def _of(value: Value) -> Iterator[Alternatives]:
    found: list[Expression] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Expression):
            found.append(one)
        for part in parts(one):
            if part.role in _OWN:
                yield from _of(part.value)
            else:
                waiting.append(part.value)
    if found:
        yield Alternatives(tuple(found))
