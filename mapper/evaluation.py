"""One expression, alone or within a mapping -> its value for an event: what `mapper eval` asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from mapper.compiler.explain.event_run import EventRun, event_frames, load_alone
from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import Let
from mapper.compiling import checked, compile_expression, plan_text, sendable
from mapper.project.project import project_of, read_text
from mapper.texts.named_text import Text
from mapper.values.types import Json

# Gives the values for an event, and what a host knows of it: several, where a mapping splits it.
Evaluate: TypeAlias = Callable[[Any, dict[str, Any]], Iterator[Json]]
# No author's name for a let has a space.
_NAME = "the expression"


def evaluator(
    expression: str, mapping: str | Path | None = None, *, schemas: str | Path | None = None
) -> Evaluate:
    """A function that gives the values of an expression for an event; they raise Invalid.

    mapping: the file whose `let` names, functions and tables it may use. Raises CompileError for what is
    wrong with either, and OSError.
    """
    if mapping is None:
        compiled = compile_expression(expression)
        return lambda event, meta: iter((compiled(event),))

    def with_expression(made: Mapping, reading: FileReading) -> Mapping:
        span = Text("<expression>", expression).span
        read = reading.expression(expression, span)
        reading.bind({one.name: one.facts for one in made.functions}, complete=True)
        return replace(made, lets=(*made.lets, Let(_NAME, read, span(0, len(expression)))))

    planned = plan_text(read_text(mapping), project_of(mapping, schemas), add=with_expression)
    plan = sendable(checked(planned))
    value = next(let.value for let in plan.lets if let.name == _NAME)
    alone = load_alone(plan, value)

    def evaluate(event: Any, meta: dict[str, Any]) -> Iterator[Json]:
        for frame in event_frames(alone, event, meta):
            yield EventRun(alone, frame, alone.log(frame).results, frame.event).value(value)

    return evaluate
