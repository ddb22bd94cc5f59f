"""Plan -> Code: Python text that a colleague could have written, and the span each line stems from."""

from __future__ import annotations

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import EVENT, Writing
from mapper.compiler.emit.expression_writer import Names
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.readable.rules import required_of_sections, rules_of_sections
from mapper.compiler.emit.readable.sections import write_program
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planner import Plan
from mapper.runtime.program import Code


def generate(plan: Plan) -> Code:
    """The code of a plan. The same mapping and schema give the same bytes."""
    writing = Writing(plan, Module())
    write_program(writing)
    lines = writing.module.lines()
    text = "".join(f"{line}\n" for line, _ in lines)
    check_code(text)
    return Code(
        name=plan.mapping.name or plan.mapping.text.name,
        target=plan.target.name,
        profile=plan.target.profile,
        text=text,
        places=tuple((place.path, place.span.place) for place in plan.places),
        spans=tuple(None if span is None else (span.text.name, span.start, span.end) for _, span in lines),
        reads_meta="frame.meta" in text,
        name_field=plan.target.event_names.field if plan.target.event_names is not None else "",
        names=_names(plan),
        sections=rules_of_sections(plan),
        required=required_of_sections(plan),
        allowed=plan.allowed,
    )


def _names(plan: Plan) -> tuple[str, ...]:
    """The names of events that stand in the mapping: those that it takes, and those that it sends."""
    sections = [*plan.sections, *([] if plan.otherwise is None else [plan.otherwise])]
    taken = {one for section in sections for one in section.constants or () if isinstance(one, str)}
    return tuple(sorted(taken | {section.name for section in sections if section.name}))


def generate_expression(expression: Expression) -> str:
    """The text of a module whose function `read(event, frame)` works out one expression without variables."""
    module = Module()
    function = module.function("read", *EVENT.parameters)
    names = Names(at="event", variables={}, parameters=("frame",))
    function.write(f"return {write_expression(expression, names, function, module)}")
    text = module.text()
    check_code(text)
    return text
