"""The notes on values: by noting transforms, and where the default of a `lookup` is not used.

The default of `lookup` is for a value that its table lacks. Where the value is absent, and no other default
and no alternative is used instead, that is noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from mapper.compiler.inference.result_types import may_doubt
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, OwnCall, Variable
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    children,
    every,
)
from mapper.compiler.plan.planner import Plan
from mapper.transforms.registry import TRANSFORMS


def noting_lets(plan: Plan) -> frozenset[str]:
    """The lets of whose values something can be noted; in turn, since one may read another."""
    found: set[str] = set()
    before = -1
    while len(found) > before:
        before = len(found)
        found |= {name for name, value in plan.values_of_lets.items() if value_may_note(value, found)}
    return frozenset(found)


def may_note(expression: Expression, lets: Set[str]) -> bool:
    """Whether an expression can have something said of its value. lets: those that can."""
    return any(
        (isinstance(node, Call) and node.name in TRANSFORMS and TRANSFORMS[node.name].noting)
        or (isinstance(node, Variable) and node.name in lets)
        or isinstance(node, OwnCall)
        or may_doubt(node)
        for node in expression.walk()
    )


def value_may_note(value: Planned, lets: Set[str]) -> bool:
    """Whether something can be noted of a value, or of one within it."""
    return any(_notes_itself(one, lets) for one in every(value))


def _notes_itself(value: Planned, lets: Set[str]) -> bool:
    if _has_default(value) or any(step.own is not None for step in value.steps):
        return True
    for step in value.steps:
        calculates = step.transform.name in CALCULATIONS and bool(step.reads)
        if step.transform.noting or calculates or not lets.isdisjoint(step.reads):
            return True
    return isinstance(value.source, Expression) and may_note(value.source, lets)


def expecting_lookups(plan: Plan) -> frozenset[int]:
    """The identities of the sources of values with a `lookup` whose default no other default precedes."""
    found: set[int] = set()
    for section in plan.all_sections:
        if section.payload is not None:
            for value, covered in _fields(section.payload):
                _look(value, covered, found)
    for let in plan.lets:
        _look(let.value, False, found)
    return frozenset(found)


def _fields(built: PlannedObject) -> Iterator[tuple[Planned, bool]]:
    return ((entry.value, entry.default is not None) for entry in built.entries)


def _look(value: Planned, covered: bool, found: set[int]) -> None:
    """covered: something else is used instead of an absent value."""
    covered = covered or value.default is not None
    match value.source:
        case Expression():
            if not covered and _has_default(value):
                found.add(id(value.source))
        case First(alternatives=alternatives):
            for one in alternatives[:-1]:
                _look(one, True, found)
            _look(alternatives[-1], covered, found)
        case Choice() | PlannedList() | Zipped() | Fixed():
            for one in children(value):
                _look(one, covered, found)
        case PlannedObject() as built:
            for one, own in _fields(built):
                _look(one, own, found)
        case Loop(items=items, item=item, lets=lets):
            _look(items, covered, found)
            for let in lets:
                _look(let.value, False, found)
            _look(item, False, found)


def _has_default(value: Planned) -> bool:
    """Whether a value has a step `lookup` with a default."""
    return any(
        step.transform.name == "lookup" and parameter.name == "default" and argument is not None
        for step in value.steps
        for parameter, argument in step.arguments
    )
