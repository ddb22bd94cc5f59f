"""Plan -> Recorder: applies it to events, and says which parts of the mapping acted for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import EmitContext
from mapper.compiler.emit.marks import ANSWERS, HOOKS, Marks, NumberedRows, Point
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.readable.program import code_of, write_program
from mapper.compiler.explain.event_run import is_named
from mapper.compiler.explain.let_readers import let_readers
from mapper.compiler.explain.read_paths import personal_tables, read_paths, unread_paths, values_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import Path
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.ir import own_steps
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.runtime.outcome import Outcome
from mapper.runtime.program import Program, load
from mapper.texts.text import Span
from mapper.transforms.matching import extract
from mapper.transforms.tables import lookup
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class Recorder:
    """A program that says what acted. Not safe to call from several threads at once.

    points: all that can act, as written in the module's code. reached: the numbers of those that acted for
    the last event, in that order, some several times. missed: the values for which a `lookup` has no entry,
    and what `match` gave if no section has it, each with the number of its point.
    signals: the target paths that the destination scores events by, several where one of them suffices.
    read: the paths in the event that rules read, with all below. personal: the points of a `lookup` that is
    asked for values of persons. let_readers: by `$name` of a let, the target paths
    that are made with it, and "" where a condition reads it.
    """

    program: Program
    points: tuple[Point, ...]
    reached: list[int]
    missed: list[tuple[int, Json]]
    signals: tuple[tuple[str, ...], ...]
    read: frozenset[Path]
    personal: frozenset[Point]
    let_readers: dict[str, frozenset[str]]

    def apply(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of an event, as `Program.apply` gives them; `reached` and `missed` are of it then."""
        self.reached.clear()
        self.missed.clear()
        return self.program.apply(event, meta)

    def unread(self, event: dict[str, Json], shown: Callable[[str], str]) -> set[str]:
        """The paths of attributes with a value that no rule reads. shown: a name as it may be shown."""
        return unread_paths(event, self.read, shown)

    def apply_decoded(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """As `apply`, for an event that `json.loads` or the like has made."""
        self.reached.clear()
        self.missed.clear()
        return self.program.apply_decoded(event, meta)


def recorder(plan: Plan, guard: Any = None) -> Recorder:
    """The recorder of a plan, its program in the raw form. guard: as in `Code`."""
    marks = Marks(wanted=True)
    module = Module(taken=HOOKS)
    write_program(EmitContext(plan, module, marks=marks))
    code = replace(code_of(plan, module), guard=guard)
    check_code(code.text, known=HOOKS)
    reached: list[int] = []
    missed: list[tuple[int, Json]] = []
    missing = _missing_hooks(marks.tables, plan.sections, reached, missed)
    program = load(code, known={**_hooks(reached.append), **missing})
    points = tuple(_named(marks.numbers, plan))
    tables = personal_tables(plan)
    return Recorder(
        program,
        points,
        reached,
        missed,
        plan.target.practice.scored,
        read_paths(plan),
        frozenset(one for one in points if one.kind == "lookup" and one.span in tables),
        let_readers(plan),
    )


def _named(points: Iterable[Point], plan: Plan) -> Iterator[Point]:
    """The points, those of a `lookup` or `extract` with the path of the first rule whose value it makes."""
    paths: dict[Span, str] = {}
    for value in values_of(plan):
        for step in own_steps(value):
            if step.span is not None:
                paths.setdefault(step.span, plan.places[value.place].path)
        if isinstance(value.source, Expression):
            for call in (node for node in value.source.walk() if isinstance(node, Call)):
                paths.setdefault(value.source.span(call), plan.places[value.place].path)
    for point in points:
        is_shared = point.kind in ("lookup", "extract")
        yield replace(point, name=paths.get(point.span, "a condition")) if is_shared else point


def _hooks(reach: Callable[[int], None]) -> dict[str, Any]:
    """The functions that marks call. reach: told the number of each point that acts."""

    def given(value: Json, number: int) -> Json:
        if value is not None:
            reach(number)
        return value

    def passed(value: Any, number: int) -> Any:
        reach(number)
        return value

    def held(test: bool, number: int) -> bool:
        if test:
            reach(number)
        return test

    def told(test: bool, yes: int, no: int) -> bool:
        reach(yes if test else no)
        return test

    def filled(put: bool, number: int, default: int, there: bool) -> bool:
        if there:
            reach(number if put else default)
        return put

    def answered(given: bool, answer: str, *numbers: int) -> bool:
        reach(numbers[ANSWERS.index(answer)])
        return given

    return {one.__name__: one for one in (answered, filled, given, held, passed, told)}


def _missing_hooks(
    tables: dict[int, NumberedRows],
    sections: Sequence[PlannedSection],
    reached: list[int],
    missed: list[tuple[int, Json]],
) -> dict[str, Any]:
    """Those that also tell a value that no table has, or no section.

    tables: as in `Marks`. sections: one that has the name may have a condition that is not true.
    """
    reach = reached.append

    def unmatched(result: list[Outcome], name: Json, number: int) -> list[Outcome]:
        reach(number)
        if not any(is_named(name, one) for one in sections):
            missed.append((number, name))
        return result

    def looked_up(value: Json, *given: Any, number: int, **named: Any) -> Json:
        entry = lookup(value, tables[number].table, None, tables[number].patterns)
        if type(entry) is int:
            reach(entry)
        else:
            reach(number)
            missed.append((number, value))
        return lookup(value, *given, **named)

    return {"extracted": _extracting(missed), "looked_up": looked_up, "unmatched": unmatched}


def _extracting(missed: list[tuple[int, Json]]) -> Callable[..., Json]:
    """The one that also tells a text that a pattern does not describe."""

    def extracted(value: Json, *given: Any, number: int, **named: Any) -> Json:
        found = None
        try:
            found = extract(value, *given, **named)
        finally:
            if found is None:
                missed.append((number, value))
        return found

    return extracted
