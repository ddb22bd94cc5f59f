"""Value -> how much of it is written again for each element of a list, whatever the element holds."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Choice, Entry, First, Fixed, List, Loop, Object, Planned, Zipped
from mapper.runtime.decode import size_of

# An element has two bytes itself, so that such lists are hardly larger than all payloads may be.
FREE_TEMPLATE = 256


def template_size(planned: Planned) -> int:
    """The most bytes of JSON that its names, constants and defaults have. A list within it counts its own."""
    default = 0 if planned.default is None else size_of(planned.default.value)
    return max(default, _size_of_source(planned))


def _size_of_source(planned: Planned) -> int:
    match planned.source:
        case Fixed(value=value):
            return size_of(value)
        case Object(entries=entries):
            return 2 + sum(map(_size_of_entry, entries))
        case First(alternatives=alternatives):
            return max(map(template_size, alternatives), default=0)
        case Choice(arms=arms):
            return max((template_size(then) for _, then in arms), default=0)
        case List(items=items):
            return 2 + sum(1 + template_size(item) for item in items)
        case Expression() | Loop() | Zipped():
            return 0


def _size_of_entry(entry: Entry) -> int:
    default = 0 if entry.default is None else size_of(entry.default.value)
    return size_of(entry.name) + 2 + max(default, template_size(entry.value))
