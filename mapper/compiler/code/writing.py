"""Writing: what the writers of code share: the plan, the module so far, what stands in it already."""

from __future__ import annotations

import re
from dataclasses import field

from mapper.compiler.code.module import Function, Module, literal
from mapper.compiler.code.spot import Names
from mapper.compiler.code.statements import write_expression
from mapper.compiler.expression import Expression
from mapper.compiler.plan import Plan
from mapper.compiler.planning.planned import Entry
from mapper.frozen import dataclass
from mapper.text import Span


@dataclass(frozen=True, slots=True)
class Here:
    """Where a function stands: over the whole event, or over one item of a list."""

    at: str
    parameters: tuple[str, ...]

    @property
    def call(self) -> str:
        """The arguments with which a function here calls another one of here."""
        return ", ".join(self.parameters)


_NAMES = re.compile(r"\$?[a-z0-9_]+(\[\])?(\.[a-z0-9_]+(\[\])?)*", re.ASCII | re.IGNORECASE)

_OF_FRAME = {name: f"frame.{name}" for name in ("event", "meta", "whole", "index")}

EVENT = Here("event", ("event", "frame"))
ITEM = Here("item", ("item", "frame", "index"))


@dataclass(slots=True)
class Writing:
    """Code in the making.

    functions: the name of what was written for a part of the plan. lets: the function of each let.
    needs: for a target path that makes no sense without another one, that one, where both have rules.
    """

    plan: Plan
    module: Module
    functions: dict[tuple[object, ...], str] = field(default_factory=dict)
    lets: dict[str, str] = field(default_factory=dict)
    needs: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        planned = {place.path for place in self.plan.places}
        self.needs = {
            one.path: needed
            for one in self.plan.target.root.walk()
            for needed in one.needs_valid
            if one.path in planned and needed in planned
        }

    @property
    def variables(self) -> dict[str, str]:
        """Python that reads each variable there is everywhere: those of the frame, and each let."""
        lets = {name: f"frame.let({literal(name)}, {function})" for name, function in self.lets.items()}
        return _OF_FRAME | lets

    def path_of(self, entry: Entry) -> str:
        """The target path of a field."""
        return self.plan.places[entry.place].path


def comment(function: Function, what: str, span: Span) -> None:
    """A line that names the rule; only names of the target get into it, never an author's text."""
    known = what if _NAMES.fullmatch(what) else ""
    function.write(f"# {known}, line {span.line}" if known else f"# line {span.line}", span)


def _names(here: Here, writing: Writing) -> Names:
    own = {"event": "event"} if here is EVENT else {"index": "index"}
    return Names(
        at=here.at,
        variables=writing.variables | own,
        parameters=here.parameters[1:],
        at_is_object=here is EVENT,
    )


def write_read(expression: Expression, here: Here, function: Function, writing: Writing) -> str:
    """Statements that work out an expression; the Python atom that holds its value."""
    return write_expression(expression, _names(here, writing), function, writing.module)
