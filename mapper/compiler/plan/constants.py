"""A constant and its steps -> the value every event will carry. Raises Invalid if there is none.

The values of a `lookup` table are checked likewise: its field must accept them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Field, Literal
from mapper.compiler.plan.plan_facts import WrongConstant
from mapper.compiler.plan.planned_steps import Step, form_steps
from mapper.compiler.plan.scope import ColumnUse, Draft
from mapper.compiler.schema.target import Limits, TargetField
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.value_nodes import Constant
from mapper.compiler.syntax.written_steps import (
    DEFAULT,
    LOOKUP,
    PATTERNS,
    TABLE,
    WrittenStep,
    named_arguments,
    names_variable,
)
from mapper.compiler.yaml.nodes import MapNode, YamlNode
from mapper.runtime.limits import (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    on_each,
    one_of,
    unless_digest,
    within,
)
from mapper.runtime.object_operations import having_group
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, kind_name


def settle(
    value: Json, steps: tuple[Step, ...], field: TargetField | None, note_texts: list[str] | None = None
) -> Json:
    """The result of the steps and the field for a constant; null if nothing is left of it.

    note_texts: takes what transforms of the field's normal form note.
    """
    value = run_steps(value, steps)
    if absent(value):
        return None
    return value if field is None or not field.type.known else _settle_in(value, field, note_texts)


def _settle_in(value: Json, field: TargetField, note_texts: list[str] | None) -> Json:
    """A constant in the form of its field, and each part of it in that of its own."""
    if field.is_object:
        return _settle_object(value, field)
    if field.item is None:
        if isinstance(value, list) and field.form and "array" not in field.type.kinds:
            raise Invalid(SafeText("accepts one value, not {}", kind_name(value)))
        return limited(run_steps(value, form_steps(field.form), note_texts), field.limits)
    elements = value if isinstance(value, list) else [value]
    settled = [_settle_in(one, field.item, note_texts) for one in elements if not absent(one)]
    kept: Json = [one for one in settled if one is not None]
    return limited(run_steps(kept, form_steps(field.form), note_texts), field.limits) if kept else None


def _settle_object(value: Json, field: TargetField) -> Json:
    if not isinstance(value, dict):
        raise Invalid(SafeText("accepts object, not {}", kind_name(value)))
    made: dict[str, Json] = {}
    for name, part in value.items():
        child = field.field(name)
        if child is None and field.closed:
            near = closest(name, [known.name for known in field.fields])
            hint = f", did you mean `{near}`?" if near else ""
            raise Invalid(SafeText.known(f"has no field `{name}`{hint}"))
        settled = part if child is None else settle(part, (), child)
        if settled is not None:
            made[name] = settled
    for child in field.fields:
        if child.required and child.name not in made:
            raise Invalid(SafeText("lacks `{}`", SafeText.known(child.name)))
    for check in field.checks:
        having_group(made, check.groups, check.describe())
    return made or None


def is_settled_by(steps: tuple[Step, ...]) -> bool:
    """Whether the steps need nothing of the event."""
    return not any(step.reads or step.own is not None for step in steps)


def run_steps(value: Json, steps: tuple[Step, ...], note_texts: list[str] | None = None) -> Json:
    """The value after the steps; a step on one value acts on each element of a list."""
    for step in steps:
        if value is None:
            return None
        value = run_step(step, value, note_texts)
    return value


def run_step(step: Step, value: Json, note_texts: list[str] | None = None) -> Json:
    """The result of one step for a value that is not null, or for each element of a list."""
    if isinstance(value, list) and not step.transform.whole:
        return on_each(value, lambda element: _run(step, element, note_texts))
    return _run(step, value, note_texts)


def _run(step: Step, value: Json, note_texts: list[str] | None) -> Json:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter, argument in step.arguments:
        if parameter.variadic:
            positional += argument if isinstance(argument, list) else [argument]
        else:
            named[parameter.name] = argument
    if step.transform.noting:
        named["note_texts"] = [] if note_texts is None else note_texts
    if step.spares_digests:
        return unless_digest(value, step.transform.function, *positional, **named)
    result: Json = step.transform.function(value, *positional, **named)
    return result


def limited(value: Json, limits: Limits) -> Json:
    """The value itself where it keeps within the limits; raises Invalid where it does not."""
    if value is None:
        return None
    if limits.enum is not None:
        one_of(value, limits.enum)
    if isinstance(value, str):
        at_most_long(value, limits.max_length)
        at_least_long(value, limits.min_length)
        if limits.pattern is not None:
            matching(value, limits.pattern)
    elif isinstance(value, list):
        counted(value, limits.min_items, limits.max_items)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        within(value, limits.minimum, limits.maximum, limits.above, limits.below)
    return value


def check_tables(
    written: Sequence[WrittenStep], steps: Sequence[Step], target: TargetField, draft: Draft
) -> None:
    """Report values of a table that the field of its rule never takes, after the steps that follow."""
    place = _last_lookup(steps)
    if place is None:
        return
    lookup, after = written[place], steps[place + 1 :]
    if lookup.entries is None:
        _check_values(table_constants(lookup), after, target, draft.found)
    elif lookup.entries.columns is None or target.is_object:  # else their type is wrong already
        is_new = _is_new(ColumnUse(lookup.table, "", _texts(after), id(target)), target, draft)
        _check_values(table_constants(lookup, rows=is_new), after, target, draft.found)


def check_rows(expression: Expression, steps: Sequence[Step], target: TargetField, draft: Draft) -> None:
    """Report values of the table that an expression looks into, or of a column of it, likewise."""
    root = expression.root
    column = root.name if isinstance(root, Field) else ""
    call = root.base if isinstance(root, Field) else root
    if not isinstance(call, Call) or call.name != LOOKUP or not is_settled_by(tuple(steps)):
        return
    all_tables = draft.tables.values()
    table = next((one for one in all_tables if one.entries and one.entries.table is _table(call)), None)
    if table is None or table.entries is None or bool(column) == (table.entries.table.columns is None):
        return
    if _is_new(ColumnUse(table.name, column, _texts(steps), id(target)), target, draft):
        rows = (node for _, node in table.entries.node.entries)
        cells = (cell for row in rows for cell in (_cells(row, column) if column else (row,)))
        values = (Constant(json_of(cell), cell.span) for cell in cells)
        _check_values(values, steps, target, draft.found)


def _texts(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple([step.written() for step in steps])


def _is_new(use: ColumnUse, target: TargetField, draft: Draft) -> bool:
    """Whether the entries of a table were not held to a field yet: rules of many sections may share both."""
    if use in draft.checked:
        return False
    draft.checked[use] = target  # which keeps its identity from another one
    return True


def _cells(row: YamlNode, column: str) -> Iterator[YamlNode]:
    """The cell of a row in a column, if it is not blank."""
    entries = row.entries if isinstance(row, MapNode) else ()
    return (cell for name, cell in entries if name.text == column)


def _table(call: Call) -> Json:
    """The constant table that a call of `lookup` is given."""
    table = call.arguments[1] if len(call.arguments) > 1 else None
    return table.value if isinstance(table, Literal) else None


def _check_values(
    values: Iterable[Constant], steps: Sequence[Step], target: TargetField, found: Findings
) -> None:
    for one in values:
        try:
            settle(one.value, tuple(steps), target)
        except Invalid as invalid:
            message = f"`{target.path}` does not accept this constant: {invalid.reason}"
            fact = WrongConstant(one, invalid.reason, target)
            found.say(Diagnostic("M303", one.span, message, path=target.path, facts=fact))


def table_constants(step: WrittenStep, *, rows: bool = True) -> Iterator[Constant]:
    """The values of a lookup's table, and its default if it is a constant. rows: those of a file too."""
    if step.transform != LOOKUP:
        return
    named = named_arguments(step)
    names = (PATTERNS,) if step.table and not rows else (TABLE, PATTERNS)
    tables = [one for name in names if isinstance(one := named.get(name), MapNode)]
    values = [value for table in tables for _, value in table.entries]
    values += [one for name, one in named.items() if name == DEFAULT and not names_variable(one)]
    for value in values:
        yield Constant(json_of(value), value.span)


def looked_up(steps: Sequence[Step]) -> list[Json] | None:
    """The values that are possible after steps that include a lookup; None where there is none."""
    place = _last_lookup(steps)
    if place is None:
        return None
    stated = {parameter.name: value for parameter, value in steps[place].arguments}
    tables = [one for name in (TABLE, PATTERNS) if isinstance(one := stated.get(name), dict)]
    values: list[Json] = [value for table in tables for value in table.values()]
    values += [stated.get(DEFAULT)] if tables else []  # type: ignore[list-item]  # settled: no variables
    return [made for value in values for made in _made(value, tuple(steps[place + 1 :]))]


def _made(value: Json, steps: tuple[Step, ...]) -> Iterator[Json]:
    try:
        yield run_steps(value, steps)
    except Invalid:
        return


def _last_lookup(steps: Sequence[Step]) -> int | None:
    """The position of the last lookup, if it and the steps after it need nothing of the event but its key."""
    places = [place for place, step in enumerate(steps) if step.transform.name == LOOKUP]
    return places[-1] if places and is_settled_by(tuple(steps[places[-1] :])) else None
