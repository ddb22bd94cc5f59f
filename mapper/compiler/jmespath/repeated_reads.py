"""The values of an expression that are read again for each element of a list that they are no part of.

What an expression does with the event itself takes as long as the event is large: each element is gone
through once. Only a value that a loop reads from outside of its element is gone through many times,
and only for that an event pays as it goes (`Budget.spend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Literal as OneOf

from mapper.compiler.jmespath.call_facts import LOOPS, MAPS, looks_at
from mapper.compiler.jmespath.repeated_input import copies_of, uses_of
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Evaluation,
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
    Variable,
    children,
)
from mapper.transforms.weight import FREE_CHARACTERS, LONGEST_CONSTANT, MOST_CHARACTERS, weigh
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# `elements`: those of the list itself, or the characters of a text; `lists`: those of the lists in it, too;
# `all`: of everything within it.
Charge = OneOf["elements", "lists", "all"]

# A result that holds the same part of the event more often is worked with as in a loop.
_MOST_COPIES = 16
# Of what is looked at so, parts are in the result, and are looked at no deeper than to find them.
_HOLDING = frozenset({"elements", "parts"})


@dataclass(frozen=True, slots=True)
class Outside:
    """The facts of variables, and of the current value, at the place of an expression.

    large: those whose values grow with the event, so that they must not be gone through again and again.
    repeated: those that are read again for each of many elements, or hold what does. looping: so is all, but
    for `fresh` ones: they are of the element alone, and read again in loops within it.
    current: the current value holds what is read again.
    """

    large: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    looping: bool = False
    current: bool = False
    fresh: frozenset[str] = frozenset()

    def inside(self) -> Outside:
        """The facts that hold for each element of a list."""
        if self.looping and not self.fresh:
            return self
        return replace(self, repeated=self.large, looping=True, fresh=frozenset())

    def at_element(self, fresh: frozenset[str]) -> Outside:
        """The facts that hold at an element of a list, outside of all loops within it."""
        inside = self.inside()
        return inside if not fresh else replace(inside, repeated=inside.repeated - fresh, fresh=fresh)


@dataclass(frozen=True, slots=True)
class Charges:
    """The charges of an expression's parts, by the `id` of the node.

    repeated: whether the result is, or holds, what is read again.
    """

    by_node: dict[int, Charge] = field(default_factory=dict)
    repeated: bool = False


def charges_of(root: Node, nodes: Sequence[Node], outside: Outside) -> Charges:
    """The charges of an expression that reads the event, or an element of a list of it.

    nodes: all of its tree.
    """
    if not outside.current and not any(map(_may_repeat, nodes)):
        return Charges()
    many = copies_of(uses_of(root)) > _MOST_COPIES
    charges = _Charging(outside.inside() if many else outside, {})
    repeated = charges.of(root, many or outside.current)
    return Charges(charges.due, repeated)


def _may_repeat(node: Node) -> bool:
    """Whether an expression without such a part reads nothing again, in any place."""
    kind = type(node)
    if kind is Literal:
        value = node.value  # type: ignore[union-attr]  # kind says it is a literal
        return (type(value) is str and len(value) > FREE_CHARACTERS) or type(value) in (list, dict)
    return kind is Variable or kind is MultiList or kind is MultiHash


def is_large(value: Json) -> bool:
    """Whether a constant is too large to be gone through again and again."""
    elements, characters = weigh(value, LONGEST_CONSTANT, MOST_CHARACTERS, FREE_CHARACTERS)
    return elements < 0 or characters < MOST_CHARACTERS


@dataclass(frozen=True)
class _Charging(Evaluation[bool]):
    """Whether a node's value is, or holds, what is read again; given whether the current value does."""

    outside: Outside
    due: dict[int, Charge]

    def of_variable(self, node: Variable, at: bool) -> bool:
        return node.name in self.outside.repeated

    def of_literal(self, node: Literal, at: bool) -> bool:
        return self.outside.looping and is_large(node.value)

    def of_field(self, node: Field | Index, at: bool) -> bool:
        return self.of(node.base, at)

    of_index = of_field

    def of_slice(self, node: Slice | ObjectValues, at: bool) -> bool:
        return self._pay(node.base, "elements", at)

    of_objectvalues = of_slice

    def of_flatten(self, node: Flatten, at: bool) -> bool:
        return self._pay(node.base, "lists", at)

    def of_projection(self, node: Projection | Filter, at: bool) -> bool:
        repeated, inside = self._pay(node.base, "elements", at), self._inside()
        if isinstance(node, Filter):
            inside.of(node.condition, repeated)
        return inside.of(node.right, repeated)

    of_filter = of_projection

    def of_or(self, node: Or | And | MultiList | MultiHash, at: bool) -> bool:
        return any(self._each(children(node), at))

    of_and = of_multilist = of_multihash = of_or

    def of_not(self, node: Not, at: bool) -> bool:
        self.of(node.operand, at)
        return False

    def of_comparison(self, node: Comparison, at: bool) -> bool:
        """Equality goes no further than the smaller side, so it is paid for where both are read again."""
        if all(self._each((node.left, node.right), at)) and node.operator in ("==", "!="):
            self.due[id(node.left)] = "all"
        return False

    def of_call(self, node: Call, at: bool) -> bool:
        values = [one for one in node.arguments if not isinstance(one, Reference)]
        bodies = [one.body for one in node.arguments if isinstance(one, Reference)]
        if node.name in LOOPS and bodies:
            repeated = self._pay(values[0], "elements", at)
            made = self._inside()._each(bodies, repeated)
            return any(made) if node.name in MAPS else repeated
        again = self._each(values, at)
        if node.name == "lookup" and isinstance(values[1], Literal):
            again[1] = False  # one entry is looked up, however many there are
        looked = looks_at(node.name)
        if looked == "nothing":
            return any(again)
        if looked == "size" or (looked == "shorter" and not all(again)):
            return False
        charge: Charge = "elements" if looked == "elements" else "all"
        self.due.update({id(one): charge for one, repeated in zip(values, again, strict=True) if repeated})
        return looked in _HOLDING and any(again)

    def of_owncall(self, node: OwnCall, at: bool) -> bool:
        """All that a function is given is paid for once: what it does with it grows no faster."""
        again = self._each(node.arguments, at)
        self.due.update(
            {id(one): "all" for one, repeated in zip(node.arguments, again, strict=True) if repeated}
        )
        return any(again)

    def of_reference(self, node: Reference, at: bool) -> bool:
        return self.of(node.body, at)

    def _inside(self) -> _Charging:
        """The same, at each element of a list."""
        return _Charging(self.outside.inside(), self.due)

    def _each(self, nodes: Sequence[Node], at: bool) -> list[bool]:
        return [self.of(one, at) for one in nodes]

    def _pay(self, node: Node, charge: Charge, at: bool) -> bool:
        """Charge for a node that is gone through, if it is read again."""
        repeated = self.of(node, at)
        if repeated:
            self.due[id(node)] = charge
        return repeated
