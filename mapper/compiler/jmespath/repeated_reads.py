"""Which values of an expression are read again for each element of a list that they are no part of.

What an expression does with the event itself takes as long as the event is large: each element is gone
through once. Only what stands inside a loop and comes from outside of its element is gone through many times,
and only for that an event pays as it goes (`Budget.spend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf

from mapper.compiler.jmespath.growth import copies_of, uses_of
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
    Or,
    Projection,
    Reference,
    Slice,
    Then,
    Values,
    Variable,
    children,
)
from mapper.transforms.weight import FREE_CHARACTERS, LONGEST_CONSTANT, MOST_CHARACTERS, weigh
from mapper.types import Json

# `elements`: those of the list itself, or the characters of a text; `lists`: those of the lists in it, too;
# `all`: of everything within it.
Charge = OneOf["elements", "lists", "all"]

# A result that holds the same part of the event more often is worked with as in a loop.
_MOST_COPIES = 16

_LOOPS = frozenset({"map", "max_by", "min_by", "sort_by"})
_PASSING = frozenset({"not_null", "to_array"})
_SHALLOW = frozenset({"merge", "reverse", "values"})
_AT_ONCE = frozenset({"abs", "ceil", "floor", "length", "type"})
_TWO_TEXTS = frozenset({"starts_with", "ends_with"})


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known of variables, and of the current value, where an expression stands.

    large: those whose values grow with the event, so that they must not be gone through again and again.
    repeated: those that are read again for each of many elements, or hold what does. looping: so is all.
    current: the current value holds what is read again.
    """

    large: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    looping: bool = False
    current: bool = False

    def inside(self) -> Outside:
        """What holds for each element of a list."""
        return self if self.looping else replace(self, repeated=self.large, looping=True)


@dataclass(slots=True)
class Charges:
    """What has to be paid for, by the `id` of the node.

    repeated: whether the result is, or holds, what is read again.
    """

    by_node: dict[int, Charge] = field(default_factory=dict)
    repeated: bool = False


def charges_of(root: Node, nodes: Sequence[Node], outside: Outside) -> Charges:
    """The charges of an expression that stands at the event, or at an element of a list of it.

    nodes: all of its tree.
    """
    charges = Charges()
    if not outside.current and not any(map(_may_repeat, nodes)):
        return charges
    many = copies_of(uses_of(root)) > _MOST_COPIES
    charges.repeated = _visit(
        root, many or outside.current, outside.inside() if many else outside, charges.by_node
    )
    return charges


def _may_repeat(node: Node) -> bool:
    """Whether an expression without such a part reads nothing again, wherever it stands."""
    kind = type(node)
    if kind is Literal:
        value = node.value  # type: ignore[union-attr]  # a literal
        return (type(value) is str and len(value) > FREE_CHARACTERS) or type(value) in (list, dict)
    return kind is Variable or kind is MultiList or kind is MultiHash


def is_large(value: Json) -> bool:
    """Whether a constant is too large to be gone through again and again."""
    elements, characters = weigh(value, LONGEST_CONSTANT, MOST_CHARACTERS, FREE_CHARACTERS)
    return elements < 0 or characters < MOST_CHARACTERS


def _visit(node: Node, at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    """Whether a node's value is, or holds, what is read again. at: whether the current value does."""
    match node:
        case Current():
            return at
        case Variable():
            return node.name in outside.repeated
        case Literal():
            return outside.looping and is_large(node.value)
        case Field() | Index():
            return _visit(node.base, at, outside, due)
        case Slice() | Flatten() | Values():
            return _pay(node.base, "lists" if isinstance(node, Flatten) else "elements", at, outside, due)
        case Projection() | Filter():
            return _visit_loop(node, at, outside, due)
        case Then():
            return _visit(node.right, _visit(node.left, at, outside, due), outside, due)
        case Or() | And() | MultiList() | MultiHash():
            return _visit_all(children(node), at, outside, due)
        case Not():
            _visit(node.operand, at, outside, due)
            return False
        case Comparison():
            return _visit_comparison(node, at, outside, due)
        case Call():
            return _visit_call(node, at, outside, due)
        case Reference():
            return _visit(node.body, at, outside, due)


def _visit_all(nodes: Sequence[Node], at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    """Whether the value of one of them is, or holds, what is read again; each is visited."""
    again = [_visit(one, at, outside, due) for one in nodes]
    return any(again)


def _pay(node: Node, charge: Charge, at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    """Visit what is gone through, and let it be paid for if it is read again."""
    repeated = _visit(node, at, outside, due)
    if repeated:
        due[id(node)] = charge
    return repeated


def _visit_loop(node: Projection | Filter, at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    repeated = _pay(node.base, "elements", at, outside, due)
    if isinstance(node, Filter):
        _visit(node.condition, repeated, outside.inside(), due)
    return _visit(node.right, repeated, outside.inside(), due)


def _visit_comparison(node: Comparison, at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    """Equality goes no further than the smaller side, so it is paid for where both are read again."""
    left = _visit(node.left, at, outside, due)
    right = _visit(node.right, at, outside, due)
    if left and right and node.operator in ("==", "!="):
        due[id(node.left)] = "all"
    return False


def _visit_call(node: Call, at: bool, outside: Outside, due: dict[int, Charge]) -> bool:
    values = [one for one in node.arguments if not isinstance(one, Reference)]
    bodies = [one.body for one in node.arguments if isinstance(one, Reference)]
    if node.name in _LOOPS and bodies:
        repeated = _pay(values[0], "elements", at, outside, due)
        made = [_visit(body, repeated, outside.inside(), due) for body in bodies]
        return any(made) if node.name == "map" else repeated
    if node.name in _PASSING:
        return _visit_all(values, at, outside, due)
    again = [_visit(one, at, outside, due) for one in values]
    if node.name in _AT_ONCE or (node.name in _TWO_TEXTS and not all(again)):
        return False
    charge: Charge = "elements" if node.name in _SHALLOW else "all"
    due.update({id(one): charge for one, repeated in zip(values, again, strict=True) if repeated})
    return node.name in _SHALLOW and any(again)
