"""A plan -> the values whose `lookup` has a default that no other default and no alternative stands before.

The default of `lookup` is for a value that its table lacks. Where the value is absent, and nothing else
stands in for it, that is noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Choice, First, Fixed, List, Loop, Object, Planned, Zipped, children
from mapper.compiler.plan.planner import Plan


def expecting_lookups(plan: Plan) -> frozenset[int]:
    """The identities of the sources of such values."""
    found: set[int] = set()
    roots = [let.value for let in plan.lets]
    for section in (*plan.sections, plan.otherwise):
        if section is not None and section.payload is not None:
            for value, covered in _fields(section.payload):
                _look(value, covered, found)
    for value in roots:
        _look(value, False, found)
    return frozenset(found)


def _fields(built: Object) -> Iterator[tuple[Planned, bool]]:
    return ((entry.value, entry.default is not None) for entry in built.entries)


def _look(value: Planned, covered: bool, found: set[int]) -> None:
    """covered: something else stands in for an absent value."""
    covered = covered or value.default is not None
    match value.source:
        case Expression():
            if not covered and has_default(value):
                found.add(id(value.source))
        case First(alternatives=alternatives):
            for one in alternatives[:-1]:
                _look(one, True, found)
            _look(alternatives[-1], covered, found)
        case Choice() | List() | Zipped() | Fixed():
            for one in children(value):
                _look(one, covered, found)
        case Object() as built:
            for one, own in _fields(built):
                _look(one, own, found)
        case Loop(items=items, item=item):
            _look(items, covered, found)
            _look(item, False, found)


def has_default(value: Planned) -> bool:
    """Whether a value has a step `lookup` with a default."""
    return any(
        step.transform.name == "lookup" and parameter.name == "default" and argument is not None
        for step in value.steps
        for parameter, argument in step.arguments
    )
