"""Runs: which fields in a row several sections send by the same rules, so that they are written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import TypeAlias

from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.readable.values import in_order_of_needs, needs_said, tells
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Choice, Entry, First, Fixed, List, Loop, Object, Zipped
from mapper.compiler.plan.planner import Plan

FieldRun: TypeAlias = tuple[Entry, ...]
# Entries by their `id`: those of most sections are the very same.
_Key: TypeAlias = tuple[int, ...]


class Runs:
    """The runs of a plan. uses: how often an object or a list is written, by the `id` of its source."""

    def __init__(self, plan: Plan, writing: Writing) -> None:
        self.uses: Counter[int] = Counter()
        objects = _objects_of(plan)
        rows = [row_of(one, writing) for one in objects]
        chains = [chain for chain in _chains(rows) if len(chain) > 1]
        often = Counter(map(key_of, chains))
        self._by_first: dict[int, list[_Key]] = {}
        for key in sorted((key for key, count in often.items() if count > 1), key=len, reverse=True):
            self._by_first.setdefault(key[0], []).append(key)
        self._count(objects, rows, writing)

    def split(self, row: Sequence[Entry]) -> Iterator[FieldRun]:
        """The fields of an object, in their order: runs that stand elsewhere too, and single fields."""
        ids, at = tuple(map(id, row)), 0
        while at < len(row):
            fitting = (key for key in self._by_first.get(ids[at], ()) if ids[at : at + len(key)] == key)
            length = len(next(fitting, (0,)))
            yield tuple(row[at : at + length])
            at += length

    def _count(self, objects: list[Object], rows: list[list[Entry]], writing: Writing) -> None:
        """Count what is written: once what stands in a run, and what stands in an object that is shared."""
        written: set[_Key] = set()
        for built, row in zip(objects, rows, strict=True):
            rest = in_order_of_needs(built, writing)[len(row) :]
            for run in (*self.split(row), *((entry,) for entry in rest)):
                key = key_of(run)
                if len(run) > 1 and key in written:
                    continue
                written.add(key)
                self.uses.update(
                    id(entry.value.source) for entry in run if isinstance(entry.value.source, Object | Loop)
                )


def key_of(run: Sequence[Entry]) -> _Key:
    """What tells a run from others."""
    return tuple(map(id, run))


def row_of(built: Object, writing: Writing) -> list[Entry]:
    """The fields of an object that are written in a row, with nothing to be kept in mind between them."""
    entries = in_order_of_needs(built, writing)
    return list(takewhile(tells, entries)) if needs_said(built) else entries


def stands(entry: Entry) -> bool:
    """Whether a field is a constant, or an object whose own fields are made carefully one by one."""
    if entry.when is not None or not entry.value.alone:
        return False
    match entry.value.source:
        case Fixed():
            return True
        case Object() as built:
            return not built.checks
        case Expression() | First() | Choice() | Loop() | Zipped() | List():
            return False


def _objects_of(plan: Plan) -> list[Object]:
    """Each object whose fields are made carefully one by one, once."""
    found: dict[int, Object] = {}
    payloads = [one.payload for one in (*plan.sections, plan.otherwise) if one is not None]
    waiting = [payload for payload in reversed(payloads) if payload is not None]
    while waiting:
        built = waiting.pop()
        if id(built) not in found:
            found[id(built)] = built
            for entry in built.entries:
                if isinstance(entry.value.source, Object) and stands(entry):
                    waiting.append(entry.value.source)
    return list(found.values())


def _chains(rows: list[list[Entry]]) -> Iterator[list[Entry]]:
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
