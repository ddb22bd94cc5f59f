"""A `lookup` among some steps -> the constants that its table gives, and whether a field takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.plan.constants import is_settled_by, run_steps
from mapper.compiler.plan.constants import settle as run_constant
from mapper.compiler.plan.facts import WrongConstant
from mapper.compiler.plan.steps import Step
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.shapes import json_of
from mapper.compiler.syntax.values import Constant, WrittenStep
from mapper.compiler.yaml.reader import MapNode
from mapper.diagnostic import Diagnostic
from mapper.types import Invalid, Json

_LOOKUP = "lookup"
_TABLE, _DEFAULT = "table", "default"


def check_tables(
    written: Sequence[WrittenStep], steps: Sequence[Step], target: TargetField, found: list[Diagnostic]
) -> None:
    """Report values of a table that the field of its rule never takes, behind the steps that follow."""
    place = _last_lookup(steps)
    if place is None:
        return
    for one in table_constants(written[place]):
        try:
            run_constant(one.value, tuple(steps[place + 1 :]), target)
        except Invalid as invalid:
            message = f"`{target.path}` does not accept this constant: {invalid.reason}"
            fact = WrongConstant(one, invalid.reason, target)
            found.append(Diagnostic("M303", one.span, message, path=target.path, facts=fact))


def table_constants(step: WrittenStep) -> Iterator[Constant]:
    """The values of a lookup's table, and its default, as they are written."""
    node = step.arguments
    if step.transform != _LOOKUP or not isinstance(node, MapNode):
        return
    named = {key.text: value for key, value in node.entries}
    table = named.get(_TABLE) if {*named} <= {_TABLE, _DEFAULT} else node
    values = [value for _, value in table.entries] if isinstance(table, MapNode) else []
    if table is not node and _DEFAULT in named:
        values.append(named[_DEFAULT])
    for value in values:
        yield Constant(json_of(value), value.span)


def looked_up(steps: Sequence[Step]) -> list[Json] | None:
    """What a value can be behind steps of which one is a lookup; None where there is none."""
    place = _last_lookup(steps)
    if place is None:
        return None
    stated = {parameter.name: value for parameter, value in steps[place].arguments}
    table = stated.get(_TABLE)
    values: list[Json] = [*table.values(), stated.get(_DEFAULT)] if isinstance(table, dict) else []  # type: ignore[list-item]  # settled: no variables
    return [made for value in values for made in _made(value, tuple(steps[place + 1 :]))]


def _made(value: Json, steps: tuple[Step, ...]) -> Iterator[Json]:
    try:
        yield run_steps(value, steps)
    except Invalid:
        return


def _last_lookup(steps: Sequence[Step]) -> int | None:
    """Where the last lookup stands, if it and what follows need nothing of the event but its key."""
    places = [place for place, step in enumerate(steps) if step.transform.name == _LOOKUP]
    return places[-1] if places and is_settled_by(tuple(steps[places[-1] :])) else None
