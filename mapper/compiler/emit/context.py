"""The context that all writers of code share: the plan, the module so far, and facts of the plan's values."""

from __future__ import annotations

from dataclasses import field, replace

from mapper.compiler.emit.marks import Marks, Point
from mapper.compiler.emit.module import Module, literal
from mapper.compiler.emit.notes import expecting_lookups, noting_lets
from mapper.compiler.emit.step_calls import Chain
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Outside, is_large
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedLet,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.plan.planner import Plan
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Type, constant, union

# Values of these kinds are as small in a large event as in a small one.
_SMALL_KINDS = frozenset({"null", "boolean", "integer", "number"})
_OF_FRAME = {name: f"frame.{name}" for name in ("event", "meta", "whole", "index")}


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a function: the whole event, or one item of a list. at: the name of that."""

    at: str
    parameters: tuple[str, ...]

    @property
    def call(self) -> str:
        """The arguments with which a function about it calls another one about it."""
        return ", ".join(self.parameters)

    @property
    def values(self) -> tuple[str, ...]:
        """The parameters that a method of the frame is given."""
        return tuple(name for name in self.parameters if name != "frame")


EVENT = Subject("event", ("event", "frame"))
ITEM = Subject("item", ("item", "frame", "index"))


@dataclass(slots=True)
class EmitContext:
    """Code in the making.

    functions: the name of what was written for a part of the plan. lets: the function of each let.
    variables: Python that reads each variable there is everywhere: those of the frame, and each let.
    passing: by `id`, the expressions whose value is that of a `let`.
    looped: by `id`, the expressions whose elements `each` goes through.
    large: the variables whose values may grow with the event. repeated: those that hold what is read again
    (the event itself is ""), for many elements, or for many of the events in one source event.
    fresh: the lets of the list rule that is written, that hold nothing but what is of the element.
    noting: the lets of whose values something can be noted. expecting: the sources of values whose
    `lookup` has a default that was meant for absent ones too.
    needs: for a target path that makes no sense without another one, that one, where both have rules.
    marks: say which parts of the mapping act, where they are wanted.
    own_functions: the name of the code of each of the mapping's functions. parameters: of the one that is
    written now.
    """

    plan: Plan
    module: Module
    marks: Marks = field(default_factory=Marks)
    own_functions: dict[str, str] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    functions: dict[tuple[object, ...], str] = field(default_factory=dict)
    lets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=_OF_FRAME.copy)
    passing: set[int] = field(default_factory=set)
    looped: set[int] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    fresh: frozenset[str] = frozenset()
    needs: dict[str, str] = field(init=False)
    large: frozenset[str] = field(init=False)
    noting: frozenset[str] = field(init=False)
    expecting: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        planned = {place.path for place in self.plan.places}
        self.needs = {
            one.path: needed
            for one in self.plan.target.root.walk()
            for needed in one.needs_valid
            if one.path in planned and needed in planned
        }
        self.noting = noting_lets(self.plan)
        self.expecting = expecting_lookups(self.plan)
        lets = [name for name, let in self.plan.values_of_lets.items() if _is_large(let)]
        parameters = [name for function in self.plan.functions for name in function.parameters]
        self.large = frozenset(("event", "whole", *lets, *parameters))

    def name_lets(self) -> None:
        """Give each let the name of its function, by which all that comes reads it."""
        for let in self.plan.lets:
            self.name_let(let)

    def name_functions(self) -> None:
        """Give each of the mapping's functions a name, and its parameters Python that reads them."""
        for function in self.plan.functions:
            self.own_functions[function.name] = self.module.name(function.name)
            for name in function.parameters:
                self.variables[name] = f"frame.arguments[{literal(written_variable(name))}]"

    def own_call(self, function: OwnFunction, atoms: list[str]) -> str:
        """Python that calls one of the mapping's functions."""
        given = [f"{literal(name)}: {atom}" for name, atom in zip(function.parameters, atoms, strict=True)]
        return f"frame.call({self.own_functions[function.name]}, {{{', '.join(given)}}})"

    def name_let(self, let: PlannedLet) -> None:
        """Give a let the name of its function, by which all that comes reads it."""
        written = written_variable(let.name)
        function = self.lets[let.name] = self.module.name(f"let_{written}")
        text = f"frame.let({literal(let.name)}, {function})"
        self.variables[let.name] = self.marks.given(text, Point("let", f"${written}", "", let.value.span))

    def type_of(self, variable: str) -> Type:
        """The type that a variable has whatever is in an event: what a source schema says is no promise."""
        value = self.plan.values_of_lets.get(variable)
        return UNKNOWN if value is None else _sure_type(value)

    def path_of(self, entry: PlannedField) -> str:
        """The target path of a field."""
        return self.plan.places[entry.place].path

    def outside_of(self, subject: Subject, fresh: frozenset[str] | None = None) -> Outside:
        """The values that an expression about a subject reads again for each of many elements.

        fresh: as that of the context, of the list rule that the subject is of.
        """
        repeated = frozenset(self.repeated)
        outside = Outside(self.large, repeated, current="" in repeated)
        if self.parameters:  # of a function: it may run for many elements, and is paid for what it is given
            outside = replace(outside, looping=True, fresh=self.parameters)
        return outside if subject is EVENT else outside.at_element(self.fresh if fresh is None else fresh)

    def in_order_of_needs(self, built: PlannedObject) -> list[PlannedField]:
        """The fields of an object, those first without which another one makes no sense."""
        needed = set(self.needs.values())
        return sorted(built.entries, key=lambda entry: self.path_of(entry) not in needed)

    def siblings_of(self, entry: PlannedField) -> tuple[str, ...]:
        """The fields beside one that it makes no sense without."""
        field = self.plan.target.find(self.path_of(entry))
        return () if field is None else field.needs


def _sure_type(value: Planned) -> Type:
    """The type of a value, if an attribute that it reads has any type at all."""
    if any(step.own is not None for step in value.steps):
        return UNKNOWN  # what it is given may have any type, too
    match value.source:
        case First(alternatives):
            given = union(map(_sure_type, alternatives))
        case Choice(arms):
            given = union(_sure_type(planned) for _, planned in arms)
        case Expression():
            given = UNKNOWN
        case Fixed() | Loop() | Zipped() | PlannedObject() | PlannedList():
            given = value.source_type
    given = Chain.of(value.steps, given).gives
    return given if value.default is None else union((given, constant(value.default.value)))


def _is_large(let: Planned) -> bool:
    """Whether the value of a let may grow with the event, or is a constant that is no short one."""
    if isinstance(let.source, Fixed):
        return is_large(let.source.value)
    return not let.type.known or not let.type.kinds <= _SMALL_KINDS


def needs_said(built: PlannedObject) -> bool:
    """Whether the object can have fields that say nothing of the event; the payload is always there."""
    return bool(built.path) and not all(map(tells, built.entries))


def tells(entry: PlannedField) -> bool:
    """Whether a field that is there says something of the event."""
    return entry.default is None and not isinstance(entry.value.source, Fixed)


@dataclass(frozen=True, slots=True)
class Holder:
    """The local that holds an object in the making.

    said: the local that turns true where a field of it says something of the event; "" if nobody asks.
    """

    name: str
    said: str = ""

    def field(self, entry: PlannedField) -> str:
        """Python for a field of the object."""
        return f"{self.name}[{literal(entry.name)}]"
