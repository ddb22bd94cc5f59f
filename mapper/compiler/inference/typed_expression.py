"""An expression with the types of its parts, as it is read at one place: what checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from mapper.compiler.jmespath.expression import Expression, TypedParts
from mapper.compiler.jmespath.tree import And, Filter, Node, Not, Or, children
from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass
from mapper.values.types import Type


@dataclass(eq=False)
class TypedExpression:
    """An expression that can be read where it is.

    asked: it is asked only whether it holds. is_sent: asked so, it is a path whose value is sent where it
    holds, so it asks whether there is one. errors: what is wrong with its value where that is put.
    """

    expression: Expression
    typed: TypedParts
    asked: bool = False
    is_sent: bool = False
    errors: Sequence[Diagnostic] = ()

    def type(self, node: Node) -> Type:
        """The type of a part."""
        return self.typed.parts[id(node)]

    @property
    def nodes(self) -> Iterator[Node]:
        """Each part of it, parents before their parts."""
        return self.expression.walk()

    def text(self, node: Node) -> str:
        """A part as it is written."""
        return self.expression.text[node.start : node.end]

    @cached_property
    def conditions(self) -> set[int]:
        """The parts that are only asked whether they hold, by identity."""
        found: set[int] = set()
        waiting = [(self.expression.root, self.asked)]
        while waiting:
            node, asked = waiting.pop()
            if asked:
                found.add(id(node))
            for child in children(node):
                inherits = asked and isinstance(node, And | Or)
                is_condition = isinstance(node, Filter) and child is node.condition
                waiting.append((child, inherits or is_condition or isinstance(node, Not)))
        return found

    @cached_property
    def with_parents(self) -> list[tuple[Node, tuple[Node, ...]]]:
        """Each part with those it is in, the innermost last."""
        found: list[tuple[Node, tuple[Node, ...]]] = []
        waiting: list[tuple[Node, tuple[Node, ...]]] = [(self.expression.root, ())]
        while waiting:
            node, above = waiting.pop()
            found.append((node, above))
            waiting.extend((child, (*above, node)) for child in children(node))
        return found
