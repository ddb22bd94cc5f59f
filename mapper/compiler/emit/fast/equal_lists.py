"""Which values are made alike, so that one of them does for all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.remarks import may_remark
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Variable
from mapper.compiler.plan.planned import (
    Choice,
    Entry,
    First,
    Fixed,
    List,
    Loop,
    Object,
    Planned,
    Zipped,
    children,
)
from mapper.compiler.plan.steps import Step


def value_key(planned: Planned) -> Hashable:
    """What two values share that are made alike at the same point; None of one that stands for itself."""
    if not planned.alone:
        return None
    match planned.source:
        case Expression() as expression:
            made = (expression.text.strip(), _steps(planned.steps), _finish(planned))
            return None if may_remark(expression, frozenset()) else made
        case First():
            keys = tuple(map(value_key, children(planned)))
            return None if None in keys or not planned.bare else keys
        case Fixed() | Choice() | Loop() | Zipped() | Object() | List():
            return None


def _steps(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(f"{step.describe()} {step.spares_digests}" for step in steps)


def _finish(planned: Planned) -> Hashable:
    finish = planned.finish
    if finish is None:
        return None
    steps = _steps(finish.steps), _steps(finish.list_steps)
    return finish.kind, steps, finish.field.type, repr(finish.limits), repr(finish.list_limits)


def list_of(entry: Entry, point: Point) -> str:
    """The let whose elements a field is made of, one by one and whatever is in them; "" of other fields."""
    loop = entry.value.source
    if not isinstance(loop, Loop) or loop.where is not None or not loop.items.bare or not entry.value.alone:
        return ""
    asked = entry.when is not None or entry.default is not None or entry.required
    needing = point.writing.path_of(entry) in point.writing.needs
    items = loop.items.source
    if asked or needing or point.shared.runs.uses[id(loop)] > 1 or not isinstance(items, Expression):
        return ""
    return items.root.name if isinstance(items.root, Variable) and point.is_let(items) else ""
