"""The code that is written once: fields that several sections send by the same rules, values made alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import TypeAlias

from mapper.compiler.emit.context import EmitContext, needs_said, tells
from mapper.compiler.emit.notes import may_note
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Variable
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
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan

FieldRun: TypeAlias = tuple[PlannedField, ...]
# Entries by their `id`: those of most sections are the very same.
_Key: TypeAlias = tuple[int, ...]


class Runs:
    """The runs of a plan. uses: how often an object or a list is written, by the `id` of its source."""

    def __init__(self, context: EmitContext) -> None:
        self.uses: Counter[int] = Counter()
        self._context = context
        objects = _objects_of(context.plan)
        rows = [row_of(one, context) for one in objects]
        chains = [chain for chain in _chains(rows) if len(chain) > 1]
        often = Counter(map(key_of, chains))
        self._by_first: dict[int, list[_Key]] = {}
        for key in sorted((key for key, count in often.items() if count > 1), key=len, reverse=True):
            self._by_first.setdefault(key[0], []).append(key)
        self._count(objects, rows)

    def split(self, row: Sequence[PlannedField]) -> Iterator[FieldRun]:
        """The fields of an object, in their order: runs that are needed elsewhere too, and single fields."""
        ids, at = tuple(map(id, row)), 0
        while at < len(row):
            fitting = (key for key in self._by_first.get(ids[at], ()) if ids[at : at + len(key)] == key)
            length = len(next(fitting, (0,)))
            yield tuple(row[at : at + length])
            at += length

    def list_of(self, entry: PlannedField) -> str:
        """The let whose elements, whatever is in them, a field is made of one by one; "" of other fields."""
        loop = entry.value.source
        if (
            not isinstance(loop, Loop)
            or loop.where is not None
            or not loop.items.bare
            or not entry.value.alone
        ):
            return ""
        asked = entry.when is not None or entry.default is not None or entry.required
        needing = self._context.path_of(entry) in self._context.needs
        items = loop.items.source
        if asked or needing or self.uses[id(loop)] > 1 or not isinstance(items, Expression):
            return ""
        lets = (let.name for let in self._context.plan.lets)
        return items.root.name if isinstance(items.root, Variable) and items.root.name in lets else ""

    def _count(self, objects: list[PlannedObject], rows: list[list[PlannedField]]) -> None:
        """Count what is written: once what belongs to a run, and to an object that is shared."""
        written: set[_Key] = set()
        for built, row in zip(objects, rows, strict=True):
            rest = self._context.in_order_of_needs(built)[len(row) :]
            for run in (*self.split(row), *((entry,) for entry in rest)):
                key = key_of(run)
                if len(run) > 1 and key in written:
                    continue
                written.add(key)
                self.uses.update(
                    id(entry.value.source)
                    for entry in run
                    if isinstance(entry.value.source, PlannedObject | Loop)
                )


def key_of(run: Sequence[PlannedField]) -> _Key:
    """The key that tells a run from others."""
    return tuple(map(id, run))


def row_of(built: PlannedObject, context: EmitContext) -> list[PlannedField]:
    """The fields of an object that are written in a row, with nothing to be kept in mind between them."""
    entries = context.in_order_of_needs(built)
    return list(takewhile(tells, entries)) if needs_said(built) else entries


def is_always_made(entry: PlannedField) -> bool:
    """Whether a field is a constant, or an object whose own fields are made carefully one by one."""
    if entry.when is not None or not entry.value.alone:
        return False
    match entry.value.source:
        case Fixed():
            return True
        case PlannedObject() as built:
            return not built.checks
        case Expression() | First() | Choice() | Loop() | Zipped() | PlannedList():
            return False


def _objects_of(plan: Plan) -> list[PlannedObject]:
    """Each object whose fields are made carefully one by one, once."""
    found: dict[int, PlannedObject] = {}
    waiting = [one.payload for one in reversed(plan.all_sections) if one.payload is not None]
    while waiting:
        built = waiting.pop()
        if id(built) not in found:
            found[id(built)] = built
            for entry in built.entries:
                if isinstance(entry.value.source, PlannedObject) and is_always_made(entry):
                    waiting.append(entry.value.source)
    return list(found.values())


def _chains(rows: list[list[PlannedField]]) -> Iterator[list[PlannedField]]:
    """The rows, broken between fields that follow each other nowhere else, or in few of the places of one."""
    single = Counter(id(one) for row in rows for one in row)
    beside = Counter((id(one), id(next_one)) for row in rows for one, next_one in pairwise(row))
    for row in rows:
        chain = row[:1]
        for one, next_one in pairwise(row):
            together = beside[id(one), id(next_one)]
            if together == 1 or together * 2 < max(single[id(one)], single[id(next_one)]):
                yield chain
                chain = []
            chain.append(next_one)
        yield chain


def value_key(planned: Planned) -> Hashable:
    """The key of values that are made alike at the same point; None for one that is not shared."""
    if not planned.alone:
        return None
    match planned.source:
        case Expression() as expression:
            variables = tuple([name for name, _, _ in expression.variables])
            made = (expression.text.strip(), variables, _steps(planned.steps), _finish(planned))
            return None if may_note(expression, frozenset()) else made
        case First():
            keys = tuple(map(value_key, children(planned)))
            return None if None in keys or not planned.bare else keys
        case Fixed() | Choice() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return None


def _steps(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(f"{step.describe()} {step.spares_digests} {step.reads}" for step in steps)


def _finish(planned: Planned) -> Hashable:
    finish = planned.finish
    if finish is None:
        return None
    steps = _steps(finish.steps), _steps(finish.list_steps)
    return finish.kind, steps, finish.field.type, repr(finish.limits), repr(finish.list_limits)
