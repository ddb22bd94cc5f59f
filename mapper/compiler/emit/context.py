"""Writing: what the writers of code share: the plan, the module so far, what stands in it already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from mapper.compiler.emit.expression_writer import Names
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.module import Function, Module, literal
from mapper.compiler.emit.remarks import remarking_lets
from mapper.compiler.emit.stand_in import expecting_lookups
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Charge, Outside, charges_of, is_large
from mapper.compiler.plan.planned import (
    Choice,
    Entry,
    First,
    Fixed,
    List,
    Loop,
    Object,
    Planned,
    Zipped,
    children,
)
from mapper.compiler.plan.planner import Plan
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.types import UNKNOWN, Type

# What a comment may name: a target path, or a let.
_RULE = re.compile(r"\$?[a-z0-9_]+(\[\])?(\.[a-z0-9_]+(\[\])?)*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a function stands: over the whole event, or over one item of a list."""

    at: str
    parameters: tuple[str, ...]

    @property
    def call(self) -> str:
        """The arguments with which a function here calls another one of here."""
        return ", ".join(self.parameters)


# Values of these kinds are as small in a large event as in a small one.
_SMALL_KINDS = frozenset({"null", "boolean", "integer", "number"})
_OF_FRAME = {name: f"frame.{name}" for name in ("event", "meta", "whole", "index")}

EVENT = Here("event", ("event", "frame"))
ITEM = Here("item", ("item", "frame", "index"))


@dataclass(slots=True)
class Writing:
    """Code in the making.

    functions: the name of what was written for a part of the plan. lets: the function of each let.
    passing: by `id`, the expressions whose value is that of a `let`.
    looped: by `id`, the expressions whose elements `each` goes through.
    large: the variables whose values may grow with the event. repeated: those that hold what is read again
    (the event itself is ""), for many elements, or for many of the events in one source event.
    remarking: the lets of whose values something can be remarked. expecting: the sources of values whose
    `lookup` has a default that was meant for absent ones too.
    needs: for a target path that makes no sense without another one, that one, where both have rules.
    """

    plan: Plan
    module: Module
    functions: dict[tuple[object, ...], str] = field(default_factory=dict)
    lets: dict[str, str] = field(default_factory=dict)
    passing: set[int] = field(default_factory=set)
    looped: set[int] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    needs: dict[str, str] = field(init=False)
    large: frozenset[str] = field(init=False)
    remarking: frozenset[str] = field(init=False)
    expecting: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        planned = {place.path for place in self.plan.places}
        self.needs = {
            one.path: needed
            for one in self.plan.target.root.walk()
            for needed in one.needs_valid
            if one.path in planned and needed in planned
        }
        self.remarking = remarking_lets(self.plan)
        self.expecting = expecting_lookups(self.plan)
        self.large = frozenset(
            ("event", "whole", *(let.name for let in self.plan.lets if _is_large(let.value)))
        )

    @property
    def variables(self) -> dict[str, str]:
        """Python that reads each variable there is everywhere: those of the frame, and each let."""
        lets = {name: f"frame.let({literal(name)}, {function})" for name, function in self.lets.items()}
        return _OF_FRAME | lets

    def type_of(self, variable: str) -> Type:
        """The type of a variable, as far as it is known."""
        return next((let.value.type for let in self.plan.lets if let.name == variable), UNKNOWN)

    def path_of(self, entry: Entry) -> str:
        """The target path of a field."""
        return self.plan.places[entry.place].path


def _is_large(let: Planned) -> bool:
    """Whether the value of a let may grow with the event, or is a constant that is no short one."""
    if isinstance(let.source, Fixed):
        return is_large(let.source.value)
    return not let.type.known or not let.type.kinds <= _SMALL_KINDS


def comment(function: Function, what: str, span: Span) -> None:
    """A line that names the rule; only names of the target get into it, never an author's text."""
    known = what if _RULE.fullmatch(what) else ""
    function.write(f"# {known}, line {span.line}" if known else f"# line {span.line}", span)


def pays(expression: Expression, here: Here, writing: Writing, kept: Charge | None = "all") -> bool:
    """Whether an expression reads something again for many elements, which an event may have too many of."""
    return bool(_names(here, writing, kept).charges(expression))


def find_repeated(writing: Writing) -> None:
    """Find the variables that hold what is read again for many events or elements.

    With `split` that is the whole source event, and the event where each is given parts of the whole; and a
    let is as what it passes on.
    """
    split = writing.plan.split
    if split is not None:
        parts = split.parts
        again = charges_of(parts.root, parts.parsed.nodes, Outside(writing.large)).repeated
        writing.repeated |= {"whole", "", "event"} if again else {"whole"}
    passed = {let.name: list(_passed(let.value)) for let in writing.plan.lets if let.name in writing.large}
    writing.passing.update(id(one) for reads in passed.values() for one in reads)
    more = set(passed)
    while more:
        outside = outside_of(EVENT, writing)
        more = {
            name
            for name, reads in passed.items()
            if name not in writing.repeated
            and any(charges_of(one.root, one.parsed.nodes, outside).repeated for one in reads)
        }
        writing.repeated |= more


def kept_of(planned: Planned, writing: Writing) -> Charge | None:
    """What is paid for an expression's value where that is read again: no more than is done with it."""
    if id(planned.source) in writing.passing:
        return None
    shaped = planned.finish is not None and planned.finish.kind == "one"
    looped = id(planned.source) in writing.looped and "" in writing.repeated
    if (shaped or looped) and not any(step.transform.whole for step in planned.steps):
        return "elements"
    return "all"


def _passed(value: Planned) -> Iterator[Expression]:
    """The expressions whose value is that of a value as it stands."""
    if value.steps or value.finish is not None:
        return
    match value.source:
        case Expression() as expression:
            yield expression
        case First() | Choice():
            for one in children(value):
                yield from _passed(one)
        case Fixed() | Loop() | Zipped() | Object() | List():
            return


def outside_of(here: Here, writing: Writing) -> Outside:
    """What an expression that stands here reads again for each of many elements."""
    repeated = frozenset(writing.repeated)
    outside = Outside(writing.large, repeated, current="" in repeated)
    return outside if here is EVENT else outside.inside()


def _names(here: Here, writing: Writing, kept: Charge | None) -> Names:
    own = {"event": "event"} if here is EVENT else {"index": "index"}
    return Names(
        at=here.at,
        variables=writing.variables | own,
        parameters=here.parameters[1:],
        at_is_object=here is EVENT,
        outside=outside_of(here, writing),
        kept=kept,
    )


def write_read(
    expression: Expression,
    here: Here,
    function: Function,
    writing: Writing,
    kept: Charge | None = "all",
) -> str:
    """Statements that work out an expression; the Python atom that holds its value.

    kept: what is paid for its value where that is read again; None where it is only tested.
    """
    return write_expression(expression, _names(here, writing, kept), function, writing.module)
