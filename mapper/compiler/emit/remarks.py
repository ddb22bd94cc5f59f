"""Which lets, and so which conditions, can make a noting transform remark something of a value."""

from __future__ import annotations

from collections.abc import Set

from mapper.compiler.emit.stand_in import has_default
from mapper.compiler.inference.truth import CALCULATIONS, may_doubt
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Variable
from mapper.compiler.plan.planned import Planned, every
from mapper.compiler.plan.planner import Plan
from mapper.transforms.registry import TRANSFORMS


def remarking_lets(plan: Plan) -> frozenset[str]:
    """The lets of whose values something can be remarked; each stands behind those it reads."""
    found: set[str] = set()
    for let in plan.lets:
        if _remarks(let.value, found):
            found.add(let.name)
    return frozenset(found)


def may_remark(expression: Expression, lets: Set[str]) -> bool:
    """Whether an expression can have something said of its value. lets: those that can."""
    return any(
        (isinstance(node, Call) and node.name in TRANSFORMS and TRANSFORMS[node.name].noting)
        or (isinstance(node, Variable) and node.name in lets)
        or may_doubt(node)
        for node in expression.walk()
    )


def _remarks(value: Planned, lets: Set[str]) -> bool:
    """Whether something can be remarked of a value, or of one within it."""
    return any(_remarks_itself(one, lets) for one in every(value))


def _remarks_itself(value: Planned, lets: Set[str]) -> bool:
    if has_default(value):
        return True
    for step in value.steps:
        calculates = step.transform.name in CALCULATIONS and bool(step.reads)
        if step.transform.noting or calculates or not lets.isdisjoint(step.reads):
            return True
    return isinstance(value.source, Expression) and may_remark(value.source, lets)
