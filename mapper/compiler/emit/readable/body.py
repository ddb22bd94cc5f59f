"""The body of a function of the readable form: where its statements go, and what they can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Literal

from mapper.compiler.emit.context import EVENT, EmitContext, Subject
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.marks import Point, PointKind
from mapper.compiler.emit.module import FunctionText
from mapper.compiler.emit.read_names import Names
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Charge, Outside, charges_of
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    RulePlace,
    Zipped,
    children,
    every,
    parts,
)
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

# What a comment may name: a target path, or a let.
_RULE = re.compile(r"\$?[a-z0-9_]+(\[\])?(\.[a-z0-9_]+(\[\])?)*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """A function being written, about the event or an item of a list."""

    function: FunctionText
    subject: Subject
    context: EmitContext

    @classmethod
    def new(cls, stem: str, subject: Subject, context: EmitContext) -> Body:
        """The body of a new function."""
        return cls(context.module.function(stem, *subject.parameters), subject, context)

    def write(self, text: str, span: Span | None = None) -> None:
        """Append one statement to the function."""
        self.function.write(text, span)

    def block(self, header: str, span: Span | None = None) -> AbstractContextManager[None]:
        """Write a header that ends in `:`; what is written inside is one step deeper."""
        return self.function.block(header, span)

    def use(self, name: str) -> str:
        """A name of `mapper.runtime`, imported."""
        return self.context.module.use(name)

    def comment(self, what: str, span: Span) -> None:
        """A line that names the rule; only names of the target get into it, never an author's text."""
        known = what if _RULE.fullmatch(what) else ""
        self.write(f"# {known}, line {span.line}" if known else f"# line {span.line}", span)

    def read(self, expression: Expression, kept: Charge | None = "all") -> str:
        """Statements that work out an expression; the Python atom that holds its value.

        kept: what is paid for its value where that is read again; None where it is only tested.
        """
        return write_expression(expression, self._names(kept), self.function, self.context.module)

    def point(self, kind: PointKind, place: int, part: str, span: Span) -> Point:
        """The point that counts that a part of a rule acts."""
        return Point(kind, self.context.plan.places[place].path, part, span)

    def asked(self, test: str, kind: Literal["when", "where"], place: int, condition: Expression) -> str:
        """Python for the test of a rule's condition, which counts both ways where marks are wanted."""
        at = RulePlace(self.context.plan.places[place].path, condition.whole)
        return self.context.marks.told(test, kind, at)

    def pays(self, expression: Expression, kept: Charge | None = "all") -> bool:
        """Whether an expression reads something again for each of many elements, which is paid for."""
        return bool(self._names(kept).charges(expression))

    def in_name(self, atom: str, span: Span | None) -> str:
        """A name that holds a value."""
        if not atom.isidentifier():
            self.write(f"value = {atom}", span)
        return atom if atom.isidentifier() else "value"

    def _names(self, kept: Charge | None) -> Names:
        subject = self.subject
        own = {"event": "event"} if subject is EVENT else {"index": "index"}
        return Names(
            at=subject.at,
            variables=self.context.variables | own,
            parameters=subject.parameters[1:],
            at_is_object=subject is EVENT,
            outside=self.context.outside_of(subject),
            kept=kept,
            own_call=self.context.own_call,
            found_by=self.context.marks.found_in if self.context.marks.wanted else None,
        )


def kept_of(planned: Planned, context: EmitContext) -> Charge | None:
    """The charge for an expression's value where that is read again: no more than is done with it."""
    if id(planned.source) in context.passing:
        return None
    shaped = planned.finish is not None and planned.finish.kind == "one"
    looped = id(planned.source) in context.looped and "" in context.repeated
    if (shaped or looped) and not any(step.transform.whole for step in planned.steps):
        return "elements"
    return "all"


def find_repeated(context: EmitContext) -> None:
    """Find the variables that hold what is read again for many events or elements.

    With `split` that is the whole source event, and the event where each is given parts of the whole; and a
    let is as what it passes on.
    """
    split = context.plan.split
    if split is not None:
        again = _is_repeated(split.parts, Outside(context.large))
        context.repeated |= {"whole", "", "event"} if again else {"whole"}
    lets = context.plan.values_of_lets
    passed = {name: list(_passed(value)) for name, value in lets.items() if name in context.large}
    context.passing.update(id(one) for reads in passed.values() for one in reads)
    more = set(passed)
    while more:
        outside = context.outside_of(EVENT)
        more = {
            name
            for name, reads in passed.items()
            if name not in context.plan.record.element_lets
            and name not in context.repeated
            and any(_is_repeated(one, outside) for one in reads)
        }
        context.repeated |= more


def fresh_lets(loop: Loop, context: EmitContext) -> frozenset[str]:
    """The lets of a loop that read no variable, or only such lets and what is small."""
    fresh: set[str] = set()
    for let in loop.lets:
        if "" not in context.repeated and _variables_of(let.value).isdisjoint(context.large - fresh):
            fresh.add(let.name)
    return frozenset(fresh)


def _variables_of(value: Planned) -> set[str]:
    """The variables that a value reads, and those within it."""
    found: set[str] = set()
    for one in every(value):
        read = [one.source, one.when, *(part.when for part in parts(one))]
        found |= {name for each in read if isinstance(each, Expression) for name, *_ in each.variables}
        found |= {name for step in one.steps for name in step.reads}
    return found


def _is_repeated(expression: Expression, outside: Outside) -> bool:
    return bool(charges_of(expression.root, expression.parsed.nodes, outside).repeated)


def _passed(value: Planned) -> Iterator[Expression]:
    """The expressions whose value is that of a value, unchanged."""
    if value.steps or value.finish is not None:
        return
    match value.source:
        case Expression() as expression:
            yield expression
        case First() | Choice():
            for one in children(value):
                yield from _passed(one)
        case Fixed() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return
