"""Plan -> Recorder: applies it to events, and says which parts of the mapping acted for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from mapper.compiler.emit.context import EmitContext
from mapper.compiler.emit.function_code import compile_functions
from mapper.compiler.emit.marks import Point
from mapper.compiler.emit.readable.readable_program import code_of
from mapper.compiler.explain.event_log import EventLog, LogWriter, hooks, write_marked
from mapper.compiler.explain.let_readers import let_readers
from mapper.compiler.explain.read_paths import personal_tables, read_paths, unread_paths, values_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import Path
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.ir import own_steps
from mapper.compiler.plan.planner import Plan
from mapper.runtime.outcome import Outcome
from mapper.runtime.program import Program, load
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class Recorder:
    """A program that says what acted. Not safe to call from several threads at once.

    points: all that can act, as written in the module's code. writer: of the log of the last event.
    signals: the target paths that the destination scores events by, several where one of them suffices.
    read: the paths in the event that rules read, with all below. personal: the points of a `lookup` that is
    asked for values of persons. let_readers: by `$name` of a let, the target paths
    that are made with it, and "" where a condition reads it.
    """

    program: Program
    points: tuple[Point, ...]
    writer: LogWriter
    signals: tuple[tuple[str, ...], ...]
    read: frozenset[Path]
    personal: frozenset[Point]
    let_readers: dict[str, frozenset[str]]

    def apply(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of an event, as `Program.apply` gives them; `log` is of it then."""
        self.writer.begin()
        return self.program.apply(event, meta)

    @property
    def log(self) -> EventLog:
        """The log of the last event: the points that acted, and the values that none was for."""
        return self.writer.log()

    def unread(self, event: dict[str, Json], shown: Callable[[str], str]) -> set[str]:
        """The paths of attributes with a value that no rule reads. shown: a name as it may be shown."""
        return unread_paths(event, self.read, shown)

    def apply_decoded(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """As `apply`, for an event that `json.loads` or the like has made."""
        self.writer.begin()
        return self.program.apply_decoded(event, meta)


def recorder(plan: Plan, guard: Any = None) -> Recorder:
    """The recorder of a plan, its program in the raw form. guard: as in `Code`."""
    context, writer = write_marked(plan), LogWriter()
    program = marked_program(context, writer, guard)
    points = tuple(_named(context.marks.numbers, plan))
    tables = personal_tables(plan)
    return Recorder(
        program,
        points,
        writer,
        plan.target.practice.scored,
        read_paths(plan),
        frozenset(one for one in points if one.kind == "lookup" and one.span in tables),
        let_readers(plan),
    )


def marked_program(context: EmitContext, writer: LogWriter, guard: Any = None) -> Program:
    """The program of a plan that is written with marks, in the raw form. writer: of what acts."""
    plan, tables = context.plan, context.marks.tables
    code = replace(code_of(plan, context.module), guard=guard)
    return load(code, compile_functions, known=hooks(writer, tables, plan.sections))


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
