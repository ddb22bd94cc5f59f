"""Growth: how large a payload of the fast form may be, as far as that is known without the event.

A payload that no event can make larger than all its payloads may be is not measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from mapper.compiler.jmespath.expression import Expression
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
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
    children,
)
from mapper.compiler.plan.steps import Step
from mapper.frozen import dataclass
from mapper.runtime.budget import FREE_BYTES, GROWTH
from mapper.runtime.decode import size_of
from mapper.runtime.known_forms.surprise import MANY
from mapper.transforms.patterns import LONGEST_PATTERN
from mapper.types import of

# A number has no more digits as text, unless the event has as many.
_NUMBER = 345
_DIGEST = 68
# The names of the parts of a pattern, in an object with nothing else in it.
_NAMES = 2 * LONGEST_PATTERN
_NUMERIC = frozenset({"integer", "number", "boolean", "null"})
_ANY_TEXT = of("string")
# By how much a step makes a text longer at most, in bytes of JSON; of all others nothing is known.
_LONGER = {
    **dict.fromkeys(("text", "trim", "without_placeholder", "unique", "first", "last"), 1),
    **dict.fromkeys(("truncate", "digits", "ip_address", "note_negative", "keep", "remove"), 1),
    **dict.fromkeys(("lowercase", "uppercase", "language", "currency"), 3),
    **dict.fromkeys(("query_parameter", "page_url", "percent_decode", "base64_decode"), 6),
}
# What is no longer than a number, and what has no more digits than it is given.
_SHORT = frozenset({"boolean", "timestamp", "not", "matches", "present", "count", "bucket", "in_network"})
_DIGITS = frozenset({"integer", "decimal", "total", "round"})
# What has 38 digits at most, or is no number at all.
_EXACT = frozenset({"add", "subtract", "multiply", "divide", "minor_units"})


# The lets by name; None at an item of a list, for each of which they would be read again.
_Lets: TypeAlias = dict[str, Planned] | None


@dataclass(frozen=True, slots=True)
class Growth:
    """At most so many bytes, and so many times those of the event."""

    bytes: float
    times: float

    def plus(self, other: Growth) -> Growth:
        """Both of them."""
        return Growth(self.bytes + other.bytes, self.times + other.times)

    def larger(self, other: Growth) -> Growth:
        """One of them."""
        return Growth(max(self.bytes, other.bytes), max(self.times, other.times))


_NOTHING = Growth(0, 0)
_UNKNOWN = Growth(float("inf"), float("inf"))


def is_small(payload: PlannedObject, lets: _Lets) -> bool:
    """Whether a payload is never too large, made of lists of no more elements than the fast form takes."""
    growth = _of_object(payload, lets)
    return growth.bytes <= FREE_BYTES and growth.times <= GROWTH


def _of_object(built: PlannedObject, lets: _Lets) -> Growth:
    growth = Growth(2, 0)
    for entry in built.entries:
        growth = growth.plus(Growth(size_of(entry.name) + 2, 0)).plus(_of_entry(entry, lets))
    return growth


def _of_entry(entry: PlannedField, lets: _Lets) -> Growth:
    default = 0 if entry.default is None else size_of(entry.default.value)
    return _of(entry.value, lets).larger(Growth(default, 0))


def _of(planned: Planned, lets: _Lets) -> Growth:
    """The growth of a value with all that is done with it."""
    growth = _of_source(planned, lets)
    finish = planned.finish
    steps = planned.steps if finish is None else (*planned.steps, *finish.steps, *finish.list_steps)
    several = finish is not None and finish.kind == "each"
    if (
        finish is not None
        and finish.kind not in ("one", "each")
        and not isinstance(planned.source, PlannedObject)
    ):
        return _UNKNOWN
    if [step.transform.name for step in steps if step.transform.name != "unique"][-1:] == ["sha256"]:
        growth = Growth(MANY * _DIGEST, 0)
    elif steps:
        growth = _after(steps, growth)
        growth = growth.plus(Growth(MANY * _NUMBER if several else _NUMBER, 0))
    default = 0 if planned.default is None else size_of(planned.default.value)
    return growth.larger(Growth(default, 0))


def _after(steps: tuple[Step, ...], growth: Growth) -> Growth:
    """What steps make of a value; a number is as long as its digits."""
    for step in steps:
        name = step.transform.name
        if name in _SHORT:
            growth = Growth(_NUMBER, 0)
        elif name in _DIGITS and not step.reads:
            growth = growth.plus(Growth(_NUMBER, 0))
        elif name in _LONGER and not step.reads:
            growth = Growth(growth.bytes * _LONGER[name], growth.times * _LONGER[name])
        elif name == "extract" and "object" not in step.result(_ANY_TEXT).kinds:
            continue  # a part of the text
        else:
            return _UNKNOWN
    return growth


def _of_source(planned: Planned, lets: _Lets) -> Growth:
    growth = _NOTHING
    match planned.source:
        case Fixed(value=value):
            return Growth(size_of(value), 0)
        case PlannedObject() as built:
            return _of_object(built, lets)
        case First() | Choice():
            for one in children(planned):
                growth = growth.larger(_of(one, lets))
        case PlannedList():
            for one in children(planned):
                growth = growth.plus(_of(one, lets)).plus(Growth(2, 0))
        case Loop() as loop:
            return _of_loop(loop, lets)
        case Zipped():
            return _UNKNOWN
        case Expression() as expression:
            if planned.source_type.known and planned.source_type.kinds <= _NUMERIC:
                return Growth(_NUMBER, 1)
            return _of_node(expression.root, lets)
    return growth


def _of_loop(loop: Loop, lets: _Lets) -> Growth:
    """Elements are different parts of their list."""
    of_item = {let.name: let.value for let in loop.lets}
    items, item = _of(loop.items, lets), _of(loop.item, of_item or None)
    if item.times and items.bytes > _NUMBER:
        return _UNKNOWN
    return Growth(MANY * (item.bytes + items.bytes * item.times + 1), items.times * item.times)


def _of_all(nodes: Iterable[Node], growth: Growth, lets: _Lets) -> Growth:
    """Some growth, and that of several parts."""
    for one in nodes:
        growth = growth.plus(_of_node(one, lets))
    return growth


def _of_node(node: Node, lets: _Lets) -> Growth:
    """A part of the event, or a list of parts, none of them twice."""
    match node:
        case Current():
            return Growth(0, 1)
        case Variable():
            if lets is None:
                return _UNKNOWN
            return _of(lets[node.name], lets) if node.name in lets else _UNKNOWN
        case Field() | Index() | Flatten():
            return _of_node(node.base, lets)
        case Projection() | Filter():
            right = _of_node(node.right, None)
            return _of_node(node.base, lets) if right == Growth(0, 1) else _UNKNOWN
        case Call() if node.name in _SHORT | _DIGITS | _EXACT:
            return _of_all(node.arguments, Growth(_NUMBER, 0), lets)
        case Literal():
            return Growth(size_of(node.value), 0)
        case Call(name="extract"):
            return _of_all(node.arguments[:1], Growth(_NAMES, 0), lets)
        case Call(name="across"):
            return _of_all(node.arguments, _NOTHING, lets)
        case Call(name="template"):
            return _of_all(node.arguments, Growth(_NUMBER * len(node.arguments), 0), lets)
        case MultiList():
            return _of_all(node.elements, Growth(2 + 5 * len(node.elements), 0), lets)
        case (
            Slice()
            | ObjectValues()
            | Then()
            | Or()
            | And()
            | Not()
            | Comparison()
            | MultiHash()
            | Reference()
            | Call()
            | OwnCall()
        ):
            return _UNKNOWN
