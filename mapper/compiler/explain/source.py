"""Where a value comes from, and which events a section takes, in the words of the mapping."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Choice, First, Fixed, List, Loop, Object, Planned, Zipped
from mapper.compiler.plan.planner import PlannedSection


def source_text(planned: Planned) -> str:
    """What stands for the source of a value: its expression, `constant web`, `the first of`, `each lines`."""
    match planned.source:
        case Expression() as expression:
            return expression.text
        case Fixed() as fixed:
            return f"constant {fixed.value}"
        case First():
            return "the first of"
        case Choice():
            return "case"
        case Loop() as loop:
            where = "" if loop.where is None else f", where {loop.where.text}"
            each = "" if isinstance(loop.items.source, Zipped) else "each "
            return f"{each}{source_text(loop.items)}{where}"
        case Zipped() as zipped:
            return "zip " + ", ".join(f"{name}: {source_text(one)}" for name, one in zipped.lists)
        case List():
            return "a list of"
        case Object():
            return "an object"


def takes_text(section: PlannedSection) -> str:
    """Which events a section takes."""
    takes = []
    if section.constants is not None:
        takes.append("is " + ", ".join(str(one) for one in section.constants))
    if section.when is not None:
        takes.append(f"when {section.when.text}")
    return " and ".join(takes) or "all others"
